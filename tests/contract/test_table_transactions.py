"""All writes or none, with a reason for each, and a token that makes a repetition harmless."""

from __future__ import annotations

import secrets

import pytest
from backends import Instant

from pivotr.errors import InvalidInput
from pivotr.ports.table import (
    Absent,
    Change,
    Check,
    ConditionFailed,
    Delete,
    Equals,
    Present,
    Put,
    Reason,
    Table,
    TransactionCancelled,
    Update,
    Write,
)


def test_a_transaction_writes_everything(table: Table) -> None:
    table.put("settings", {"key": "old"})
    table.put("senders", {"id": "s", "ticket": 1})
    table.transact(
        [
            Put("leads", {"id": "l1"}, Absent("id")),
            Update("senders", ("s",), Change(add={"ticket": 1}), Equals("ticket", 1)),
            Delete("settings", ("old",)),
            Check("settings", ("none",), Absent("key")),
            Put("logs", {"campaignId": "c", "timestamp": "t"}),
        ]
    )
    assert table.get("leads", ("l1",)) == {"id": "l1"}
    assert table.get("senders", ("s",)) == {"id": "s", "ticket": 2}
    assert table.get("settings", ("old",)) is None
    assert table.get("logs", ("c", "t")) == {"campaignId": "c", "timestamp": "t"}


def test_one_refusal_cancels_all_and_each_write_has_its_reason(table: Table) -> None:
    table.put("senders", {"id": "s", "ticket": 5})
    table.put("settings", {"key": "old", "n": 1})
    with pytest.raises(TransactionCancelled) as cancelled:
        table.transact(
            [
                Put("leads", {"id": "l1"}),
                Update("senders", ("s",), Change(add={"ticket": 1}), Equals("ticket", 1)),
                Delete("settings", ("old",)),
                Check("campaigns", ("none",), Present("id")),
                Update("senders", ("t",), Change(add={"ticket": 1})),
            ]
        )
    assert cancelled.value.reasons == (
        None,
        Reason("condition", {"id": "s", "ticket": 5}),
        None,
        Reason("condition", None),
        None,
    )
    assert not cancelled.value.is_transient
    assert table.get("leads", ("l1",)) is None
    assert table.get("senders", ("s",)) == {"id": "s", "ticket": 5}
    assert table.get("senders", ("t",)) is None
    assert table.get("settings", ("old",)) == {"key": "old", "n": 1}


def test_a_fault_in_a_late_write_takes_back_the_early_ones(table: Table) -> None:
    with pytest.raises(InvalidInput):
        table.transact([Put("settings", {"key": "k"}), Put("leads", {"id": "l1", "email": ""})])
    assert table.get("settings", ("k",)) is None


def test_indexes_follow_a_transaction(table: Table) -> None:
    waiting: Write = Put("leads", {"id": "l1", "queue": "c#s", "due": "~1"})
    table.transact([waiting, Put("leads", {"id": "l2", "queue": "c#s", "due": "~2"})])
    found = table.query("leads", "c#s", index="queue-index").items
    assert [item["id"] for item in found] == ["l1", "l2"]
    with pytest.raises(TransactionCancelled):
        table.transact(
            [
                Update("leads", ("l1",), Change(remove=("due",))),
                Check("leads", ("l2",), Absent("id")),
            ]
        )
    assert len(table.query("leads", "c#s", index="queue-index").items) == 2


def test_a_hundred_writes_are_the_most(table: Table) -> None:
    table.transact([Put("settings", {"key": f"k{number}"}) for number in range(100)])
    assert table.get("settings", ("k99",)) == {"key": "k99"}
    with pytest.raises(InvalidInput):
        table.transact([Put("settings", {"key": f"m{number}"}) for number in range(101)])
    assert table.get("settings", ("m0",)) is None


def test_no_writes_are_no_trouble(table: Table) -> None:
    table.transact([])


@pytest.mark.parametrize(
    "second",
    [
        Put("settings", {"key": "k", "n": 2}),
        Update("settings", ("k",), Change(set={"n": 2})),
        Delete("settings", ("k",)),
        Check("settings", ("k",), Absent("key")),
    ],
    ids=lambda write: type(write).__name__,
)
def test_each_item_is_written_once(table: Table, second: Write) -> None:
    with pytest.raises(InvalidInput):
        table.transact([Put("settings", {"key": "k", "n": 1}), second])
    assert table.get("settings", ("k",)) is None


@pytest.fixture
def token() -> str:
    """An emulator remembers the tokens of the whole run."""
    return f"attempt-{secrets.token_hex(8)}"


@pytest.mark.needs("tokens")
def test_a_repeated_token_writes_once(table: Table, token: str) -> None:
    writes = [Update("settings", ("k",), Change(add={"n": 1}))]
    for _ in range(3):
        table.transact(writes, token=token)
    assert table.get("settings", ("k",)) == {"key": "k", "n": 1}
    table.transact(writes, token=f"{token}-2")
    assert table.get("settings", ("k",)) == {"key": "k", "n": 2}


@pytest.mark.needs("tokens")
def test_a_token_may_be_long(table: Table, token: str) -> None:
    writes = [Update("settings", ("k",), Change(add={"n": 1}))]
    for end in ("a", "b", "a"):
        table.transact(writes, token=f"{token}-{'x' * 100}-{end}")
    assert table.get("settings", ("k",)) == {"key": "k", "n": 2}


@pytest.mark.needs("tokens")
def test_a_token_is_known_for_ten_minutes(table: Table, instant: Instant) -> None:
    writes = [Update("settings", ("k",), Change(add={"n": 1}))]
    table.transact(writes, token="attempt-1")
    instant.advance(9 * 60)
    table.transact(writes, token="attempt-1")
    assert table.get("settings", ("k",)) == {"key": "k", "n": 1}


@pytest.mark.needs("tokens")
def test_a_token_is_forgotten_in_the_end(table: Table, instant: Instant) -> None:
    writes = [Update("settings", ("k",), Change(add={"n": 1}))]
    table.transact(writes, token="attempt-1")
    instant.advance(10 * 60 + 1)
    table.transact(writes, token="attempt-1")
    assert table.get("settings", ("k",)) == {"key": "k", "n": 2}


def test_the_token_of_a_cancelled_transaction_is_free(table: Table, token: str) -> None:
    writes = [Put("settings", {"key": "k"}, Equals("n", 1))]
    with pytest.raises(TransactionCancelled):
        table.transact(writes, token=token)
    table.put("settings", {"key": "k", "n": 1})
    table.transact(writes, token=token)
    assert table.get("settings", ("k",)) == {"key": "k"}


@pytest.mark.needs("tokens")
def test_a_repetition_succeeds_although_its_condition_fails_by_now(table: Table, token: str) -> None:
    writes = [Put("settings", {"key": "k"}, Absent("key"))]
    table.transact(writes, token=token)
    table.transact(writes, token=token)
    with pytest.raises(TransactionCancelled):
        table.transact(writes)


def test_without_a_token_every_call_counts(table: Table) -> None:
    for _ in range(3):
        table.transact([Update("settings", ("k",), Change(add={"n": 1}))])
    assert table.get("settings", ("k",)) == {"key": "k", "n": 3}


def test_only_a_condition_is_no_transient_failure(table: Table) -> None:
    assert TransactionCancelled((None, Reason("conflict"), Reason("throttled"))).is_transient
    assert not TransactionCancelled((Reason("conflict"), Reason("condition"))).is_transient
    with pytest.raises(ConditionFailed):
        table.put("settings", {"key": "k"}, condition=Present("key"))
