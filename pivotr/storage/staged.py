"""Rows of imports that wait for a look, in the `work` table. They never expire: no row is lost by waiting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pivotr import names
from pivotr.domain.instants import to_text
from pivotr.domain.intake import NewLead, Origin
from pivotr.domain.reports import StagedRow
from pivotr.ports.table import Change, Delete, Item, Path, Present, Table, Update
from pivotr.storage.schema import SCHEMA_VERSION

_PREFIX = "staged#"


def key_of(row_id: str) -> str:
    """Key of a row's item; the id is `{import}:{line}`."""
    return f"{_PREFIX}{row_id}"


def put_many(table: Table, list_name: str, leads: Sequence[NewLead], *, now: datetime) -> None:
    """Lay rows aside for a list; those that wait already are left as they are."""
    table.insert_many(names.WORK, [_item(list_name, lead, to_text(now)) for lead in leads])


def _item(list_name: str, lead: NewLead, at: str) -> Item:
    origin = lead.origin
    facts = {
        "list": list_name, "import_id": origin.import_id, "line": lead.line, "email": lead.email,
        "full_name": lead.full_name, "first_name": lead.first_name, "company": lead.company,
        "fields": lead.fields, "type": origin.type, "tags": origin.tags, "source": origin.source,
        "basis": origin.basis, "at": at,
    }  # fmt: skip
    kept: Item = {name: value for name, value in facts.items() if value}
    return {"key": key_of(f"{origin.import_id}:{lead.line}"), **kept, "v": SCHEMA_VERSION}


def origin_of(row: StagedRow) -> Origin:
    """Where the row comes from, as its lead will say."""
    return Origin(row.type, row.tags, row.source, row.basis, row.import_id)


def get(table: Table, row_id: str) -> StagedRow | None:
    """One row, read consistently."""
    item = table.get(names.WORK, (key_of(row_id),), consistent=True)
    return _row(item) if item else None


def correction(row_id: str, values: dict[str, str], corrected: frozenset[str]) -> Update:
    """Correct a row that still waits; an empty text clears."""
    kept: dict[Path, Any] = {name: value for name, value in values.items() if value}
    gone: tuple[Path, ...] = tuple(name for name, value in values.items() if not value)
    change = Change(set=kept, remove=gone, include={"corrected": corrected} if corrected else {})
    return Update(names.WORK, (key_of(row_id),), change, Present("key"))


def removal(row_id: str) -> Delete:
    """Take a row away that is still there."""
    return Delete(names.WORK, (key_of(row_id),), Present("key"))


def waiting(table: Table, list_name: str, *, beside: str) -> frozenset[str]:
    """Addresses of the rows that wait for a list, but for those of one import. Reads the whole table."""
    return frozenset(row.email for row in every(table) if row.list == list_name and row.import_id != beside)


def every(table: Table) -> Iterator[StagedRow]:
    """Every row that waits. Reads the whole table: for lists and choices by an operator only."""
    cursor: str | None = None
    while True:
        page = table.scan(names.WORK, limit=1000, cursor=cursor)
        yield from (_row(item) for item in page.items if item["key"].startswith(_PREFIX))
        if (cursor := page.cursor) is None:
            return


def _row(item: Item) -> StagedRow:
    return StagedRow.model_validate({**item, "id": item["key"].removeprefix(_PREFIX)})
