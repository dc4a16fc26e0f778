"""send-email: SQS records of the sending queue → one mail each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pivotr.domain.jobs import parse_send
from pivotr.functions.runtime import BatchAnswer, each_record

if TYPE_CHECKING:
    from pivotr.wiring import Services


def handle(event: dict[str, Any], services: Services) -> BatchAnswer:
    """Send the mails of a batch; what fails is delivered again."""
    return each_record(event, lambda body: services.sending.handle(parse_send(body)))
