"""Follow-ups go before first mails, and first mails are not starved by them."""

from __future__ import annotations

from datetime import datetime

import pytest

from pivotr.domain.instants import from_text
from pivotr.domain.steps import next_due
from pivotr.storage.leads import Leads
from tests.simulation.promises import check, claimed_at
from tests.simulation.story import by_day, claims, minutes, run_to, texts, told
from tests.simulation.world import World


def dues(world: World, campaign: str) -> dict[str, datetime]:
    """When each lead's follow-up was due, by its first mail."""
    found = world.read(campaign)
    return {
        posted.tags["lead"]: due
        for posted in world.provider.posted
        if posted.tags["step"] == "1"
        and (due := next_due(found.steps[1], found.window, campaign, posted.tags["lead"], 1, posted.at))
    }


@pytest.mark.slow
def test_a_follow_up_that_is_due_goes_before_every_first_mail() -> None:
    world, campaign = told(30, steps=("intro", "nudge+1d"), cap=10, gap="60")
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 30}
    assert world.totals(campaign)["sent"] == 60
    assert set(by_day(world).values()) == {10}
    due = dues(world, campaign)
    mails = sorted(world.provider.posted, key=lambda posted: claimed_at(posted.tags))
    followed: set[str] = set()
    for before, posted in zip(mails, mails[1:], strict=False):
        chosen_at = claimed_at(before.tags)  # the next lead is chosen while the gap runs down
        lead, step = posted.tags["lead"], posted.tags["step"]
        if step == "2":
            followed.add(lead)
            assert claimed_at(posted.tags) >= due[lead], "a follow-up came before its time"
            continue
        overdue = [
            one for one, at in due.items()
            if at <= chosen_at and one not in followed and first_mail(world, one) < chosen_at
        ]  # fmt: skip
        is_new_day = claimed_at(posted.tags) - chosen_at > minutes(30)
        assert not overdue or is_new_day, "a first mail went before a follow-up that was due"


def first_mail(world: World, lead: str) -> datetime:
    return next(claimed_at(one.tags) for one in world.provider.posted if one.tags["lead"] == lead)


def test_first_mails_fill_the_time_until_follow_ups_are_due() -> None:
    """On the second day mailing begins with first mails at once, and ends when both kinds are used up."""
    world, campaign = told(40, steps=("intro", "nudge+1d"), cap=30, gap="120", sender={"cap": 30})
    run_to(world, "2026-11-24 12:30")
    check(world)
    second = [one for one in world.provider.posted if str(claimed_at(one.tags)).startswith("2026-11-24")]
    assert len(second) == 30
    assert sum(one.tags["step"] == "1" for one in second) == 10
    assert sum(one.tags["step"] == "2" for one in second) == 20
    assert texts([claimed_at(second[0].tags)]) == ["2026-11-24 04:00:00"]
    world.run_until_over(campaign)
    check(world)
    assert world.totals(campaign)["sent"] == 80


def test_a_follow_up_alone_leaves_at_its_very_instant() -> None:
    """The mailbox rests with nobody else to write to, and wakes to the second."""
    world, campaign = told(1, steps=("intro", "nudge+2d"))
    run_to(world, "2026-11-23 05:00")
    lead = world.all_leads()[0]
    due = from_text(lead.due or "")
    assert by_day(world) == {"2026-11-23": 1}
    world.run_until_over(campaign)
    check(world)
    assert due.date().isoformat() == "2026-11-25"
    assert claims(world)[1] == due


def test_the_order_of_the_queue_is_follow_ups_then_first_mails_then_those_put_off() -> None:
    """`due` sorts as text: an instant, then a position, then a put-off first mail."""
    world, campaign = told(4, steps=("intro", "nudge+0d"), gap="600", not_mailed_within_days=0)
    run_to(world, "2026-11-23 04:01")
    waiting = list(Leads(world.table).open_in(world.all_leads()[0].queue))
    kinds = [row.due[:1] for row in waiting]
    assert kinds == sorted(kinds)
    assert kinds[0].isdigit()
    assert kinds[1:] == ["~", "~", "~"]
    world.run_until_over(campaign)
    check(world)
    assert world.totals(campaign)["sent"] == 8
