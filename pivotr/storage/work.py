"""Short-lived items: the verifier's rate, import cursors, idempotency keys. They expire by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pivotr import names
from pivotr.domain.instants import from_text, to_text
from pivotr.ports.table import Absent, AtMost, Change, ConditionFailed, Either, Item, Put, Table
from pivotr.storage.schema import SCHEMA_VERSION


class Work:
    """Items of the `work` table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take_turn(self, name: str, *, now: datetime, interval: float) -> float:
        """Take the next turn of a rate shared by all processes, one turn per `interval` seconds.

        Returns 0 when the turn is taken, else the seconds until the next one is free.
        """
        if interval <= 0:
            return 0.0
        free_at = to_text(now + timedelta(seconds=interval))
        expires = int(now.timestamp()) + 86_400
        try:
            self._table.update(
                names.WORK,
                (f"rate#{name}",),
                Change(set={"free_at": free_at, "expires_at": expires, "v": SCHEMA_VERSION}),
                condition=Either((Absent("free_at"), AtMost("free_at", to_text(now)))),
            )
        except ConditionFailed as refused:
            item = refused.item or {}
            # A clock that stepped back must not block the verifier: never wait longer than one interval.
            return min(interval, max(0.05, (from_text(item["free_at"]) - now).total_seconds()))
        return 0.0

    def get(self, key: str) -> Item | None:
        """One item, read consistently."""
        return self._table.get(names.WORK, (key,), consistent=True)

    def save(self, key: str, values: Mapping[str, Any], *, now: datetime, days: int) -> None:
        """Write an item that expires after some days."""
        expires = int((now + timedelta(days=days)).timestamp())
        self._table.put(names.WORK, {"key": key, **values, "expires_at": expires, "v": SCHEMA_VERSION})

    def creation(self, key: str, values: Mapping[str, Any], *, now: datetime, days: int) -> Put:
        """A new item; refused where the key exists."""
        expires = int((now + timedelta(days=days)).timestamp())
        return Put(
            names.WORK, {"key": key, **values, "expires_at": expires, "v": SCHEMA_VERSION}, Absent("key")
        )
