"""Ports that count: each call of the table, the queues and the mailer, by function, place and capacity."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.capacity import index_units, read_units, write_units
from pivotr.ports.table import ConditionFailed, Delete, Put, TransactionCancelled, Update
from pivotr.storage import schema

#: Functions whose work belongs to a mail.
OF_A_MAIL = ("verify_email", "send_email", "process_feedback")


@dataclass
class Account:
    """What was called: (function, call, place) → calls, and units by the same key."""

    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    writes: dict[tuple[str, str, str], float] = field(default_factory=dict)
    reads: dict[tuple[str, str, str], float] = field(default_factory=dict)

    def note(self, call: str, *, writes: float = 0.0, reads: float = 0.0) -> None:
        """Count one call."""
        function, place = _origin()
        key = (function, call, place)
        self.calls[key] += 1
        self.writes[key] = self.writes.get(key, 0.0) + writes
        self.reads[key] = self.reads.get(key, 0.0) + reads

    def total(self, counts: Mapping[tuple[str, str, str], float]) -> float:
        """Sum over the functions of a mail."""
        return sum(count for (function, _, _), count in counts.items() if function in OF_A_MAIL)


def _origin() -> tuple[str, str]:
    """The function at work and the service method that led to the call."""
    frame: Any = sys._getframe(2)
    place, function = "", ""
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        folder = path.parent.name
        is_nearer = folder == "services" and not place.startswith("services/")
        if is_nearer or (folder == "storage" and not place):
            place = f"{folder}/{path.stem}.{frame.f_code.co_name}"
        if folder == "functions" and path.stem not in ("runtime", "events", "local"):
            function = path.stem
            break
        frame = frame.f_back
    return function or "operator", place


class CountingTable:
    """A table whose calls are counted; the reads that the model itself needs are not."""

    def __init__(self, table: Any, account: Account) -> None:
        self._table = table
        self._account = account

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def get(self, table: str, key: Any, *, consistent: bool = False) -> Any:
        item = self._table.get(table, key, consistent=consistent)
        units = read_units([item], consistent=consistent, is_query=False)
        self._account.note(f"get {table}", reads=units)
        return item

    def get_many(self, keys: Any, *, consistent: bool = False) -> Any:
        items = self._table.get_many(keys, consistent=consistent)
        units = read_units(items, consistent=consistent, is_query=False)
        tables = "+".join(sorted({table for table, _ in keys}))
        self._account.note(f"get_many {len(keys)} {tables}", reads=units)
        return items

    def query(self, table: str, partition: str, **options: Any) -> Any:
        page = self._table.query(table, partition, **options)
        units = read_units(page.items, consistent=options.get("consistent", False), is_query=True)
        self._account.note(f"query {table} {options.get('index') or ''}".strip(), reads=units)
        return page

    def count(self, table: str, partition: str, *, limit: int) -> Any:
        page = self._table.query(table, partition, limit=limit)
        units = read_units(page.items, consistent=False, is_query=True)
        self._account.note(f"count {table}", reads=units)
        return len(page.items)

    def scan(self, table: str, **options: Any) -> Any:
        page = self._table.scan(table, **options)
        self._account.note(f"scan {table}", reads=read_units(page.items, consistent=False, is_query=True))
        return page

    def put(self, table: str, item: Any, **options: Any) -> None:
        self._one(f"put {table}", Put(table, item), lambda: self._table.put(table, item, **options))

    def update(self, table: str, key: Any, change: Any, **options: Any) -> Any:
        write = Update(table, key, change)
        return self._one(f"update {table}", write, lambda: self._table.update(table, key, change, **options))

    def delete(self, table: str, key: Any, **options: Any) -> None:
        self._one(f"delete {table}", Delete(table, key), lambda: self._table.delete(table, key, **options))

    def _one(self, call: str, write: Any, run: Any) -> Any:
        before = self._item(write)
        try:
            result = run()
        except ConditionFailed:
            self._account.note(call, writes=write_units(before, before, in_transaction=False))
            raise
        after = self._item(write)
        units = write_units(before, after, in_transaction=False)
        units += index_units(schema.table(write.table), before, after)
        self._account.note(call, writes=units)
        return result

    def transact(self, writes: Any, *, token: str = "") -> None:
        before = [self._item(write) for write in writes]
        call = "transact " + "+".join(write.table for write in writes)
        if len(writes) > 8:
            call = f"transact {len(writes)}"
        try:
            self._table.transact(writes, token=token)
        except TransactionCancelled:
            units = sum(write_units(item, item, in_transaction=True) for item in before)
            self._account.note(call + " (cancelled)", writes=units)
            raise
        units = 0.0
        for write, old in zip(writes, before, strict=True):
            new = self._item(write)
            units += write_units(old, new, in_transaction=True)
            units += index_units(schema.table(write.table), old, new)
        self._account.note(call, writes=units)

    def insert_many(self, table: str, items: Any) -> Any:
        done = self._table.insert_many(table, items)
        spec = schema.table(table)
        units = sum(
            write_units(None, item, in_transaction=False) + (index_units(spec, None, item) if is_new else 0)
            for item, is_new in zip(items, done, strict=True)
        )
        for _ in range(-(-len(items) // 25)):
            self._account.note(f"insert_many {table}", writes=units / -(-len(items) // 25))
        return done

    def _item(self, write: Any) -> Any:
        if isinstance(write, Put):
            spec = schema.table(write.table)
            key = tuple(write.item[name] for name in (spec.partition, spec.sort) if name)
        else:
            key = write.key
        return self._table.get(write.table, key, consistent=True)


class CountingQueues:
    """Queues whose sends are counted; receiving and deleting are Lambda's part, not ours."""

    def __init__(self, queues: Any, account: Account) -> None:
        self._queues = queues
        self._account = account

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queues, name)

    def send(self, queue: str, body: str, *, delay: int = 0) -> None:
        self._queues.send(queue, body, delay=delay)
        if queue != "feedback-queue":
            self._account.note(f"send {queue}")

    def invoke(self, function: str, event: str = "{}") -> None:
        self._queues.invoke(function, event)
        self._account.note(f"invoke {function}")


class CountingMailer:
    """A mailer whose sends are counted."""

    def __init__(self, mailer: Any, account: Account) -> None:
        self._mailer = mailer
        self._account = account

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mailer, name)

    def send(self, mail: Any) -> Any:
        outcome = self._mailer.send(mail)
        self._account.note("ses send")
        return outcome
