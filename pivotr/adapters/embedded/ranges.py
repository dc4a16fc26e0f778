"""Reading a partition of a table or of an index page by page: the statements, the items, the cursor."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias

from pivotr.adapters.embedded.codec import decode
from pivotr.errors import InvalidInput
from pivotr.ports.table import Between, Item

#: Columns of the item's text and of the row number, which is the order of arrival.
TEXT: Final = "_item"
NUMBER: Final = "_n"

#: A comparison of a column with a value: column, sign, value.
_Bound: TypeAlias = tuple[str, str, Any]
#: A statement that still lacks its last value, the limit, and the other values.
Reading: TypeAlias = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Range:
    """How one partition is read.

    Its rows stand in the order of the sort key, and where `is_numbered` equal ones in the order of arrival:
    these values of a row are the cursor. `attributes` is what is returned of each item, empty meaning all of
    it; `columns` is where to read it: those attributes themselves if each of them is a column, else the
    item's text. `source` is what the statements read from, with the index named: SQLite's own guess is at
    times the key.
    """

    name: str
    source: str
    partition: str
    sort: str | None
    is_numbered: bool
    attributes: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def order(self) -> tuple[str, ...]:
        """The columns that order the rows of a partition."""
        return (*((self.sort,) if self.sort else ()), *((NUMBER,) if self.is_numbered else ()))

    def readings(
        self, partition: str, between: Between | None, cursor: str | None, *, ascending: bool
    ) -> list[Reading]:
        """The statements that give one page, to be run one after the other. Raises InvalidInput."""
        ends: dict[str, _Bound] = {}
        if between is not None:
            if self.sort is None:
                raise InvalidInput(f"{self.name} has no sort key to ask a range of.")
            if between.low is not None:
                ends[">"] = (self.sort, ">=", between.low)
            if between.high is not None:
                ends["<"] = (self.sort, "<=", between.high)
        if cursor is None:
            return [self._reading(partition, list(ends.values()), ascending=ascending)]
        after = read_cursor(cursor, self.order)
        # SQLite cannot seek to a pair of sort key and row number: first the rest of the equal ones, then on.
        onward = ">" if ascending else "<"
        found = []
        if self.is_numbered:
            same = [(self.sort, "=", after[0])] if self.sort else []
            found.append(self._reading(partition, [*same, (NUMBER, onward, after[-1])], ascending=ascending))
        if self.sort is not None:
            ends[onward] = (self.sort, onward, after[0])
            found.append(self._reading(partition, list(ends.values()), ascending=ascending))
        return found

    def item(self, row: tuple[Any, ...]) -> Item:
        """The item of a row, as this range returns it."""
        if self.columns != (TEXT,):
            return {
                name: value for name, value in zip(self.attributes, row, strict=False) if value is not None
            }
        item = decode(row[0])
        return {name: item[name] for name in self.attributes if name in item} if self.attributes else item

    def cursor(self, row: tuple[Any, ...]) -> str:
        """The cursor that goes on behind a row."""
        return write_cursor(row[len(self.columns) :])

    def _reading(self, partition: str, bounds: list[_Bound], *, ascending: bool) -> Reading:
        shape = tuple((column, sign) for column, sign, _ in bounds)
        return _sql(self, shape, ascending), (partition, *(value for _, _, value in bounds))


@cache
def _sql(span: Range, shape: tuple[tuple[str, str], ...], ascending: bool) -> str:
    """The statement for these comparisons; there are a few dozen in all, and each is asked for all day."""
    where = [f'"{span.partition}" = ?', *(f'"{column}" {sign} ?' for column, sign in shape)]
    if span.is_numbered and span.sort is not None and span.sort not in dict(shape):
        # Said aloud, because SQLite uses a partial index only where the query implies its condition.
        where.append(f'"{span.sort}" IS NOT NULL')
    direction = "" if ascending else " DESC"
    order = ", ".join(f'"{name}"{direction}' for name in span.order)
    return (
        f"SELECT {quoted((*span.columns, *span.order))} FROM {span.source} WHERE {' AND '.join(where)}"
        f"{' ORDER BY ' if order else ''}{order} LIMIT ?"
    )


def write_cursor(values: Sequence[Any]) -> str:
    """Some values of a row as a cursor."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def read_cursor(cursor: str, columns: Sequence[str]) -> list[Any]:
    """The values of a cursor over these columns. Raises InvalidInput where it is none of ours."""
    try:
        values = json.loads(cursor)
    except ValueError:
        values = None
    kinds = [int if column == NUMBER else str for column in columns]
    if not isinstance(values, list) or not values or list(map(type, values)) != kinds:
        raise InvalidInput("This cursor does not belong to this query.", hint="Start again without a cursor.")
    return values


def quoted(names: Sequence[str]) -> str:
    """Names of columns as SQL."""
    return ", ".join(f'"{name}"' for name in names)
