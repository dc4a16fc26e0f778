"""The queues on SQS: what the contract does not say, because only SQS has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from pivotr import names
from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.sqs import SqsQueues
from pivotr.adapters.aws.sqs_addresses import region_of
from pivotr.errors import Conflict, InvalidInput, Misconfigured, NoAnswer, NotFound, Rejected, Unavailable
from pivotr.names import FEEDBACK_QUEUE, SENDING_QUEUE, VERIFICATION_QUEUE
from pivotr.ports.queues import Depth
from pivotr.services.dead_letters import DeadLetters
from tests.aws.resources import create_queue

SENDING, DLQ = SENDING_QUEUE.name, SENDING_QUEUE.dlq


@pytest.fixture
def queues(account: None, clients: Clients) -> SqsQueues:
    for spec in names.QUEUES:
        create_queue(clients.client("sqs"), spec, names.physical("dev", spec.name))
    return SqsQueues(clients, "dev")


@pytest.fixture
def stub(clients: Clients) -> Iterator[Stubber]:
    """Answers of SQS one by one, each checked against botocore's model of the service."""
    with Stubber(clients.client("sqs")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def url_of(stub: Stubber, queue: str) -> str:
    name = names.physical("dev", queue)
    url = f"https://sqs.ap-south-1.amazonaws.com/111122223333/{name}"
    stub.add_response("get_queue_url", {"QueueUrl": url}, {"QueueName": name})
    return url


def test_the_feedback_queue_may_be_one_that_exists_elsewhere(account: None, clients: Clients) -> None:
    there = clients.client("sqs", region="eu-west-1")
    url = create_queue(there, FEEDBACK_QUEUE, "ses-events")
    create_queue(clients.client("sqs"), SENDING_QUEUE, names.physical("dev", SENDING))
    queues = SqsQueues(clients, "dev", feedback_url=url)
    queues.send(FEEDBACK_QUEUE.name, "an event")
    queues.send(SENDING, "a job")
    assert there.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "an event"
    (record,) = queues.receive(SENDING)
    assert record.body == "a job"
    there.send_message(QueueUrl=url + "-dlq", MessageBody="dead")
    assert queues.depth(FEEDBACK_QUEUE.dlq).waiting == 1
    assert [record.body for record in queues.peek(FEEDBACK_QUEUE.dlq)] == ["dead"]


def test_an_existing_queue_without_dead_letters_has_none(account: None, clients: Clients) -> None:
    url = clients.client("sqs").create_queue(QueueName="bare")["QueueUrl"]
    queues = SqsQueues(clients, "dev", feedback_url=url)
    dlq = FEEDBACK_QUEUE.dlq
    assert queues.depth(dlq) == Depth(0, 0, 0)
    assert (queues.receive(dlq), queues.peek(dlq), queues.purge(dlq)) == ([], [], 0)
    with pytest.raises(NotFound, match="has no dead-letter queue"):
        queues.send(dlq, "x")


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://sqs.ap-south-1.amazonaws.com/111122223333/ses", "ap-south-1"),
        ("https://sqs.us-gov-west-1.amazonaws.com/111122223333/ses", "us-gov-west-1"),
        ("https://eu-west-1.queue.amazonaws.com/111122223333/ses", "eu-west-1"),
        ("http://127.0.0.1:4566/000000000000/ses", ""),
    ],
)
def test_the_region_is_in_the_url(url: str, region: str) -> None:
    assert region_of(url) == region


def test_what_is_not_deployed_says_so(account: None, clients: Clients) -> None:
    with pytest.raises(Misconfigured) as raised:
        SqsQueues(clients, "dev").send(SENDING, "x")
    assert "pivotr deploy" in raised.value.hint


def test_the_address_of_a_queue_is_asked_for_once(clients: Clients, stub: Stubber) -> None:
    url = url_of(stub, SENDING)
    for body in ("a", "b"):
        stub.add_response(
            "send_message",
            {"MessageId": body, "MD5OfMessageBody": ""},
            {"QueueUrl": url, "MessageBody": body, "DelaySeconds": 7},
        )
    queues = SqsQueues(clients, "dev")
    queues.send(SENDING, "a", delay=7)
    queues.send(SENDING, "b", delay=7)


def sent(*ids: str) -> list[dict[str, str]]:
    return [{"Id": key, "MessageId": key, "MD5OfMessageBody": ""} for key in ids]


def left_out(key: str, *, sender_fault: bool = False, code: str = "InternalError") -> dict[str, Any]:
    return {"Id": key, "SenderFault": sender_fault, "Code": code, "Message": f"{code} said"}


def test_what_a_batch_leaves_out_is_sent_again(clients: Clients, stub: Stubber) -> None:
    url = url_of(stub, SENDING)
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate("abc")]
    stub.add_response(
        "send_message_batch",
        {"Successful": sent("0"), "Failed": [left_out("1"), left_out("2")]},
        {"QueueUrl": url, "Entries": entries},
    )
    stub.add_response(
        "send_message_batch",
        {"Successful": sent("1", "2"), "Failed": []},
        {"QueueUrl": url, "Entries": entries[1:]},
    )
    SqsQueues(clients, "dev").send_many(SENDING, list("abc"))


@pytest.mark.parametrize(
    ("sent_first", "expected"), [((), Unavailable), (("0",), NoAnswer)], ids=["nothing", "a part"]
)
def test_a_batch_that_cannot_be_sent_says_how_far_it_came(
    clients: Clients, stub: Stubber, sent_first: tuple[str, ...], expected: type[Unavailable]
) -> None:
    url_of(stub, SENDING)
    failed = [left_out(key) for key in ("0", "1") if key not in sent_first]
    for number in range(3):
        done = sent(*sent_first) if number == 0 else []
        stub.add_response("send_message_batch", {"Successful": done, "Failed": failed})
    with pytest.raises(Unavailable) as raised:
        SqsQueues(clients, "dev").send_many(SENDING, ["a", "b"])
    assert type(raised.value) is expected


def test_a_record_that_is_refused_is_not_sent_again(clients: Clients, stub: Stubber) -> None:
    url_of(stub, SENDING)
    failed = [left_out("0", sender_fault=True, code="InvalidMessageContents")]
    stub.add_response("send_message_batch", {"Successful": [], "Failed": failed})
    with pytest.raises(Rejected, match="InvalidMessageContents said"):
        SqsQueues(clients, "dev").send_many(SENDING, ["\u0000"])


def test_a_batch_is_never_larger_than_sqs_takes(queues: SqsQueues) -> None:
    body = "x" * 400_000
    queues.send_many(SENDING, [body] * 5)
    assert queues.depth(SENDING).waiting == 5


def test_only_dead_letters_can_be_looked_at(queues: SqsQueues) -> None:
    queues.send(SENDING, "x")
    with pytest.raises(InvalidInput, match="cannot be looked at"):
        queues.peek(SENDING)
    (record,) = queues.receive(SENDING)
    assert record.receive_count == 1


def test_looking_at_dead_letters_leaves_them_where_they_are(queues: SqsQueues) -> None:
    queues.send_many(DLQ, [f"dead {number}" for number in range(13)])
    for _ in range(3):
        assert len(queues.peek(DLQ, limit=20)) == 13
    assert len(queues.peek(DLQ, limit=4)) == 4
    assert queues.depth(DLQ) == Depth(13, 0, 0)


def test_a_purge_within_a_minute_of_another_deletes_one_by_one(clients: Clients, stub: Stubber) -> None:
    url = url_of(stub, DLQ)
    counts = {"ApproximateNumberOfMessages": "1"}
    zero = {"ApproximateNumberOfMessagesDelayed": "0", "ApproximateNumberOfMessagesNotVisible": "0"}
    stub.add_response("get_queue_attributes", {"Attributes": counts | zero})
    stub.add_client_error("purge_queue", "AWS.SimpleQueueService.PurgeQueueInProgress", http_status_code=403)
    message = {"MessageId": "m", "Body": "x", "ReceiptHandle": "r"}
    stub.add_response("receive_message", {"Messages": [message]})
    stub.add_response("delete_message", {}, {"QueueUrl": url, "ReceiptHandle": "r"})
    stub.add_response("receive_message", {})
    assert SqsQueues(clients, "dev").purge(DLQ) == 1


def arn(queue: str) -> str:
    return f"arn:aws:sqs:ap-south-1:111122223333:{names.physical('dev', queue)}"


def about_to_move(stub: Stubber) -> None:
    """SQS tells where both queues are and what they are called."""
    url_of(stub, DLQ)
    url_of(stub, SENDING)
    for queue in (DLQ, SENDING):
        stub.add_response("get_queue_attributes", {"Attributes": {"QueueArn": arn(queue)}})


def task(status: str, moved: int, **more: str) -> dict[str, Any]:
    return {"Results": [{"Status": status, "ApproximateNumberOfMessagesMoved": moved, **more}]}


def test_a_redrive_of_all_is_left_to_sqs(clients: Clients, stub: Stubber) -> None:
    waited: list[float] = []
    about_to_move(stub)
    stub.add_response(
        "start_message_move_task",
        {"TaskHandle": "handle"},
        {"SourceArn": arn(DLQ), "DestinationArn": arn(SENDING)},
    )
    stub.add_response(
        "list_message_move_tasks", task("RUNNING", 10), {"SourceArn": arn(DLQ), "MaxResults": 1}
    )
    stub.add_response("list_message_move_tasks", task("COMPLETED", 25))
    queues = SqsQueues(clients, "dev", sleep=waited.append)
    assert DeadLetters(queues=queues).redrive("sending") == 25
    assert waited == [1.0]


def test_a_move_that_fails_is_told_with_its_reason(clients: Clients, stub: Stubber) -> None:
    about_to_move(stub)
    stub.add_response(
        "start_message_move_task", {"TaskHandle": "handle"}, {"SourceArn": ANY, "DestinationArn": ANY}
    )
    failed = task("FAILED", 3, FailureReason="CouldNotDetermineMessageSource")
    stub.add_response("list_message_move_tasks", failed)
    with pytest.raises(Rejected, match="moved 3 records and stopped: CouldNotDetermineMessageSource"):
        SqsQueues(clients, "dev", sleep=lambda _: None).move_all(DLQ, SENDING)


def test_a_move_beside_another_is_a_conflict(clients: Clients, stub: Stubber) -> None:
    about_to_move(stub)
    said = "There is already a task running. Only one active task is allowed for a source queue."
    stub.add_client_error("start_message_move_task", "AWS.SimpleQueueService.UnsupportedOperation", said, 400)
    with pytest.raises(Conflict):
        SqsQueues(clients, "dev", sleep=lambda _: None).move_all(DLQ, SENDING)


@pytest.mark.parametrize("code", ["InvalidAction", "UnsupportedOperation", "AccessDenied"])
def test_where_sqs_cannot_move_the_caller_does(clients: Clients, stub: Stubber, code: str) -> None:
    about_to_move(stub)
    stub.add_client_error("start_message_move_task", code, http_status_code=400)
    assert SqsQueues(clients, "dev", sleep=lambda _: None).move_all(DLQ, SENDING) is None


def test_a_redrive_without_the_move_of_sqs_puts_each_record_back(queues: SqsQueues) -> None:
    queues.send_many(DLQ, ["a", "b", "c"])
    letters = DeadLetters(queues=queues)
    assert letters.redrive("sending", count=2) == 2
    assert (queues.depth(SENDING).waiting, queues.depth(DLQ).waiting) == (2, 1)
    assert letters.redrive("sending") == 1
    assert queues.depth(DLQ) == Depth(0, 0, 0)


def test_a_function_is_called_and_not_waited_for(clients: Clients) -> None:
    with Stubber(clients.client("lambda")) as stubber:
        wanted = {"FunctionName": "pivotr-dev-heartbeat", "InvocationType": "Event", "Payload": b"{}"}
        stubber.add_response("invoke", {"StatusCode": 202}, wanted)
        SqsQueues(clients, "dev").invoke("heartbeat")
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("RequestThrottled", 403, Unavailable),
        ("AccessDenied", 403, Misconfigured),
        ("InternalFailure", 500, NoAnswer),
        ("InvalidMessageContents", 400, Rejected),
    ],
)
def test_what_sqs_answers_is_told_as_our_errors(
    clients: Clients, stub: Stubber, code: str, status: int, expected: type[Exception]
) -> None:
    url_of(stub, VERIFICATION_QUEUE.name)
    stub.add_client_error("send_message", code, "said", status)
    with pytest.raises(expected) as raised:
        SqsQueues(clients, "dev").send(VERIFICATION_QUEUE.name, "x")
    assert type(raised.value) is expected
