"""Lambda's way into api-leads."""

from pivotr import names
from pivotr.functions import api_leads
from pivotr.functions.lambda_process import lambda_handler

handler = lambda_handler(names.API_LEADS, api_leads.handle, warm=lambda services: services.leads)
