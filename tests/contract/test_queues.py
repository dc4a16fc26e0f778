"""Records in, records out: at least once, after their delay, never lost without a dead letter."""

from __future__ import annotations

import pytest
from backends import START, Instant

from pivotr.errors import InvalidInput, NotFound
from pivotr.names import FEEDBACK_QUEUE, SENDING_QUEUE, VERIFICATION_QUEUE, QueueSpec
from pivotr.ports.queues import Depth, Queues, Received

SENDING = SENDING_QUEUE.name
DLQ = SENDING_QUEUE.dlq


def receive_one(queues: Queues, queue: str = SENDING) -> Received:
    (record,) = queues.receive(queue)
    return record


def test_a_record_is_received_and_acknowledged(queues: Queues, instant: Instant) -> None:
    queues.send(SENDING, '{"ticket": 7}')
    record = receive_one(queues)
    assert (record.body, record.receive_count, record.sent_at) == ('{"ticket": 7}', 1, START)
    queues.delete(SENDING, record.receipt)
    instant.advance(SENDING_QUEUE.visibility + 1)
    assert queues.receive(SENDING) == []
    assert queues.depth(SENDING) == Depth(0, 0, 0)


def test_queues_do_not_mix(queues: Queues) -> None:
    queues.send(SENDING, "a")
    assert queues.receive(VERIFICATION_QUEUE.name) == []
    assert receive_one(queues).body == "a"


def test_a_text_comes_back_byte_for_byte(queues: Queues) -> None:
    body = 'अनीता "quoted" \\ \n\t 😀'
    queues.send(SENDING, body)
    assert receive_one(queues).body == body


def test_a_delayed_record_waits(queues: Queues, instant: Instant) -> None:
    queues.send(SENDING, "late", delay=900)
    queues.send(SENDING, "now", delay=0)
    assert queues.depth(SENDING) == Depth(waiting=1, delayed=1, in_flight=0)
    assert [record.body for record in queues.receive(SENDING, limit=10)] == ["now"]
    instant.advance(899)
    assert [record.body for record in queues.receive(SENDING, limit=10)] == ["now"]
    instant.advance(1)
    assert receive_one(queues).body == "late"


@pytest.mark.parametrize("delay", [-1, 901, 1.5, True], ids=str)
def test_a_delay_is_a_whole_number_up_to_fifteen_minutes(queues: Queues, delay: int) -> None:
    with pytest.raises(InvalidInput):
        queues.send(SENDING, "x", delay=delay)
    assert queues.depth(SENDING) == Depth(0, 0, 0)


def test_a_body_is_neither_empty_nor_over_a_mebibyte(queues: Queues) -> None:
    queues.send(SENDING, "x" * 1024 * 1024)
    for body in ("", "x" * (1024 * 1024 + 1), "é" * (512 * 1024 + 1)):
        with pytest.raises(InvalidInput):
            queues.send(SENDING, body)
        with pytest.raises(InvalidInput):
            queues.send_many(SENDING, ["fine", body])
    assert queues.depth(SENDING).waiting == 1


def test_many_records_are_sent_at_once(queues: Queues) -> None:
    queues.send_many(SENDING, [f"body {number}" for number in range(27)])
    queues.send_many(SENDING, [])
    found: set[str] = set()
    while records := queues.receive(SENDING, limit=10):
        assert len(records) <= 10
        found |= {record.body for record in records}
    assert found == {f"body {number}" for number in range(27)}
    assert queues.depth(SENDING) == Depth(0, 0, in_flight=27)


@pytest.mark.parametrize("limit", [0, 11])
def test_one_to_ten_records_are_received(queues: Queues, limit: int) -> None:
    with pytest.raises(InvalidInput):
        queues.receive(SENDING, limit=limit)


def test_a_received_record_is_hidden_until_its_time_is_over(queues: Queues, instant: Instant) -> None:
    queues.send(SENDING, "x")
    first = receive_one(queues)
    assert queues.depth(SENDING) == Depth(0, 0, in_flight=1)
    instant.advance(SENDING_QUEUE.visibility - 1)
    assert queues.receive(SENDING) == []
    instant.advance(1)
    second = receive_one(queues)
    assert (second.id, second.receive_count) == (first.id, 2)


def test_the_time_hidden_can_be_chosen(queues: Queues, instant: Instant) -> None:
    queues.send(SENDING, "x")
    queues.receive(SENDING, visibility=5)
    instant.advance(5)
    queues.receive(SENDING, visibility=0)
    assert receive_one(queues).receive_count == 3
    with pytest.raises(InvalidInput):
        queues.receive(SENDING, visibility=12 * 3600 + 1)


@pytest.mark.needs("receipts")
def test_a_stale_receipt_acknowledges_nothing(queues: Queues, instant: Instant) -> None:
    queues.send(SENDING, "x")
    stale = receive_one(queues)
    instant.advance(SENDING_QUEUE.visibility)
    fresh = receive_one(queues)
    queues.delete(SENDING, stale.receipt)
    queues.release(SENDING, stale.receipt)
    assert queues.depth(SENDING) == Depth(0, 0, in_flight=1)
    queues.delete(SENDING, fresh.receipt)
    assert queues.depth(SENDING) == Depth(0, 0, 0)
    queues.delete(SENDING, fresh.receipt)


def test_an_old_receipt_fits_no_later_record(queues: Queues) -> None:
    queues.send(SENDING, "first")
    first = receive_one(queues)
    queues.delete(SENDING, first.receipt)
    queues.send(SENDING, "second")
    receive_one(queues)
    queues.delete(SENDING, first.receipt)
    assert queues.depth(SENDING) == Depth(0, 0, in_flight=1)


def test_a_record_late_for_its_time_can_still_be_acknowledged(queues: Queues, instant: Instant) -> None:
    queues.send(SENDING, "x")
    record = receive_one(queues)
    instant.advance(SENDING_QUEUE.visibility + 5)
    queues.delete(SENDING, record.receipt)
    assert queues.depth(SENDING) == Depth(0, 0, 0)


def test_a_released_record_comes_back_with_its_count(queues: Queues, instant: Instant) -> None:
    queues.send(SENDING, "x")
    queues.release(SENDING, receive_one(queues).receipt)
    second = receive_one(queues)
    assert second.receive_count == 2
    queues.release(SENDING, second.receipt, delay=30)
    instant.advance(29)
    assert queues.receive(SENDING) == []
    instant.advance(1)
    assert receive_one(queues).receive_count == 3
    with pytest.raises(InvalidInput):
        queues.release(SENDING, second.receipt, delay=-1)


@pytest.mark.parametrize(
    "spec", [SENDING_QUEUE, VERIFICATION_QUEUE, FEEDBACK_QUEUE], ids=lambda spec: spec.name
)
def test_what_is_never_acknowledged_becomes_a_dead_letter(
    queues: Queues, instant: Instant, spec: QueueSpec
) -> None:
    queues.send(spec.name, "poison")
    for count in range(1, spec.max_receive + 1):
        assert receive_one(queues, spec.name).receive_count == count
        assert queues.depth(spec.dlq) == Depth(0, 0, 0)
        instant.advance(spec.visibility)
    assert queues.receive(spec.name) == []
    assert queues.depth(spec.name) == Depth(0, 0, 0)
    assert queues.depth(spec.dlq) == Depth(waiting=1, delayed=0, in_flight=0)
    for _ in range(spec.max_receive + 2):
        assert receive_one(queues, spec.dlq).body == "poison"
        instant.advance(spec.visibility)
    queues.delete(spec.dlq, receive_one(queues, spec.dlq).receipt)
    assert queues.depth(spec.dlq) == Depth(0, 0, 0)


def test_poison_does_not_take_the_place_of_what_is_good(queues: Queues, instant: Instant) -> None:
    queues.send_many(SENDING, [f"poison {number}" for number in range(10)])
    for _ in range(SENDING_QUEUE.max_receive):
        assert len(queues.receive(SENDING, limit=10)) == 10
        instant.advance(SENDING_QUEUE.visibility)
    queues.send(SENDING, "good")
    assert [record.body for record in queues.receive(SENDING)] == ["good"]
    assert queues.depth(DLQ).waiting == 10


def test_a_record_from_before_the_dead_letter_queue_is_stale(queues: Queues, instant: Instant) -> None:
    queues.send(SENDING, "x")
    receipts = []
    for _ in range(SENDING_QUEUE.max_receive):
        receipts.append(receive_one(queues).receipt)
        instant.advance(SENDING_QUEUE.visibility)
    assert queues.receive(SENDING) == []
    receive_one(queues, DLQ)
    for receipt in receipts:
        queues.delete(SENDING, receipt)
    assert queues.depth(DLQ) == Depth(0, 0, in_flight=1)


@pytest.mark.needs("peek")
def test_old_records_are_dropped(queues: Queues, instant: Instant) -> None:
    queues.send(VERIFICATION_QUEUE.name, "x")
    instant.advance(VERIFICATION_QUEUE.retention - 1)
    assert receive_one(queues, VERIFICATION_QUEUE.name).body == "x"
    instant.advance(VERIFICATION_QUEUE.visibility)
    assert queues.receive(VERIFICATION_QUEUE.name) == []
    assert queues.peek(VERIFICATION_QUEUE.name) == []
    assert queues.depth(VERIFICATION_QUEUE.dlq) == Depth(0, 0, 0)


@pytest.mark.needs("retention")
def test_dead_letters_are_kept_from_the_day_they_were_sent(queues: Queues, instant: Instant) -> None:
    spec = VERIFICATION_QUEUE
    queues.send(spec.name, "x")
    for _ in range(spec.max_receive):
        receive_one(queues, spec.name)
        instant.advance(spec.visibility)
    queues.receive(spec.name)
    instant.advance(spec.dlq_retention - spec.max_receive * spec.visibility - 1)
    assert queues.depth(spec.dlq).waiting == 1
    instant.advance(1)
    assert queues.depth(spec.dlq).waiting == 0
    assert queues.receive(spec.dlq) == []


@pytest.mark.needs("peek")
def test_looking_takes_nothing(queues: Queues, instant: Instant) -> None:
    queues.send_many(SENDING, ["a", "b", "c"])
    queues.send(SENDING, "later", delay=60)
    for _ in range(5):
        assert {record.body for record in queues.peek(SENDING)} == {"a", "b", "c"}
    assert len(queues.peek(SENDING, limit=2)) == 2
    assert {record.receive_count for record in queues.receive(SENDING, limit=10)} == {1}
    assert queues.peek(SENDING) == []


def test_purging_leaves_nothing(queues: Queues, instant: Instant) -> None:
    queues.send_many(SENDING, ["a", "b"])
    queues.send(SENDING, "later", delay=60)
    queues.send(FEEDBACK_QUEUE.name, "other")
    receive_one(queues)
    assert queues.purge(SENDING) == 3
    instant.advance(900)
    assert queues.receive(SENDING) == []
    assert queues.purge(SENDING) == 0
    assert receive_one(queues, FEEDBACK_QUEUE.name).body == "other"


def test_an_unknown_queue_is_not_found(queues: Queues) -> None:
    attempts = (
        lambda: queues.send("no-queue", "x"),
        lambda: queues.send_many("no-queue", ["x"]),
        lambda: queues.receive("no-queue"),
        lambda: queues.delete("no-queue", "1.1"),
        lambda: queues.release("no-queue", "1.1"),
        lambda: queues.depth("no-queue"),
        lambda: queues.peek("no-queue"),
        lambda: queues.purge("no-queue"),
    )
    for attempt in attempts:
        with pytest.raises(NotFound, match="no-queue"):
            attempt()
