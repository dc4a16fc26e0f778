"""Reading a partition of a table or of an index page by page: the statement, the items, the cursor."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pivotr.adapters.embedded.codec import decode
from pivotr.errors import InvalidInput
from pivotr.ports.table import Between, Item

#: Columns of the item's text and of the row number, which is the order of arrival.
TEXT: Final = "_item"
NUMBER: Final = "_n"


@dataclass(frozen=True, slots=True)
class Range:
    """How one partition is read.

    `order` are the columns that order its rows: their values are the cursor. `attributes` is what is returned
    of each item, empty meaning all of it; `columns` is where to read it: those attributes themselves if each
    of them is a column, else the item's text.
    """

    name: str
    table: str
    partition: str
    sort: str | None
    order: tuple[str, ...]
    attributes: tuple[str, ...]
    columns: tuple[str, ...]
    sparse: tuple[str, ...]

    def select(
        self, partition: str, between: Between | None, cursor: str | None, *, ascending: bool, limit: int
    ) -> tuple[str, tuple[Any, ...]]:
        """The statement for one page, one row longer than the limit, and its values. Raises InvalidInput."""
        where = [f'"{self.partition}" = ?']
        values: list[Any] = [partition]
        if between is not None:
            if self.sort is None:
                raise InvalidInput(f"{self.name} has no sort key to ask a range of.")
            for end, sign in ((between.low, ">="), (between.high, "<=")):
                if end is not None:
                    where.append(f'"{self.sort}" {sign} ?')
                    values.append(end)
        # Said aloud, because SQLite uses a partial index only where the query implies its condition.
        where += [f'"{name}" IS NOT NULL' for name in self.sparse]
        if cursor is not None:
            places = ", ".join("?" * len(self.order))
            where.append(f"({quoted(self.order)}) {'>' if ascending else '<'} ({places})")
            values += read_cursor(cursor, self.order)
        direction = "" if ascending else " DESC"
        order = ", ".join(f'"{name}"{direction}' for name in self.order)
        sql = (
            f'SELECT {quoted((*self.columns, *self.order))} FROM "{self.table}" WHERE {" AND ".join(where)}'
            f"{' ORDER BY ' if order else ''}{order} LIMIT ?"
        )
        return sql, (*values, limit + 1)

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
