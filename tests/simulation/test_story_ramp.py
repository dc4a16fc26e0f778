"""A new mailbox is warmed up: its cap grows from sending day to sending day."""

from __future__ import annotations

import pytest

from pivotr.domain.pacing import parse_ramp
from pivotr.ports.mailer import NotSent
from tests.simulation.promises import check
from tests.simulation.stage import SALES, lane
from tests.simulation.story import beside, by_day, run_to, told

RAMP = {"ramp": parse_ramp("20+10..60"), "cap": 60}


@pytest.mark.slow
def test_five_days_of_a_ramp_and_a_weekend_that_does_not_count() -> None:
    world, campaign = told(200, start="2026-11-26 04:00:00", sender=RAMP, cap=200, gap="60")  # a Thursday
    world.run_until_over(campaign)
    check(world)
    assert by_day(world) == {
        "2026-11-26": 20,
        "2026-11-27": 30,
        "2026-11-30": 40,
        "2026-12-01": 50,
        "2026-12-02": 60,
    }


def test_days_without_a_mail_do_not_warm_a_mailbox_up() -> None:
    world, campaign = told(60, sender=RAMP, cap=200, gap="60")
    run_to(world, "2026-11-23 06:00:00")
    world.services.transitions.pause(campaign)
    run_to(world, "2026-11-25 04:00:00")
    world.services.transitions.resume(campaign)
    world.run_until_over(campaign)
    check(world)
    assert by_day(world) == {"2026-11-23": 20, "2026-11-25": 30, "2026-11-26": 10}


@pytest.mark.slow
def test_a_new_campaign_finds_the_ramp_where_it_stands() -> None:
    world, campaign = told(50, sender=RAMP, cap=200, gap="60")
    world.run_until_over(campaign)
    holi = beside(world, 50, cap=200, gap="60")
    world.run_until_over(holi)
    check(world)
    assert by_day(world) == {"2026-11-23": 20, "2026-11-24": 30, "2026-11-25": 40, "2026-11-26": 10}
    assert lane(world, SALES).week == (0, 20, 30, 40)


def test_a_day_on_which_everything_was_refused_does_not_warm_a_mailbox_up() -> None:
    """The mailbox was claimed all day, and nothing left it: the next day is its first one still."""
    world, campaign = told(50, sender=RAMP, cap=200, gap="600")
    world.provider.answers = lambda mail: NotSent("unreachable", "Could not connect to the endpoint.")
    run_to(world, "2026-11-23 05:00")
    world.services.transitions.pause(campaign)
    run_to(world, "2026-11-24 04:00")
    world.provider.answers = lambda mail: None
    world.services.transitions.resume(campaign)
    run_to(world, "2026-11-25 12:30")
    check(world)
    assert by_day(world) == {"2026-11-24": 20, "2026-11-25": 30}
