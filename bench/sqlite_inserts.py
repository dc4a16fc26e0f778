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
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from pivotr.adapters.embedded.sqlite_file import PRAGMAS, SqliteFile
from pivotr.adapters.embedded.sqlite_table import SqliteTable
from pivotr.adapters.embedded.table_sql import TableSql
from pivotr.names import LEADS
from pivotr.storage.schema import TABLES, table

ROWS = 100_000
#: Leads of one call, as of an import.
CHUNK = 2000
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


def best(jobs: dict[str, Callable[[Path], float]]) -> dict[str, float]:
    """Leads per cpu second of each job, best of several runs; the jobs take turns in new folders."""
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(RUNS):
        for name, run in jobs.items():
            with tempfile.TemporaryDirectory() as folder:
                seconds[name].append(run(Path(folder)))
    return {name: ROWS / min(taken) for name, taken in seconds.items()}


def batches() -> Iterator[list[dict[str, Any]]]:
    """The leads as an import hands them over: some thousand at a time, just made."""
    for first in range(0, ROWS, CHUNK):
        yield [lead(number) for number in range(first, first + CHUNK)]


def insert(folder: Path, *, repeat: bool = False, has_indexes: bool = False) -> float:
    """Cpu seconds of one import; `repeat` measures the second import of the same leads."""
    with SqliteFile(folder / "pivotr.db") as file:
        tables = SqliteTable(file, TABLES, lambda: 0)
        for index in table(LEADS).indexes if has_indexes else ():
            tables.query(LEADS, "any", index=index.name)
        for leads in batches() if repeat else ():
            tables.insert_many(LEADS, leads)
        seconds, inserted = 0.0, 0
        for leads in batches():
            start = time.process_time()
            new = tables.insert_many(LEADS, leads)
            seconds += time.process_time() - start
            inserted += sum(new)
    if inserted != (0 if repeat else ROWS):
        raise AssertionError("an insert was lost or a lead was overwritten")
    return seconds


def insert_bare(folder: Path, *, sql: TableSql, has_indexes: bool = False) -> float:
    """Cpu seconds of SQLite alone for ready-made rows, in the same transactions."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    for pragma in (*PRAGMAS, "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"):
        connection.execute(pragma)
    indexes = (sql.index(index.name) for index in sql.spec.indexes if has_indexes)
    for statements in (sql.schema(), *indexes):
        for statement in statements.values():
            connection.execute(statement)
    seconds = 0.0
    for leads in batches():
        rows = [sql.row(item) for item in leads]
        start = time.process_time()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(sql.insert_new, rows)
        connection.execute("COMMIT")
        seconds += time.process_time() - start
    connection.close()
    return seconds


def measure() -> list[dict[str, Any]]:
    """Rows per cpu second of new leads, of known leads, and of SQLite alone."""
    sql = TableSql(table(LEADS))
    rates = best(
        {
            "insert_many, new leads": insert,
            "the same with every index": partial(insert, has_indexes=True),
            "insert_many, known leads": partial(insert, repeat=True),
            "SQLite alone, ready-made rows": partial(insert_bare, sql=sql),
            "SQLite alone, every index": partial(insert_bare, sql=sql, has_indexes=True),
        }
    )
    goals = {"insert_many, new leads": "≥ 50,000"}
    rows: list[dict[str, Any]] = [
        {
            "figure": "F9",
            "what": what,
            "value": rate,
            "unit": "leads per cpu second",
            "goal": goals.get(what, ""),
        }
        for what, rate in rates.items()
    ]
    for what, ours, theirs in (
        ("insert_many against SQLite alone", "insert_many, new leads", "SQLite alone, ready-made rows"),
        ("the same with every index", "the same with every index", "SQLite alone, every index"),
    ):
        ratio = rates[ours] / rates[theirs]
        rows.append({"figure": "F9", "what": what, "value": ratio, "unit": "ratio", "goal": "≥ 0.5"})
    return rows


if __name__ == "__main__":
    for row in measure():
        print(f"{row['figure']}  {row['what']:34} {row['value']:12,.2f} {row['unit']:22} {row['goal']}")
