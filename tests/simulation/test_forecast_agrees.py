"""Forecast and simulation agree: mails per day and the finish, within 2 %, for unlike campaigns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from pivotr.domain.forecast import Forecast
from pivotr.domain.instants import from_compact, local_day
from pivotr.domain.pacing import parse_ramp
from pivotr.ports.verifier import Verification
from tests.simulation.world import World

pytestmark = pytest.mark.slow

TWO = ("a@acme.example", "b@acme.example")


def make(world: World, count: int, *, sender: dict[str, Any] | None = None, **options: Any) -> str:
    for address in options.get("senders", ("sales@acme.example",)):
        world.sender(address, **(sender or {}))
    world.template()
    world.template("nudge", "unused", "And again, {{FirstName|there}}.")
    world.leads(count)
    return world.campaign(**options)


def capped(world: World) -> str:
    return make(world, 100, cap=30)


def paced(world: World) -> str:
    return make(world, 200, gap="290-310")


def two_mailboxes(world: World) -> str:
    return make(world, 120, cap=40, senders=TWO)


def ramped(world: World) -> str:
    return make(world, 100, sender={"ramp": parse_ramp("10+10..30")})


def round_the_clock(world: World) -> str:
    return make(world, 180, window="always", gap="880-920")


def with_follow_ups(world: World) -> str:
    return make(world, 60, cap=40, steps=("intro", "nudge+2d"))


def three_steps(world: World) -> str:
    return make(world, 40, cap=40, steps=("intro", "nudge+1d", "nudge+2d"))


def account_capped(world: World) -> str:
    world.setting("account.cap", 30)
    return make(world, 110, cap=60, senders=TWO)


def shared_mailbox(world: World) -> str:
    campaign = make(world, 100, gap="290-310")
    world.leads(110, list_name="holi", prefix="q")
    other = world.campaign("Holi", lists=("holi",), gap="290-310")
    world.services.transitions.start(other)
    world.run(timedelta(seconds=1))
    return campaign


def over_a_change_of_clocks(world: World) -> str:
    return make(world, 160, window="daily 00:00-24:00 Europe/Berlin", gap="1100-1160")


def with_invalid_addresses(world: World) -> str:
    for number in range(0, 96, 8):
        email = f"p{number:04d}@x.example"
        world.checker.verdicts[email] = Verification("invalid", frozenset(), "no such mailbox")
    return make(world, 96, cap=28)


MONDAY = "2026-11-23T04:05:00+00:00"
CASES: dict[str, tuple[Callable[[World], str], str, float]] = {
    "capped": (capped, MONDAY, 0.0),
    "paced": (paced, MONDAY, 0.0),
    "two mailboxes": (two_mailboxes, MONDAY, 0.0),
    "ramped": (ramped, MONDAY, 0.0),
    "round the clock": (round_the_clock, MONDAY, 0.0),
    "follow-ups": (with_follow_ups, MONDAY, 0.0),
    "three steps": (three_steps, MONDAY, 0.0),
    "account capped": (account_capped, MONDAY, 0.0),
    "shared mailbox": (shared_mailbox, MONDAY, 0.0),
    "change of clocks": (over_a_change_of_clocks, "2026-10-23T18:05:00+00:00", 0.0),
    "invalid addresses": (with_invalid_addresses, MONDAY, 0.125),
}


def agree(world: World, campaign: str, found: Forecast) -> None:
    """Sum of the differences of all days within 2 % of the mails; the finish within 2 % of the time."""
    zone = world.read(campaign).zone
    claims = [
        at
        for posted in world.provider.posted
        if posted.tags["campaign"] == campaign and (at := _claimed_at(posted.tags)) >= found.start
    ]
    seen = Counter(local_day(at, zone) for at in claims)
    foreseen = Counter({day.day: day.mails for day in found.days})
    apart = sum(abs(seen[day] - foreseen[day]) for day in seen | foreseen)
    assert found.mails == len(claims)
    assert apart <= 0.02 * len(claims), f"simulated {sorted(seen.items())}, foreseen {foreseen.items()}"
    assert found.finish is not None
    took, foretold = max(claims) - found.start, found.finish.middle - found.start
    assert abs(took - foretold) <= 0.02 * took


def _claimed_at(tags: dict[str, str]) -> datetime:
    return from_compact(tags["attempt"].partition("-")[0])


@pytest.mark.parametrize("name", CASES)
def test_forecast_and_simulation_agree(name: str) -> None:
    prepare, start, invalid = CASES[name]
    world = World(start, announces=False)
    campaign = prepare(world)
    found = world.services.forecasts.campaign(campaign, invalid_share=invalid)
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    agree(world, campaign, found)


def test_forecast_in_the_middle_of_a_campaign() -> None:
    world = World(MONDAY, announces=False)
    campaign = make(world, 60, cap=40, steps=("intro", "nudge+2d"))
    world.services.transitions.start(campaign)
    world.run(timedelta(days=2, hours=1))
    found = world.services.forecasts.campaign(campaign)
    world.run_until_over(campaign)
    agree(world, campaign, found)
