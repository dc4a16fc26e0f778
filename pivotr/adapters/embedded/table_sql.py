"""The statements of one logical table, written once when the adapter starts.

A row holds the item's text and, beside it, the attributes that keys and indexes are made of: NULL where the
item lacks them, so that partial indexes are as sparse as DynamoDB's.
"""

from __future__ import annotations

from types import NoneType
from typing import Any, Final

from pivotr.adapters.embedded.codec import encode
from pivotr.adapters.embedded.ranges import NUMBER, TEXT, Range, quoted
from pivotr.adapters.table_shape import TableShape, own_attributes
from pivotr.errors import NotFound
from pivotr.ports.table import IndexSpec, Item, TableSpec

_COLUMN_TYPES: Final = frozenset((str, NoneType))


class TableSql(TableShape):
    """Statements and row shape of one table."""

    def __init__(self, spec: TableSpec) -> None:
        super().__init__(spec)
        self._names = frozenset(self.texts)
        columns = (*self.texts, *((spec.ttl,) if spec.ttl else ()), TEXT)
        where = " AND ".join(f'"{name}" = ?' for name in self.keys)
        changed = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in self.keys)
        insert = f'INTO "{self.name}" ({quoted(columns)}) VALUES ({", ".join("?" * len(columns))})'
        self.select = f'SELECT "{TEXT}" FROM "{self.name}" WHERE {where}'
        self.upsert = f"INSERT {insert} ON CONFLICT ({quoted(self.keys)}) DO UPDATE SET {changed}"
        self.insert_new = f"INSERT OR IGNORE {insert}"
        self.delete = f'DELETE FROM "{self.name}" WHERE {where}'
        self.expire = f'DELETE FROM "{self.name}" WHERE "{spec.ttl}" <= ?' if spec.ttl else ""
        self.last_number = f'SELECT coalesce(max("{NUMBER}"), 0) FROM "{self.name}"'
        self.keys_after = f'SELECT {quoted(self.keys)} FROM "{self.name}" WHERE "{NUMBER}" > ?'
        self.count = (
            f'SELECT count(*) FROM (SELECT 1 FROM "{self.name}" WHERE "{spec.partition}" = ? LIMIT ?)'
        )
        self.scan = (
            f'SELECT "{NUMBER}", "{TEXT}" FROM "{self.name}" WHERE "{NUMBER}" > ? ORDER BY "{NUMBER}" LIMIT ?'
        )
        self._ranges = {index.name: self._index_range(index) for index in spec.indexes}
        self._whole = Range(
            name=f"The table {self.name}",
            source=f'"{self.name}"',
            partition=spec.partition,
            sort=spec.sort,
            is_numbered=False,
            attributes=(),
            columns=(TEXT,),
        )

    def schema(self) -> dict[str, str]:
        """Name of the table, and of what finds expired items → the statement that creates it."""
        texts = ", ".join(f'"{name}" TEXT{" NOT NULL" if name in self.keys else ""}' for name in self.texts)
        ttl = f', "{self.spec.ttl}" INTEGER' if self.spec.ttl else ""
        # A plain row number as the row's address keeps bulk inserts at the end of the file: the ids are
        # hashes, and a table in their order would rewrite a page for each row.
        columns = f'"{NUMBER}" INTEGER PRIMARY KEY, {texts}{ttl}, "{TEXT}" TEXT NOT NULL'
        unique = f"UNIQUE ({quoted(self.keys)})"
        schema = {self.name: f'CREATE TABLE IF NOT EXISTS "{self.name}" ({columns}, {unique})'}
        if self.spec.ttl:
            schema |= self._create_index("expiry", (self.spec.ttl,))
        return schema

    def index(self, name: str) -> dict[str, str]:
        """Name of an index → the statement that creates it. Raises NotFound."""
        self.range(name)
        spec = next(one for one in self.spec.indexes if one.name == name)
        return self._create_index(name, own_attributes(spec))

    def range(self, index: str | None) -> Range:
        """How to read a partition of the table, or of an index. Raises NotFound."""
        if index is None:
            return self._whole
        try:
            return self._ranges[index]
        except KeyError:
            raise NotFound(f"The table {self.name} has no index {index}.") from None

    def select_many(self, count: int) -> str:
        """Key and item of so many keys, of a table whose key is one attribute."""
        places = ", ".join("?" * count)
        return f'SELECT "{self.keys[0]}", "{TEXT}" FROM "{self.name}" WHERE "{self.keys[0]}" IN ({places})'

    def row(self, item: Item) -> tuple[Any, ...]:
        """The row of an item. Raises InvalidInput for what no key or index can hold, and as `encode` does."""
        texts = tuple(map(item.get, self.texts))
        # One look at all columns together: this runs for every row of an import.
        if (
            not _COLUMN_TYPES.issuperset(map(type, texts))
            or "" in texts
            or (None in texts and None in item.values())
            or None in texts[: len(self.keys)]
        ):
            texts = self.plain_texts(item)
        if self.spec.ttl is None:
            return (*texts, encode(item))
        return (*texts, item.get(self.spec.ttl), encode(item))

    def _index_range(self, index: IndexSpec) -> Range:
        attributes = self.seen_in(index)
        return Range(
            name=f"The index {index.name} of {self.name}",
            source=f'"{self.name}" INDEXED BY "{self.name}-{index.name}"',
            partition=index.partition,
            sort=index.sort,
            # The row number makes the order, and so the cursor, unambiguous: equals stand as they came.
            # SQLite has it in each index anyway, and in a bulk insert it only grows, where the hashed ids
            # would spread the rows of one instant over the whole index.
            is_numbered=True,
            attributes=attributes,
            columns=attributes if self._names.issuperset(attributes) else (TEXT,),
        )

    def _create_index(self, name: str, columns: tuple[str, ...]) -> dict[str, str]:
        full = f"{self.name}-{name}"
        # A key is never absent, and SQLite would not see that a query implies what is always true.
        sparse = " AND ".join(f'"{column}" IS NOT NULL' for column in columns if column not in self.keys)
        where = f" WHERE {sparse}" if sparse else ""
        return {full: f'CREATE INDEX IF NOT EXISTS "{full}" ON "{self.name}" ({quoted(columns)}){where}'}
