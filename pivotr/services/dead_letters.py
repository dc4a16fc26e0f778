"""Dead letters: records that failed too often. Looked at, put back, or thrown away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pivotr import names
from pivotr.errors import InvalidInput, NotFound
from pivotr.names import QueueSpec
from pivotr.ports.queues import Depth, Queues, Received

_RECEIVE = 10
#: Seconds for which a record is hidden while it is put back.
_HIDDEN = 60


@dataclass(frozen=True, slots=True)
class DeadQueue:
    """A queue with its own depth and that of its dead letters."""

    name: str
    depth: Depth
    dead: Depth


class DeadLetters:
    """The dead-letter queues of all queues, named as `pivotr dlq list` does; `-dlq` may be added."""

    def __init__(self, *, queues: Queues) -> None:
        self._queues = queues

    def all(self) -> list[DeadQueue]:
        """Every queue with its depths."""
        return [
            DeadQueue(spec.name, self._queues.depth(spec.name), self._queues.depth(spec.dlq))
            for spec in names.QUEUES
        ]

    def peek(self, queue: str, *, limit: int = 10) -> list[Received]:
        """The first dead letters of a queue, which stay where they are. Raises NotFound, InvalidInput."""
        if limit < 1:
            raise InvalidInput("The count must be at least 1.", hint="Use --count 10, for example.")
        return self._queues.peek(_spec(queue).dlq, limit=limit)

    def redrive(self, queue: str, *, count: int | None = None) -> int:
        """Put dead letters back as they are, all or some; the lane's ticket decides what is still wanted.

        Sent before deleted: a crash in between doubles a record, which is harmless, and loses none.
        Raises NotFound, InvalidInput.
        """
        spec = _spec(queue)
        if count is not None and count < 1:
            raise InvalidInput(
                "The count must be at least 1.", hint="Use --count 10, or leave it out for all."
            )
        if count is None and (by_service := self._moved_by_service(spec)) is not None:
            return by_service
        # What dies again while this goes on is not put back a second time.
        left = self._queues.depth(spec.dlq).waiting if count is None else count
        moved = 0
        while moved < left:
            batch = self._queues.receive(spec.dlq, limit=min(_RECEIVE, left - moved), visibility=_HIDDEN)
            if not batch:
                break
            for record in batch:
                self._queues.send(spec.name, record.body)
                self._queues.delete(spec.dlq, record.receipt)
                moved += 1
        return moved

    def _moved_by_service(self, spec: QueueSpec) -> int | None:
        """How many records a queue service with a move of its own has put back; None where it has none."""
        move_all: Callable[[str, str], int | None] = getattr(self._queues, "move_all", lambda *_: None)
        return move_all(spec.dlq, spec.name)

    def purge(self, queue: str) -> int:
        """Throw the dead letters of a queue away; returns how many they were. Raises NotFound."""
        return self._queues.purge(_spec(queue).dlq)


def _spec(queue: str) -> QueueSpec:
    plain = queue.strip().removesuffix("-dlq")
    for spec in names.QUEUES:
        if plain in (spec.name, spec.name.removesuffix("-queue")):
            return spec
    known = ", ".join(spec.name for spec in names.QUEUES)
    raise NotFound(f"There is no queue “{queue}”.", hint=f"The queues are: {known}")
