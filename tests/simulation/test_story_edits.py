"""Edits while a campaign runs: templates, steps, caps, windows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pivotr.domain.steps import parse_step
from pivotr.domain.windows import parse_window
from pivotr.errors import Conflict
from tests.simulation.promises import check, claimed_at
from tests.simulation.stage import OTHER, SALES, entries, lane
from tests.simulation.story import by_day, claims, minutes, run_to, texts, told
from tests.simulation.world import Posted, World


def text_of(posted: Posted) -> str:
    return str(posted.message.get_body(("plain",)).get_content())


def edited(world: World) -> list[bool]:
    """Of each mail in order, whether it carries the edited text."""
    mails = sorted(world.provider.posted, key=lambda posted: claimed_at(posted.tags))
    return ["Edited" in text_of(posted) for posted in mails]


def test_a_template_edited_while_running_changes_nothing_until_the_step_is_updated() -> None:
    world, campaign = told(12, gap="60")
    run_to(world, "2026-11-23 04:02:30")
    world.template(text="Edited, {{FirstName|there}}.\n")
    run_to(world, "2026-11-23 04:05:30")
    assert edited(world) == [False] * 6
    assert world.read(campaign).steps[0].version == 1
    world.services.campaigns.update(campaign, steps=[parse_step("intro", first=True)])
    assert world.read(campaign).steps[0].version == 2
    world.run_until_over(campaign)
    check(world)
    found = edited(world)
    # one mail of each mailbox may have been on its way; here it is rendered at its instant
    assert found == [False] * 6 + [True] * 6
    versions = [entry["version"] for entry in sorted(entries(world, "sent"), key=lambda e: e["timestamp"])]
    assert versions == [1] * 6 + [2] * 6


def test_a_version_named_by_number_is_kept_although_newer_ones_exist() -> None:
    world, campaign = told(4, gap="60", begun=False)
    world.template(text="Edited, {{FirstName|there}}.\n")
    world.services.campaigns.update(campaign, steps=[parse_step("intro@1", first=True)])
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    check(world)
    assert edited(world) == [False] * 4


def test_a_template_edited_between_draft_and_start_is_the_one_that_is_sent() -> None:
    world, campaign = told(3, gap="60", begun=False)
    world.template(text="Edited, {{FirstName|there}}.\n")
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    check(world)
    assert edited(world) == [True] * 3


def test_a_step_that_is_cut_ends_the_sequence_of_those_who_wait_at_it() -> None:
    world, campaign = told(4, gap="60", steps=("intro", "nudge+1d"))
    run_to(world, "2026-11-23 04:10")
    assert all(lead.step == 2 for lead in world.all_leads())
    world.services.campaigns.update(campaign, steps=[parse_step("intro", first=True)])
    world.run_until_over(campaign)
    check(world)
    assert len(world.provider.posted) == 4
    assert world.statuses() == {"sent": 4}
    assert world.totals(campaign)["sent"] == 4


def test_a_step_added_at_the_end_reaches_those_who_are_not_over_yet() -> None:
    world, campaign = told(4, gap="600")
    run_to(world, "2026-11-23 04:15")
    world.services.campaigns.update(
        campaign, steps=[parse_step("intro", first=True), parse_step("nudge+1d", first=False)]
    )
    world.run_until_over(campaign)
    check(world)
    second = [posted for posted in world.provider.posted if posted.tags["step"] == "2"]
    assert len(world.provider.posted) == 6
    assert len(second) == 2, "who was final stays final"


def test_a_delay_that_is_changed_holds_for_follow_ups_dated_from_now_on() -> None:
    world, campaign = told(2, gap="600", steps=("intro", "nudge+1d"))
    run_to(world, "2026-11-23 04:05")
    world.services.campaigns.update(
        campaign, steps=[parse_step("intro", first=True), parse_step("nudge+3d", first=False)]
    )
    world.run_until_over(campaign)
    check(world)
    assert by_day(world) == {"2026-11-23": 2, "2026-11-24": 1, "2026-11-26": 1}


def test_a_higher_cap_goes_on_at_once_and_a_lower_one_shuts() -> None:
    world, campaign = told(30, gap="60", cap=5)
    run_to(world, "2026-11-23 06:00")
    assert len(claims(world)) == 5
    world.services.campaigns.update(campaign, cap=10)
    run_to(world, "2026-11-23 06:02:30")
    assert texts(claims(world))[5:] == [f"2026-11-23 06:0{minute}:00" for minute in range(3)]
    world.peak_cap = 10
    world.services.campaigns.update(campaign, cap=7)
    run_to(world, "2026-11-23 12:00")
    assert len(claims(world)) == 8
    run_to(world, "2026-11-24 12:00")
    check(world)
    assert by_day(world) == {"2026-11-23": 8, "2026-11-24": 7}


def test_a_higher_cap_of_the_mailbox_goes_on_at_once() -> None:
    world, campaign = told(12, gap="60", sender={"cap": 5})
    run_to(world, "2026-11-23 06:00")
    assert len(claims(world)) == 5
    world.services.senders.update(SALES, cap=20)
    world.run_until_over(campaign)
    check(world)
    assert texts(claims(world))[5] == "2026-11-23 06:00:00"
    assert by_day(world) == {"2026-11-23": 12}


def account_cap(world: World, cap: int) -> None:
    world.services.preferences.set("account.cap", str(cap))


def test_a_higher_cap_of_the_account_goes_on_within_a_heartbeat() -> None:
    world, campaign = told(12, gap="60", settings={"account.cap": 5})
    run_to(world, "2026-11-23 06:01")
    assert len(claims(world)) == 5
    account_cap(world, 50)
    run_to(world, "2026-11-23 06:07")
    assert len(claims(world)) > 5
    world.run_until_over(campaign)
    check(world)
    assert by_day(world) == {"2026-11-23": 12}


def test_a_lower_cap_of_the_account_holds_from_the_next_claim_on() -> None:
    world, campaign = told(30, gap="60")
    run_to(world, "2026-11-23 04:09:30")
    account_cap(world, 12)
    world.peak_limit["2026-11-23"] = 12
    run_to(world, "2026-11-23 12:00")
    check(world)
    assert by_day(world) == {"2026-11-23": 12}
    world.run_until_over(campaign)
    check(world)
    assert by_day(world) == {"2026-11-23": 12, "2026-11-24": 12, "2026-11-25": 6}


def test_a_wider_window_wakes_and_a_narrower_one_holds_what_is_in_flight() -> None:
    world, campaign = told(8, start="2026-11-23 02:00", gap="600", window="daily 09:30-10:30 Asia/Kolkata")
    world.windows_changed = True
    run_to(world, "2026-11-23 03:00")
    assert world.provider.asked == []
    update = world.services.campaigns.update
    update(campaign, window=parse_window("daily 08:00-10:30 Asia/Kolkata"))
    run_to(world, "2026-11-23 03:15")
    assert texts(claims(world)) == ["2026-11-23 03:00:00", "2026-11-23 03:10:00"]
    # the mail of 03:20 is on its queue already when the window closes before it
    update(campaign, window=parse_window("daily 09:30-10:30 Asia/Kolkata"))
    world.run_until_over(campaign)
    check(world)
    assert texts(claims(world))[2:] == [
        f"2026-11-23 04:{minute:02d}:00" for minute in range(0, 60, 10)
    ]  # fmt: skip


@pytest.mark.parametrize("change", [{"cap": 5}, {"name": "Other"}])
def test_a_campaign_that_is_over_is_not_changed(change: dict[str, Any]) -> None:
    world, campaign = told(1)
    world.run_until_over(campaign)
    with pytest.raises(Conflict):
        world.services.campaigns.update(campaign, **change)


def test_a_slower_gap_holds_from_the_next_mail_on() -> None:
    from pivotr.domain.pacing import parse_gap

    world, campaign = told(6, gap="60", senders=(SALES, OTHER))
    run_to(world, "2026-11-23 04:00:30")
    world.services.campaigns.update(campaign, gap=parse_gap("300"))
    world.run_until_over(campaign)
    mine = sorted(
        claimed_at(posted.tags) for posted in world.provider.posted if posted.tags["sender"] == lane(world).id
    )
    gaps = [then - first for first, then in zip(mine, mine[1:], strict=False)]
    assert gaps[0] == timedelta(minutes=1)
    assert set(gaps[1:]) <= {minutes(5)}
