"""Lambda's way into send-email."""

from pivotr import names
from pivotr.functions import send_email
from pivotr.functions.lambda_process import lambda_handler

handler = lambda_handler(
    names.SEND_EMAIL,
    send_email.handle,
    warm=lambda services: services.sending,
    sends_to=(names.SENDING_QUEUE, names.VERIFICATION_QUEUE),
)
