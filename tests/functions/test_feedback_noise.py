"""Whatever lies in the queue, the handler answers: nothing raises out of it, poison fails alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pivotr import names
from pivotr.functions import process_feedback
from pivotr.functions.events import sqs_event
from pivotr.ports.queues import Received
from tests.services.house import House
from tests.simulation.world import Posted, bounce_event, complaint_event, delivery_event

SAMPLE = Path(__file__).parents[1] / "data" / "ses-events.jsonl"
BODIES = [json.loads(line)["payload"] for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
MANY = settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A house in which one mail has left: events that are nearly about it go furthest."""
    built = House()
    built.take("name,email\nAsha Rao,asha@rao.example\nVijay Iyer,vijay@iyer.example\n")
    built.start(built.campaign())
    assert built.send_next() == "accepted"
    posted = Posted(built.clock.now(), built.provider.mails[0], "message-1")
    BODIES.extend([bounce_event(posted), complaint_event(posted), delivery_event(posted)])
    yield built
    built.file.close()


def handle(house: House, *bodies: str) -> list[str]:
    records = [Received(str(number), body, "receipt", 1, 0) for number, body in enumerate(bodies)]
    event: dict[str, Any] = sqs_event("feedback-queue", records, environment="local", region="-")
    return [
        one["itemIdentifier"] for one in process_feedback.handle(event, house.services)["batchItemFailures"]
    ]


@given(body=st.binary(max_size=300).map(lambda raw: raw.decode("utf-8", "replace")) | st.text(max_size=300))
@MANY
def test_noise(house: House, body: str) -> None:
    body = body.encode("utf-8", "replace").decode()
    assert handle(house, body) in (["0"], [])


@given(data=st.data())
@MANY
def test_mutated_events(house: House, data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(BODIES))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body)))
        cut = data.draw(st.integers(0, 40))
        body = body[:at] + data.draw(st.text(max_size=6)) + body[at + cut :]
    body = body.encode("utf-8", "replace").decode()
    assert set(handle(house, body, "poison")) <= {"0", "1"}


@given(data=st.data())
@MANY
def test_events_with_any_value_at_any_place(house: House, data: st.DataObject) -> None:
    content = json.loads(data.draw(st.sampled_from(BODIES[-3:])))
    node: Any = content
    while True:
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if isinstance(node[key], (dict, list)) and node[key] and data.draw(st.booleans()):
            node = node[key]
            continue
        node[key] = data.draw(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats()
            | st.text(max_size=40)
            | st.just(["²"])
            | st.just({})
        )
        break
    assert handle(house, json.dumps(content).encode("utf-8", "replace").decode(), "poison")[-1] == "1"


def test_an_unforeseen_error_fails_its_record_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from pivotr.services import feedback

    parse = feedback.parse_body
    monkeypatch.setattr(feedback, "parse_body", lambda body: 1 / 0 if body == "defect" else parse(body))
    assert handle(house, BODIES[0], "defect", BODIES[1]) == ["1"]


def test_after_all_that_the_counters_still_agree(house: House) -> None:
    for campaign in house.services.campaigns.all():
        report = house.services.metrics.audit(campaign.id)
        assert report.agrees, report.differences
    assert house.table.scan(names.LEADS, limit=10).items
