"""Edits of a running campaign, soft rules, and how much a lane item may hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pivotr import names
from pivotr.domain.campaigns import MAX_CAMPAIGNS_PER_LANE
from pivotr.domain.instants import local_day
from pivotr.domain.pacing import Ramp
from pivotr.domain.steps import parse_step
from pivotr.domain.windows import parse_window
from pivotr.errors import Conflict
from pivotr.ports.table import Change
from tests.simulation.promises import check
from tests.simulation.stage import (
    dies_after_acceptance,
    dying,
    emptied,
    is_park,
    lane,
    later,
    mails_to,
    meanwhile,
    person,
    second,
    send,
    staged,
    verify_job,
)
from tests.simulation.world import World


def steps_of(*texts: str) -> list:
    return [parse_step(text, first=number == 0) for number, text in enumerate(texts)]


def test_a_step_that_is_cut_ends_the_sequences_that_wait_at_it() -> None:
    """Also where only the first step is left: those leads are no longer looked for as follow-ups."""
    world, campaign = staged(3, steps=("intro", "nudge+1d"))
    send(world, campaign, person(world))
    world.services.campaigns.update(campaign, steps=steps_of("intro"))
    world.run_until_over(campaign)
    assert person(world).reason == "step removed"
    assert len(world.provider.posted) == 3
    assert world.statuses() == {"sent": 3}
    check(world)


def test_a_dead_claim_at_a_step_that_is_cut_is_still_found() -> None:
    world, campaign = staged(1, steps=("intro", "nudge+0d"))
    send(world, campaign, person(world))
    later(world, days=1)
    dies_after_acceptance(world)
    dying(lambda: send(world, campaign, person(world), step=2))
    world.services.campaigns.update(campaign, steps=steps_of("intro"))
    later(world, minutes=6)
    world.beat()
    assert person(world).status == "unconfirmed"
    assert world.read_status(campaign) == "completed"
    check(world)


def test_a_step_added_at_the_end_does_not_reopen_final_leads() -> None:
    world, campaign = staged(3)
    send(world, campaign, person(world))
    world.services.campaigns.update(campaign, steps=steps_of("intro", "nudge+0d"))
    world.run_until_over(campaign)
    assert [mails_to(world, person(world, number)) for number in range(3)] == [1, 2, 2]
    check(world)


def test_a_new_template_version_holds_for_every_mail_rendered_afterwards() -> None:
    world, campaign = staged(2)
    send(world, campaign, person(world, 0))
    world.template(text="A new text for {{FirstName|there}}.\n")
    later(world, minutes=1)
    world.services.campaigns.update(campaign, steps=steps_of("intro"))
    send(world, campaign, person(world, 1))
    first, then = (posted.message.get_body().get_content() for posted in world.provider.posted)
    assert "A new text" not in first
    assert "A new text" in then
    check(world)


def test_a_running_campaign_keeps_its_version_when_the_template_is_edited() -> None:
    world, campaign = staged(1)
    world.template(text="A new text for {{FirstName|there}}.\n")
    send(world, campaign, person(world))
    assert "A new text" not in world.provider.posted[0].message.get_body().get_content()


def test_a_wider_window_wakes_a_lane_that_waits_for_it() -> None:
    world, campaign = staged(2, start="2026-11-23T14:00:00+00:00", window="mon-fri 09:30-17:30 Asia/Kolkata")
    world.windows_changed = True
    world.run(timedelta(minutes=10))
    assert lane(world).why == "window"
    world.services.campaigns.update(campaign, window=parse_window("daily 09:30-22:00 Asia/Kolkata"))
    world.beats = False
    world.run(timedelta(minutes=1))
    assert len(world.provider.posted) == 2
    check(world)


@pytest.mark.parametrize("change", ["window", "cap"])
def test_a_turn_that_is_about_to_rest_does_not_undo_what_has_become_possible(change: str) -> None:
    """No stall: verify reads a shut window or a used share; it becomes wider; its late park must fail."""
    closed = "mon-fri 09:30-17:30 Asia/Kolkata"
    world, campaign = staged(
        3, start="2026-11-23T11:59:58+00:00", window=closed if change == "window" else "always", cap=1
    )
    world.windows_changed = True
    if change == "cap":
        send(world, campaign, person(world, 2))
    later(world, seconds=5)
    emptied(world)
    wider: dict[str, Any] = {"window": parse_window("always")} if change == "window" else {"cap": 5}
    other = world.connect()
    before = len(world.provider.posted)
    happened = meanwhile(world, is_park, lambda: other.campaigns.update(campaign, **wider))
    world.connect().verifying.verify(verify_job(world, campaign))
    assert happened
    world.beats = False
    world.run(timedelta(minutes=1))
    assert len(world.provider.posted) > before
    check(world)


def test_a_lower_cap_only_shuts_and_a_higher_one_wakes() -> None:
    world, campaign = staged(6, gap="60", cap=4)
    world.run(timedelta(minutes=2, seconds=30))
    sent = len(world.provider.posted)
    world.peak_cap = 4
    world.services.campaigns.update(campaign, cap=sent)
    world.run(timedelta(minutes=10))
    assert len(world.provider.posted) == sent
    world.services.campaigns.update(campaign, cap=6)
    world.run(timedelta(minutes=10))
    assert len(world.provider.posted) == 6
    check(world)


def test_nobody_is_mailed_again_within_the_days_of_a_soft_rule() -> None:
    """Put off, not skipped: the lead stays open and is mailed when the days are over."""
    world, campaign = staged(1)
    send(world, campaign, person(world))
    world.beat()
    holi = world.campaign("Holi", gap="0", window="always", not_mailed_within_days=3)
    world.services.transitions.start(holi)
    world.run(timedelta(hours=1))
    assert person(world).campaign == holi
    assert (person(world).due or "").startswith("~~")
    assert mails_to(world, person(world)) == 1
    world.run_until_over(holi)
    first, then = world.provider.posted
    assert timedelta(days=3) <= then.at - first.at < timedelta(days=3, hours=1)
    check(world)


def test_a_recipient_domain_gets_its_number_of_mails_a_day() -> None:
    world, campaign = staged(5, domain_cap=2, gap="60")
    world.leads(2, prefix="z", domain="other.example")
    world.services.campaigns.add(campaign)
    world.run_until_over(campaign)
    per_day: dict[tuple[str, str], int] = {}
    for posted in world.provider.posted:
        key = (posted.to.rpartition("@")[2], local_day(posted.at, "Asia/Kolkata"))
        per_day[key] = per_day.get(key, 0) + 1
    assert max(per_day.values()) == 2
    assert sum(per_day.values()) == 7
    check(world)


def attribute_bytes(value: Any) -> int:
    """Size of a value as DynamoDB counts it (developer guide: "Item sizes and formats")."""
    if isinstance(value, bool) or value is None:
        return 1
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, int | float):
        return len(str(value).lstrip("-").replace(".", "").strip("0")) // 2 + 2
    if isinstance(value, dict):
        return 3 + sum(1 + len(name.encode()) + attribute_bytes(one) for name, one in value.items())
    if isinstance(value, list):
        return 3 + sum(1 + attribute_bytes(one) for one in value)
    return sum(attribute_bytes(one) for one in value)


def item_bytes(item: dict[str, Any]) -> int:
    return sum(len(name.encode()) + attribute_bytes(value) for name, value in item.items())


def full_lane() -> tuple[World, list[str]]:
    """A mailbox with a ramp that serves as many campaigns as it may, every attribute in use."""
    ramp = Ramp(start=100_000, step=100_000, maximum=900_000)
    world, campaign = staged(
        2, sender={"ramp": ramp, "cap": 900_000, "zone": "America/Argentina/Buenos_Aires"}
    )
    campaigns = [campaign]
    campaigns += [second(world, 0 if number else 2, cap=123_456, begun=False) for number in range(15)]
    for one in campaigns[1:]:
        world.services.transitions.start(one)
    for one in campaigns:
        values: dict[Any, Any] = {
            ("campaigns", one, "i"): "2026-11-23T12:00:00.000Z", ("campaigns", one, "d"): "2026-11-23",
            ("campaigns", one, "u"): 123_456, ("campaigns", one, "t"): 1_234_567,
            ("campaigns", one, "l"): True,
        }  # fmt: skip
        world.table.update(names.SENDERS, (lane(world).id,), Change(set=values))
    rest = {
        "week": [123_456] * 7, "day": "2026-11-23", "used": 123_456, "ticket": 12_345_678,
        "last_sent_at": "2026-11-23T12:00:00.000Z", "nudged_at": "2026-11-23T12:00:00.000Z",
    }  # fmt: skip
    world.table.update(names.SENDERS, (lane(world).id,), Change(set=rest))
    return world, campaigns


def test_the_largest_lane_fits_into_two_write_units() -> None:
    """Items: sixteen campaigns with the longest names stay below 2 KB, six below 1 KB, as DynamoDB counts."""
    world, campaigns = full_lane()
    item = world.table.get(names.SENDERS, (lane(world).id,))
    assert len(item["campaigns"]) == MAX_CAMPAIGNS_PER_LANE == len(campaigns)
    entries = [
        (f"{'a-campaign-with-the-longest-name':32}-{number:04x}", entry)
        for number, entry in enumerate(item["campaigns"].values())
    ]
    assert item_bytes({**item, "campaigns": dict(entries)}) < 2048
    assert item_bytes({**item, "campaigns": dict(entries[:6])}) < 1024


def test_the_seventeenth_campaign_of_a_mailbox_is_refused() -> None:
    world, _ = full_lane()
    world.leads(1, list_name="onam", prefix="o")
    extra = world.campaign("Onam", lists=("onam",), gap="0", window="always")
    with pytest.raises(Conflict, match="16 campaigns already"):
        world.services.transitions.start(extra)
    assert world.read_status(extra) == "draft"
