"""What the processes of the tests do; each is started afresh and opens the data file itself."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from backends import APPEND_ONLY, Instant

from pivotr import names
from pivotr.adapters.embedded.run_lock import RunLock
from pivotr.adapters.embedded.sqlite_file import SqliteFile
from pivotr.adapters.embedded.sqlite_queues import SqliteQueues
from pivotr.adapters.embedded.sqlite_table import SqliteTable
from pivotr.ports.table import Absent, Change, ConditionFailed, Equals, Put, Table, TransactionCancelled
from pivotr.storage.schema import TABLES


def open_table(file: SqliteFile) -> SqliteTable:
    return SqliteTable(file, TABLES, Instant(), append_only=APPEND_ONLY)


def count_up(table: Table, times: int) -> None:
    """Add 1 so many times, each under the condition that nobody else did since the last read."""
    for _ in range(times):
        while True:
            item = table.get("settings", ("counter",), consistent=True) or {}
            seen = item.get("n", 0)
            condition = Equals("n", seen) if item else Absent("key")
            try:
                table.update("settings", ("counter",), Change(set={"n": seen + 1}), condition=condition)
                break
            except ConditionFailed:
                continue


def count_up_in(path: Path, times: int) -> None:
    with SqliteFile(path, durable=False, busy_seconds=60) as file:
        count_up(open_table(file), times)


def insert_into(path: Path, first: int, number: int) -> list[bool]:
    """Insert leads first … first + number − 1, ten in one call."""
    with SqliteFile(path, durable=False, busy_seconds=60) as file:
        table = open_table(file)
        inserted: list[bool] = []
        for start in range(first, first + number, 10):
            items = [
                {"id": f"l{lead:05d}", "email": f"a{lead}@b.example", "by": os.getpid()}
                for lead in range(start, start + 10)
            ]
            inserted += table.insert_many("leads", items)
        return inserted


def drain(path: Path) -> list[str]:
    """Receive and acknowledge until the queue is empty."""
    bodies: list[str] = []
    with SqliteFile(path, durable=False, busy_seconds=60) as file:
        queues = SqliteQueues(file, names.QUEUES, Instant())
        while records := queues.receive(names.SENDING_QUEUE.name, limit=3):
            for record in records:
                bodies.append(record.body)
                queues.delete(names.SENDING_QUEUE.name, record.receipt)
    return bodies


def die_while_writing(path: Path) -> None:
    """Commit one item, then end in the middle of the transaction that writes the next."""
    file = SqliteFile(path)
    table = open_table(file)
    table.put("settings", {"key": "committed"})
    with file.writing() as connection:
        connection.execute("INSERT INTO settings (key, _item) VALUES ('torn', '{\"key\":\"torn\"}')")
        os._exit(9)


def die_with_lock(path: Path, is_held: Path) -> None:
    """Take the run lock, say so, and end without giving it back."""
    RunLock(path).acquire("2026-11-24T09:13:05.123Z", os.getpid())
    is_held.touch()
    os._exit(9)


def hold_write_lock(path: Path) -> sqlite3.Connection:
    """A connection from outside that keeps the file's write lock."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return connection


def claim_once(path: Path, token: str) -> bool:
    """One transaction that only the first can pass; True where it was this one."""
    claim = Put("settings", {"key": "claim", "by": token}, Absent("key"))
    with SqliteFile(path, durable=False, busy_seconds=60) as file:
        try:
            open_table(file).transact([claim], token=token)
        except TransactionCancelled:
            return False
        return True
