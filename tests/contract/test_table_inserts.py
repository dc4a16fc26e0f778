"""Bulk inserts, the append-only log, and items that expire."""

from __future__ import annotations

from typing import Any

import pytest
from backends import Instant

from pivotr.errors import InvalidInput
from pivotr.ports.table import (
    Change,
    Check,
    ConditionFailed,
    Delete,
    Equals,
    Item,
    Present,
    Put,
    Table,
    TransactionCancelled,
    Update,
)


def lead(number: int, **more: Any) -> Item:
    return {
        "id": f"l{number:04d}",
        "email": f"asha.{number}@firm{number % 3}.example.in",
        "domain": f"firm{number % 3}.example.in",
        "status": "new",
        "created_at": "2026-11-24T09:13:05.123Z",
        **more,
    }


def test_many_inserts_tell_which_were_new(table: Table) -> None:
    table.put("leads", lead(3, status="sent"))
    items = [lead(1), lead(2), lead(3), lead(1, line=9), lead(4)]
    assert table.insert_many("leads", items) == [True, True, False, False, True]
    assert table.get("leads", ("l0003",)) == lead(3, status="sent")
    assert table.get("leads", ("l0001",)) == lead(1)
    assert table.insert_many("leads", [lead(5)]) == [True]
    assert table.insert_many("leads", items) == [False] * 5
    assert table.insert_many("leads", []) == []
    assert len(table.query("leads", "new", index="status-index").items) == 4


def test_many_inserts_into_a_table_with_two_keys(table: Table) -> None:
    memberships = [{"list": "expo", "lead_id": f"l{number}"} for number in (1, 2, 1)]
    assert table.insert_many("memberships", memberships) == [True, True, False]
    assert table.insert_many("memberships", [{"list": "other", "lead_id": "l1"}]) == [True]
    assert [item["lead_id"] for item in table.query("memberships", "expo").items] == ["l1", "l2"]
    assert len(table.query("memberships", "l1", index="lead-index").items) == 2


def test_a_log_entry_is_never_replaced(table: Table) -> None:
    entry = {"campaignId": "c", "timestamp": "t#sent", "n": 1}
    table.put("logs", entry)
    with pytest.raises(ConditionFailed) as failed:
        table.put("logs", {**entry, "n": 2})
    assert failed.value.item == entry
    with pytest.raises(ConditionFailed):
        table.put("logs", {**entry, "n": 2}, condition=Equals("n", 1))
    with pytest.raises(ConditionFailed):
        table.put("logs", {"campaignId": "c", "timestamp": "t#bounced"}, condition=Present("n"))
    with pytest.raises(TransactionCancelled) as cancelled:
        table.transact([Put("settings", {"key": "k"}), Put("logs", {**entry, "n": 2})])
    assert [reason and reason.item for reason in cancelled.value.reasons] == [None, entry]
    assert table.insert_many("logs", [{**entry, "n": 3}]) == [False]
    assert table.query("logs", "c").items == [entry]
    assert table.get("settings", ("k",)) is None


def test_a_log_entry_is_never_changed_or_deleted(table: Table) -> None:
    entry = {"campaignId": "c", "timestamp": "t#sent", "n": 1}
    table.put("logs", entry)
    key = ("c", "t#sent")
    with pytest.raises(InvalidInput):
        table.update("logs", key, Change(set={"n": 2}))
    with pytest.raises(InvalidInput):
        table.delete("logs", key)
    for write in (Update("logs", key, Change(set={"n": 2})), Delete("logs", key)):
        with pytest.raises(InvalidInput):
            table.transact([write])
    table.transact([Check("logs", key, Present("n"))])
    assert table.query("logs", "c").items == [entry]


@pytest.mark.needs("expiry")
def test_expired_items_do_not_pile_up(table: Table, instant: Instant) -> None:
    now = instant() // 1000
    table.put("work", {"key": "old", "expires_at": now + 60})
    table.put("work", {"key": "long", "expires_at": now + 10_000_000})
    table.put("work", {"key": "for ever"})
    instant.advance(3 * 86_400)
    for number in range(200):
        table.put("work", {"key": f"k{number}"})
    assert table.get("work", ("old",)) is None
    assert table.get("work", ("long",)) is not None
    assert table.get("work", ("for ever",)) is not None
