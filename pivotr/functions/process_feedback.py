"""process-feedback: SQS records of the feedback queue, in batches of ten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pivotr.functions.runtime import BatchAnswer

if TYPE_CHECKING:
    from pivotr.wiring import Services


def handle(event: dict[str, Any], services: Services) -> BatchAnswer:
    """Take in a batch of provider events; what fails is delivered again."""
    records = [(record["messageId"], record["body"]) for record in event["Records"]]
    return {"batchItemFailures": [{"itemIdentifier": key} for key in services.feedback.process(records)]}
