"""The workers' doors with events as AWS delivers them: partial batch answers, poison, acknowledgement."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pivotr import names
from pivotr.functions import heartbeat, process_feedback, send_email, verify_email
from pivotr.functions.events import schedule_event, sqs_event
from pivotr.ports.queues import Received
from tests.simulation.promises import check
from tests.simulation.world import World

EVENTS = Path(__file__).parents[1] / "data" / "events"


def event_file(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / name).read_text())
    return found


def started(count: int = 3) -> tuple[World, str]:
    world = World()
    world.sender()
    world.template()
    world.leads(count)
    campaign = world.campaign()
    world.services.transitions.start(campaign)
    return world, campaign


def records(world: World, queue: names.QueueSpec) -> dict[str, Any]:
    found = world.queues.receive(queue.name, limit=10)
    return sqs_event(queue.name, found, environment="dev", region="ap-south-1")


def test_a_schedule_event_enrols_and_a_verify_job_becomes_a_send_job() -> None:
    world, _ = started()
    assert heartbeat.handle(event_file("schedule.json"), world.services)["enrolled"] == 3
    assert verify_email.handle(records(world, names.VERIFICATION_QUEUE), world.services) == {
        "batchItemFailures": []
    }
    assert world.queues.depth(names.SENDING_QUEUE.name).waiting == 1


def test_a_send_job_sends_one_mail_and_emits_the_next_turn() -> None:
    world, campaign = started()
    heartbeat.handle(event_file("schedule.json"), world.services)
    verify_email.handle(records(world, names.VERIFICATION_QUEUE), world.services)
    event = records(world, names.SENDING_QUEUE)
    assert send_email.handle(event, world.services) == {"batchItemFailures": []}
    assert send_email.handle(event, world.services) == {"batchItemFailures": []}
    assert len(world.provider.posted) == 1
    assert world.totals(campaign)["sent"] == 1
    assert world.queues.depth(names.VERIFICATION_QUEUE.name).waiting == 1


@pytest.mark.parametrize(
    "body", ["", "{", "null", "[]", '{"kind":"verify"}', '{"kind":"send","sender":1}', "\x00"]
)
@pytest.mark.parametrize("handler", [verify_email.handle, send_email.handle])
def test_a_record_that_is_no_job_fails_alone_and_changes_nothing(handler: Any, body: str) -> None:
    world, _ = started()
    poison = Received("poison", body, "receipt", 1, 0)
    answer = handler(
        sqs_event("sending-queue", [poison], environment="dev", region="ap-south-1"), world.services
    )
    assert answer == {"batchItemFailures": [{"itemIdentifier": "poison"}]}
    assert world.provider.asked == []


def test_a_malformed_event_fails_alone_while_a_bounce_of_an_unknown_mail_suppresses_its_lead() -> None:
    world, _ = started()
    answer = process_feedback.handle(event_file("sqs_feedback.json"), world.services)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da"}]}
    assert world.statuses() == {"new": 2, "bounced": 1}


def test_poison_ends_in_the_dead_letter_queue_after_the_configured_receives() -> None:
    world, campaign = started()
    world.queues.send(names.SENDING_QUEUE.name, "poison")
    world.run_until_over(campaign)
    world.run(timedelta(hours=1))
    check(world)
    assert world.queues.depth(names.SENDING_QUEUE.dlq).waiting == 1
    assert [record.body for record in world.queues.peek(names.SENDING_QUEUE.dlq)] == ["poison"]


def test_events_that_we_build_have_the_shape_of_those_that_aws_delivers() -> None:
    world, _ = started()
    ours = sqs_event(
        "feedback-queue", [Received("id", "{}", "receipt", 1, 1)], environment="dev", region="ap-south-1"
    )
    theirs = event_file("sqs_feedback.json")
    assert set(ours["Records"][0]) == set(theirs["Records"][0])
    assert set(ours["Records"][0]["attributes"]) == set(theirs["Records"][0]["attributes"])
    schedule = schedule_event(world.clock.now(), environment="dev", region="ap-south-1")
    assert set(schedule) == set(event_file("schedule.json"))


def test_an_unexpected_error_fails_the_record_with_its_trace(caplog: pytest.LogCaptureFixture) -> None:
    world, _ = started()
    heartbeat.handle(event_file("schedule.json"), world.services)

    def broken(email: str) -> Exception:
        return ZeroDivisionError("a defect")

    world.checker.fails = broken
    event = records(world, names.VERIFICATION_QUEUE)
    (failure,) = verify_email.handle(event, world.services)["batchItemFailures"]
    assert failure["itemIdentifier"] == event["Records"][-1]["messageId"]
    assert "ZeroDivisionError" in caplog.text
