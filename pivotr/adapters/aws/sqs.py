"""The queue port on SQS. Workers only send: what they work on comes by the event source mapping.

Delays and sizes are checked here, because an emulator lets through what AWS refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from pivotr import names
from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.faults import code_of, fault
from pivotr.adapters.aws.sqs_addresses import Address, Addresses, is_dead
from pivotr.adapters.aws.sqs_moves import move
from pivotr.errors import InvalidInput, NoAnswer, NotFound, PivotrError, Rejected, Unavailable
from pivotr.names import MAX_DELAY_SECONDS
from pivotr.ports.queues import Depth, Received

#: Largest record and largest batch in bytes, longest visibility time-out in seconds, most records of one
#: call (SQS developer guide, "Message quotas").
MAX_BODY: Final = 1024 * 1024
MAX_VISIBILITY: Final = 12 * 3600
MAX_BATCH: Final = 10

#: Seconds for which a record is hidden while it is only looked at.
_LOOKED_AT: Final = 10
_TRIES: Final = 3
_STALE: Final = frozenset({"ReceiptHandleIsInvalid", "InvalidIdFormat"})
#: A receipt that another one has replaced, or whose record has become visible again or is gone.
_NOT_IN_FLIGHT: Final = _STALE | {
    "MessageNotInflight",
    "AWS.SimpleQueueService.MessageNotInflight",
    "InvalidParameterValue",
}
_PURGING: Final = frozenset({"PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress"})


class SqsQueues:
    """All queues of one environment in an account.

    `feedback_url` is a queue of SES events that exists already, else ours is used; its region is taken from
    the URL unless `feedback_region` says otherwise. `wait` is the long poll in seconds of a look for records
    (0 asks only a few of SQS's machines and may find nothing). `sleep` lets `move_all` wait for SQS; without
    it records are moved one by one.
    """

    def __init__(
        self,
        clients: Clients,
        environment: str,
        *,
        feedback_url: str = "",
        feedback_region: str = "",
        wait: int = 0,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._clients = clients
        self._environment = environment
        self._addresses = Addresses(
            clients, environment, feedback_url=feedback_url, feedback_region=feedback_region
        )
        self._wait = wait
        self._sleep = sleep

    def locate(self, queue: str) -> None:
        """Ask for the address of a queue now, so that the first `send` need not. Raises as `send` does."""
        self._at(queue)

    def send(self, queue: str, body: str, *, delay: int = 0) -> None:
        """Put one record; `delay` in whole seconds, 0 to 900. Raises InvalidInput, NotFound."""
        at = self._at(queue)
        _refuse_outside("The delay of a record", delay, MAX_DELAY_SECONDS)
        _size(body)
        with _faults():
            at.client.send_message(QueueUrl=at.url, MessageBody=body, DelaySeconds=delay)

    def send_many(self, queue: str, bodies: Sequence[str]) -> None:
        """Put many records, ten in a call; what SQS leaves out of a call is tried three times.

        Raises NoAnswer where only a part could be put: all of them may be sent again.
        """
        at = self._at(queue)
        is_first = True
        for batch in list(_batches(bodies)):
            self._send_batch(at, batch, is_first=is_first)
            is_first = False

    def receive(self, queue: str, *, limit: int = 1, visibility: int | None = None) -> list[Received]:
        """Take up to 10 visible records; they stay hidden for the time-out, the queue's own by default."""
        if visibility is not None:
            _refuse_outside("The visibility time-out", visibility, MAX_VISIBILITY)
        _refuse_outside("The number of records to receive", limit, MAX_BATCH, low=1)
        at = self._may_be_at(queue)
        if at is None:
            return []
        hidden = {} if visibility is None else {"VisibilityTimeout": visibility}
        with _faults():
            answer = at.client.receive_message(
                QueueUrl=at.url,
                MaxNumberOfMessages=limit,
                WaitTimeSeconds=self._wait,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
                **hidden,
            )
        return [_received(message) for message in answer.get("Messages", ())]

    def delete(self, queue: str, receipt: str) -> None:
        """Acknowledge a record; a stale receipt is no error."""
        at = self._at(queue)
        with _faults(but=_STALE):
            at.client.delete_message(QueueUrl=at.url, ReceiptHandle=receipt)

    def release(self, queue: str, receipt: str, *, delay: int = 0) -> None:
        """Make a received record visible again after `delay` seconds (at most 12 hours); a stale receipt is
        no error."""
        _refuse_outside("The delay of a release", delay, MAX_VISIBILITY)
        at = self._at(queue)
        with _faults(but=_NOT_IN_FLIGHT):
            at.client.change_message_visibility(
                QueueUrl=at.url, ReceiptHandle=receipt, VisibilityTimeout=delay
            )

    def depth(self, queue: str) -> Depth:
        """Counts of one queue as SQS estimates them; they settle within about a minute."""
        at = self._may_be_at(queue)
        if at is None:
            return Depth(0, 0, 0)
        wanted = ("", "Delayed", "NotVisible")
        counts = [f"ApproximateNumberOfMessages{kind}" for kind in wanted]
        with _faults():
            found = at.client.get_queue_attributes(QueueUrl=at.url, AttributeNames=counts)["Attributes"]
        return Depth(*(int(found[count]) for count in counts))

    def peek(self, queue: str, *, limit: int = 10) -> list[Received]:
        """Look at dead letters; their receive count rises, which matters to nobody there.

        In a queue that is worked on the count decides what becomes a dead letter: raises InvalidInput.
        """
        at = self._may_be_at(queue)
        if not is_dead(queue):
            raise InvalidInput(
                f"The records of {queue} cannot be looked at: on SQS that could make them dead letters.",
                hint="Its dead letters can: pivotr dlq peek QUEUE",
            )
        found: dict[str, Received] = {}
        while at is not None and len(found) < limit:
            batch = self.receive(queue, limit=min(MAX_BATCH, limit - len(found)), visibility=_LOOKED_AT)
            if not batch:
                break
            found |= {record.id: record for record in batch}
        for record in found.values():
            self.release(queue, record.receipt)
        return list(found.values())

    def purge(self, queue: str) -> int:
        """Delete every record of a queue, as SQS does within a minute; returns how many it counts.

        SQS purges once a minute; within that minute the records are taken and deleted one by one.
        """
        at = self._may_be_at(queue)
        if at is None:
            return 0
        depth = self.depth(queue)
        count = depth.waiting + depth.delayed + depth.in_flight
        try:
            at.client.purge_queue(QueueUrl=at.url)
        except ClientError as error:
            if code_of(error) not in _PURGING:
                raise fault(error, "SQS") from error
            return self._drain(queue)
        except BotoCoreError as error:
            raise fault(error, "SQS") from error
        return count

    def invoke(self, function: str, event: str = "{}") -> None:
        """Start a function once, asynchronously; `event` is JSON text."""
        name = names.physical(self._environment, function)
        with _faults("Lambda"):
            self._clients.client("lambda").invoke(
                FunctionName=name, InvocationType="Event", Payload=event.encode()
            )

    def move_all(self, source: str, target: str) -> int | None:
        """Let SQS itself move all dead letters of `source` to `target`; returns how many it has moved.

        None where it cannot (an emulator, no right to, no dead-letter queue): move them one by one.
        Raises Conflict while another move of the same queue is at work.
        """
        dead, alive = self._may_be_at(source), self._at(target)
        if dead is None or self._sleep is None:
            return None
        return move(dead, alive, self._sleep)

    def _may_be_at(self, queue: str) -> Address | None:
        return self._addresses.of(queue)

    def _at(self, queue: str) -> Address:
        at = self._addresses.of(queue)
        if at is None:
            raise NotFound(
                f"There is no {queue}: the queue of SES events has no dead-letter queue.",
                hint="`pivotr doctor` tells how to give it one.",
            )
        return at

    def _send_batch(self, at: Address, bodies: list[str], *, is_first: bool) -> None:
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        failed: list[dict[str, Any]] = []
        for _ in range(_TRIES):
            with _faults():
                answer = at.client.send_message_batch(QueueUrl=at.url, Entries=entries)
            failed = answer.get("Failed", [])
            if not failed:
                return
            if any(entry.get("SenderFault") for entry in failed):
                raise Rejected(f"SQS refuses a record: {_why(failed)}")
            left = {entry["Id"] for entry in failed}
            entries = [entry for entry in entries if entry["Id"] in left]
        is_nothing_sent = is_first and len(entries) == len(bodies)
        kind: type[PivotrError] = Unavailable if is_nothing_sent else NoAnswer
        raise kind(f"SQS leaves records out: {_why(failed)}", hint="Try again in a moment.")

    def _drain(self, queue: str) -> int:
        count = 0
        while records := self.receive(queue, limit=MAX_BATCH):
            for record in records:
                self.delete(queue, record.receipt)
            count += len(records)
        return count


@contextmanager
def _faults(service: str = "SQS", *, but: frozenset[str] = frozenset()) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        if code_of(error) not in but:
            raise fault(error, service) from error


def _received(message: dict[str, Any]) -> Received:
    facts = message.get("Attributes", {})
    return Received(
        message["MessageId"],
        message["Body"],
        message["ReceiptHandle"],
        int(facts.get("ApproximateReceiveCount", 1)),
        int(facts.get("SentTimestamp", 0)),
    )


def _batches(bodies: Sequence[str]) -> Iterator[list[str]]:
    """Up to ten records and a mebibyte each. Raises InvalidInput before anything is sent."""
    batch: list[str] = []
    total = 0
    for body in bodies:
        size = _size(body)
        if batch and (len(batch) == MAX_BATCH or total + size > MAX_BODY):
            yield batch
            batch, total = [], 0
        batch.append(body)
        total += size
    if batch:
        yield batch


def _why(failed: Sequence[dict[str, Any]]) -> str:
    return str(failed[0].get("Message") or failed[0].get("Code") or "no reason given")


def _size(body: str) -> int:
    size = len(body.encode(errors="replace"))
    if not 0 < size <= MAX_BODY:
        raise InvalidInput(f"A record holds 1 to {MAX_BODY} bytes, not {size}.")
    return size


def _refuse_outside(what: str, value: int, high: int, *, low: int = 0) -> None:
    if type(value) is not int or not low <= value <= high:
        raise InvalidInput(f"{what} is a whole number from {low} to {high}, not {value!r}.")
