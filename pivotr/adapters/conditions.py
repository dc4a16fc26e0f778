"""Conditions evaluated, and changes applied, on items in memory, with the meaning they have in DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from pivotr.errors import InvalidInput
from pivotr.ports.table import (
    Absent,
    All,
    AtLeast,
    AtMost,
    Attribute,
    Below,
    Change,
    Condition,
    Contains,
    Either,
    Equals,
    Item,
    Lacks,
    OneOf,
    Path,
    Present,
    SizeBelow,
    SizeEquals,
)

_ABSENT: Final = object()


class UnfitChange(Exception):
    """A change has no place in the item: a parent map is missing, or a value has another type.

    DynamoDB refuses such a write; callers are told the same as for a condition that does not hold.
    """


def match(condition: Condition | None, item: Item | None) -> bool:
    """True where the condition holds for the item (None: there is no such item)."""
    if condition is None:
        return True
    return _RULES[type(condition)](condition, item or {})


def apply(change: Change, item: Item | None, key: Mapping[str, str]) -> Item:
    """The item after the change; the given one stays as it is. `key` holds the key attributes.

    Raises UnfitChange, and InvalidInput where two parts of the change meet or a key attribute is touched.
    """
    refuse_overlaps(change, key)
    new: Item = dict(key) if item is None else dict(item)
    for path, value in change.set.items():
        holder, name = _place(new, path)
        _assign(holder, name, value)
    for path, amount in change.add.items():
        holder, name = _place(new, path)
        number = holder.get(name, 0)
        if _kind(number) is not float:
            raise UnfitChange(path)
        holder[name] = number + amount
    for path, members in change.include.items():
        holder, name = _place(new, path)
        _assign(holder, name, _set_in(holder, name) | members)
    for path, members in change.exclude.items():
        if _find(new, path) is not _ABSENT:
            holder, name = _place(new, path)
            _assign(holder, name, _set_in(holder, name) - members)
    for path in change.remove:
        if _find(new, path) is not _ABSENT:
            holder, name = _place(new, path)
            del holder[name]
    return new


def without_empty_sets(value: Any) -> Any:
    """The same value without the empty sets in it, at any depth of its maps and lists."""
    if isinstance(value, dict):
        return {name: without_empty_sets(part) for name, part in value.items() if not is_empty_set(part)}
    if isinstance(value, list):
        return [without_empty_sets(part) for part in value if not is_empty_set(part)]
    return value


def is_empty_set(value: Any) -> bool:
    """True for a string set without members: the same as an absent attribute."""
    return isinstance(value, frozenset) and not value


def _find(item: Item, path: Path) -> Any:
    if isinstance(path, str):
        return item.get(path, _ABSENT)
    value: Any = item
    for name in path:
        if not isinstance(value, dict):
            return _ABSENT
        value = value.get(name, _ABSENT)
    return value


def _place(new: Item, path: Path) -> tuple[Item, str]:
    """The map that holds the attribute, and its name there; maps on the way are copied, not shared."""
    if isinstance(path, str):
        return new, path
    for name in path[:-1]:
        child = new.get(name)
        if not isinstance(child, dict):
            raise UnfitChange(path)
        new[name] = new = dict(child)
    return new, path[-1]


def _assign(holder: Item, name: str, value: Any) -> None:
    if is_empty_set(value):
        holder.pop(name, None)
    else:
        holder[name] = without_empty_sets(value) if isinstance(value, dict | list) else value


def _set_in(holder: Item, name: str) -> frozenset[str]:
    value = holder.get(name, frozenset())
    if not isinstance(value, frozenset):
        raise UnfitChange(name)
    return value


def _paths(change: Change) -> Iterator[Path]:
    yield from change.set
    yield from change.add
    yield from change.remove
    yield from change.include
    yield from change.exclude


def refuse_overlaps(change: Change, key: Collection[str]) -> None:
    """Raise InvalidInput where two parts of a change meet, or one touches an attribute of the key."""
    taken: set[Path] = set()
    nested: list[tuple[str, ...]] = []
    for path in _paths(change):
        whole = path if isinstance(path, str) else path[0] if len(path) == 1 else path
        if (whole if isinstance(whole, str) else whole[0]) in key:
            raise InvalidInput("The key of a stored item cannot be changed.")
        if whole in taken:
            raise InvalidInput(f"One change touches {path!r} twice.")
        taken.add(whole)
        if not isinstance(whole, str):
            nested.append(whole)
    for way in nested:
        if way[0] in taken or any(way[:length] in taken for length in range(2, len(way))):
            raise InvalidInput(f"One change touches {way!r} and a map around it.")


def _kind(value: Any) -> object:
    """What decides whether two values can be compared: a bool is no number, int and float are one kind."""
    if isinstance(value, str):
        return str
    if isinstance(value, bool):
        return bool
    if isinstance(value, int | float):
        return float
    return type(value)


def _operands(condition: Any, item: Item) -> tuple[Any, Any] | None:
    """Left and right side where both exist and are of one kind."""
    left, right = _find(item, condition.path), condition.value
    if isinstance(right, Attribute):
        right = _find(item, right.path)
    if left is _ABSENT or right is _ABSENT or _kind(left) is not _kind(right):
        return None
    return left, right


def _ordered(condition: Any, item: Item) -> tuple[Any, Any] | None:
    sides = _operands(condition, item)
    return sides if sides is not None and _kind(sides[0]) in (str, float) else None


def _absent(condition: Absent, item: Item) -> bool:
    return _find(item, condition.path) is _ABSENT


def _present(condition: Present, item: Item) -> bool:
    return _find(item, condition.path) is not _ABSENT


def _equals(condition: Equals, item: Item) -> bool:
    sides = _operands(condition, item)
    return sides is not None and bool(sides[0] == sides[1])


def _one_of(condition: OneOf, item: Item) -> bool:
    value = _find(item, condition.path)
    kind = _kind(value)
    return any(value == other and kind is _kind(other) for other in condition.values)


def _below(condition: Below, item: Item) -> bool:
    sides = _ordered(condition, item)
    return sides is not None and bool(sides[0] < sides[1])


def _at_most(condition: AtMost, item: Item) -> bool:
    sides = _ordered(condition, item)
    return sides is not None and bool(sides[0] <= sides[1])


def _at_least(condition: AtLeast, item: Item) -> bool:
    sides = _ordered(condition, item)
    return sides is not None and bool(sides[0] >= sides[1])


def _contains(condition: Contains | Lacks, item: Item) -> bool:
    value = _find(item, condition.path)
    return isinstance(value, frozenset) and condition.value in value


def _lacks(condition: Lacks, item: Item) -> bool:
    return not _contains(condition, item)


def _size(value: Any) -> int | None:
    return len(value) if isinstance(value, str | dict | list | frozenset) else None


def _size_below(condition: SizeBelow, item: Item) -> bool:
    size = _size(_find(item, condition.path))
    return size is not None and size < condition.limit


def _size_equals(condition: SizeEquals, item: Item) -> bool:
    value = _find(item, condition.path)
    return (0 if value is _ABSENT else _size(value)) == condition.size


def _all(condition: All, item: Item) -> bool:
    return all(_RULES[type(part)](part, item) for part in condition.parts)


def _either(condition: Either, item: Item) -> bool:
    return any(_RULES[type(part)](part, item) for part in condition.parts)


_RULES: dict[type, Callable[[Any, Item], bool]] = {
    Absent: _absent,
    Present: _present,
    Equals: _equals,
    OneOf: _one_of,
    Below: _below,
    AtMost: _at_most,
    AtLeast: _at_least,
    Contains: _contains,
    Lacks: _lacks,
    SizeBelow: _size_below,
    SizeEquals: _size_equals,
    All: _all,
    Either: _either,
}
