"""What an update does to an item, and what it refuses to do."""

from __future__ import annotations

import pytest

from pivotr.errors import InvalidInput
from pivotr.ports.table import Change, ConditionFailed, Item, Table, TransactionCancelled, Update

LANE: Item = {
    "key": "lane",
    "ticket": 7,
    "share": 1.5,
    "word": "gap",
    "open": True,
    "names": frozenset({"a", "b"}),
    "campaigns": {"c1": {"used": 3, "seen": frozenset({"x"})}, "c2": {}},
    "list": [1, {"deep": "x"}],
}

CHANGES: dict[str, tuple[Change, Item]] = {
    "nothing": (Change(), {}),
    "set a new one": (Change(set={"why": "cap"}), {"why": "cap"}),
    "set over another type": (Change(set={"word": {"now": ["a", "map"]}}), {"word": {"now": ["a", "map"]}}),
    "set null": (Change(set={"word": None}), {"word": None}),
    "set a set": (Change(set={"names": frozenset({"z"})}), {"names": frozenset({"z"})}),
    "add to a number": (Change(add={"ticket": 2}), {"ticket": 9}),
    "take from a number": (Change(add={"ticket": -9}), {"ticket": -2}),
    "add to a fraction": (Change(add={"share": 1}), {"share": 2.5}),
    "add to an absent one": (Change(add={"sent": 1}), {"sent": 1}),
    "include in a set": (Change(include={"names": frozenset({"b", "c"})}), {"names": frozenset("abc")}),
    "include in an absent set": (Change(include={"more": frozenset({"m"})}), {"more": frozenset({"m"})}),
    "include nobody": (Change(include={"more": frozenset()}), {}),
    "exclude from a set": (Change(exclude={"names": frozenset({"b", "c"})}), {"names": frozenset({"a"})}),
    "exclude from an absent set": (Change(exclude={"more": frozenset({"m"})}), {}),
    "several at once": (
        Change(set={"word": "cap"}, add={"ticket": 1}, include={"names": frozenset({"c"})}),
        {"word": "cap", "ticket": 8, "names": frozenset("abc")},
    ),
    "below a map": (
        Change(set={("campaigns", "c2", "open"): False}, add={("campaigns", "c1", "used"): 1}),
        {"campaigns": {"c1": {"used": 4, "seen": frozenset({"x"})}, "c2": {"open": False}}},
    ),
    "a new map in a map": (
        Change(set={("campaigns", "c3"): {"used": 0}}, remove=(("campaigns", "c2"),)),
        {"campaigns": {"c1": {"used": 3, "seen": frozenset({"x"})}, "c3": {"used": 0}}},
    ),
    "a set in a map": (
        Change(include={("campaigns", "c1", "seen"): frozenset({"y"})}),
        {"campaigns": {"c1": {"used": 3, "seen": frozenset({"x", "y"})}, "c2": {}}},
    ),
    "the last member of a set in a map": (
        Change(exclude={("campaigns", "c1", "seen"): frozenset({"x"})}),
        {"campaigns": {"c1": {"used": 3}, "c2": {}}},
    ),
    "a counter that a map lacks": (
        Change(add={("campaigns", "c2", "used"): 1}),
        {"campaigns": {"c1": {"used": 3, "seen": frozenset({"x"})}, "c2": {"used": 1}}},
    ),
}

#: Changes after which an attribute is gone.
REMOVALS: dict[str, tuple[Change, str]] = {
    "remove": (Change(remove=("word",)), "word"),
    "remove what is absent": (Change(remove=("never",)), "never"),
    "remove below what is absent": (Change(remove=(("never", "deep"),)), "never"),
    "exclude everybody": (Change(exclude={"names": frozenset({"a", "b"})}), "names"),
    "set an empty set": (Change(set={"names": frozenset()}), "names"),
}

#: Changes that have no place in the item: the same as a condition that does not hold.
UNFIT: dict[str, Change] = {
    "set below a missing map": Change(set={("missing", "n"): 1}),
    "add below a missing map": Change(add={("campaigns", "c9", "used"): 1}),
    "include below a missing map": Change(include={("missing", "n"): frozenset({"a"})}),
    "set below a text": Change(set={("word", "n"): 1}),
    "add to a text": Change(add={"word": 1}),
    "add to a bool": Change(add={"open": 1}),
    "include in a text": Change(include={"word": frozenset({"a"})}),
    "one part without a place beside good ones": Change(
        set={"ticket": 99, ("campaigns", "c1", "used"): 9}, add={"word": 1}
    ),
    "exclude from a number": Change(exclude={"ticket": frozenset({"a"})}),
}

WRONG: dict[str, Change] = {
    "one attribute twice": Change(set={"word": "x"}, remove=("word",)),
    "one attribute twice, once as a path": Change(set={"word": "x"}, add={("word",): 1}),
    "a map and a part of it": Change(set={"campaigns": {}}, add={("campaigns", "c1", "used"): 1}),
    "a map in a map and a part of it": Change(
        set={("campaigns", "c1", "used"): 1}, remove=(("campaigns", "c1"),)
    ),
    "the key": Change(set={"key": "other"}),
    "the key removed": Change(remove=("key",)),
}


@pytest.fixture
def lane(table: Table) -> Table:
    table.put("settings", LANE)
    return table


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_leaves_the_item_that_it_promises(lane: Table, name: str) -> None:
    change, different = CHANGES[name]
    assert lane.update("settings", ("lane",), change) == {**LANE, **different}
    assert lane.get("settings", ("lane",)) == {**LANE, **different}


@pytest.mark.parametrize("name", REMOVALS)
def test_a_removal_leaves_the_rest_alone(lane: Table, name: str) -> None:
    change, gone = REMOVALS[name]
    rest = {attribute: value for attribute, value in LANE.items() if attribute != gone}
    assert lane.update("settings", ("lane",), change) == rest
    assert lane.get("settings", ("lane",)) == rest


@pytest.mark.parametrize("name", UNFIT)
def test_a_change_without_a_place_fails_like_a_condition(lane: Table, name: str) -> None:
    with pytest.raises(ConditionFailed) as failed:
        lane.update("settings", ("lane",), UNFIT[name])
    assert failed.value.item == LANE
    with pytest.raises(TransactionCancelled) as cancelled:
        lane.transact([Update("settings", ("lane",), UNFIT[name])])
    assert [reason and reason.kind for reason in cancelled.value.reasons] == ["condition"]
    assert lane.get("settings", ("lane",)) == LANE


@pytest.mark.parametrize("name", WRONG)
def test_a_contradictory_change_is_refused(lane: Table, name: str) -> None:
    with pytest.raises(InvalidInput):
        lane.update("settings", ("lane",), WRONG[name])
    assert lane.get("settings", ("lane",)) == LANE


def test_an_update_creates_what_is_absent(table: Table) -> None:
    change = Change(set={"word": "x"}, add={"count": 2}, include={"names": frozenset({"a"})})
    expected = {
        "campaignId": "c",
        "date": "2026-11-24",
        "word": "x",
        "count": 2,
        "names": frozenset({"a"}),
    }
    assert table.update("metrics", ("c", "2026-11-24"), change) == expected
    assert table.get("metrics", ("c", "2026-11-24")) == expected
    assert table.update("metrics", ("c", "2026-11-25"), Change()) == {"campaignId": "c", "date": "2026-11-25"}


def test_below_the_map_of_an_absent_item_there_is_no_place(table: Table) -> None:
    with pytest.raises(ConditionFailed) as failed:
        table.update("settings", ("none",), Change(set={("map", "n"): 1}))
    assert failed.value.item is None
    assert table.get("settings", ("none",)) is None
