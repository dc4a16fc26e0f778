"""What one write would do to the file: its condition is settled, nothing is written yet."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from pivotr.adapters.conditions import UnfitChange, apply, match
from pivotr.adapters.embedded.codec import decode
from pivotr.adapters.embedded.table_sql import TableSql
from pivotr.errors import InvalidInput
from pivotr.ports.table import Absent, All, Check, Condition, Delete, Item, Key, Put, Update, Write


@dataclass(frozen=True, slots=True)
class Effect:
    """A statement with its values, and the item that it leaves (None after a removal)."""

    sql: str
    values: tuple[Any, ...]
    item: Item | None = None


class Refused(Exception):
    """The condition of a write does not hold; `item` is the item as it is."""

    def __init__(self, item: Item | None) -> None:
        super().__init__()
        self.item = item


def weigh(
    connection: sqlite3.Connection, table: TableSql, write: Write, *, is_append_only: bool
) -> Effect | None:
    """The effect of a write whose condition holds now; None for a mere check.

    To be called inside the transaction that carries it out. Raises Refused, and InvalidInput for what no
    state of the item would make possible.
    """
    if isinstance(write, Put):
        return _put(connection, table, write, is_append_only=is_append_only)
    if isinstance(write, Check):
        _read(connection, table, write.key, write.condition)
        return None
    if is_append_only:
        raise InvalidInput(f"Entries of {table.name} can only be added, never changed or deleted.")
    if isinstance(write, Delete):
        return _delete(connection, table, write)
    return _update(connection, table, write)


def _put(connection: sqlite3.Connection, table: TableSql, write: Put, *, is_append_only: bool) -> Effect:
    condition = write.condition
    if is_append_only:
        absent = Absent(table.keys[-1])
        condition = absent if condition is None else All((absent, condition))
    if condition is not None:
        _read(connection, table, table.key_of(write.item), condition)
    return Effect(table.upsert, table.row(write.item), write.item)


def _delete(connection: sqlite3.Connection, table: TableSql, write: Delete) -> Effect:
    if write.condition is not None:
        _read(connection, table, write.key, write.condition)
    return Effect(table.delete, table.key(write.key))


def _update(connection: sqlite3.Connection, table: TableSql, write: Update) -> Effect:
    key = table.key(write.key)
    old = _read(connection, table, key, write.condition)
    try:
        new = apply(write.change, old, dict(zip(table.keys, key, strict=True)))
    except UnfitChange:
        raise Refused(old) from None
    return Effect(table.upsert, table.row(new), new)


def _read(
    connection: sqlite3.Connection, table: TableSql, key: Key, condition: Condition | None
) -> Item | None:
    """The item as it is, where the condition holds for it. Raises Refused."""
    found = connection.execute(table.select, table.key(key)).fetchone()
    item = decode(found[0]) if found is not None else None
    if not match(condition, item):
        raise Refused(item)
    return item
