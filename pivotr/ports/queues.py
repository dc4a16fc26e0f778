"""The queue seam: at-least-once, unordered, with delay, visibility time-out and dead letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Received:
    """One record as received: `receipt` deletes it, `receive_count` starts at 1, `sent_at` is epoch ms."""

    id: str
    body: str
    receipt: str
    receive_count: int
    sent_at: int


@dataclass(frozen=True, slots=True)
class Depth:
    """How many records a queue holds: visible now, delayed, and being worked on."""

    waiting: int
    delayed: int
    in_flight: int


class Queues(Protocol):
    """All queues of one environment, named by their logical names. Raises Unavailable or NoAnswer."""

    def send(self, queue: str, body: str, *, delay: int = 0) -> None:
        """Put one record; `delay` in whole seconds, 0 to 900, else InvalidInput."""
        ...

    def send_many(self, queue: str, bodies: Sequence[str]) -> None:
        """Put many records without delay, in as few calls as the service allows."""
        ...

    def receive(self, queue: str, *, limit: int = 1, visibility: int | None = None) -> list[Received]:
        """Take up to 10 visible records; they stay hidden for the visibility time-out (seconds)."""
        ...

    def delete(self, queue: str, receipt: str) -> None:
        """Acknowledge a record; a stale receipt is no error."""
        ...

    def release(self, queue: str, receipt: str, *, delay: int = 0) -> None:
        """Make a received record visible again after `delay` seconds; its receive count stays."""
        ...

    def depth(self, queue: str) -> Depth:
        """Approximate counts of one queue."""
        ...

    def peek(self, queue: str, *, limit: int = 10) -> list[Received]:
        """Look at records that are waiting without taking them."""
        ...

    def purge(self, queue: str) -> int:
        """Delete every record of a queue; returns how many there were."""
        ...

    def invoke(self, function: str, event: str = "{}") -> None:
        """Start a function once, asynchronously, with an event (JSON text), an empty one by default."""
        ...
