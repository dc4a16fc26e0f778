"""Where moto is known to answer otherwise than AWS, mended, so that the contract runs whole on it.

Conditions: moto compares with Python's signs. It crashes on unlike types, takes True for 1, and cannot size
what is absent; for DynamoDB none of these conditions holds (developer guide, "Comparison operator and
function reference"). Queues: a record of moto's comes back a millisecond after its time.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from moto.dynamodb import comparisons
from moto.sqs import models as sqs

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "OpLessThan": operator.lt,
    "OpLessThanOrEqual": operator.le,
    "OpGreaterThanOrEqual": operator.ge,
    "OpEqual": operator.eq,
}


@contextmanager
def mended() -> Iterator[None]:
    """Let moto answer as AWS does."""
    with ExitStack() as patches:
        for name, sign in _SIGNS.items():
            patches.enter_context(patch.object(getattr(comparisons, name), "expr", _compared(sign)))
        patches.enter_context(patch.object(comparisons.FuncIn, "expr", _is_one_of))
        patches.enter_context(patch.object(comparisons.FuncSize, "expr", _size))
        patches.enter_context(patch.object(sqs.Message, "visible", property(_is_visible)))
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


def _is_visible(self: Any) -> bool:
    return bool(sqs.unix_time_millis() >= self.visible_at)


def _kind(value: Any) -> type | None:
    """Numbers are one kind and a bool is none; None for what is absent."""
    if isinstance(value, bool) or value is None:
        return bool if value is not None else None
    return Decimal if isinstance(value, int | float | Decimal) else type(value)
