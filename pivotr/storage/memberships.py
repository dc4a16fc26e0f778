"""Lists: who is a member of which. A lead may be in many lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pivotr import names
from pivotr.domain.instants import to_text
from pivotr.ports.table import Between, Delete, Table
from pivotr.storage.schema import LEAD_INDEX, SCHEMA_VERSION


class Memberships:
    """Membership items, and an item per list in `work` would be one too many: a list is its members."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add_many(
        self, list_name: str, leads: Sequence[str], *, now: datetime, import_id: str = ""
    ) -> list[bool]:
        """Add leads to a list; False for those who were members already."""
        facts: dict[str, Any] = {"import_id": import_id} if import_id else {}
        facts |= {"at": to_text(now), "v": SCHEMA_VERSION}
        items = [{"list": list_name, "lead_id": lead, **facts} for lead in leads]
        return self._table.insert_many(names.MEMBERSHIPS, items)

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

    def removal(self, list_name: str, lead: str) -> Delete:
        """Take a lead out of a list."""
        return Delete(names.MEMBERSHIPS, (list_name, lead))

    def sizes(self) -> dict[str, int]:
        """Members per list. Reads all memberships: for `list list` only."""
        counts: dict[str, int] = {}
        cursor: str | None = None
        while True:
            page = self._table.scan(names.MEMBERSHIPS, limit=1000, cursor=cursor)
            for item in page.items:
                counts[item["list"]] = counts.get(item["list"], 0) + 1
            if (cursor := page.cursor) is None:
                return dict(sorted(counts.items()))
