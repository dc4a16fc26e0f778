"""Metrics, their audit, the log in sentences, and dead letters."""

from __future__ import annotations

import pytest

from pivotr import names
from pivotr.domain.jobs import VerifyJob
from pivotr.errors import InvalidInput, NotFound
from pivotr.ports.table import Change
from tests.services.house import House


def test_figures_of_the_account_and_of_a_campaign(house: House) -> None:
    house.take("email\na@x.example\nb@y.example\n")
    campaign = house.campaign()
    house.start(campaign)
    house.send_next()
    house.send_next()
    account = house.services.metrics.account()
    assert (account.day, account.zone) == ("2026-11-24", "Asia/Kolkata")
    assert (account.used, account.limit, account.week_used, account.health) == (2, 300, 2, "ok")
    (row,) = account.campaigns
    assert (row.campaign, row.totals["sent"], row.totals["enrolled"]) == (campaign.id, 2, 2)
    detail = house.services.metrics.campaign(campaign.id)
    assert [(day.day, day.counts["sent"]) for day in detail.days] == [("2026-11-24", 2)]
    with pytest.raises(NotFound):
        house.services.metrics.campaign("nowhere")


def test_the_audit_finds_a_counter_that_lies(house: House) -> None:
    house.take("email\na@x.example\nb@y.example\n")
    campaign = house.campaign()
    house.start(campaign)
    house.send_next()
    assert house.services.metrics.audit(campaign.id).agrees
    house.table.update("metrics", (campaign.id, "2026-11-24"), Change(add={"sent": 1, "finished": -1}))
    report = house.services.metrics.audit(campaign.id)
    found = [(one.day, one.counter, one.stored, one.recounted) for one in report.differences]
    assert found == [("2026-11-24", "sent", 2, 1), ("", "finished", 0, 1)]


def test_the_log_of_a_lead_reads_like_a_story(house: House) -> None:
    house.take("email\na@x.example\n")
    campaign = house.campaign()
    house.start(campaign)
    house.send_next()
    house.services.leads.stop("a@x.example", reason="called back", actor="meena")
    lines = house.services.logs.of_lead("a@x.example")
    assert [line.sentence for line in lines] == [
        "Mail 1 to a@x.example was accepted by the provider, from sales@acme.example.",
        "a@x.example has answered, nothing more is sent. called back.",
    ]
    kinds = [line.kind for line in house.services.logs.of_campaign(campaign.id)]
    assert kinds == ["created", "started", "sent", "replied"]
    assert "imported" in [line.kind for line in house.services.logs.of_campaign("ALL")]
    with pytest.raises(NotFound):
        house.services.logs.of_lead("nobody@x.example")
    with pytest.raises(NotFound):
        house.services.logs.of_campaign("nowhere")


def bury(house: House, bodies: list[str]) -> None:
    for body in bodies:
        house.queues.send(names.VERIFICATION_QUEUE.dlq, body)


def test_dead_letters_are_seen_put_back_and_purged(house: House) -> None:
    dead = house.services.dead_letters
    jobs = [VerifyJob(sender="s1", ticket=n, campaign="c1").model_dump_json() for n in range(25)]
    bury(house, jobs)
    assert [(one.name, one.dead.waiting) for one in dead.all()] == [
        ("sending-queue", 0), ("verification-queue", 25), ("feedback-queue", 0),
    ]  # fmt: skip
    assert [record.body for record in dead.peek("verification-queue", limit=2)] == jobs[:2]
    assert dead.redrive("verification", count=3) == 3
    assert dead.redrive("verification-queue-dlq") == 22
    assert dead.redrive("verification") == 0
    waiting = house.queues.depth("verification-queue").waiting
    assert waiting == 25
    assert sorted(record.body for record in house.queues.peek("verification-queue", limit=50)) == sorted(jobs)
    bury(house, jobs[:2])
    assert dead.purge("verification") == 2
    with pytest.raises(NotFound, match="no queue"):
        dead.peek("nowhere")
    for wrong in (dead.peek, dead.redrive):
        with pytest.raises(InvalidInput):
            wrong("sending", **{"limit" if wrong == dead.peek else "count": 0})
