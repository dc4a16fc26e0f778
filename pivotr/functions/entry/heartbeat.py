"""Lambda's way into heartbeat."""

from pivotr import names
from pivotr.functions import heartbeat
from pivotr.functions.lambda_process import lambda_handler

handler = lambda_handler(
    names.HEARTBEAT,
    heartbeat.handle,
    warm=lambda services: services.heartbeat,
    sends_to=(names.VERIFICATION_QUEUE,),
)
