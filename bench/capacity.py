"""Our own model of what a DynamoDB call consumes, by the documented rules; a model, not a bill.

Sizes (developer guide, "Item sizes and formats"): names and strings by UTF-8 bytes, a number about one byte
for two significant digits plus one, true, false and null 1, a list or map 3 plus 1 for each element.
Capacity ("Read/write capacity"): a write unit for each started KB, twice in a transaction, condition checks
too; a read unit for each started 4 KB read consistently, half of one eventually; a query adds its rows up
before it rounds, a batch rounds each item; an absent item costs as one of the smallest size. Indexes ("Global
secondary indexes, write considerations"): one write for an entry that appears, disappears or whose projection
changes, two where its key changes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pivotr.ports.table import IndexSpec, TableSpec

Item = Mapping[str, Any]


def size(item: Item | None) -> int:
    """Bytes of an item; 0 for an absent one."""
    if not item:
        return 0
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Any) -> int:
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, (str, bytes)):
        return len(value.encode() if isinstance(value, str) else value)
    if isinstance(value, (int, float)):
        return _number_size(value)
    if isinstance(value, (set, frozenset)):
        return sum(_value_size(one) for one in value)
    if isinstance(value, Mapping):
        return 3 + sum(1 + len(name.encode()) + _value_size(one) for name, one in value.items())
    return 3 + sum(1 + _value_size(one) for one in value)


def _number_size(value: float) -> int:
    digits = format(abs(value), "f").replace(".", "").strip("0") if value else ""
    return min(21, 1 + math.ceil(len(digits) / 2) + (1 if value < 0 else 0))


def write_units(before: Item | None, after: Item | None, *, in_transaction: bool) -> float:
    """Units of one write on the table itself: the larger of both sizes, a started KB each."""
    units = max(1, math.ceil(max(size(before), size(after)) / 1024))
    return units * (2 if in_transaction else 1)


def index_units(spec: TableSpec, before: Item | None, after: Item | None) -> float:
    """Units on all indexes of a table for one write; indexes are never charged twice for a transaction."""
    return sum(_one_index(spec, index, before, after) for index in spec.indexes)


def _entry(spec: TableSpec, index: IndexSpec, item: Item | None) -> dict[str, Any] | None:
    """What an index holds of an item: nothing unless it has both key attributes."""
    keys = [name for name in (index.partition, index.sort) if name]
    if not item or any(name not in item for name in keys):
        return None
    names = {*keys, spec.partition, *([spec.sort] if spec.sort else []), *index.projection}
    return {name: item[name] for name in names if name in item}


def _one_index(spec: TableSpec, index: IndexSpec, before: Item | None, after: Item | None) -> float:
    old, new = _entry(spec, index, before), _entry(spec, index, after)
    if old == new:
        return 0
    units = max(1, math.ceil(max(size(old), size(new)) / 1024))
    keys = [name for name in (index.partition, index.sort) if name]
    is_moved = old is not None and new is not None and any(old[name] != new[name] for name in keys)
    return units * (2 if is_moved else 1)


def read_units(items: Sequence[Item | None], *, consistent: bool, is_query: bool) -> float:
    """Units of a read: rows of a query together, items of a batch each for themselves."""
    if is_query:
        started = max(1, math.ceil(sum(size(item) for item in items) / 4096))
    else:
        started = sum(max(1, math.ceil(size(item) / 4096)) for item in items)
    return started * (1.0 if consistent else 0.5)
