"""Lambda's way into api-campaigns."""

from pivotr import names
from pivotr.functions import api_campaigns
from pivotr.functions.lambda_process import lambda_handler

handler = lambda_handler(
    names.API_CAMPAIGNS,
    api_campaigns.handle,
    warm=lambda services: services.campaigns,
    sends_to=(names.VERIFICATION_QUEUE,),
)
