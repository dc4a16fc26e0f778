"""Items in, items out: values of every kind, keys, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from pivotr.errors import InvalidInput, LimitReached, NotFound
from pivotr.ports.table import (
    Change,
    Item,
    Table,
)


def lead(number: int, **more: Any) -> Item:
    return {
        "id": f"l{number:04d}",
        "email": f"asha.{number}@firm{number % 3}.example.in",
        "domain": f"firm{number % 3}.example.in",
        "status": "new",
        "created_at": "2026-11-24T09:13:05.123Z",
        **more,
    }


ITEM: Item = {
    "key": "k",
    "text": "naïve – अनीता \x00 \"quoted\" \\ \n{'$set': 1} NaN Infinity",
    "empty": "",
    "whole": -(2**53) + 1,
    "fraction": 0.1,
    "yes": True,
    "no": False,
    "nothing": None,
    "list": [1, "two", None, [], {}],
    "map": {"a": {"b": {"names": frozenset({"x", "y"})}}, "$set": ["a"], "dotted.name": 1},
    "names": frozenset({"b", "a", "अ"}),
    "list with sets": [frozenset({"x"}), {"names": frozenset({"y"})}],
}


def test_an_item_comes_back_as_it_was_put(table: Table) -> None:
    table.put("settings", ITEM)
    found = table.get("settings", ("k",), consistent=True)
    assert found == ITEM
    assert {name: type(value) for name, value in (found or {}).items()} == {
        name: type(value) for name, value in ITEM.items()
    }


def test_empty_sets_are_absent_attributes(table: Table) -> None:
    table.put("settings", {"key": "k", "none": frozenset(), "map": {"none": frozenset(), "n": 1}})
    assert table.get("settings", ("k",)) == {"key": "k", "map": {"n": 1}}


def test_a_put_replaces_the_whole_item(table: Table) -> None:
    table.put("settings", {"key": "k", "old": 1})
    table.put("settings", {"key": "k", "new": 2})
    assert table.get("settings", ("k",)) == {"key": "k", "new": 2}


def test_a_stored_item_does_not_follow_the_one_it_came_from(table: Table) -> None:
    item: Item = {"key": "k", "map": {"n": 1}}
    table.put("settings", item)
    item["map"]["n"] = 2
    found = table.get("settings", ("k",))
    assert found == {"key": "k", "map": {"n": 1}}
    assert found is not None
    found["map"]["n"] = 3
    assert table.get("settings", ("k",)) == {"key": "k", "map": {"n": 1}}


def test_deleting_twice_is_no_error(table: Table) -> None:
    table.put("settings", {"key": "k"})
    table.delete("settings", ("k",))
    table.delete("settings", ("k",))
    assert table.get("settings", ("k",)) is None


def test_many_items_of_several_tables_come_in_the_order_of_their_keys(table: Table) -> None:
    table.put("settings", {"key": "k", "n": 1})
    table.put("templates", {"id": "t", "version": "0002", "n": 2})
    keys = [("templates", ("t", "0002")), ("settings", ("none",)), ("settings", ("k",))]
    expected = [{"id": "t", "version": "0002", "n": 2}, None, {"key": "k", "n": 1}]
    assert table.get_many(keys) == expected
    assert table.get_many(keys, consistent=True) == expected
    assert table.get_many([]) == []
    with pytest.raises(InvalidInput):
        table.get_many([("settings", (f"k{number}",)) for number in range(101)])


@pytest.mark.parametrize(
    "item", [{}, {"key": ""}, {"key": 7}, {"key": None}], ids=["absent", "empty", "a number", "null"]
)
def test_an_item_needs_a_key_of_text(table: Table, item: Item) -> None:
    with pytest.raises(InvalidInput):
        table.put("settings", item)
    with pytest.raises(InvalidInput):
        table.insert_many("settings", [item])


@pytest.mark.parametrize("value", ["", 7, None], ids=["empty", "a number", "null"])
def test_an_attribute_of_an_index_is_text_or_absent(table: Table, value: Any) -> None:
    with pytest.raises(InvalidInput, match="email"):
        table.put("leads", lead(1, email=value))
    table.put("leads", lead(1))
    with pytest.raises(InvalidInput, match="email"):
        table.update("leads", ("l0001",), Change(set={"email": value}))
    assert table.get("leads", ("l0001",)) == lead(1)


@pytest.mark.parametrize("key", [(), ("",), ("a", "b")])
def test_a_key_has_the_shape_of_its_table(table: Table, key: tuple[str, ...]) -> None:
    for attempt in (table.get, table.delete):
        with pytest.raises(InvalidInput):
            attempt("settings", key)


def test_what_cannot_be_stored_is_refused(table: Table) -> None:
    for value in (float("nan"), float("inf"), {"deep": [float("-inf")]}, "half \ud83d"):
        with pytest.raises(InvalidInput):
            table.put("settings", {"key": "k", "value": value})
    with pytest.raises(LimitReached):
        table.put("settings", {"key": "k", "value": "x" * 410_000})
    with pytest.raises(TypeError):
        table.put("settings", {"key": "k", "value": object()})
    assert table.get("settings", ("k",)) is None
    table.put("settings", {"key": "k", "value": "x" * 400_000})


def test_unknown_tables_and_indexes_are_not_found(table: Table) -> None:
    with pytest.raises(NotFound):
        table.get("no-table", ("k",))
    with pytest.raises(NotFound):
        table.query("leads", "new", index="no-index")
