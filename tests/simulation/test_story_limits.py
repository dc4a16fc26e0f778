"""Limits of the day: what happens at the last minute of a window, at a cap, and to those who share one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulation.promises import check
from tests.simulation.stage import OTHER, SALES, lane
from tests.simulation.story import account_day, beside, by_day, claims, run_to, texts, told

OFFICE = "mon-fri 09:00-17:00 Asia/Kolkata"  # 03:30 to 11:30 UTC


def capped(whose: str, cap: int) -> dict[str, Any]:
    """Options of a world in which a cap is the campaign's, the mailbox's or the account's."""
    return {
        "campaign": {"cap": cap},
        "sender": {"sender": {"cap": cap}},
        "account": {"settings": {"account.cap": cap}},
    }[whose]


@pytest.mark.parametrize("whose", ["campaign", "sender", "account"])
@pytest.mark.parametrize(("cap", "last"), [(10, "11:29:00"), (9, "11:28:00")])
def test_a_cap_reached_just_before_the_window_closes(whose: str, cap: int, last: str) -> None:
    """The last mail at 16:59 (or 16:58), the window closes at 17:00, the next mail when it opens at 09:00."""
    world, _ = told(30, start="2026-11-23 11:20", window=OFFICE, gap="60", **capped(whose, cap))
    run_to(world, "2026-11-24 03:32")
    check(world)
    found = texts(claims(world))
    assert found[0] == "2026-11-23 11:20:00"
    assert found[cap - 1 : cap + 2] == [
        f"2026-11-23 {last}", "2026-11-24 03:30:00", "2026-11-24 03:31:00",
    ]  # fmt: skip


@pytest.mark.parametrize("whose", ["campaign", "sender", "account"])
def test_a_cap_reached_in_the_morning_rests_until_the_next_opening(whose: str) -> None:
    world, campaign = told(25, start="2026-11-23 03:30", window=OFFICE, gap="60", **capped(whose, 10))
    world.run_until_over(campaign)
    check(world)
    assert by_day(world) == {"2026-11-23": 10, "2026-11-24": 10, "2026-11-25": 5}
    assert texts(claims(world))[10] == "2026-11-24 03:30:00"
    assert texts(claims(world))[20] == "2026-11-25 03:30:00"
    assert world.statuses() == {"sent": 25}


def test_a_window_that_closes_during_a_gap() -> None:
    """16:45, 16:55, and what would be 17:05 on a Friday is 09:00 on Monday."""
    world, _ = told(5, start="2026-11-27 11:15", window=OFFICE, gap="600")
    run_to(world, "2026-11-30 03:41")
    check(world)
    assert texts(claims(world)) == [
        "2026-11-27 11:15:00", "2026-11-27 11:25:00", "2026-11-30 03:30:00", "2026-11-30 03:40:00",
    ]  # fmt: skip


def test_a_gap_that_ends_at_the_very_close_waits_for_the_opening() -> None:
    """The end of a window is not part of it."""
    world, _ = told(3, start="2026-11-23 11:20", window=OFFICE, gap="600")
    run_to(world, "2026-11-24 03:31")
    assert texts(claims(world)) == ["2026-11-23 11:20:00", "2026-11-24 03:30:00"]
    check(world)


def test_a_holiday_is_skipped() -> None:
    world, _ = told(3, start="2026-11-23 11:20", window=f"{OFFICE} except 2026-11-24", gap="600")
    run_to(world, "2026-11-25 03:31")
    assert texts(claims(world)) == ["2026-11-23 11:20:00", "2026-11-25 03:30:00"]
    check(world)


def test_the_accounts_day_may_end_in_the_middle_of_a_window() -> None:
    """The account counts days of UTC, the window is the Indian night: midnight lies between two mails."""
    world, campaign = told(
        13, start="2026-11-23 18:30", window="daily 00:00-10:00 Asia/Kolkata", gap="3600",
        settings={"account.zone": "UTC", "account.cap": 5}, sender={"zone": "UTC"},
    )  # fmt: skip
    world.run_until_over(campaign)
    check(world)
    assert texts(claims(world)) == [
        *(f"2026-11-23 {hour}:30:00" for hour in range(18, 23)),
        *(f"2026-11-24 0{hour}:00:00" for hour in range(5)),
        *(f"2026-11-25 0{hour}:00:00" for hour in range(3)),
    ]
    assert account_day(world, "2026-11-24")["used"] == 5


def test_two_campaigns_share_a_mailbox_and_the_accounts_cap() -> None:
    world, diwali = told(20, gap="60", settings={"account.cap": 12})
    holi = beside(world, 20, gap="60")
    world.run_until_over(diwali, holi)
    check(world)
    assert by_day(world) == {"2026-11-23": 12, "2026-11-24": 12, "2026-11-25": 12, "2026-11-26": 4}
    for campaign in (diwali, holi):
        assert world.totals(campaign)["sent"] == 20
        per_day = by_day(world, campaign=campaign)
        assert all(5 <= per_day[day] <= 7 for day in ("2026-11-23", "2026-11-24", "2026-11-25")), per_day
    for day, used in by_day(world).items():
        assert account_day(world, day)["used"] == used


def test_two_mailboxes_share_the_accounts_cap() -> None:
    """The day's last room is given once, and both go on by themselves when the next day opens."""
    world, diwali = told(15, gap="60", settings={"account.cap": 9})
    world.sender(OTHER)
    holi = beside(world, 15, gap="60", senders=(OTHER,))
    world.run_until_over(diwali, holi)
    check(world)
    assert by_day(world) == {"2026-11-23": 9, "2026-11-24": 9, "2026-11-25": 9, "2026-11-26": 3}
    opening = [text for text in texts(claims(world)[:27]) if text.endswith(" 04:00:00")]
    assert len(opening) == 6, "both mailboxes begin each day at once"


def test_what_one_campaign_cannot_use_the_other_gets() -> None:
    world, diwali = told(30, gap="60", cap=4, sender={"cap": 20})
    holi = beside(world, 30, gap="60", cap=40)
    run_to(world, "2026-11-23 12:00")
    check(world)
    assert by_day(world, campaign=diwali) == {"2026-11-23": 4}
    assert by_day(world, campaign=holi) == {"2026-11-23": 16}
    assert lane(world, SALES).used == 20


def test_follow_ups_wait_for_their_day_under_a_cap_and_nobody_is_left_out() -> None:
    world, campaign = told(6, steps=("intro", "nudge+1d"), cap=3, gap="60")
    world.run_until_over(campaign)
    check(world)
    assert list(by_day(world).values()) == [3, 3, 3, 3]
    assert world.totals(campaign)["sent"] == 12
