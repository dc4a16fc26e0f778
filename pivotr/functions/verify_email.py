"""verify-email: SQS records of the verification queue → one turn each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pivotr.domain.jobs import parse_verify
from pivotr.functions.runtime import BatchAnswer, each_record

if TYPE_CHECKING:
    from pivotr.wiring import Services


def handle(event: dict[str, Any], services: Services) -> BatchAnswer:
    """Take the turns of a batch; what fails is delivered again."""
    return each_record(event, lambda body: services.verifying.handle(parse_verify(body)))
