"""Items as JSON text: what the data file holds, readable with any SQLite shell.

JSON has no sets: they are written as lists, and the attribute `$sets` names them (a set further down by its
way: `["campaigns", "c1", "seen"]`). Pydantic's encoder, written in Rust, takes half the time of the standard
library's, and encoding is a third of what a bulk insert costs.
"""

from __future__ import annotations

import json
from types import NoneType
from typing import Any, Final

from pydantic_core import from_json, to_json

from pivotr.adapters.conditions import without_empty_sets
from pivotr.errors import InvalidInput, LimitReached
from pivotr.ports.table import Item

_SETS: Final = "$sets"

#: Largest item in characters of its text. DynamoDB refuses items over 400 KB (Amazon DynamoDB developer
#: guide, "Quotas"); what fits here must fit there, or a move to AWS would fail half-way.
MAX_ITEM: Final = 400 * 1024

_FLAT: Final = frozenset((str, int, float, bool, NoneType))


def encode(item: Item) -> str:
    """The text of an item without its empty sets.

    Raises LimitReached over 400 KB, InvalidInput for a number that is none and for half a character,
    TypeError for what an item cannot hold.
    """
    if not _FLAT.issuperset(map(type, item.values())):
        item = _with_sets_named(item)
    elif _SETS in item:
        raise InvalidInput(f"The attribute name {_SETS} is taken.")
    try:
        text = to_json(item).decode()
        if "NaN" in text or "Infinity" in text:
            json.dumps(item, allow_nan=False, default=list)
    except ValueError as error:
        raise InvalidInput(
            "A value cannot be stored: a number that is infinite or none, or a text with half a character."
        ) from error
    if len(text) > MAX_ITEM:
        raise LimitReached(
            f"This record is {len(text) // 1024} KB long; at most {MAX_ITEM // 1024} KB can be stored.",
            hint="Shorten its longest field.",
        )
    return text


def decode(text: str) -> Item:
    """The item of a text that `encode` wrote."""
    item: Item = from_json(text)
    for name in item.pop(_SETS, ()):
        holder, way = item, name if isinstance(name, list) else [name]
        for step in way[:-1]:
            holder = holder[step]
        holder[way[-1]] = frozenset(holder[way[-1]])
    return item


def _with_sets_named(item: Item) -> Item:
    """As most items are: sets beside flat values, none of them empty. All others take the long way."""
    sets = []
    for name, part in item.items():
        kind = type(part)
        if kind in _FLAT:
            continue
        if kind is frozenset and part:
            sets.append(name)
        elif kind is not dict or not _FLAT.issuperset(map(type, part.values())):
            return _with_deep_sets_named(item)
    if _SETS in item:
        raise InvalidInput(f"The attribute name {_SETS} is taken.")
    if not sets:
        return item
    named = item.copy()
    for name in sets:
        named[name] = sorted(item[name])
    named[_SETS] = sets
    return named


def _with_deep_sets_named(item: Item) -> Item:
    if _SETS in item:
        raise InvalidInput(f"The attribute name {_SETS} is taken.")
    ways: list[list[Any]] = []
    if _collect_sets(item, [], ways):
        item = without_empty_sets(item)
        ways.clear()
        _collect_sets(item, [], ways)
    if not ways:
        return item
    named = item.copy()
    for way in ways:
        if len(way) == 1:
            named[way[0]] = sorted(item[way[0]])
    named[_SETS] = [way[0] if len(way) == 1 else way for way in ways]
    return named


def _collect_sets(value: Item | list[Any], way: list[Any], found: list[list[Any]]) -> bool:
    """Append the way to each set in the value; True where one of them is empty. Raises TypeError."""
    is_one_empty = False
    for step, part in value.items() if isinstance(value, dict) else enumerate(value):
        kind = type(part)
        if kind in _FLAT:
            continue
        if kind is frozenset:
            found.append([*way, step])
            is_one_empty |= not part
        elif kind is dict or kind is list:
            if not _FLAT.issuperset(map(type, part.values() if kind is dict else part)):
                is_one_empty |= _collect_sets(part, [*way, step], found)
        elif not isinstance(part, str | int | float):
            raise TypeError(f"a value of type {kind.__name__} cannot be stored in an item")
    return is_one_empty
