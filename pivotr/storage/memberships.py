"""Lists: who is a member of which. A lead may be in many lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pivotr import names
from pivotr.domain.instants import to_text
from pivotr.ports.table import Between, Delete, Item, Put, Table, Write
from pivotr.storage.schema import LEAD_INDEX, SCHEMA_VERSION

#: The partition that names every list: nothing else tells which there are without reading all members.
_DIRECTORY = "#lists"
#: Stands in the directory, before all entries, once it has the lists that were made before there was one.
_IS_COMPLETE = "!"
#: More members than any list has.
EVERYONE = 1_000_000_000


class Memberships:
    """Membership items. A list is its members; its entry in the directory stays behind the last of them.

    The entry comes with each batch: another process may have taken the list away since the one before.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._is_complete = False

    def add_many(
        self, list_name: str, leads: Sequence[str], *, now: datetime, import_id: str = ""
    ) -> list[bool]:
        """Add leads to a list; False for those who were members already."""
        facts: dict[str, Any] = {"import_id": import_id} if import_id else {}
        facts |= {"at": to_text(now), "v": SCHEMA_VERSION}
        items = [{"list": list_name, "lead_id": lead, **facts} for lead in leads]
        return self._table.insert_many(names.MEMBERSHIPS, [_named(_entry(list_name)), *items])[1:]

    def page(self, list_name: str, *, after: str = "", limit: int = 100) -> list[str]:
        """Up to `limit` member ids in key order, after a given one."""
        low = f"{after}\x00" if after else None
        page = self._table.query(names.MEMBERSHIPS, list_name, between=Between(low), limit=limit)
        return [item["lead_id"] for item in page.items]

    def members(self, list_name: str) -> Iterator[str]:
        """Every member id of a list."""
        after = ""
        while page := self.page(list_name, after=after):
            yield from page
            after = page[-1]

    def of_import(self, list_name: str, import_id: str) -> Iterator[str]:
        """The members of a list that an import has put on it."""
        cursor: str | None = None
        while True:
            page = self._table.query(names.MEMBERSHIPS, list_name, cursor=cursor)
            yield from (item["lead_id"] for item in page.items if item.get("import_id") == import_id)
            if (cursor := page.cursor) is None:
                return

    def exists(self, list_name: str) -> bool:
        """True when the list has a member."""
        return bool(self.page(list_name, limit=1))

    def of_lead(self, lead: str) -> list[str]:
        """The lists a lead is in."""
        page = self._table.query(names.MEMBERSHIPS, lead, index=LEAD_INDEX)
        return sorted(item["list"] for item in page.items)

    def items(self, list_name: str, *, limit: int) -> list[Item]:
        """The first memberships of a list, read consistently."""
        return self._table.query(names.MEMBERSHIPS, list_name, limit=limit, consistent=True).items

    def moved(self, item: Item, list_name: str) -> list[Write]:
        """Put a membership on another list."""
        old = (item["list"], item["lead_id"])
        return [Put(names.MEMBERSHIPS, {**item, "list": list_name}), Delete(names.MEMBERSHIPS, old)]

    def enter(self, list_name: str) -> None:
        """Name a list in the directory, before its first member is there."""
        self._enter(_entry(list_name))

    def leave(self, list_name: str) -> Delete:
        """Take a list without members out of the directory."""
        return Delete(names.MEMBERSHIPS, (_DIRECTORY, _entry(list_name)))

    def removal(self, list_name: str, lead: str) -> Delete:
        """Take a lead out of a list."""
        return Delete(names.MEMBERSHIPS, (list_name, lead))

    def lists(self, *, after: str = "", limit: int = 100) -> list[str]:
        """Up to `limit` names of lists in order, after a given one; a list may have lost its members."""
        low = f"{_entry(after)}\x00" if after else _entry("")
        page = self._table.query(
            names.MEMBERSHIPS, _DIRECTORY, between=Between(low), limit=limit, consistent=True
        )
        return [item["lead_id"].removeprefix(_entry("")) for item in page.items]

    def count(self, list_name: str, *, most: int = EVERYONE) -> int:
        """How many members a list has, as far as `most`."""
        return self._table.count(names.MEMBERSHIPS, list_name, limit=most)

    def complete(self) -> None:
        """Enter the lists that were made before there was a directory: reads all memberships, once."""
        if self._is_complete:
            return
        first = self._table.query(names.MEMBERSHIPS, _DIRECTORY, limit=1, consistent=True).items
        if first and first[0]["lead_id"] == _IS_COMPLETE:
            self._is_complete = True
            return
        found: set[str] = set()
        cursor: str | None = None
        while True:
            page = self._table.scan(names.MEMBERSHIPS, limit=1000, cursor=cursor)
            found |= {item["list"] for item in page.items} - {_DIRECTORY}
            if (cursor := page.cursor) is None:
                break
        if found:
            self._enter(*(_entry(name) for name in sorted(found)))
            self._enter(_IS_COMPLETE)

    def _enter(self, *entries: str) -> None:
        self._table.insert_many(names.MEMBERSHIPS, [_named(entry) for entry in entries])


def _named(entry: str) -> Item:
    return {"list": _DIRECTORY, "lead_id": entry, "v": SCHEMA_VERSION}


def _entry(list_name: str) -> str:
    return f"#{list_name}"
