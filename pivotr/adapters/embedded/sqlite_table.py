"""The table port on a SQLite file: a condition is evaluated under the lock under which its write follows."""

# ruff: noqa: ARG002 - the port's `consistent` goes unread: here every read is.

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from pivotr.adapters.embedded.codec import decode
from pivotr.adapters.embedded.ranges import NUMBER, read_cursor, write_cursor
from pivotr.adapters.embedded.sqlite_file import SqliteFile
from pivotr.adapters.embedded.table_sql import TableSql
from pivotr.adapters.embedded.write_effects import Effect, Refused, weigh
from pivotr.errors import InvalidInput, NotFound
from pivotr.ports.table import (
    Between,
    Change,
    Condition,
    ConditionFailed,
    Delete,
    Item,
    Key,
    Page,
    Present,
    Put,
    Reason,
    TableSpec,
    TransactionCancelled,
    Update,
    Write,
)

#: Limits of DynamoDB: what passes here passes there (API reference: TransactWriteItems, BatchGetItem).
MAX_WRITES: Final = 100
MAX_KEYS: Final = 100

#: How long a transaction's token is remembered (API reference: TransactWriteItems, ClientRequestToken).
TOKEN_MS: Final = 10 * 60 * 1000

#: Rows of one transaction of a bulk insert: longer ones would make other writers wait.
_CHUNK: Final = 5000

#: An expired item stays for an hour, so that none vanishes from under somebody who has just read it.
_GRACE_SECONDS: Final = 3600
#: Expired items are removed once in so many puts into their table.
_EXPIRE_EVERY: Final = 100

_SCHEMA: Final = {
    "_tokens": "CREATE TABLE IF NOT EXISTS _tokens (token TEXT PRIMARY KEY, until INTEGER) WITHOUT ROWID",
    "_tokens-until": 'CREATE INDEX IF NOT EXISTS "_tokens-until" ON _tokens (until)',
}


class SqliteTable:
    """All tables of the embedded environment.

    `specs` are the tables, `now_ms` gives epoch milliseconds, `append_only` names the tables whose items can
    only be added: every put gets the condition that there is none yet, update and delete are refused.
    """

    def __init__(
        self,
        file: SqliteFile,
        specs: Sequence[TableSpec],
        now_ms: Callable[[], int],
        *,
        append_only: frozenset[str] = frozenset(),
    ) -> None:
        self._file = file
        self._tables = {spec.name: TableSql(spec) for spec in specs}
        self._now_ms = now_ms
        self._append_only = append_only
        self._indexed: set[tuple[str, str]] = set()
        self._puts = dict.fromkeys((spec.name for spec in specs if spec.ttl), 0)
        schema = dict(_SCHEMA)
        for table in self._tables.values():
            schema |= table.schema()
        file.ensure(schema)

    def get(self, table: str, key: Key, *, consistent: bool = False) -> Item | None:
        """One item, or None. Always consistent."""
        sql = self._table(table)
        rows = self._file.rows(sql.select, sql.key(key))
        return decode(rows[0][0]) if rows else None

    def get_many(self, keys: Sequence[tuple[str, Key]], *, consistent: bool = False) -> list[Item | None]:
        """Up to 100 items of any tables, in the order of the keys, None where absent."""
        if len(keys) > MAX_KEYS:
            raise InvalidInput(f"At most {MAX_KEYS} items can be read in one call, not {len(keys)}.")
        of_table: dict[str, list[Key]] = {}
        for table, key in keys:
            of_table.setdefault(table, []).append(key)
        found: dict[tuple[str, Key], Item] = {}
        for table, wanted in of_table.items():
            sql = self._table(table)
            if len(wanted) > 1 and len(sql.keys) == 1:
                values = tuple(sql.key(key)[0] for key in wanted)
                rows = self._file.rows(sql.select_many(len(values)), values)
                found |= {(table, (name,)): decode(text) for name, text in rows}
            else:
                found |= {(table, key): item for key in wanted if (item := self.get(table, key)) is not None}
        return [found.get((table, tuple(key))) for table, key in keys]

    def query(
        self,
        table: str,
        partition: str,
        *,
        index: str | None = None,
        between: Between | None = None,
        ascending: bool = True,
        limit: int = 100,
        cursor: str | None = None,
        consistent: bool = False,
    ) -> Page:
        """One page of a partition in sort-key order; an index returns keys and its projection only."""
        span = self._table(table).range(index)
        if index is not None and (table, index) not in self._indexed:
            self._build(table, index)
        wanted = _positive(limit) + 1
        rows: list[tuple[Any, ...]] = []
        for sql, values in span.readings(partition, between, cursor, ascending=ascending):
            if len(rows) < wanted:
                rows += self._file.rows(sql, (*values, wanted - len(rows)))
        more = span.cursor(rows[limit - 1]) if len(rows) > limit else None
        return Page([span.item(row) for row in rows[:limit]], more)

    def _build(self, table: str, index: str) -> None:
        """Build an index when it is first asked for, once in the life of the file.

        Keeping an index is what a bulk insert mostly pays for, because keys and addresses land anywhere in
        it. Building it afterwards, from sorted keys, costs a fraction, and who never asks never pays.
        """
        self._file.ensure(self._table(table).index(index))
        self._indexed.add((table, index))

    def count(self, table: str, partition: str, *, limit: int) -> int:
        """How many items a partition has, at most `limit`: those beyond are not read."""
        rows = self._file.rows(self._table(table).count, (partition, _positive(limit)))
        return int(rows[0][0])

    def scan(self, table: str, *, limit: int = 100, cursor: str | None = None) -> Page:
        """One page of a whole table, in the order of arrival."""
        after = read_cursor(cursor, [NUMBER])[0] if cursor is not None else 0
        rows = self._file.rows(self._table(table).scan, (after, _positive(limit) + 1))
        more = write_cursor(rows[limit - 1][:1]) if len(rows) > limit else None
        return Page([decode(text) for _, text in rows[:limit]], more)

    def put(self, table: str, item: Item, *, condition: Condition | None = None) -> None:
        """Write a whole item. Raises ConditionFailed."""
        self._alone(Put(table, item, condition))

    def update(self, table: str, key: Key, change: Change, *, condition: Condition | None = None) -> Item:
        """Change attributes, return the new item. Raises ConditionFailed."""
        item = self._alone(Update(table, key, change, condition))
        assert item is not None  # an update always leaves an item
        return item

    def delete(self, table: str, key: Key, *, condition: Condition | None = None) -> None:
        """Remove an item. Raises ConditionFailed."""
        self._alone(Delete(table, key, condition))

    def transact(self, writes: Sequence[Write], *, token: str = "") -> None:
        """All writes or none; no writes are none. Raises TransactionCancelled, InvalidInput."""
        self._refuse_misfits(writes)
        if not writes:
            return
        with self._file.writing() as connection:
            if token and self._is_known(connection, token):
                return
            effects: list[Effect | None] = []
            reasons: list[Reason | None] = []
            for write in writes:
                try:
                    effects.append(self._weigh(connection, write))
                    reasons.append(None)
                except Refused as refused:
                    reasons.append(Reason("condition", refused.item))
            if len(effects) < len(writes):
                raise TransactionCancelled(tuple(reasons))
            for write, effect in zip(writes, effects, strict=True):
                self._carry_out(connection, write, effect)

    def insert_many(self, table: str, items: Sequence[Item]) -> list[bool]:
        """Insert each item unless its key exists, 5,000 in one transaction. True where it was inserted."""
        sql = self._table(table)
        inserted: list[bool] = []
        rest = iter(items)
        while rows := [sql.row(item) for item in islice(rest, _CHUNK)]:
            with self._file.writing() as connection:
                inserted += _insert(connection, sql, rows)
                self._expire(connection, table, len(rows))
        return inserted

    def erase(self, table: str, key: Key, attributes: Sequence[str]) -> None:
        """Remove attributes of an item, of an append-only table too; an absent item stays absent."""
        write = Update(table, key, Change(remove=tuple(attributes)), Present(self._table(table).keys[0]))
        with self._file.writing() as connection:
            try:
                effect = weigh(connection, self._table(table), write, is_append_only=False)
            except Refused:
                return
            self._carry_out(connection, write, effect)

    def _alone(self, write: Write) -> Item | None:
        with self._file.writing() as connection:
            try:
                effect = self._weigh(connection, write)
            except Refused as refused:
                raise ConditionFailed(refused.item) from None
            self._carry_out(connection, write, effect)
            return effect.item if effect is not None else None

    def _weigh(self, connection: sqlite3.Connection, write: Write) -> Effect | None:
        is_append_only = write.table in self._append_only
        return weigh(connection, self._table(write.table), write, is_append_only=is_append_only)

    def _carry_out(self, connection: sqlite3.Connection, write: Write, effect: Effect | None) -> None:
        if effect is not None:
            connection.execute(effect.sql, effect.values)
        if isinstance(write, Put):
            self._expire(connection, write.table, 1)

    def _expire(self, connection: sqlite3.Connection, table: str, puts: int) -> None:
        """Remove expired items at the first put of a process and then now and again."""
        if table not in self._puts:
            return
        before, self._puts[table] = self._puts[table], self._puts[table] + puts
        if before == 0 or before // _EXPIRE_EVERY != self._puts[table] // _EXPIRE_EVERY:
            connection.execute(self._tables[table].expire, (self._now_ms() // 1000 - _GRACE_SECONDS,))

    def _is_known(self, connection: sqlite3.Connection, token: str) -> bool:
        """Remember the token, in this very transaction; True where it was known already."""
        now = self._now_ms()
        connection.execute("DELETE FROM _tokens WHERE until <= ?", (now,))
        added = connection.execute("INSERT OR IGNORE INTO _tokens VALUES (?, ?)", (token, now + TOKEN_MS))
        return added.rowcount == 0

    def _refuse_misfits(self, writes: Sequence[Write]) -> None:
        if len(writes) > MAX_WRITES:
            raise InvalidInput(f"One transaction takes at most {MAX_WRITES} writes, not {len(writes)}.")
        keys = {(write.table, self._key_of(write)) for write in writes}
        if len(keys) != len(writes):
            raise InvalidInput("One transaction writes or checks each item once.")

    def _key_of(self, write: Write) -> Key:
        sql = self._table(write.table)
        return sql.key_of(write.item) if isinstance(write, Put) else sql.key(write.key)

    def _table(self, name: str) -> TableSql:
        try:
            return self._tables[name]
        except KeyError:
            raise NotFound(f"There is no table {name}.") from None


def _insert(connection: sqlite3.Connection, sql: TableSql, rows: list[tuple[Any, ...]]) -> Iterator[bool]:
    """Insert what is new and tell row by row. Row numbers only grow: what is new lies behind the last one."""
    (last,) = connection.execute(sql.last_number).fetchone()
    if connection.executemany(sql.insert_new, rows).rowcount == len(rows):
        return iter([True] * len(rows))
    new = set(connection.execute(sql.keys_after, (last,)))
    width = len(sql.keys)
    inserted = []
    for row in rows:
        key = row[:width]
        inserted.append(key in new)
        new.discard(key)  # the same key again in this call is a duplicate of the first
    return iter(inserted)


def _positive(limit: int) -> int:
    if limit < 1:
        raise InvalidInput(f"A page holds at least one item, not {limit}.")
    return limit
