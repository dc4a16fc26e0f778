"""Summer time comes and goes: the wall clock of the window's zone decides, to the second."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.simulation.promises import check
from tests.simulation.story import bounds, by_day, run_to, told, utc

#: Zone, Saturday, and when it is nine in the morning there (UTC) on Saturday, Sunday and Monday.
MORNINGS = [
    # Berlin goes from UTC+1 to UTC+2 on 28 March 2027, 01:00 UTC, and back on 25 October 2026, 01:00 UTC
    ("Europe/Berlin", "2027-03-27", ("08:00", "07:00", "07:00")),
    ("Europe/Berlin", "2026-10-24", ("07:00", "08:00", "08:00")),
    # New York: from UTC-5 to UTC-4 on 14 March 2027, 07:00 UTC, and back on 1 November 2026, 06:00 UTC
    ("America/New_York", "2027-03-13", ("14:00", "13:00", "13:00")),
    ("America/New_York", "2026-10-31", ("13:00", "14:00", "14:00")),
    # India has no summer time
    ("Asia/Kolkata", "2027-03-27", ("03:30", "03:30", "03:30")),
]

#: Mails, first and last (UTC) on Saturday, Sunday and Monday of a window from 01:30 to 03:30.
NIGHTS = [
    ("Europe/Berlin", "2027-03-27", [
        (12, "2027-03-27 00:30:00", "2027-03-27 02:20:00"),
        (6, "2027-03-28 00:30:00", "2027-03-28 01:20:00"),  # the hour from two to three is left out
        (12, "2027-03-28 23:30:00", "2027-03-29 01:20:00"),
    ]),
    ("Europe/Berlin", "2026-10-24", [
        (12, "2026-10-23 23:30:00", "2026-10-24 01:20:00"),
        (18, "2026-10-24 23:30:00", "2026-10-25 02:20:00"),  # the hour from two to three comes twice
        (12, "2026-10-26 00:30:00", "2026-10-26 02:20:00"),
    ]),
    ("America/New_York", "2027-03-13", [
        (12, "2027-03-13 06:30:00", "2027-03-13 08:20:00"),
        (6, "2027-03-14 06:30:00", "2027-03-14 07:20:00"),
        (12, "2027-03-15 05:30:00", "2027-03-15 07:20:00"),
    ]),
    ("America/New_York", "2026-10-31", [
        (12, "2026-10-31 05:30:00", "2026-10-31 07:20:00"),
        # the hour from one to two comes twice, so half past one does, and 01:00 to 01:30 between is shut
        (15, "2026-11-01 05:30:00", "2026-11-01 08:20:00"),
        (12, "2026-11-02 06:30:00", "2026-11-02 08:20:00"),
    ]),
    ("Asia/Kolkata", "2026-10-24", [
        (12, "2026-10-23 20:00:00", "2026-10-23 21:50:00"),
        (12, "2026-10-24 20:00:00", "2026-10-24 21:50:00"),
        (12, "2026-10-25 20:00:00", "2026-10-25 21:50:00"),
    ]),
]  # fmt: skip


def days_from(first: str) -> list[str]:
    return [str(date.fromisoformat(first) + timedelta(days=number)) for number in range(3)]


@pytest.mark.slow
@pytest.mark.parametrize(("zone", "saturday", "openings"), MORNINGS)
def test_nine_in_the_morning_is_nine_on_the_wall(
    zone: str, saturday: str, openings: tuple[str, str, str]
) -> None:
    """Six mails between nine and ten, every ten minutes, the last one at ten to ten."""
    days = days_from(saturday)
    start = utc(f"{saturday} {openings[0]}") - timedelta(minutes=40)
    world, campaign = told(
        18, start=f"{start:%Y-%m-%d %H:%M}", window=f"daily 09:00-10:00 {zone}", gap="600",
        sender={"zone": zone},
    )  # fmt: skip
    world.run_until_over(campaign)
    check(world)
    expected = {}
    for day, opening in zip(days, openings, strict=True):
        first = utc(f"{day} {opening}")
        last = first + timedelta(minutes=50)
        expected[day] = (f"{first:%Y-%m-%d %H:%M:%S}", f"{last:%Y-%m-%d %H:%M:%S}")
    assert bounds(world, zone) == expected
    assert by_day(world, zone) == dict.fromkeys(days, 6)


@pytest.mark.slow
@pytest.mark.parametrize(("zone", "saturday", "expected"), NIGHTS)
def test_a_window_over_the_changed_hour(
    zone: str, saturday: str, expected: list[tuple[int, str, str]]
) -> None:
    start = utc(expected[0][1]) - timedelta(minutes=40)
    world, campaign = told(
        sum(count for count, _, _ in expected), start=f"{start:%Y-%m-%d %H:%M}", cap=100,
        window=f"daily 01:30-03:30 {zone}", gap="600", sender={"zone": zone},
    )  # fmt: skip
    world.run_until_over(campaign)
    check(world)
    days = days_from(saturday)
    found = bounds(world, zone)
    assert found == {day: (first, last) for day, (_, first, last) in zip(days, expected, strict=True)}
    assert by_day(world, zone) == {day: count for day, (count, _, _) in zip(days, expected, strict=True)}


@pytest.mark.slow
def test_a_daily_cap_holds_per_calendar_day_also_where_a_day_has_25_hours() -> None:
    zone = "Europe/Berlin"
    world, _ = told(
        120, start="2026-10-24 12:00", window=f"daily 00:00-24:00 {zone}", gap="1800", cap=45,
        sender={"zone": zone}, settings={"account.zone": zone},
    )  # fmt: skip
    run_to(world, "2026-10-27 00:00")
    check(world)
    # 48 of a plain day and 50 of the long one are cut to 45; each day begins at its own midnight
    assert by_day(world, zone) == {"2026-10-24": 20, "2026-10-25": 45, "2026-10-26": 45, "2026-10-27": 2}
    assert [first for first, _ in bounds(world, zone).values()] == [
        "2026-10-24 12:00:00", "2026-10-24 22:00:00", "2026-10-25 23:00:00", "2026-10-26 23:00:00",
    ]  # fmt: skip
