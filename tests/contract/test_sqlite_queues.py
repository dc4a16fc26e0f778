"""What the queues in the data file do beyond the port: invocations to run, and when there is work next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from backends import START, Instant

from pivotr import names
from pivotr.adapters.embedded.sqlite_file import SqliteFile
from pivotr.adapters.embedded.sqlite_queues import SqliteQueues
from pivotr.errors import InvalidInput
from pivotr.names import SENDING_QUEUE
from pivotr.ports.queues import Depth

HEARTBEAT = "invoke:heartbeat"


@pytest.fixture
def instant() -> Instant:
    return Instant()


@pytest.fixture
def queues(tmp_path: Path, instant: Instant) -> Iterator[SqliteQueues]:
    with SqliteFile(tmp_path / "pivotr.db", durable=False) as file:
        yield SqliteQueues(file, names.QUEUES, instant)


def test_an_invocation_is_a_record_with_an_empty_event(queues: SqliteQueues) -> None:
    queues.invoke("heartbeat")
    (record,) = queues.receive(HEARTBEAT)
    assert record.body == "{}"
    queues.delete(HEARTBEAT, record.receipt)
    assert queues.depth(HEARTBEAT) == Depth(0, 0, 0)


def test_one_waiting_invocation_is_enough(queues: SqliteQueues) -> None:
    for _ in range(3):
        queues.invoke("heartbeat")
    queues.invoke("lead-import")
    assert queues.depth(HEARTBEAT).waiting == 1
    assert queues.depth("invoke:lead-import").waiting == 1


def test_a_running_invocation_does_not_stand_for_the_next(queues: SqliteQueues) -> None:
    queues.invoke("heartbeat")
    queues.receive(HEARTBEAT)
    queues.invoke("heartbeat")
    assert queues.depth(HEARTBEAT) == Depth(waiting=1, delayed=0, in_flight=1)


def test_an_invocation_is_tried_three_times(queues: SqliteQueues, instant: Instant) -> None:
    queues.invoke("heartbeat")
    for count in (1, 2, 3):
        (record,) = queues.receive(HEARTBEAT)
        assert record.receive_count == count
        instant.advance(60)
    assert queues.receive(HEARTBEAT) == []
    assert queues.depth(HEARTBEAT) == Depth(0, 0, 0)


@pytest.mark.parametrize("is_worn_out", [True, False])
def test_an_invocation_that_would_be_dropped_does_not_stand_for_a_new_one(
    queues: SqliteQueues, instant: Instant, is_worn_out: bool
) -> None:
    queues.invoke("heartbeat")
    if is_worn_out:
        for _ in range(3):
            queues.receive(HEARTBEAT)
            instant.advance(60)
    else:
        instant.advance(6 * 3600)
    queues.invoke("heartbeat")
    (record,) = queues.receive(HEARTBEAT, limit=10)
    assert record.receive_count == 1


def test_the_next_work_is_known(queues: SqliteQueues, instant: Instant) -> None:
    assert queues.next_visible_at() is None
    queues.send(names.FEEDBACK_QUEUE.name, "x", delay=700)
    assert queues.next_visible_at() == START + 700_000
    queues.send(SENDING_QUEUE.name, "x", delay=300)
    assert queues.next_visible_at() == START + 300_000
    instant.advance(10)
    queues.invoke("heartbeat")
    assert queues.next_visible_at() == START + 10_000
    queues.receive(HEARTBEAT)
    assert queues.next_visible_at() == START + 70_000


def test_dead_letters_are_no_work(queues: SqliteQueues) -> None:
    queues.send(SENDING_QUEUE.dlq, "x")
    assert queues.next_visible_at() is None


@pytest.mark.parametrize("receipt", ["", "7", "a.b", "1.1.1", "-1.1", "9" * 40 + ".1"])
def test_what_is_no_receipt_is_refused(queues: SqliteQueues, receipt: str) -> None:
    with pytest.raises(InvalidInput):
        queues.delete(SENDING_QUEUE.name, receipt)


def test_a_record_taken_without_hiding_it_is_taken_once_in_a_call(queues: SqliteQueues) -> None:
    queues.send_many(SENDING_QUEUE.name, ["a", "b"])
    records = queues.receive(SENDING_QUEUE.name, limit=10, visibility=0)
    assert sorted((record.body, record.receive_count) for record in records) == [("a", 1), ("b", 1)]


def test_a_late_release_hides_nothing(queues: SqliteQueues, instant: Instant) -> None:
    queues.send(SENDING_QUEUE.name, "x")
    (record,) = queues.receive(SENDING_QUEUE.name)
    instant.advance(SENDING_QUEUE.visibility)
    queues.release(SENDING_QUEUE.name, record.receipt, delay=600)
    assert queues.depth(SENDING_QUEUE.name).waiting == 1


def test_records_survive_the_process(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with SqliteFile(path) as file:
        SqliteQueues(file, names.QUEUES, Instant()).send(SENDING_QUEUE.name, "x")
    with SqliteFile(path) as file:
        (record,) = SqliteQueues(file, names.QUEUES, Instant()).receive(SENDING_QUEUE.name)
        assert record.body == "x"
