"""SQS's own move of dead letters: one task for all of them, started by us and then watched.

One task a queue, no filter; what it moves are new records with a receive count of 0 (SQS API reference,
StartMessageMoveTask).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from pivotr.adapters.aws.faults import code_of, fault, message_of
from pivotr.adapters.aws.sqs_addresses import Address
from pivotr.errors import Conflict, NoAnswer, Rejected

#: Answers of a place where there is no such move, or none for us: the records are moved one by one then.
_UNABLE: Final = frozenset(
    {
        "UnsupportedOperation",
        "AWS.SimpleQueueService.UnsupportedOperation",
        "InvalidAction",
        "UnknownOperationException",
        "AccessDenied",
        "AccessDeniedException",
        "ResourceNotFoundException",
        "InvalidParameterValue",
    }
)
_POLL: Final = 1.0
_POLLS: Final = 300


def move(source: Address, target: Address, sleep: Callable[[float], None]) -> int | None:
    """Move all records of a dead-letter queue; returns how many, None where SQS cannot.

    Raises Conflict while another move is at work, NoAnswer where this one takes more than five minutes.
    """
    try:
        source_arn = _arn(source)
        source.client.start_message_move_task(SourceArn=source_arn, DestinationArn=_arn(target))
    except ClientError as error:
        if "Only one active task" in message_of(error):
            raise Conflict(
                "SQS is moving the records of this queue already.",
                hint="See how many are left: pivotr dlq list",
            ) from None
        if code_of(error) in _UNABLE:
            return None
        raise fault(error, "SQS") from error
    except BotoCoreError as error:
        raise fault(error, "SQS") from error
    return _watch(source.client, source_arn, sleep)


def _watch(client: Any, arn: str, sleep: Callable[[float], None]) -> int:
    for _ in range(_POLLS):
        try:
            tasks = client.list_message_move_tasks(SourceArn=arn, MaxResults=1).get("Results", [])
        except (ClientError, BotoCoreError) as error:
            raise fault(error, "SQS") from error
        task = tasks[0] if tasks else {}
        moved = int(task.get("ApproximateNumberOfMessagesMoved", 0))
        status = task.get("Status", "RUNNING")
        if status == "COMPLETED":
            return moved
        if status in ("FAILED", "CANCELLED"):
            why = task.get("FailureReason") or f"the move was {status.lower()}"
            raise Rejected(f"SQS moved {moved} records and stopped: {why}.", hint="Run the same again.")
        sleep(_POLL)
    raise NoAnswer(
        "SQS is still moving records; it goes on by itself.", hint="See how many are left: pivotr dlq list"
    )


def _arn(at: Address) -> str:
    answer = at.client.get_queue_attributes(QueueUrl=at.url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])
