"""The capacity model against the examples that the DynamoDB developer guide gives."""

from __future__ import annotations

import pytest

from bench.capacity import index_units, read_units, size, write_units
from pivotr import names
from pivotr.storage.schema import table

LEADS, LOGS = table(names.LEADS), table(names.LOGS)


def sized(count: int) -> dict[str, str]:
    """An item of exactly so many bytes."""
    return {"id": "x" * (count - 2)}


@pytest.mark.parametrize(
    ("item", "bytes_"),
    [
        ({"shirt-color": "R", "shirt-size": "M"}, 23),  # the guide's own example of names and values
        ({"a": "ü"}, 3),
        ({"n": 27}, 3),
        ({"n": -27}, 4),
        ({"n": 461}, 4),
        ({"n": 1000}, 3),  # zeros at the ends do not count
        ({"n": 0}, 2),
        ({"b": True, "z": None}, 4),
        ({"l": []}, 4),
        ({"m": {}}, 4),
        ({"m": {"a": "bc"}}, 1 + 3 + 1 + 3),
        ({"s": frozenset({"ab", "c"})}, 4),
        (None, 0),
    ],
)
def test_size_of_items(item: dict[str, object] | None, bytes_: int) -> None:
    assert size(item) == bytes_


@pytest.mark.parametrize(
    ("bytes_", "in_transaction", "units"),
    [(512, False, 1), (1024, False, 1), (1536, False, 2), (3072, False, 3), (500, True, 2), (3072, True, 6)],
)
def test_a_write_costs_a_unit_for_each_started_kilobyte(
    bytes_: int, in_transaction: bool, units: int
) -> None:
    assert write_units(None, sized(bytes_), in_transaction=in_transaction) == units


def test_an_update_costs_the_larger_of_both_sizes_and_a_deletion_the_old_one() -> None:
    assert write_units(sized(3000), sized(100), in_transaction=False) == 3
    assert write_units(sized(3000), None, in_transaction=False) == 3
    assert write_units(None, None, in_transaction=True) == 2, "a failed condition on an absent item"


@pytest.mark.parametrize(
    ("sizes", "consistent", "is_query", "units"),
    [
        ([4096], True, False, 1),
        ([4096], False, False, 0.5),
        ([8192], True, False, 2),
        ([3584], True, False, 1),  # 3.5 KB are rounded up to 4
        ([1536, 6656], True, False, 3),  # a batch of 1.5 KB and 6.5 KB: 4 and 8 KB
        ([1536] * 5, True, True, 2),  # a query of 7.5 KB together
        ([], False, True, 0.5),
    ],
)
def test_reads(sizes: list[int], consistent: bool, is_query: bool, units: float) -> None:
    assert read_units([sized(one) for one in sizes], consistent=consistent, is_query=is_query) == units


def test_an_absent_item_of_a_batch_costs_as_the_smallest() -> None:
    assert read_units([None, sized(100)], consistent=False, is_query=False) == 1.0


def test_index_entries_that_appear_move_stay_and_disappear() -> None:
    lead = {"id": "l1", "email": "a@x.example", "domain": "x.example", "status": "new", "created_at": "2026"}
    queued = {**lead, "status": "queued", "queue": "c#s", "due": "~000000000001"}
    assert index_units(LEADS, None, lead) == 3, "email, status, domain"
    assert index_units(LEADS, lead, queued) == 2 + 1, "status moves, queue appears"
    assert index_units(LEADS, queued, {**queued, "claim": {"attempt": "a"}}) == 0
    assert index_units(LEADS, queued, {**queued, "due": "2026-11-24T09:00:00.000Z"}) == 2
    sent = {name: value for name, value in {**queued, "status": "sent"}.items() if name != "due"}
    assert index_units(LEADS, queued, sent) == 2 + 1, "status moves, queue disappears"
    assert index_units(LEADS, lead, None) == 3


def test_a_log_entry_without_lead_is_in_no_index() -> None:
    entry = {"campaignId": "c", "timestamp": "t#delivered", "kind": "delivered"}
    assert index_units(LOGS, None, entry) == 0
    assert index_units(LOGS, None, {**entry, "leadId": "l1"}) == 1
