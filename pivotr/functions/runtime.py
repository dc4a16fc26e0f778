"""What every worker door shares: the partial batch answer and, in Lambda, the services of the process."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypedDict

from pivotr.errors import PivotrError

_log = logging.getLogger(__name__)


class ItemFailure(TypedDict):
    """One record that SQS shall deliver again."""

    itemIdentifier: str


class BatchAnswer(TypedDict):
    """Lambda's partial batch response; an empty list acknowledges everything."""

    batchItemFailures: list[ItemFailure]


_listeners: list[Callable[[str], object]] = []


def listen(listener: Callable[[str], object]) -> None:
    """Have `listener` told the id of each record before it is worked on: log lines carry it then."""
    _listeners[:] = [listener]


def each_record(event: dict[str, Any], work: Callable[[str], object]) -> BatchAnswer:
    """Run `work` on the body of each record. A record that fails is delivered again and ends in the DLQ.

    Unknown errors fail the record too, with their trace in the log: evidence beats silence.
    """
    failures: list[ItemFailure] = []
    for record in event["Records"]:
        for listener in _listeners:
            listener(record["messageId"])
        try:
            work(record["body"])
        except PivotrError as error:
            _log.warning("record %s failed: %s (%s)", record["messageId"], error.sentence, error.code)
            failures.append({"itemIdentifier": record["messageId"]})
        except Exception:
            _log.exception("record %s failed", record["messageId"])
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
