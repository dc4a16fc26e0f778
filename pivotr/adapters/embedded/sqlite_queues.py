"""The queue port on a SQLite file: at least once, delays, visibility time-outs, retention, dead letters."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pivotr.adapters.embedded.sqlite_file import SqliteFile
from pivotr.errors import InvalidInput, NotFound
from pivotr.names import MAX_DELAY_SECONDS, QueueSpec
from pivotr.ports.queues import Depth, Received

#: Largest record in bytes, longest visibility time-out in seconds, most records of one receive
#: (SQS developer guide, "Message quotas").
MAX_BODY: Final = 1024 * 1024
MAX_VISIBILITY: Final = 12 * 3600
MAX_RECEIVE: Final = 10

#: A function that is to be started is a record on a queue of its own, `invoke:{function}`.
INVOKE: Final = "invoke:"

_SCHEMA: Final = {
    # AUTOINCREMENT: a number is never given again, or an old receipt would fit a new record.
    "_records": "CREATE TABLE IF NOT EXISTS _records (number INTEGER PRIMARY KEY AUTOINCREMENT, "
    "queue TEXT NOT NULL, visible_at INTEGER NOT NULL, sent_at INTEGER NOT NULL, "
    "receives INTEGER NOT NULL DEFAULT 0, turn INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL)",
    "_records-visible": 'CREATE INDEX IF NOT EXISTS "_records-visible" ON _records (queue, visible_at)',
}

_SEND: Final = "INSERT INTO _records (queue, visible_at, sent_at, body) VALUES (?, ?, ?, ?)"
_VISIBLE: Final = (
    "SELECT number, body, receives, turn, sent_at FROM _records "
    "WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, number LIMIT ?"
)
_TAKE: Final = "UPDATE _records SET receives = receives + 1, turn = turn + 1, visible_at = ? WHERE number = ?"
_BURY: Final = "UPDATE _records SET queue = ?, receives = 0, visible_at = ? WHERE number = ?"
_DROP: Final = "DELETE FROM _records WHERE number = ?"
_ACKNOWLEDGE: Final = "DELETE FROM _records WHERE number = ? AND turn = ? AND queue = ?"
_RELEASE: Final = (
    "UPDATE _records SET visible_at = ? WHERE number = ? AND turn = ? AND queue = ? AND visible_at > ?"
)
_DEPTH: Final = (
    "SELECT coalesce(sum(visible_at <= ?1), 0), coalesce(sum(visible_at > ?1 AND receives = 0), 0), "
    "coalesce(sum(visible_at > ?1 AND receives > 0), 0) FROM _records WHERE queue = ?2 AND sent_at > ?3"
)
_PEEK: Final = (
    "SELECT number, body, receives, sent_at FROM _records "
    "WHERE queue = ? AND visible_at <= ? AND sent_at > ? ORDER BY visible_at, number LIMIT ?"
)
_INVOKE: Final = (
    "INSERT INTO _records (queue, visible_at, sent_at, body) SELECT ?1, ?2, ?2, ?5 WHERE NOT EXISTS "
    "(SELECT 1 FROM _records WHERE queue = ?1 AND visible_at <= ?2 AND sent_at > ?3 "
    "AND receives < ?4 AND body = ?5)"
)
_NEXT: Final = "SELECT min(visible_at) FROM _records WHERE queue = ?"
_NEXT_INVOKE: Final = "SELECT min(visible_at) FROM _records WHERE queue >= 'invoke:' AND queue < 'invoke;'"

_RECEIPT: Final = re.compile(r"(\d{1,18})\.(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Rules:
    """How one queue behaves; times in seconds. Without `max_receive` a record is received for ever,
    without `dlq` it is dropped when its receives are used up."""

    visibility: int
    retention: int
    max_receive: int | None = None
    dlq: str | None = None


#: An asynchronous invocation is tried three times and kept for six hours at most (Lambda developer guide,
#: "Asynchronous invocation").
_INVOKE_RULES: Final = _Rules(visibility=60, retention=6 * 3600, max_receive=3)


class SqliteQueues:
    """All queues of the embedded environment; `now_ms` gives epoch milliseconds."""

    def __init__(self, file: SqliteFile, queues: Sequence[QueueSpec], now_ms: Callable[[], int]) -> None:
        self._file = file
        self._now_ms = now_ms
        self._rules: dict[str, _Rules] = {}
        for spec in queues:
            self._rules[spec.name] = _Rules(spec.visibility, spec.retention, spec.max_receive, spec.dlq)
            self._rules[spec.dlq] = _Rules(spec.visibility, spec.dlq_retention)
        self._sources = tuple(spec.name for spec in queues)
        file.ensure(_SCHEMA)

    def send(self, queue: str, body: str, *, delay: int = 0) -> None:
        """Put one record; `delay` in whole seconds, 0 to 900. Raises InvalidInput, NotFound."""
        self._rules_of(queue)
        _refuse_outside("The delay of a record", delay, MAX_DELAY_SECONDS)
        _refuse_body(body)
        now = self._now_ms()
        with self._file.writing() as connection:
            connection.execute(_SEND, (queue, now + delay * 1000, now, body))

    def send_many(self, queue: str, bodies: Sequence[str]) -> None:
        """Put many records in one transaction. Raises InvalidInput, NotFound."""
        self._rules_of(queue)
        for body in bodies:
            _refuse_body(body)
        now = self._now_ms()
        with self._file.writing() as connection:
            connection.executemany(_SEND, [(queue, now, now, body) for body in bodies])

    def receive(self, queue: str, *, limit: int = 1, visibility: int | None = None) -> list[Received]:
        """Take up to 10 visible records, the longest visible first; they stay hidden for the time-out."""
        rules = self._rules_of(queue)
        hidden = rules.visibility if visibility is None else visibility
        _refuse_outside("The visibility time-out", hidden, MAX_VISIBILITY)
        _refuse_outside("The number of records to receive", limit, MAX_RECEIVE, low=1)
        now = self._now_ms()
        if not self._file.rows(_VISIBLE, (queue, now, 1)):
            return []  # an idle runner asks all the time: it must not take the write lock for that
        taken: list[Received] = []
        with self._file.writing() as connection:
            while len(taken) < limit:
                rows = connection.execute(_VISIBLE, (queue, now, limit - len(taken))).fetchall()
                if not rows:
                    break
                for row in rows:
                    if not _is_put_away(connection, rules, row, now):
                        taken.append(_take(connection, row, now + hidden * 1000))
                if not hidden:
                    break  # what was taken is visible at once: another look would take it again
        return taken

    def delete(self, queue: str, receipt: str) -> None:
        """Acknowledge a record; a stale receipt is no error. Raises InvalidInput for what is no receipt."""
        self._rules_of(queue)
        with self._file.writing() as connection:
            connection.execute(_ACKNOWLEDGE, (*_read_receipt(receipt), queue))

    def release(self, queue: str, receipt: str, *, delay: int = 0) -> None:
        """Make a received record visible again after `delay` seconds (at most 12 hours); a stale receipt is
        no error."""
        self._rules_of(queue)
        _refuse_outside("The delay of a release", delay, MAX_VISIBILITY)
        now = self._now_ms()
        with self._file.writing() as connection:
            connection.execute(_RELEASE, (now + delay * 1000, *_read_receipt(receipt), queue, now))

    def depth(self, queue: str) -> Depth:
        """Counts of one queue, exact at this instant."""
        rules, now = self._rules_of(queue), self._now_ms()
        (counts,) = self._file.rows(_DEPTH, (now, queue, now - rules.retention * 1000))
        return Depth(*counts)

    def peek(self, queue: str, *, limit: int = 10) -> list[Received]:
        """Look at records that are waiting; nothing is counted and their receipts are empty."""
        rules, now = self._rules_of(queue), self._now_ms()
        rows = self._file.rows(_PEEK, (queue, now, now - rules.retention * 1000, limit))
        return [
            Received(str(number), body, "", receives, sent_at) for number, body, receives, sent_at in rows
        ]

    def purge(self, queue: str) -> int:
        """Delete every record of a queue, those being worked on too; returns how many there were."""
        self._rules_of(queue)
        with self._file.writing() as connection:
            return connection.execute("DELETE FROM _records WHERE queue = ?", (queue,)).rowcount

    def invoke(self, function: str, event: str = "{}") -> None:
        """Start a function once: a record on `invoke:{function}`, unless the same one is waiting."""
        now = self._now_ms()
        oldest = now - _INVOKE_RULES.retention * 1000
        with self._file.writing() as connection:
            connection.execute(_INVOKE, (INVOKE + function, now, oldest, _INVOKE_RULES.max_receive, event))

    def next_visible_at(self) -> int | None:
        """Epoch ms at which the next record can be received, past where one can be now; None without any.

        Dead letters do not count: nobody receives them but the operator.
        """
        found = [self._file.rows(_NEXT, (queue,))[0][0] for queue in self._sources]
        found.append(self._file.rows(_NEXT_INVOKE)[0][0])
        return min((at for at in found if at is not None), default=None)

    def _rules_of(self, queue: str) -> _Rules:
        if queue.startswith(INVOKE):
            return _INVOKE_RULES
        try:
            return self._rules[queue]
        except KeyError:
            raise NotFound(
                f"There is no queue {queue}.", hint="`pivotr dlq list` names the queues."
            ) from None


def _is_put_away(connection: sqlite3.Connection, rules: _Rules, row: tuple[Any, ...], now: int) -> bool:
    """True where the record was too old, or received too often, and is out of the queue now."""
    number, _, receives, _, sent_at = row
    if sent_at <= now - rules.retention * 1000:
        connection.execute(_DROP, (number,))
        return True
    if rules.max_receive is None or receives < rules.max_receive:
        return False
    if rules.dlq is None:
        connection.execute(_DROP, (number,))
    else:
        connection.execute(_BURY, (rules.dlq, now, number))
    return True


def _take(connection: sqlite3.Connection, row: tuple[Any, ...], visible_at: int) -> Received:
    number, body, receives, turn, sent_at = row
    connection.execute(_TAKE, (visible_at, number))
    return Received(str(number), body, f"{number}.{turn + 1}", receives + 1, sent_at)


def _read_receipt(receipt: str) -> tuple[int, int]:
    found = _RECEIPT.fullmatch(receipt)
    if found is None:
        raise InvalidInput(f"{receipt!r} is not a receipt.")
    return int(found[1]), int(found[2])


def _refuse_outside(what: str, value: int, high: int, *, low: int = 0) -> None:
    if type(value) is not int or not low <= value <= high:
        raise InvalidInput(f"{what} is a whole number from {low} to {high}, not {value!r}.")


def _refuse_body(body: str) -> None:
    size = len(body.encode(errors="replace"))
    if not 0 < size <= MAX_BODY:
        raise InvalidInput(f"A record holds 1 to {MAX_BODY} bytes, not {size}.")
