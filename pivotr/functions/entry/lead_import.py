"""Lambda's way into lead-import."""

from pivotr import names
from pivotr.functions import lead_import
from pivotr.functions.lambda_process import lambda_handler

handler = lambda_handler(
    names.LEAD_IMPORT,
    lead_import.handle,
    warm=lambda services: (services.imports, services.uploads),
)
