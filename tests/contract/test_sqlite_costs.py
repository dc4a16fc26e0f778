"""Reading costs what it shows, however much there is: counted in steps of SQLite, not in time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from workers import open_table

from pivotr.adapters.embedded.sqlite_file import SqliteFile
from pivotr.ports.table import Between, Item

LEADS = 3000


def lead(number: int) -> Item:
    return {
        "id": f"l{number:05d}",
        "email": f"asha{number}@firm.example.in",
        "domain": "firm.example.in",
        "status": "new",
        "created_at": "2026-11-24T09:13:05.123Z",
        "queue": "c#s",
        "due": f"~{number // 100:012d}",
    }


def steps(file: SqliteFile, read: Callable[[], Any]) -> int:
    """Tens of steps of SQLite's machine that a read takes."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    with file.writing() as connection:
        pass
    connection.set_progress_handler(tick, 10)
    read()
    connection.set_progress_handler(None, 0)
    return count


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize(
    ("index", "partition"),
    [("status-index", "new"), ("queue-index", "c#s"), ("domain-index", "firm.example.in")],
)
def test_a_page_in_the_middle_costs_no_more_than_the_first(
    index: str, partition: str, ascending: bool
) -> None:
    with SqliteFile(None) as file:
        table = open_table(file)
        table.insert_many("leads", [lead(number) for number in range(LEADS)])

        def page(cursor: str | None) -> str | None:
            return table.query(
                "leads", partition, index=index, limit=5, cursor=cursor, ascending=ascending
            ).cursor

        middle = table.query(
            "leads", partition, index=index, limit=LEADS // 2 + 50, ascending=ascending
        ).cursor
        assert steps(file, lambda: page(None)) <= 20
        assert steps(file, lambda: page(middle)) <= 40


def test_a_range_costs_what_it_holds() -> None:
    with SqliteFile(None) as file:
        table = open_table(file)
        table.insert_many("templates", [{"id": "t", "version": f"{n:05d}"} for n in range(LEADS)])
        few = Between("02000", "02003")
        assert steps(file, lambda: table.query("templates", "t", between=few)) <= 20
        assert steps(file, lambda: table.scan("templates", limit=5, cursor="[2000]")) <= 20
        assert steps(file, lambda: table.get("templates", ("t", "02000"))) <= 10


def test_an_index_is_built_when_it_is_first_asked_for_and_kept_from_then_on(tmp_path: Path) -> None:
    def indexes(file: SqliteFile) -> set[str]:
        return {name for (name,) in file.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'leads-%'")}

    with SqliteFile(tmp_path / "pivotr.db") as file, SqliteFile(tmp_path / "pivotr.db") as other:
        table, beside = open_table(file), open_table(other)
        table.insert_many("leads", [lead(number) for number in range(200)])
        assert indexes(file) == set()
        page = table.query("leads", "firm.example.in", index="domain-index", limit=500)
        assert len(page.items) == 200
        beside.insert_many("leads", [lead(200)])
        beside.put("leads", lead(3) | {"domain": "other.example.in"})
        assert len(table.query("leads", "firm.example.in", index="domain-index", limit=500).items) == 200
        assert len(beside.query("leads", "other.example.in", index="domain-index").items) == 1
        assert indexes(file) == {"leads-domain-index"}
