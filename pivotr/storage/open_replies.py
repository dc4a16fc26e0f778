"""Answers that a person has to read: what they ask for is not clear, or whose they are.

Each is an item of `work` that expires by itself; a set of their ids makes a list of them. What has been
decided stays as an empty mark, so that the same mail, read again, is not put before anybody twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pivotr import names
from pivotr.domain.instants import to_text
from pivotr.domain.reports import OpenReply
from pivotr.ports.table import Absent, Change, Item, Present, Put, Table, TransactionCancelled, Update, Write
from pivotr.storage.schema import SCHEMA_VERSION

_SET = "replies"
_KEPT = timedelta(days=90)


class OpenReplies:
    """The answers that wait."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, reply: OpenReply, now: datetime) -> bool:
        """Put one before the operator; False where it has been already."""
        item: Item = {name: value for name, value in reply.model_dump().items() if value and name != "id"}
        expires = int((now + _KEPT).timestamp())
        item |= {"key": _key(reply.id), "expires_at": expires, "v": SCHEMA_VERSION, "at": to_text(now)}
        writes: list[Write] = [
            Put(names.WORK, item, Absent("key")),
            Update(names.WORK, (_SET,), Change(include={"ids": frozenset({reply.id})})),
        ]
        try:
            self._table.transact(writes)
        except TransactionCancelled:
            return False
        return True

    def all(self) -> list[OpenReply]:
        """Every answer that waits, oldest first; ids of those that have expired are forgotten."""
        item = self._table.get(names.WORK, (_SET,), consistent=True) or {}
        ids = sorted(item.get("ids", ()))
        found: list[OpenReply] = []
        gone: set[str] = set()
        for start in range(0, len(ids), 100):
            page = ids[start : start + 100]
            items = self._table.get_many([(names.WORK, (_key(one),)) for one in page])
            for one, stored in zip(page, items, strict=True):
                if stored is None or stored.get("done"):
                    gone.add(one)
                else:
                    found.append(OpenReply.model_validate({**stored, "id": one}))
        if gone:
            self._table.update(names.WORK, (_SET,), Change(exclude={"ids": frozenset(gone)}))
        return sorted(found, key=lambda reply: (reply.at, reply.id))

    def get(self, key: str) -> OpenReply | None:
        """One that waits."""
        item = self._table.get(names.WORK, (_key(key),), consistent=True)
        return OpenReply.model_validate({**item, "id": key}) if item and not item.get("done") else None

    def close(self, reply: OpenReply) -> None:
        """It has been decided: nothing of it stays but a mark."""
        facts = tuple(name for name in OpenReply.model_fields if name not in ("id", "at"))
        writes: list[Write] = [
            Update(names.WORK, (_key(reply.id),), Change(set={"done": True}, remove=facts), Present("key")),
            Update(names.WORK, (_SET,), Change(exclude={"ids": frozenset({reply.id})})),
        ]
        try:
            self._table.transact(writes)
        except TransactionCancelled:
            return

    def forget(self, lead: str) -> None:
        """Nothing of a person who is erased stays here."""
        for reply in self.all():
            if reply.lead == lead:
                self.close(reply)


def _key(reply: str) -> str:
    return f"reply#{reply}"
