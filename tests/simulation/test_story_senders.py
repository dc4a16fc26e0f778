"""A mailbox that is paused, stopped or taken out in the middle of a campaign."""

from __future__ import annotations

import pytest

from pivotr import names
from pivotr.errors import Conflict
from pivotr.ports.table import Change
from tests.simulation.promises import check, claimed_at
from tests.simulation.stage import OTHER, SALES, entries, lane
from tests.simulation.story import by_day, claims, minutes, run_to, texts, told
from tests.simulation.world import World, bounce_event

BOTH = (SALES, OTHER)


def from_mailbox(world: World, address: str) -> list[str]:
    """When a mailbox sent."""
    return texts(
        sorted(claimed_at(posted.tags) for posted in world.provider.posted if posted.mail.sender == address)
    )


def pinned(world: World, address: str) -> list:
    return [lead for lead in world.all_leads() if lead.sender == lane(world, address).id]


def test_a_paused_mailbox_holds_its_leads_and_its_campaign() -> None:
    """The other one goes on; the campaign is not over while somebody waits for the shut mailbox."""
    world, campaign = told(16, gap="60", senders=BOTH)
    run_to(world, "2026-11-23 04:01:30")
    world.services.senders.pause(SALES)
    before = len(from_mailbox(world, SALES))
    run_to(world, "2026-11-23 12:00")
    check(world)
    assert len(from_mailbox(world, SALES)) == before
    assert {lead.status for lead in pinned(world, OTHER)} == {"sent"}
    waiting = [lead for lead in pinned(world, SALES) if lead.is_waiting]
    assert len(waiting) == len(pinned(world, SALES)) - before
    assert world.read_status(campaign) == "running"
    run_to(world, "2026-11-25 06:00")
    world.services.senders.resume(SALES)
    world.run_until_over(campaign)
    check(world)
    assert from_mailbox(world, SALES)[before] == "2026-11-25 06:00:00"
    assert world.statuses() == {"sent": 16}


def test_a_mailbox_paused_between_the_mails_of_a_sequence_sends_the_follow_up_later() -> None:
    world, campaign = told(3, gap="60", steps=("intro", "nudge+1d"))
    run_to(world, "2026-11-23 06:00")
    world.services.senders.pause(SALES)
    run_to(world, "2026-11-26 06:00")
    assert by_day(world) == {"2026-11-23": 3}
    world.services.senders.resume(SALES)
    world.run_until_over(campaign)
    check(world)
    assert texts(claims(world))[3:] == [f"2026-11-26 06:0{number}:00" for number in range(3)]
    assert {posted.mail.sender for posted in world.provider.posted} == {SALES}


def test_a_mailbox_resumed_twice_or_in_the_middle_of_a_gap_keeps_its_pace() -> None:
    world, campaign = told(10, gap="120")
    run_to(world, "2026-11-23 04:03")
    for _ in range(3):
        world.services.senders.pause(SALES)
        world.services.senders.resume(SALES)
    world.run_until_over(campaign)
    check(world)
    first = claims(world)[0]
    assert claims(world) == [first + minutes(2 * number) for number in range(10)]


def test_bounces_of_one_mailbox_stop_it_alone_until_they_are_acknowledged() -> None:
    """Three permanent bounces in some thirty mails: its own guard stops it, the account goes on."""
    settings = {"guard.bounce.stop": 0.5, "guard.early.rate": 0.08}
    world, campaign = told(60, gap="60", senders=BOTH, settings=settings, cap=200)
    run_to(world, "2026-11-23 04:12:30")
    bad = [posted for posted in world.provider.posted if posted.mail.sender == SALES][:3]
    others = [posted for posted in world.provider.posted if posted.mail.sender == OTHER]
    assert len(bad) == 3
    assert len(others) >= 10
    for posted in bad:
        world.feedback(bounce_event(posted))
    run_to(world, "2026-11-23 04:13:30")
    stopped = lane(world, SALES).stopped
    assert stopped
    assert not lane(world, OTHER).stopped
    before = len(from_mailbox(world, SALES))
    world.run(minutes(120))
    check(world)
    assert len(from_mailbox(world, SALES)) == before
    with pytest.raises(Conflict):
        world.services.senders.resume(SALES)
    if world.read_status(campaign) == "paused":
        world.services.transitions.resume(campaign, acknowledge=True)
    world.services.senders.resume(SALES, actor="meena", acknowledge=True)
    said = [one for one in world.services.logs.of_campaign("ALL") if one.kind == "acknowledged"]
    assert [(one.actor, one.reason) for one in said][-1] == ("meena", f"{SALES}: {stopped}")
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 57, "bounced": 3}


def test_a_mailbox_stopped_between_the_mails_of_a_sequence_sends_the_follow_ups_later() -> None:
    """Its guard stops it after the first mails: nobody's follow-up is lost, sent early or sent by another."""
    world, campaign = told(12, gap="60", senders=BOTH, steps=("intro", "nudge+1d"))
    run_to(world, "2026-11-23 06:00")
    first = [posted for posted in world.provider.posted if posted.mail.sender == SALES]
    assert len(first) >= 3
    world.table.update(names.SENDERS, (lane(world, SALES).id,), Change(set={"stopped": "bounces"}))
    run_to(world, "2026-11-26 06:00")
    check(world)
    assert len(from_mailbox(world, SALES)) == len(first)
    assert world.read_status(campaign) == "running"
    world.services.senders.resume(SALES, acknowledge=True)
    world.run_until_over(campaign)
    check(world)
    assert from_mailbox(world, SALES)[len(first)] == "2026-11-26 06:00:00"
    assert len(from_mailbox(world, SALES)) == 2 * len(first)
    by_lead = {posted.tags["lead"]: posted.mail.sender for posted in world.provider.posted}
    assert all(by_lead[posted.tags["lead"]] == posted.mail.sender for posted in world.provider.posted)


@pytest.mark.parametrize("is_moving", [False, True])
def test_a_mailbox_leaves_in_the_middle_of_a_sequence(is_moving: bool) -> None:
    """First mails go to the others; sequences end as they stand, or go on from another mailbox if told to."""
    world, campaign = told(12, gap="60", senders=BOTH, steps=("intro", "nudge+1d"), cap=8)
    run_to(world, "2026-11-23 12:30")
    mailed = {lead.id for lead in pinned(world, SALES) if lead.step == 2}
    waiting = {lead.id for lead in pinned(world, SALES) if lead.step == 1}
    assert len(mailed) == 4
    assert waiting
    world.services.campaigns.drop_sender(campaign, SALES, move_follow_ups=is_moving, actor="meera")
    assert lane(world, SALES).campaigns[campaign].left
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 12}
    assert len(from_mailbox(world, SALES)) == 4
    second = [posted for posted in world.provider.posted if posted.tags["step"] == "2"]
    everybody = {lead.id for lead in world.all_leads()}
    assert {posted.tags["lead"] for posted in second} == (everybody if is_moving else everybody - mailed)
    assert {posted.mail.sender for posted in second} == {OTHER}
    for posted in second:
        first = next(one for one in world.provider.posted if one.tags["lead"] == posted.tags["lead"])
        assert posted.message["In-Reply-To"] == first.message["Message-ID"]
    assert len(entries(world, "withdrawn")) == (0 if is_moving else 4)
    assert [entry.get("actor") for entry in entries(world, "updated")] == ["meera"]
    # the rest of the day's cap is the other mailbox's now
    assert by_day(world)["2026-11-24"] == 8


def test_a_mailbox_at_rest_is_woken_for_leads_that_come_to_it() -> None:
    """Its own are all written to; those of a mailbox that leaves need not wait for its quarter of an hour."""
    world, campaign = told(8, gap="60", senders=BOTH)
    world.services.senders.pause(SALES)
    world.run(minutes(31))
    before = len(claims(world))
    assert lane(world, OTHER).why == "idle"
    world.services.campaigns.drop_sender(campaign, SALES)
    dropped = world.clock.now()
    world.run(minutes(10))
    assert (claims(world)[before] - dropped).total_seconds() <= 300
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 8}


def test_mailboxes_leave_one_after_the_other_until_the_last() -> None:
    addresses = tuple(f"s{number}@acme.example" for number in range(3))
    world, campaign = told(15, gap="60", senders=addresses)
    run_to(world, "2026-11-23 04:01:30")
    world.services.campaigns.drop_sender(campaign, addresses[0])
    world.run(minutes(7))
    world.services.campaigns.drop_sender(campaign, addresses[1])
    with pytest.raises(Conflict):
        world.services.campaigns.drop_sender(campaign, addresses[2])
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 15}
    assert sum(world.read(campaign).shares.values()) == world.read(campaign).cap
    assert campaign not in lane(world, addresses[0]).campaigns, "forgotten when the campaign is over"


def test_a_mailbox_that_left_a_draft_was_never_in_it() -> None:
    world, campaign = told(6, gap="60", senders=BOTH, begun=False)
    world.services.campaigns.drop_sender(campaign, SALES)
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    check(world)
    assert from_mailbox(world, SALES) == []
    assert world.statuses() == {"sent": 6}
