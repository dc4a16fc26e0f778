"""The one SQLite file of the embedded environment: connections, transactions, file format.

It knows nothing of tables and queues; they bring their own schema and share its connections.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final
from weakref import WeakSet, finalize

from pivotr.adapters.embedded import sqlite_faults
from pivotr.errors import Unavailable

#: Format of the file, kept in `PRAGMA user_version`; 0 is a file that nobody has set up yet.
FORMAT: Final = 1

#: Larger pages, more of them in memory (32 MiB), and a longer log before it is folded into the file: a bulk
#: insert touches the same pages of its indexes many times (bench/sqlite_inserts.py: a third less cpu time).
#: Erased data is overwritten, not left in free pages.
PRAGMAS: Final = (
    "PRAGMA page_size=8192",
    "PRAGMA cache_size=-32768",
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA secure_delete=ON",
)

_WAL_TRIES = 100


class _Held:
    """A connection that is closed with its last owner: a thread that ends leaves nothing open."""

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        self.connection = connection
        self._path = path
        self._identity = _identity(path)
        finalize(self, connection.close)

    def has_lost_its_file(self) -> bool:
        """True where the path leads to another file by now, or to none: what is written here is lost."""
        return _identity(self._path) != self._identity


class SqliteFile:
    """One data file for any number of threads and processes; `path` None keeps all in memory.

    `durable` False risks the last writes in a power failure, never the file. `busy_seconds` is how long a
    writer waits for another one. `made_later` is a file that is made only once there is something in this
    one: an empty data file beside it has lost what it held. Raises Misconfigured where the file cannot be
    used: damaged, of another program, of a newer Pivotr, emptied, not writable, or a folder.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        durable: bool = True,
        busy_seconds: float = 10.0,
        made_later: Path | None = None,
    ) -> None:
        self.path = path
        self._made_later = made_later
        self._busy_seconds = busy_seconds
        self._durable = durable
        self._local = threading.local()
        self._held: WeakSet[_Held] = WeakSet()
        self._shared: _Held | None = None
        self._turn: AbstractContextManager[Any] = nullcontext()
        if path is None:
            # A database in memory belongs to one connection: all threads share it, one at a time.
            self._turn = threading.RLock()
            self._shared = self._open()
        else:
            self._create(path)

    def rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of one reading statement. Raises Unavailable, Misconfigured."""
        with self._turn:
            try:
                return self._held_by_thread().connection.execute(sql, values).fetchall()
            except sqlite_faults.FAULTS as error:
                raise sqlite_faults.translate(error, self.path) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One write transaction, committed at the end and rolled back by any exception; not to be nested.

        Raises Unavailable (nothing was written), NoAnswer (the disk failed at the end), Misconfigured.
        """
        with self._turn:
            committing = False
            connection: sqlite3.Connection | None = None
            try:
                held = self._held_by_thread()
                connection = held.connection
                if self.path is not None and held.has_lost_its_file():
                    raise sqlite_faults.moved(self.path)
                # The write lock before the first read: a condition and its write are one step.
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                committing = True
                connection.execute("COMMIT")
            except sqlite_faults.FAULTS as error:
                _roll_back(connection)
                raise sqlite_faults.translate(error, self.path, committing=committing) from error
            except BaseException:
                _roll_back(connection)
                raise

    def ensure(self, schema: Mapping[str, str]) -> None:
        """Create what is missing of a schema: name of table or index → its `CREATE … IF NOT EXISTS`.

        Takes the write lock only if something is missing, so that a second process starts beside a busy one.
        """
        present = {name for (name,) in self.rows("SELECT name FROM sqlite_schema")}
        missing = [sql for name, sql in schema.items() if name not in present]
        if missing:
            with self.writing() as connection:
                for sql in missing:
                    connection.execute(sql)

    def check(self) -> None:
        """Read every page. Raises Misconfigured where one of them is damaged."""
        ((found,), *_) = self.rows("PRAGMA quick_check(1)")
        if found != "ok" and self.path is not None:
            raise sqlite_faults.damaged(self.path)

    def close(self) -> None:
        """Close the connections of all threads; the file opens again by itself if it is used again."""
        for held in list(self._held):
            held.connection.close()
        self._held.clear()
        self._local = threading.local()

    def __enter__(self) -> SqliteFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _held_by_thread(self) -> _Held:
        held: _Held | None = self._shared or getattr(self._local, "held", None)
        if held is None:
            held = self._local.held = self._open()
        return held

    def _open(self) -> _Held:
        # mode=rw: a file that is gone by now must not come back empty.
        target = ":memory:" if self.path is None else f"{self.path.absolute().as_uri()}?mode=rw"
        # Another thread may close it (close(), or the collector), so the module's own thread check is off.
        connection = sqlite3.connect(
            target,
            uri=True,
            timeout=self._busy_seconds,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        held = _Held(connection, self.path)
        self._held.add(held)
        # FULL: a claim that a power failure takes back would be a second mail. NORMAL keeps the file whole,
        # but may lose the last transactions.
        connection.execute(f"PRAGMA synchronous={'FULL' if self._durable else 'NORMAL'}")
        for pragma in PRAGMAS:
            connection.execute(pragma)
        return held

    def _create(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self._made_later and self._made_later.exists() and path.exists() and not path.stat().st_size:
                raise sqlite_faults.emptied(path)
            # People's addresses: readable for the owner only. An existing file keeps its mode.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise sqlite_faults.from_system(error, path) from error
        try:
            self._check_format(path)
            self._use_wal(path)
        except BaseException:
            self.close()
            raise

    def _check_format(self, path: Path) -> None:
        ((found,),) = self.rows("PRAGMA user_version")
        if found > FORMAT:
            raise sqlite_faults.newer(path, found, FORMAT)
        if found:
            return
        with self.writing() as connection:
            # Another process may have been first: look again, now that nobody else can write.
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if found == 0 and tables:
                raise sqlite_faults.foreign(path)
            if found == 0:
                connection.execute(f"PRAGMA user_version={FORMAT}")

    def _use_wal(self, path: Path) -> None:
        """Readers never wait for the writer. Switching needs the file for a moment to itself, and SQLite does
        not wait for that: so each refusal is followed by a wait for the write lock."""
        for _ in range(_WAL_TRIES):
            ((mode,),) = self.rows("PRAGMA journal_mode")
            if mode == "wal":
                return
            try:
                self.rows("PRAGMA journal_mode=WAL")
            except Unavailable:
                with self.writing():
                    pass
        raise sqlite_faults.busy(path)


def _identity(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _roll_back(connection: sqlite3.Connection | None) -> None:
    if connection is not None and connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
