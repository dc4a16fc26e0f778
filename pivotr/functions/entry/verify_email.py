"""Lambda's way into verify-email."""

from pivotr import names
from pivotr.functions import verify_email
from pivotr.functions.lambda_process import lambda_handler

handler = lambda_handler(
    names.VERIFY_EMAIL,
    verify_email.handle,
    warm=lambda services: services.verifying,
    sends_to=(names.SENDING_QUEUE, names.VERIFICATION_QUEUE),
)
