"""The environments that the contract is tested on. Another one joins as another entry of BACKENDS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pivotr import names
from pivotr.adapters.embedded.sqlite_file import SqliteFile
from pivotr.adapters.embedded.sqlite_queues import SqliteQueues
from pivotr.adapters.embedded.sqlite_table import SqliteTable
from pivotr.ports.queues import Queues
from pivotr.ports.table import Table
from pivotr.storage.schema import TABLES

#: 24 November 2026, 09:13:05.123 UTC in epoch milliseconds.
START = 1_795_511_585_123

APPEND_ONLY = frozenset({names.LOGS})


@dataclass
class Instant:
    """A clock that stands still until a test moves it."""

    ms: int = START

    def __call__(self) -> int:
        return self.ms

    def advance(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


@dataclass
class Backend:
    """Fresh, empty tables and queues, and the clock that they see."""

    table: Table
    queues: Queues
    instant: Instant = field(default_factory=Instant)


@contextmanager
def sqlite(path: Path | None) -> Iterator[Backend]:
    instant = Instant()
    with SqliteFile(path, durable=False) as file:
        table = SqliteTable(file, TABLES, instant, append_only=APPEND_ONLY)
        yield Backend(table, SqliteQueues(file, names.QUEUES, instant), instant)


BACKENDS: dict[str, Callable[[Path], AbstractContextManager[Backend]]] = {
    "sqlite-file": lambda folder: sqlite(folder / "pivotr.db"),
    "sqlite-memory": lambda folder: sqlite(None),
}
