"""Pages, ranges, cursors, scans and sparse indexes."""

from __future__ import annotations

from typing import Any

import pytest

from pivotr.errors import InvalidInput
from pivotr.ports.table import (
    Between,
    Change,
    IndexSpec,
    Item,
    Page,
    Table,
    TableSpec,
)
from pivotr.storage.schema import TABLES


def lead(number: int, **more: Any) -> Item:
    return {
        "id": f"l{number:04d}",
        "email": f"asha.{number}@firm{number % 3}.example.in",
        "domain": f"firm{number % 3}.example.in",
        "status": "new",
        "created_at": "2026-11-24T09:13:05.123Z",
        **more,
    }


def pages(table: Table, name: str, partition: str, **how: Any) -> list[list[Item]]:
    """All pages of a query, the cursor handed on from one to the next."""
    found: list[list[Item]] = []
    cursor: str | None = None
    while True:
        page: Page = table.query(name, partition, cursor=cursor, **how)
        found.append(page.items)
        cursor = page.cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
@pytest.mark.parametrize("ascending", [True, False])
def test_pages_show_each_item_of_a_partition_once_and_in_order(
    table: Table, limit: int, ascending: bool
) -> None:
    for number in (3, 1, 6, 2, 7, 5, 4):
        table.put("templates", {"id": "t", "version": f"{number:04d}"})
    table.put("templates", {"id": "u", "version": "0001"})
    found = pages(table, "templates", "t", limit=limit, ascending=ascending, consistent=True)
    assert all(len(page) <= limit for page in found)
    numbers = [item["version"] for page in found for item in page]
    assert numbers == sorted((f"{number:04d}" for number in range(1, 8)), reverse=not ascending)


def test_a_range_includes_both_its_ends(table: Table) -> None:
    for version in ("a", "b", "b#1", "c", "~0", "अ"):
        table.put("templates", {"id": "t", "version": version})

    def versions(between: Between | None, **how: Any) -> list[str]:
        return [item["version"] for item in table.query("templates", "t", between=between, **how).items]

    assert versions(Between("b", "c")) == ["b", "b#1", "c"]
    assert versions(Between("b", "c"), ascending=False) == ["c", "b#1", "b"]
    assert versions(Between("b#", None)) == ["b#1", "c", "~0", "अ"]
    assert versions(Between(None, "b")) == ["a", "b"]
    assert versions(Between()) == versions(None)
    assert versions(Between("x", "y")) == []
    assert [len(page) for page in pages(table, "templates", "t", between=Between("b", "c"), limit=2)][:2] == [
        2,
        1,
    ]


def test_a_range_needs_a_sort_key(table: Table) -> None:
    with pytest.raises(InvalidInput):
        table.query("settings", "k", between=Between("a", "b"))
    with pytest.raises(InvalidInput):
        table.query("leads", "a@b.example", index="email-index", between=Between("a", "b"))


@pytest.mark.parametrize("cursor", ["", "nonsense", "[]", "[1]", '["a","b"]', '{"a":1}'])
def test_a_foreign_cursor_is_refused(table: Table, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        table.query("templates", "t", cursor=cursor)
    with pytest.raises(InvalidInput):
        table.query("leads", "new", index="status-index", cursor=cursor)


def test_a_page_has_room_for_something(table: Table) -> None:
    with pytest.raises(InvalidInput):
        table.query("templates", "t", limit=0)
    with pytest.raises(InvalidInput):
        table.scan("templates", limit=0)


def test_a_scan_meets_every_item_once(table: Table) -> None:
    table.insert_many("leads", [lead(number) for number in range(25)])
    table.update("leads", ("l0003",), Change(set={"status": "sent"}))
    found: list[Item] = []
    cursor: str | None = None
    while True:
        page = table.scan("leads", limit=4, cursor=cursor)
        assert len(page.items) <= 4
        found += page.items
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(item["id"] for item in found) == [f"l{number:04d}" for number in range(25)]
    assert lead(3, status="sent") in found


def test_an_index_returns_keys_and_projection_only(table: Table) -> None:
    table.put("leads", lead(1, queue="c#s", due="~000000000001", first_name="Asha", tags=frozenset({"a"})))
    keys = {"id": "l0001", "queue": "c#s", "due": "~000000000001"}
    (found,) = table.query("leads", "c#s", index="queue-index").items
    assert found == {**keys, "email": "asha.1@firm1.example.in"}
    (found,) = table.query("leads", "new", index="status-index").items
    assert found == {"id": "l0001", "status": "new", "created_at": "2026-11-24T09:13:05.123Z"}
    (found,) = table.query("leads", "firm1.example.in", index="domain-index").items
    assert found == {"id": "l0001", "domain": "firm1.example.in"}
    (found,) = table.query("leads", "asha.1@firm1.example.in", index="email-index").items
    assert found == {"id": "l0001", "email": "asha.1@firm1.example.in"}


def test_an_index_holds_an_item_while_it_has_both_attributes(table: Table) -> None:
    def waiting() -> list[str]:
        return [item["id"] for item in table.query("leads", "c#s", index="queue-index").items]

    table.put("leads", lead(1, queue="c#s"))
    table.put("leads", lead(2, due="~000000000001"))
    assert waiting() == []
    table.update("leads", ("l0001",), Change(set={"due": "~000000000002"}))
    table.update("leads", ("l0002",), Change(set={"queue": "c#s"}))
    assert waiting() == ["l0002", "l0001"]
    table.update("leads", ("l0002",), Change(set={"due": "2026-11-24T09:13:05Z"}))
    table.update("leads", ("l0001",), Change(remove=("due",)))
    assert waiting() == ["l0002"]
    table.put("leads", lead(2, queue="c#other", due="~000000000001"))
    assert waiting() == []
    table.delete("leads", ("l0002",))
    assert table.query("leads", "c#other", index="queue-index").items == []


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize(
    ("spec", "index"),
    [(spec, index) for spec in TABLES for index in spec.indexes],
    ids=lambda part: part.name,
)
def test_pages_of_every_index_go_on_within_equal_sort_keys(
    table: Table, spec: TableSpec, index: IndexSpec, ascending: bool
) -> None:
    own = (spec.partition, *((spec.sort,) if spec.sort else ()))
    items = [
        {name: f"{name}{number:02d}" for name in own}
        | ({index.sort: f"s{number // 8}"} if index.sort and index.sort not in own else {})
        | {index.partition: "p"}
        for number in range(20)
    ]
    table.insert_many(spec.name, items)
    found = pages(table, spec.name, "p", index=index.name, limit=3, ascending=ascending)
    assert all(len(page) <= 3 for page in found)
    shown = [item for page in found for item in page]
    assert sorted(item[own[0]] for item in shown) == sorted(item[own[0]] for item in items)
    if index.sort:
        keys = [item[index.sort] for item in shown]
        assert keys == sorted(keys, reverse=not ascending)
        one = Between(keys[9], keys[9])
        found = pages(table, spec.name, "p", index=index.name, limit=3, ascending=ascending, between=one)
        equal = [item for item in shown if item[index.sort] == keys[9]]
        assert [item for page in found for item in page] == equal


def test_an_index_is_ordered_by_its_sort_key(table: Table) -> None:
    for number, due in enumerate(["~~2026", "~000000000002", "2026-11-24T09:13:05Z", "~000000000001"]):
        table.put("leads", lead(number, queue="c#s", due=due))
    found = pages(table, "leads", "c#s", index="queue-index", limit=2)
    assert [item["id"] for page in found for item in page] == ["l0002", "l0003", "l0001", "l0000"]
    late = table.query("leads", "c#s", index="queue-index", between=Between("~"), limit=1)
    assert [item["id"] for item in late.items] == ["l0003"]


@pytest.mark.parametrize(("limit", "counted"), [(1, 1), (4, 4), (5, 5), (6, 5), (1_000_000, 5)])
def test_a_partition_is_counted_as_far_as_is_asked(table: Table, limit: int, counted: int) -> None:
    for number in range(5):
        table.put("memberships", {"list": "diwali", "lead_id": f"l{number}"})
    table.put("memberships", {"list": "diwali2", "lead_id": "l1"})
    assert table.count("memberships", "diwali", limit=limit) == counted
    assert table.count("memberships", "diwal", limit=limit) == 0
    assert table.count("memberships", "", limit=limit) == 0


def test_a_count_of_nothing_is_refused(table: Table) -> None:
    with pytest.raises(InvalidInput):
        table.count("memberships", "diwali", limit=0)
