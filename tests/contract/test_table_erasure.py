"""Erasure: attributes of a person can be taken out of any item, and nothing else can be done that way."""

from __future__ import annotations

from pathlib import Path

import pytest

from pivotr.errors import InvalidInput
from pivotr.ports.table import Change, Table

ENTRY = {
    "campaignId": "c1", "timestamp": "a1#sent", "kind": "sent", "leadId": "l1", "message_id": "m1",
    "values": {"FirstName": "Asha"}, "reason": "asha@rao.example does not answer",
}  # fmt: skip


def test_an_entry_of_the_log_loses_what_is_named_and_keeps_the_rest(table: Table) -> None:
    table.put("logs", ENTRY)
    table.erase("logs", ("c1", "a1#sent"), ["values", "reason", "never there"])
    kept = {name: value for name, value in ENTRY.items() if name not in ("values", "reason")}
    assert table.get("logs", ("c1", "a1#sent"), consistent=True) == kept
    (found,) = table.query("logs", "l1", index="lead-index").items
    assert found["timestamp"] == "a1#sent"


def test_erasing_twice_or_nothing_changes_nothing(table: Table) -> None:
    table.put("logs", ENTRY)
    for names in (["reason"], ["reason"], []):
        table.erase("logs", ("c1", "a1#sent"), names)
    assert set(table.get("logs", ("c1", "a1#sent")) or {}) == set(ENTRY) - {"reason"}


def test_an_item_that_is_not_there_is_not_made(table: Table) -> None:
    table.erase("logs", ("c1", "none"), ["reason"])
    table.erase("leads", ("none",), ["email"])
    assert table.get("logs", ("c1", "none")) is None
    assert table.get("leads", ("none",)) is None


def test_an_erased_attribute_leaves_its_index(table: Table) -> None:
    table.put("leads", {"id": "l1", "email": "asha@rao.example", "domain": "rao.example"})
    table.erase("leads", ("l1",), ["email", "domain"])
    assert table.get("leads", ("l1",), consistent=True) == {"id": "l1"}
    assert table.query("leads", "rao.example", index="domain-index").items == []


def test_the_key_cannot_be_erased(table: Table) -> None:
    table.put("logs", ENTRY)
    with pytest.raises(InvalidInput):
        table.erase("logs", ("c1", "a1#sent"), ["timestamp"])
    assert table.get("logs", ("c1", "a1#sent")) == ENTRY


def test_other_changes_of_the_log_stay_refused(table: Table) -> None:
    table.put("logs", ENTRY)
    table.erase("logs", ("c1", "a1#sent"), ["reason"])
    with pytest.raises(InvalidInput):
        table.update("logs", ("c1", "a1#sent"), Change(set={"kind": "other"}))


def test_what_is_erased_is_no_longer_in_the_file(tmp_path: Path) -> None:
    from pivotr import names
    from pivotr.adapters.embedded.sqlite_file import SqliteFile
    from pivotr.adapters.embedded.sqlite_table import SqliteTable
    from pivotr.storage.schema import TABLES

    path = tmp_path / "pivotr.db"
    file = SqliteFile(path, durable=False)
    table = SqliteTable(file, TABLES, lambda: 0, append_only=frozenset({names.LOGS}))
    table.put("logs", {**ENTRY, "reason": "a secret of Asha"})
    table.erase("logs", ("c1", "a1#sent"), ["values", "reason"])
    file.close()
    assert b"secret of Asha" not in b"".join(one.read_bytes() for one in tmp_path.iterdir())
