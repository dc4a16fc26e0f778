"""F9: how many leads a core inserts into the data file each second, nothing overwritten.

An index is built when it is first asked for, so a first import keeps the key alone; the figure with every
index is that of a file in which each has been asked for. The bare figures beside them are SQLite alone: the
same rows, ready made, into the same tables by `executemany`.
Times are cpu times (user and system) of this process, the best of three runs.
"""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pivotr.adapters.embedded.sqlite_file import PRAGMAS, SqliteFile
from pivotr.adapters.embedded.sqlite_table import SqliteTable
from pivotr.adapters.embedded.table_sql import TableSql
from pivotr.names import LEADS
from pivotr.storage.schema import TABLES, table

ROWS = 100_000
RUNS = 3


def lead(number: int) -> dict[str, Any]:
    """A lead as an import writes it: the id is a hash, so it falls anywhere in the key's index."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    domain = f"firm-{digest[:4]}.example.in"
    return {
        "id": f"l{digest[:24]}",
        "v": 1,
        "email": f"anjali.{digest[:8]}@{domain}",
        "domain": domain,
        "full_name": "Anjali Raghunathan Sharma",
        "first_name": "Anjali",
        "company": "Sharma & Sons Private Limited",
        "fields": {"city": "Pune", "role": "Head of Purchasing"},
        "type": "cold",
        "tags": frozenset({"pune", "expo-2026"}),
        "source": "expo.csv",
        "import_id": "i-20261124-0001",
        "line": number + 2,
        "status": "new",
        "created_at": "2026-11-24T09:13:05.123Z",
    }


def best(run: Callable[[Path], float]) -> float:
    """The least cpu seconds of several runs, each with a folder of its own."""
    seconds = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            seconds.append(run(Path(folder)))
    return min(seconds)


def insert(
    folder: Path, leads: list[dict[str, Any]], *, repeat: bool = False, has_indexes: bool = False
) -> float:
    """Cpu seconds of one import; `repeat` measures the second import of the same leads."""
    with SqliteFile(folder / "pivotr.db") as file:
        tables = SqliteTable(file, TABLES, lambda: 0)
        for index in table(LEADS).indexes if has_indexes else ():
            tables.query(LEADS, "any", index=index.name)
        if repeat:
            tables.insert_many(LEADS, leads)
        start = time.process_time()
        inserted = tables.insert_many(LEADS, leads)
        seconds = time.process_time() - start
    if sum(inserted) != (0 if repeat else len(leads)):
        raise AssertionError("an insert was lost or a lead was overwritten")
    return seconds


def insert_bare(
    folder: Path, rows: list[tuple[Any, ...]], sql: TableSql, *, has_indexes: bool = False
) -> float:
    """Cpu seconds of SQLite alone for ready-made rows, in transactions of 5,000."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    for pragma in (*PRAGMAS, "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"):
        connection.execute(pragma)
    indexes = (sql.index(index.name) for index in sql.spec.indexes if has_indexes)
    for statements in (sql.schema(), *indexes):
        for statement in statements.values():
            connection.execute(statement)
    start = time.process_time()
    for first in range(0, len(rows), 5000):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(sql.insert_new, rows[first : first + 5000])
        connection.execute("COMMIT")
    seconds = time.process_time() - start
    connection.close()
    return seconds


def measure() -> list[dict[str, Any]]:
    """Rows per cpu second of new leads, of known leads, and of SQLite alone."""
    leads = [lead(number) for number in range(ROWS)]
    sql = TableSql(table(LEADS))
    rows = [sql.row(item) for item in leads]
    new = ROWS / best(lambda folder: insert(folder, leads))
    indexed = ROWS / best(lambda folder: insert(folder, leads, has_indexes=True))
    known = ROWS / best(lambda folder: insert(folder, leads, repeat=True))
    bare = ROWS / best(lambda folder: insert_bare(folder, rows, sql))
    bare_indexed = ROWS / best(lambda folder: insert_bare(folder, rows, sql, has_indexes=True))
    unit = "leads per cpu second"
    return [
        {"figure": "F9", "what": "insert_many, new leads", "value": new, "unit": unit, "goal": "≥ 50,000"},
        {"figure": "F9", "what": "the same with every index", "value": indexed, "unit": unit, "goal": ""},
        {"figure": "F9", "what": "insert_many, known leads", "value": known, "unit": unit, "goal": ""},
        {"figure": "F9", "what": "SQLite alone, ready-made rows", "value": bare, "unit": unit, "goal": ""},
        {
            "figure": "F9",
            "what": "SQLite alone, every index",
            "value": bare_indexed,
            "unit": unit,
            "goal": "",
        },
        {
            "figure": "F9",
            "what": "insert_many against SQLite alone",
            "value": new / bare,
            "unit": "ratio",
            "goal": "≥ 0.5",
        },
    ]


if __name__ == "__main__":
    for row in measure():
        print(f"{row['figure']}  {row['what']:34} {row['value']:12,.2f} {row['unit']:22} {row['goal']}")
