"""Ways through the functions that no other test goes, and that need rights of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pivotr import names
from pivotr.errors import Unavailable
from pivotr.functions import send_email, verify_email
from pivotr.functions.events import sqs_event
from pivotr.functions.local import deliver
from pivotr.ports.queues import Received
from tests.api.caller import Caller
from tests.services.house import House

KNOWN = "name,email\nAsha Rao,asha@rao.example\n"
LEADS = (
    "name,email,city\nAsha M Rao,asha@rao.example,Pune\nSam Stop,sam@stop.example,Pune\n"
    "Vijay Iyer,vijay@gmial.com,Pune\n"
)
SENDING, VERIFICATION = names.SENDING_QUEUE, names.VERIFICATION_QUEUE


@pytest.fixture
def house() -> Iterator[House]:
    built = House()
    built.take(KNOWN)
    yield built
    built.file.close()


@pytest.fixture
def call(house: House) -> Caller:
    return Caller(house, auth="none")


def test_a_file_that_refreshes_lays_aside_and_leaves_out(call: Caller, house: House) -> None:
    house.services.suppressions.add("sam@stop.example", actor="test")
    query = {"list": "diwali", "update": "true", "stage": "true"}
    told = call.ok(
        "POST", "/api/leads/import", raw=LEADS.encode(), query=query, content_type="text/csv"
    ).json["report"]
    assert {kind: told[kind] for kind in ("accepted", "updated", "staged", "duplicate", "rejected")} == {
        "accepted": 0,
        "updated": 1,
        "staged": 1,
        "duplicate": 0,
        "rejected": 1,
    }


def test_what_failed_may_be_said_again_under_the_same_key(
    call: Caller, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> Any:
        raise Unavailable("The database is busy.", hint="Try again.")

    lead = {"email": "new@rao.example", "list": "diwali"}
    with monkeypatch.context() as trouble:
        trouble.setattr(house.table, "insert_many", busy)
        assert call("POST", "/api/leads", lead, idempotency_key="k-1").status == 503
    assert call("POST", "/api/leads", lead, idempotency_key="k-1").status == 201
    upload = {"list": "diwali", "file": "leads.csv"}
    assert call("POST", "/api/leads/uploads", upload, idempotency_key="k-2").status >= 400, (
        "there is no bucket"
    )


def test_leads_of_a_campaign_and_the_mails_of_one(call: Caller, house: House) -> None:
    campaign = house.campaign()
    house.start(campaign)
    assert house.send_next() == "accepted"
    (lead,) = call.ok("GET", "/api/leads", query={"campaign": campaign.name}).json["items"]
    assert call.ok("GET", f"/api/leads/{lead['id']}").json["mails"][0]["sender"] == "sales@acme.example"


def test_a_lead_that_waits_is_explained_and_stopped(call: Caller, house: House) -> None:
    house.take("name,email\nVijay Iyer,vijay@iyer.example\n")
    campaign = house.campaign()
    house.start(campaign)
    assert house.send_next() == "accepted"
    for address in ("asha@rao.example", "vijay@iyer.example"):
        told = call.ok("GET", f"/api/campaigns/{campaign.id}/explain", query={"lead": address}).json
        assert told["status"] in ("queued", "sent")
    stopped = call.ok("POST", "/api/leads/vijay@iyer.example/stop", {"reason": "called"}).json
    assert stopped["status"] == "replied"


def test_another_cap_holds_for_the_day_that_is_open(call: Caller, house: House) -> None:
    house.start(house.campaign())
    assert house.send_next() == "accepted"
    assert call.ok("PUT", "/api/settings/account.cap", {"value": 120}).json["value"] == 120
    (day,) = [item for item in house.table.query(names.METRICS, "ALL").items if "limit" in item]
    assert day["limit"] == 120


def test_dead_feedback_goes_back(call: Caller, house: House) -> None:
    house.queues.send(names.FEEDBACK_QUEUE.dlq, "{}")
    assert call.ok("POST", "/api/dlq/feedback-queue/redrive", {}).json["redriven"] == 1


def test_a_job_before_its_time_goes_back_with_the_rest_of_its_delay(house: House) -> None:
    house.take("name,email\nVijay Iyer,vijay@iyer.example\n")
    house.start(house.campaign())
    assert house.send_next() == "accepted"
    (record,) = house.queues.receive(VERIFICATION.name)
    deliver(house.services, VERIFICATION, verify_email.handle, [record])
    waiting = "SELECT body, visible_at FROM _records WHERE queue = ?"
    ((body, at),) = house.file.rows(waiting, (SENDING.name,))
    record = Received("m-1", body, "r", 1, 0)
    event = sqs_event(SENDING.name, [record], environment="dev", region="ap-south-1")
    assert send_email.handle(event, house.services) == {"batchItemFailures": []}
    assert house.file.rows(waiting, (SENDING.name,)) == [(body, at), (body, at)]
