"""api-metrics: metrics and health, asked by the HTTP API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pivotr import names
from pivotr.api.app import Api
from pivotr.api.functions import nouns_of

if TYPE_CHECKING:
    from pivotr.wiring import Services

_api = Api(nouns_of(names.API_METRICS))


def handle(event: dict[str, Any], services: Services) -> dict[str, Any]:
    """Answer one request; every error is a problem document."""
    return _api.handle(event, services)
