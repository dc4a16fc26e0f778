"""moto compares with Python's signs: it crashes on unlike types, takes True for 1, cannot size what is absent.

DynamoDB says in each of these cases that the condition does not hold (developer guide, "Comparison operator
and function reference"). `mended` makes moto say so too; the contract then runs whole.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from moto.dynamodb import comparisons

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "OpLessThan": operator.lt,
    "OpLessThanOrEqual": operator.le,
    "OpGreaterThanOrEqual": operator.ge,
    "OpEqual": operator.eq,
}


@contextmanager
def mended() -> Iterator[None]:
    """Let moto's conditions be judged as DynamoDB's are."""
    with ExitStack() as patches:
        for name, sign in _SIGNS.items():
            patches.enter_context(patch.object(getattr(comparisons, name), "expr", _compared(sign)))
        patches.enter_context(patch.object(comparisons.FuncIn, "expr", _is_one_of))
        patches.enter_context(patch.object(comparisons.FuncSize, "expr", _size))
        yield


def _compared(sign: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def expr(self: Any, item: Any) -> bool:
        left, right = self.lhs.expr(item), self.rhs.expr(item)
        return _kind(left) is not None and _kind(left) is _kind(right) and sign(left, right)

    return expr


def _is_one_of(self: Any, item: Any) -> bool:
    value = self.attr.expr(item)
    others = [one.expr(item) for one in self.possible_values]
    return any(_kind(value) is _kind(other) and value == other for other in others)


def _size(self: Any, item: Any) -> Decimal | None:
    is_sized = self.attr.get_type(item) in ("S", "SS", "L", "M")
    return Decimal(len(self.attr.expr(item))) if is_sized else None


def _kind(value: Any) -> type | None:
    """Numbers are one kind and a bool is none; None for what is absent."""
    if isinstance(value, bool) or value is None:
        return bool if value is not None else None
    return Decimal if isinstance(value, int | float | Decimal) else type(value)
