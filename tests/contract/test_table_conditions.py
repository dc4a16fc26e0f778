"""Every condition, and every pair of them, against items in various states; what holds is written by hand."""

from __future__ import annotations

from contextlib import suppress
from itertools import product

import pytest

from pivotr.ports.table import (
    Absent,
    All,
    AtLeast,
    AtMost,
    Attribute,
    Below,
    Change,
    Check,
    Condition,
    ConditionFailed,
    Contains,
    Either,
    Equals,
    Item,
    Lacks,
    OneOf,
    Present,
    SizeBelow,
    SizeEquals,
    Table,
    TransactionCancelled,
)

#: Name of a state → the attributes of the item in it; `none` is not stored at all.
STATES: dict[str, Item] = {
    "bare": {},
    "full": {
        "word": "queued",
        "count": 5,
        "part": 2.5,
        "on": True,
        "names": frozenset({"a", "b"}),
        "map": {"deep": {"n": 1}, "word": "x"},
        "list": [1, 2, 3],
        "nothing": None,
        "same": 5,
    },
    "low": {
        "word": "new",
        "count": -1,
        "part": 2,
        "on": False,
        "names": frozenset({"b"}),
        "map": {},
        "list": [],
        "same": "new",
    },
    # The same names with values of other types: nothing must compare across types.
    "odd": {"word": 7, "count": "5", "part": True, "on": 1, "map": "text", "list": {"x": 1}},
}
EVERYWHERE = frozenset({"none", *STATES})

#: Condition → the states in which it holds.
ATOMS: list[tuple[Condition, set[str]]] = [
    (Absent("key"), {"none"}),
    (Present("key"), {"bare", "full", "low", "odd"}),
    (Absent("word"), {"none", "bare"}),
    (Present("word"), {"full", "low", "odd"}),
    (Present("nothing"), {"full"}),
    (Present(("word",)), {"full", "low", "odd"}),
    (Absent(("map", "deep")), {"none", "bare", "low", "odd"}),
    (Present(("map", "deep", "n")), {"full"}),
    (Present(("map", "deep", "n", "further")), set()),
    (Equals("word", "queued"), {"full"}),
    (Equals("count", 5), {"full"}),
    (Equals("count", 5.0), {"full"}),
    (Equals("part", 2), {"low"}),
    (Equals("part", True), {"odd"}),
    (Equals("on", True), {"full"}),
    (Equals("on", False), {"low"}),
    (Equals("on", 1), {"odd"}),
    (Equals(("map", "deep", "n"), 1), {"full"}),
    (Equals("count", Attribute("same")), {"full"}),
    (Equals("word", Attribute("same")), {"low"}),
    (Equals("missing", Attribute("missing")), set()),
    (Equals("map.word", "x"), set()),
    (OneOf("word", ("new", "sent")), {"low"}),
    (OneOf("word", ("queued", "new")), {"full", "low"}),
    (OneOf("word", (7,)), {"odd"}),
    (OneOf("count", (5, 6)), {"full"}),
    (OneOf("on", (1, 0)), {"odd"}),
    (Below("count", 5), {"low"}),
    (Below("count", 6), {"full", "low"}),
    (Below("part", 2.5), {"low"}),
    (Below("word", "o"), {"low"}),
    (Below("count", Attribute("part")), {"low"}),
    (Below("count", Attribute("missing")), set()),
    (AtMost("count", 5), {"full", "low"}),
    (AtMost("count", -1.5), set()),
    (AtMost("part", 2.4), {"low"}),
    (AtMost("word", "queued"), {"full", "low"}),
    (AtMost("same", Attribute("count")), {"full"}),
    (AtLeast("count", 5), {"full"}),
    (AtLeast("part", 2), {"full", "low"}),
    (AtLeast("word", "new"), {"full", "low"}),
    (AtLeast(("map", "deep", "n"), 1), {"full"}),
    (AtLeast("count", Attribute("same")), {"full"}),
    (Contains("names", "a"), {"full"}),
    (Contains("names", "b"), {"full", "low"}),
    (Lacks("names", "a"), {"none", "bare", "low", "odd"}),
    (Lacks("names", "b"), {"none", "bare", "odd"}),
    (SizeBelow("map", 2), {"low"}),
    (SizeBelow("map", 5), {"full", "low", "odd"}),
    (SizeBelow("list", 4), {"full", "low", "odd"}),
    (SizeBelow("names", 2), {"low"}),
    (SizeEquals("map", 0), {"none", "bare", "low"}),
    (SizeEquals("list", 3), {"full"}),
    (SizeEquals("list", 1), {"odd"}),
    (SizeEquals("names", 2), {"full"}),
    (SizeEquals(("map", "deep"), 0), {"none", "bare", "low", "odd"}),
]

#: One of each kind, some true in few states, some in many.
FOR_PAIRS = [
    next(atom for atom in ATOMS if isinstance(atom[0], kind) and atom[1])
    for kind in (
        Absent,
        Present,
        Equals,
        OneOf,
        Below,
        AtMost,
        AtLeast,
        Contains,
        Lacks,
        SizeBelow,
        SizeEquals,
    )
]


@pytest.fixture
def stored(table: Table) -> Table:
    for name, attributes in STATES.items():
        table.put("settings", {"key": name, **attributes})
    return table


def holds_in(table: Table, condition: Condition) -> set[str]:
    """The states in which the condition lets a transaction pass."""
    passed = set()
    for name in EVERYWHERE:
        with suppress(TransactionCancelled):
            table.transact([Check("settings", (name,), condition)])
            passed.add(name)
    return passed


def said(part: Condition | set[str]) -> str:
    """A name of a case that is the same in every process: the order of a set is not."""
    return "+".join(sorted(part)) if isinstance(part, set) else repr(part)


@pytest.mark.parametrize(("condition", "states"), ATOMS, ids=said)
def test_a_condition_holds_exactly_where_it_should(
    stored: Table, condition: Condition, states: set[str]
) -> None:
    assert holds_in(stored, condition) == states


@pytest.mark.parametrize("first", FOR_PAIRS, ids=lambda atom: type(atom[0]).__name__)
def test_every_pair_under_all_and_either(stored: Table, first: tuple[Condition, set[str]]) -> None:
    for second in FOR_PAIRS:
        parts = (first[0], second[0])
        assert holds_in(stored, All(parts)) == first[1] & second[1]
        assert holds_in(stored, Either(parts)) == first[1] | second[1]


def test_all_and_either_nest(stored: Table) -> None:
    either = Either((Equals("word", "queued"), Equals("word", "new")))
    assert holds_in(stored, All((either, Below("count", 0)))) == {"low"}
    assert holds_in(stored, Either((All((either, Below("count", 0))), Absent("key")))) == {"low", "none"}


@pytest.mark.parametrize("name", sorted(EVERYWHERE))
def test_each_kind_of_write_obeys_its_condition(stored: Table, name: str) -> None:
    before = stored.get("settings", (name,))
    refused = Equals("word", "no such word")
    attempts = (
        lambda: stored.put("settings", {"key": name, "new": 1}, condition=refused),
        lambda: stored.update("settings", (name,), Change(set={"new": 1}), condition=refused),
        lambda: stored.delete("settings", (name,), condition=refused),
    )
    for attempt in attempts:
        with pytest.raises(ConditionFailed) as failed:
            attempt()
        assert failed.value.item == before
        assert stored.get("settings", (name,)) == before


def test_each_kind_of_write_passes_where_its_condition_holds(stored: Table) -> None:
    stored.put("settings", {"key": "full", "word": "put"}, condition=Equals("word", "queued"))
    assert stored.get("settings", ("full",)) == {"key": "full", "word": "put"}
    stored.update("settings", ("full",), Change(set={"word": "updated"}), condition=Equals("word", "put"))
    assert stored.get("settings", ("full",)) == {"key": "full", "word": "updated"}
    stored.delete("settings", ("full",), condition=Equals("word", "updated"))
    assert stored.get("settings", ("full",)) is None


def test_a_condition_sees_numbers_as_large_as_epoch_milliseconds(table: Table) -> None:
    for low, high in product((0, -(2**53) + 1, 1_795_511_585_123), (1_795_511_585_124, 2**53 - 1)):
        table.put("settings", {"key": "n", "at": low})
        table.update("settings", ("n",), Change(set={"at": high}), condition=Below("at", high))
        with pytest.raises(ConditionFailed):
            table.update("settings", ("n",), Change(set={"at": low}), condition=AtMost("at", low))
