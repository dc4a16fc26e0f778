"""Bulk inserts by PartiQL: 25 rows in one call, each fails alone, none replaces an item.

A row costs what a put costs; in a transaction it would cost twice as much, and all would fail with one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from pivotr.adapters.aws.dynamodb_calls import SERVICE, Answered, Calls
from pivotr.adapters.aws.dynamodb_values import Value
from pivotr.adapters.aws.dynamodb_writes import TableRequests, refusal
from pivotr.adapters.aws.faults import THROTTLED
from pivotr.adapters.conditions import without_empty_sets
from pivotr.errors import InvalidInput, NoAnswer, Unavailable
from pivotr.ports.table import Item, Key

#: Statements of one call (Amazon DynamoDB API reference, BatchExecuteStatement).
BATCH: Final = 25
_TRIES: Final = 8
#: Names of attributes as they stand in a statement: ours are, and a quote would end the name.
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

#: Errors of a single statement (BatchStatementError): the item exists; nothing happened, again; nobody knows.
DUPLICATE: Final = frozenset({"DuplicateItem", "ConditionalCheckFailed"})
_AGAIN: Final = THROTTLED | {"TransactionConflict"}
_UNKNOWN: Final = "InternalServerError"

#: Reads items by key, consistently, in the order of the keys.
Read = Callable[[Sequence[tuple[str, Key]]], list[Item | None]]


class Inserts:
    """Inserts rows unless their keys exist, and knows its own again after a lost answer."""

    def __init__(self, calls: Calls, read: Read) -> None:
        self._calls = calls
        self._read = read

    def insert(self, table: TableRequests, items: Sequence[Item]) -> list[bool]:
        """True for each item that was inserted; of items with the same key the first counts.

        Raises InvalidInput before anything is written; NoAnswer where some may be and the rest is not.
        """
        keys = [table.key_of(item) for item in items]
        rows = [table.attributes(item) for item in items]
        first = {key: place for place, key in reversed(list(enumerate(keys)))}
        places = sorted(first.values())
        inserted = [False] * len(items)
        for start in range(0, len(places), BATCH):
            batch = _Batch(places[start : start + BATCH])
            try:
                self._insert(table, batch, rows)
            except Unavailable as error:
                if any(inserted) or batch.inserted:
                    raise NoAnswer(error.sentence, hint=error.hint) from error
                raise
            ours = [place for place in batch.duplicate if place in batch.doubtful]
            batch.inserted.update(self._own(table, ours, keys, items) if ours else ())
            for place in batch.inserted:
                inserted[place] = True
        return inserted

    def send(self, table: TableRequests, rows: Sequence[dict[str, Value]]) -> list[tuple[str, str]]:
        """One call: code and text of the error for each row, both empty where it was inserted."""
        statements = [
            {"Statement": statement(table.physical, tuple(row)), "Parameters": list(row.values())}
            for row in rows
        ]
        answer = self._calls("batch_execute_statement", {"Statements": statements}, tries=1)
        errors: list[dict[str, Any]] = [one.get("Error", {}) for one in answer["Responses"]]
        return [(error.get("Code", ""), error.get("Message", "")) for error in errors]

    def _insert(self, table: TableRequests, batch: _Batch, rows: Sequence[dict[str, Value]]) -> None:
        for attempt in range(1, _TRIES + 1):
            asked = list(batch.waiting)
            try:
                errors = self.send(table, [rows[place] for place in asked])
            except NoAnswer:
                batch.doubtful.update(asked)
            except Unavailable:
                pass
            except Answered as answered:
                raise refusal(answered.text) from None
            else:
                for place, (code, text) in zip(asked, errors, strict=True):
                    batch.settle(place, code, text)
            if not batch.waiting:
                return
            self._calls.pause(attempt)
        if batch.doubtful:
            raise NoAnswer(
                f"{SERVICE} did not answer.", hint="Run the import again: it goes on where it was."
            )
        raise Unavailable(f"{SERVICE} is busy.", hint="Run the import again in a moment.")

    def _own(
        self, table: TableRequests, places: list[int], keys: Sequence[Key], items: Sequence[Item]
    ) -> Iterator[int]:
        found = self._read([(table.name, keys[place]) for place in places])
        for place, item in zip(places, found, strict=True):
            if item == without_empty_sets(items[place]):
                yield place


class _Batch:
    """What is known of the rows of one call, by their places."""

    def __init__(self, places: Sequence[int]) -> None:
        self.waiting = list(places)
        self.inserted: set[int] = set()
        self.duplicate: set[int] = set()
        #: Asked for in a call that was not answered.
        self.doubtful: set[int] = set()

    def settle(self, place: int, code: str, text: str) -> None:
        """Take in one answer. Raises LimitReached, Rejected."""
        if code in _AGAIN:
            return
        if code == _UNKNOWN:
            self.doubtful.add(place)
            return
        if code and code not in DUPLICATE:
            raise refusal(text or code)
        self.waiting.remove(place)
        (self.duplicate if code else self.inserted).add(place)


@lru_cache(maxsize=256)
def statement(physical: str, names: tuple[str, ...]) -> str:
    """The statement that inserts an item of these attributes; values are parameters, never part of it."""
    for name in names:
        if not _NAME.fullmatch(name):
            raise InvalidInput(f"{name!r} cannot be the name of an attribute in a bulk insert.")
    values = ", ".join(f"'{name}': ?" for name in names)
    return f'INSERT INTO "{physical}" VALUE {{{values}}}'
