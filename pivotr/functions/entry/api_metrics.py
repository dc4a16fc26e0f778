"""Lambda's way into api-metrics."""

from pivotr import names
from pivotr.functions import api_metrics
from pivotr.functions.lambda_process import lambda_handler

handler = lambda_handler(names.API_METRICS, api_metrics.handle, warm=lambda services: services.metrics)
