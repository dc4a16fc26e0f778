"""Event shapes as AWS delivers them, built from received records, for the embedded environment and tests."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pivotr.domain.instants import to_text
from pivotr.names import physical
from pivotr.ports.queues import Received


def sqs_event(
    queue: str, records: Sequence[Received], *, environment: str, region: str, account: str = "000000000000"
) -> dict[str, Any]:
    """The event of an SQS event source mapping (Lambda developer guide, "Using Lambda with Amazon SQS")."""
    arn = f"arn:aws:sqs:{region}:{account}:{physical(environment, queue)}"
    return {
        "Records": [
            {
                "messageId": record.id,
                "receiptHandle": record.receipt,
                "body": record.body,
                "attributes": {
                    "ApproximateReceiveCount": str(record.receive_count),
                    "SentTimestamp": str(record.sent_at),
                    "SenderId": account,
                    "ApproximateFirstReceiveTimestamp": str(record.sent_at),
                },
                "messageAttributes": {},
                "md5OfBody": hashlib.md5(record.body.encode(), usedforsecurity=False).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": arn,
                "awsRegion": region,
            }
            for record in records
        ]
    }


def schedule_event(now: datetime, *, environment: str, region: str) -> dict[str, Any]:
    """The event of an EventBridge rule with a rate (EventBridge user guide, "Scheduled events")."""
    rule = physical(environment, "heartbeat")
    return {
        "version": "0",
        "id": hashlib.sha256(to_text(now).encode()).hexdigest()[:32],
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": f"{to_text(now)[:19]}Z",
        "region": region,
        "resources": [f"arn:aws:events:{region}:000000000000:rule/{rule}"],
        "detail": {},
    }
