"""Items as DynamoDB writes them: each value beside the letter of its type, numbers as text."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import NoneType
from typing import Any, Final, TypeAlias

from pivotr.adapters.conditions import is_empty_set
from pivotr.errors import InvalidInput
from pivotr.ports.table import Item

#: One value as DynamoDB takes it: `{"S": "text"}`, `{"N": "7"}`, `{"M": {…}}`, …
Value: TypeAlias = dict[str, Any]

#: Digits and powers of ten of a number (Amazon DynamoDB developer guide, "Data types: Number").
_DIGITS: Final = 38
_SMALLEST, _LARGEST = 1e-130, 1e126


def encode(item: Item) -> dict[str, Value]:
    """An item, or a map, without its empty sets. Raises InvalidInput, and TypeError as `value`."""
    if "" in item:
        raise InvalidInput("A value cannot be stored: an attribute needs a name.")
    return {name: value(part) for name, part in item.items() if not is_empty_set(part)}


def decode(attributes: dict[str, Value]) -> Item:
    """The item that `encode` was given; a number without a fraction comes back as an int."""
    return {name: plain(part) for name, part in attributes.items()}


def value(part: Any) -> Value:
    """One value. Raises InvalidInput for a number or text that none can store, TypeError for what is none."""
    write = _WRITERS.get(type(part))
    if write is not None:
        return write(part)
    for kind in (str, int, float):
        if isinstance(part, kind):  # an enumeration
            return _WRITERS[kind](kind(part.value if hasattr(part, "value") else part))
    raise TypeError(f"a value of type {type(part).__name__} cannot be stored in an item")


def plain(part: Value) -> Any:
    """The value that `value` was given. Raises KeyError for types that Pivotr never writes."""
    ((kind, held),) = part.items()
    return _READERS[kind](held)


def _text(part: str) -> Value:
    if not part.isascii():
        try:
            part.encode()
        except UnicodeEncodeError as error:
            raise InvalidInput("A value cannot be stored: a text with half a character.") from error
    return {"S": part}


def _whole(part: int) -> Value:
    text = str(part)
    if len(text) > _DIGITS:
        raise InvalidInput(f"A value cannot be stored: a number of over {_DIGITS} digits.")
    return {"N": text}


def _fraction(part: float) -> Value:
    if not math.isfinite(part):
        raise InvalidInput("A value cannot be stored: a number that is infinite or none.")
    if part and not _SMALLEST <= abs(part) < _LARGEST:
        raise InvalidInput("A value cannot be stored: a number too large or too close to zero.")
    return {"N": repr(part)}


def _list(part: list[Any]) -> Value:
    return {"L": [value(one) for one in part if not is_empty_set(one)]}


def _set(part: frozenset[str]) -> Value:
    return {"SS": [_text(member)["S"] for member in sorted(part)]}


def _number(text: str) -> int | float:
    return int(text) if text.removeprefix("-").isdigit() else float(text)


_WRITERS: Final[dict[type, Callable[[Any], Value]]] = {
    str: _text,
    bool: lambda part: {"BOOL": part},
    int: _whole,
    float: _fraction,
    NoneType: lambda part: {"NULL": True},  # noqa: ARG005 - there is but one
    dict: lambda part: {"M": encode(part)},
    list: _list,
    frozenset: _set,
}
_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "S": str,
    "N": _number,
    "BOOL": bool,
    "NULL": lambda held: None,  # noqa: ARG005
    "M": decode,
    "L": lambda held: [plain(one) for one in held],
    "SS": frozenset,
}
