"""`campaign explain`: what an operator is told about one lead, at each station of its way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pivotr.errors import NotFound
from pivotr.ports.mailer import Unknown
from pivotr.ports.verifier import Verification
from tests.simulation.world import World


def prepared(count: int = 5, **options: object) -> tuple[World, str]:
    world = World()
    world.sender()
    world.template()
    world.template("nudge", "unused", "And again, {{FirstName|there}}.")
    world.leads(count)
    return world, world.campaign(**options)  # type: ignore[arg-type]


def told(world: World, campaign: str, number: int) -> tuple[str, str]:
    found = world.services.explaining.explain(campaign, f"p{number:04d}@x.example")
    return " ".join(found.why), " ".join(found.next)


def test_before_the_start_and_for_strangers() -> None:
    world, campaign = prepared()
    why, coming = told(world, campaign, 0)
    assert why == "The campaign has not been started."
    assert f"pivotr campaign start {campaign}" in coming
    world.leads(1, list_name="holi", prefix="q")
    found = world.services.explaining.explain(campaign, "q0000@x.example")
    assert found.why == ("It is on none of the campaign's lists (diwali), so it was never enrolled.",)
    with pytest.raises(NotFound, match="There is no lead “nobody@x.example”"):
        world.services.explaining.explain(campaign, "nobody@x.example")


def test_in_the_queue_with_its_place_and_its_time() -> None:
    world, campaign = prepared(gap="120")
    world.services.transitions.start(campaign)
    world.run(timedelta(seconds=30))
    waiting = sorted((lead for lead in world.all_leads() if lead.is_waiting), key=lambda lead: lead.due or "")
    found = world.services.explaining.explain(campaign, waiting[-1].id)
    assert "from sales@acme.example; 3 others come before it" in found.why[0]
    assert found.about is not None
    world.run_until_over(campaign)
    left = next(posted.at for posted in world.provider.posted if posted.to == waiting[-1].email)
    assert abs(left - found.about) < timedelta(seconds=10)


def test_paused_campaign_and_paused_sender() -> None:
    world, campaign = prepared()
    world.services.transitions.start(campaign)
    world.run(timedelta(seconds=30))
    lead = next(lead.email for lead in world.all_leads() if lead.is_waiting)
    world.services.transitions.pause(campaign)
    coming = world.services.explaining.explain(campaign, lead).next
    assert coming == (f"The campaign is paused (operator). Go on with: pivotr campaign resume {campaign}",)


def test_sent_skipped_and_a_follow_up() -> None:
    world, campaign = prepared(2, steps=("intro", "nudge+1d"))
    world.checker.verdicts["p0001@x.example"] = Verification("invalid", frozenset(), "")
    world.services.transitions.start(campaign)
    world.run(timedelta(hours=2))
    why, coming = told(world, campaign, 0)
    assert why.startswith("It waits for mail 2, which is due on Tue 24 Nov 2026 at ")
    assert "Its mail is expected on Tue 24 Nov" in coming
    assert told(world, campaign, 1)[0] == "It was left out when its turn came: There is no such mailbox."
    world.run_until_over(campaign)
    why, coming = told(world, campaign, 0)
    assert why.startswith("Mail 2 was accepted by the provider today ")
    assert coming == "Its sequence is over: nothing more is sent to it by this campaign."
    events = world.services.explaining.explain(campaign, "p0000@x.example").events
    assert [(event.kind, event.step) for event in events if event.kind == "sent"] == [
        ("sent", 1),
        ("sent", 2),
    ]


def test_a_doubt_and_what_would_settle_it() -> None:
    world, campaign = prepared(1)
    world.provider.answers = lambda mail: Unknown("read timed out")
    world.services.transitions.start(campaign)
    world.run(timedelta(minutes=10))
    why, coming = told(world, campaign, 0)
    assert "Nobody knows whether mail 1, tried today 09:35 (Asia/Kolkata), went out: read timed out." in why
    assert f"pivotr campaign settle {campaign} p0000@x.example --as sent" in coming
    assert "it is possible from today 10:35 (Asia/Kolkata) on" in coming


def test_left_out_because_it_unsubscribed() -> None:
    world, campaign = prepared(2)
    world.services.suppressions.add("p0001@x.example", reason="unsubscribe")
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    why, _ = told(world, campaign, 1)
    assert why.startswith("It was left out: nobody may write to it any more.")
    assert "Its address is suppressed since today 09:35 (Asia/Kolkata): unsubscribe." in why


def test_the_log_of_a_campaign_tells_a_delivery_after_its_mail_and_whom_it_reached() -> None:
    world, campaign = prepared(2)
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    lines = world.services.logs.of_campaign(campaign)
    mails = [line for line in lines if line.kind in ("sent", "delivered")]
    assert [line.kind for line in mails] == ["sent", "delivered"] * 2
    assert [line.email for line in mails[::2]] == [line.email for line in mails[1::2]]
    assert {line.email for line in mails} == {lead.email for lead in world.all_leads()}
    assert [line.at for line in mails] == sorted(line.at for line in mails)
