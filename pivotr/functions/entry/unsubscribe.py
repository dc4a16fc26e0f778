"""Lambda's way into unsubscribe."""

from pivotr import names
from pivotr.functions import unsubscribe
from pivotr.functions.lambda_process import lambda_handler

handler = lambda_handler(
    names.UNSUBSCRIBE,
    unsubscribe.handle,
    warm=lambda services: services.unsubscribing,
)
