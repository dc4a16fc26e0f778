"""Conditions, changes and ranges as expressions; nobody else writes one.

Every name and value goes by a placeholder, so reserved words, dots, dashes and quotes need no care.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pivotr.adapters.aws.dynamodb_values import Value, value
from pivotr.adapters.conditions import is_empty_set
from pivotr.ports.table import (
    Absent,
    All,
    AtLeast,
    AtMost,
    Attribute,
    Below,
    Between,
    Change,
    Condition,
    Contains,
    Either,
    Equals,
    Lacks,
    OneOf,
    Operand,
    Path,
    Present,
    SizeBelow,
    SizeEquals,
)


class Expressions:
    """The expressions of one request and their common placeholders; `key` is the table's partition key."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._names: dict[str, str] = {}
        self._values: list[Value] = []

    def placeholders(self) -> dict[str, Any]:
        """The parameters of the request that say what the placeholders stand for."""
        found: dict[str, Any] = {}
        if self._names:
            found["ExpressionAttributeNames"] = {mark: name for name, mark in self._names.items()}
        if self._values:
            found["ExpressionAttributeValues"] = {f":{n}": held for n, held in enumerate(self._values)}
        return found

    def condition(self, condition: Condition) -> str:
        """The condition as an expression."""
        return _RULES[type(condition)](self, condition)

    def change(self, change: Change) -> str:
        """The change as an update expression; empty where nothing is changed.

        Counters are set rather than added to: `ADD` is documented for attributes of the item alone.
        """
        parts: dict[str, list[str]] = {"SET": [], "REMOVE": [], "ADD": [], "DELETE": []}
        for path, new in change.set.items():
            if is_empty_set(new):
                parts["REMOVE"].append(self.path(path))
            else:
                parts["SET"].append(f"{self.path(path)} = {self.value(new)}")
        for path, amount in change.add.items():
            name = self.path(path)
            zero, more = self.value(0), self.value(amount)
            parts["SET"].append(f"{name} = if_not_exists({name}, {zero}) + {more}")
        parts["REMOVE"] += [self.path(path) for path in change.remove]
        for verb, members in (("ADD", change.include), ("DELETE", change.exclude)):
            parts[verb] += [f"{self.path(path)} {self.value(some)}" for path, some in members.items() if some]
        return " ".join(f"{verb} {', '.join(actions)}" for verb, actions in parts.items() if actions)

    def places(self, change: Change) -> list[str]:
        """Conditions that the change has a place in the item: the maps around it, numbers to add to, sets.

        DynamoDB refuses such an update too, but as a mistake in the request: it shows no item, and of a
        transaction perhaps not which part is meant.
        """
        ways = (*change.set, *change.add, *change.include)
        maps = dict.fromkeys(path[:-1] for path in ways if not isinstance(path, str) and len(path) > 1)
        found = [f"attribute_type({self.path(path)}, {self.value('M')})" for path in maps]
        sets = (path for part in (change.include, change.exclude) for path, some in part.items() if some)
        for paths, kind in ((change.add, "N"), (sets, "SS")):
            for path in paths:
                name = self.path(path)
                found.append(f"(attribute_not_exists({name}) OR attribute_type({name}, {self.value(kind)}))")
        return found

    def range(self, partition: str, key: str, sort: str | None, between: Between | None) -> str:
        """A key condition: one partition, and a range of its sort key where one is given."""
        found = f"{self.path(partition)} = {self.value(key)}"
        if sort is None or between is None:
            return found
        low, high = between.low or None, between.high
        if low is not None and high is not None:
            return f"{found} AND {self.path(sort)} BETWEEN {self.value(low)} AND {self.value(high)}"
        if low is not None:
            return f"{found} AND {self.path(sort)} >= {self.value(low)}"
        if high is not None:
            return f"{found} AND {self.path(sort)} <= {self.value(high)}"
        return found

    def path(self, path: Path) -> str:
        """The way to an attribute in placeholders."""
        ways = (path,) if isinstance(path, str) else path
        return ".".join(self._names.setdefault(name, f"#{len(self._names)}") for name in ways)

    def value(self, held: Any) -> str:
        """The placeholder of a value."""
        self._values.append(value(held))
        return f":{len(self._values) - 1}"

    def operand(self, operand: Operand) -> str:
        """The right side of a comparison."""
        return self.path(operand.path) if isinstance(operand, Attribute) else self.value(operand)

    def always(self, holds: bool) -> str:
        """What always holds, or never does: DynamoDB has no word for it."""
        key = self.path(self._key)
        return f"(attribute_exists({key}) {'OR' if holds else 'AND'} attribute_not_exists({key}))"


def _compared(sign: str) -> Callable[[Expressions, Any], str]:
    def render(of: Expressions, condition: Equals | Below | AtMost | AtLeast) -> str:
        if sign != "=" and isinstance(condition.value, bool):  # not to be ordered: DynamoDB refuses to try
            return of.always(False)
        compared = f"{of.path(condition.path)} {sign} {of.operand(condition.value)}"
        if sign == "=" and isinstance(condition.value, Attribute):  # two that are missing are not the same
            return f"(attribute_exists({of.path(condition.path)}) AND {compared})"
        return compared

    return render


def _one_of(of: Expressions, condition: OneOf) -> str:
    if not condition.values:
        return of.always(False)
    return f"{of.path(condition.path)} IN ({', '.join(map(of.value, condition.values))})"


def _contains(of: Expressions, condition: Contains | Lacks) -> str:
    path = of.path(condition.path)
    is_set = f"attribute_type({path}, {of.value('SS')})"
    return f"({is_set} AND contains({path}, {of.value(condition.value)}))"


def _size_equals(of: Expressions, condition: SizeEquals) -> str:
    same = f"size({of.path(condition.path)}) = {of.value(condition.size)}"
    if condition.size:
        return same
    return f"(attribute_not_exists({of.path(condition.path)}) OR {same})"


def _joined(word: str) -> Callable[[Expressions, Any], str]:
    def render(of: Expressions, condition: All | Either) -> str:
        if not condition.parts:
            return of.always(word == "AND")
        parts = [of.condition(part) for part in condition.parts]
        return parts[0] if len(parts) == 1 else f"({f' {word} '.join(parts)})"  # "((…))" is refused

    return render


_RULES: Final[dict[type, Callable[[Expressions, Any], str]]] = {
    Absent: lambda of, condition: f"attribute_not_exists({of.path(condition.path)})",
    Present: lambda of, condition: f"attribute_exists({of.path(condition.path)})",
    Equals: _compared("="),
    OneOf: _one_of,
    Below: _compared("<"),
    AtMost: _compared("<="),
    AtLeast: _compared(">="),
    Contains: _contains,
    Lacks: lambda of, condition: f"(NOT {_contains(of, condition)})",
    SizeBelow: lambda of, condition: f"size({of.path(condition.path)}) < {of.value(condition.limit)}",
    SizeEquals: _size_equals,
    All: _joined("AND"),
    Either: _joined("OR"),
}
