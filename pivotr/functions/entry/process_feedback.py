"""Lambda's way into process-feedback."""

from pivotr import names
from pivotr.functions import process_feedback
from pivotr.functions.lambda_process import lambda_handler

handler = lambda_handler(
    names.PROCESS_FEEDBACK,
    process_feedback.handle,
    warm=lambda services: services.feedback,
)
