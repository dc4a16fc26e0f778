"""Days: their opening, the provider's quota, ramps, zones, and the order in which leads come."""

from __future__ import annotations

from datetime import datetime, timedelta

from pivotr import names
from pivotr.domain.instants import from_compact, local_day, to_text
from pivotr.domain.pacing import Ramp
from pivotr.ports.mailer import Quota, Unknown
from pivotr.ports.table import Change
from pivotr.storage import guarding
from pivotr.storage.leads import first_mail_due, put_off_due
from tests.simulation.promises import check
from tests.simulation.stage import lane, later, person, second, send, staged
from tests.simulation.world import World


def account_day(world: World) -> dict:
    day = local_day(world.clock.now(), world.services.recent.preferences().zone)
    return world.table.get(names.METRICS, ("ALL", day)) or {}


def days(world: World, zone: str, **tags: str) -> list[str]:
    """The day of each mail's claim in a zone."""
    found = [
        posted for posted in world.provider.posted
        if all(posted.tags[name] == value for name, value in tags.items())
    ]  # fmt: skip
    return [
        local_day(from_compact(posted.tags["attempt"].partition("-")[0]), zone)
        for posted in sorted(found, key=lambda posted: posted.tags["attempt"])
    ]


def allows(world: World, mails: int) -> None:
    """From now on the provider allows so many mails in 24 hours, and counts those that it has taken."""
    world.provider.quota = lambda: Quota(mails, len(world.provider.posted), 1)


def test_the_first_claim_of_a_day_opens_it_once() -> None:
    world, campaign = staged(3, settings={"account.cap": 2})
    assert account_day(world) == {}
    for number in range(3):
        later(world, minutes=1)
        send(world, campaign, person(world, number))
    assert (account_day(world)["limit"], account_day(world)["used"]) == (2, 2)
    assert len(world.provider.posted) == 2
    check(world)


def test_the_guard_keeps_a_day_from_opening() -> None:
    world, campaign = staged(1)
    guarding.trip(world.table, world.services.recent, world.clock, "bounces")
    later(world, days=3)
    world.table.update(names.CAMPAIGNS, (campaign,), Change(set={"status": "running"}))
    world.table.update(names.SENDERS, (lane(world).id,), Change(set={("campaigns", campaign, "o"): True}))
    send(world, campaign, person(world))
    assert "limit" not in account_day(world)
    assert world.provider.asked == []


def test_the_quota_shrinks_while_a_campaign_runs() -> None:
    """The limit follows what the provider says, less a margin of the mailboxes."""
    world, campaign = staged(20, gap="60", settings={"account.cap": 100})
    world.run(timedelta(minutes=5, seconds=30))
    sent = len(world.provider.posted)
    assert 4 <= sent <= 7
    allows(world, 10)
    world.beat()
    world.run(timedelta(hours=2))
    assert len(world.provider.posted) == 9, "10 less one for the mailbox"
    allows(world, 200)
    world.run_until_over(campaign)
    assert world.totals(campaign)["sent"] == 20
    check(world)


def test_a_new_day_begins_with_what_yesterday_left_of_the_quota() -> None:
    """Opening: the provider's day is a rolling one; midnight gives nothing back by itself."""
    world, campaign = staged(
        30, start="2026-11-23T23:00:00+00:00", gap="60", sender={"zone": "UTC"},
        settings={"account.zone": "UTC", "account.cap": 100},
    )  # fmt: skip
    allows(world, 8)
    world.run(timedelta(minutes=1))
    world.beat()
    assert account_day(world)["limit"] == 7
    world.beats = False
    world.run(timedelta(minutes=50))
    assert len(world.provider.posted) == 7
    later(world, minutes=20)
    send(world, campaign, person(world, 20))
    assert account_day(world)["limit"] == 0
    assert len(world.provider.posted) == 7


def test_open_doubts_count_against_the_quota() -> None:
    """A mail that may have left may be missing in what the provider has counted so far."""
    world, campaign = staged(5)
    world.provider.answers = lambda mail: Unknown("read timed out")
    send(world, campaign, person(world, 0))
    send(world, campaign, person(world, 1))
    world.provider.limit = Quota(50, 0, 1)
    world.beat()
    assert account_day(world)["limit"] == 2 + 50 - (1 + 2)


def test_a_higher_account_cap_does_not_pass_the_quota() -> None:
    world, campaign = staged(5)
    send(world, campaign, person(world))
    world.provider.limit = Quota(6, 1, 1)
    world.beat()
    assert account_day(world)["limit"] == 1 + 4
    world.services.preferences.set("account.cap", "200")
    assert account_day(world)["limit"] == 5


def test_a_ramp_grows_by_sending_days_and_the_week_remembers_seven() -> None:
    world, campaign = staged(
        60, window="mon-fri 09:00-18:00 Asia/Kolkata", gap="60",
        sender={"zone": "Asia/Kolkata", "ramp": Ramp(start=2, step=2, maximum=5), "cap": 50},
    )  # fmt: skip
    world.run(timedelta(days=13))
    per_day = days(world, "Asia/Kolkata")
    counts = [per_day.count(day) for day in dict.fromkeys(per_day)]
    assert counts[:6] == [2, 4, 5, 5, 5, 5]
    assert "2026-11-28" not in per_day, "a Saturday is no sending day and moves no ramp"
    now = lane(world)
    assert len(now.week) == 7
    assert list(now.week) == counts[-8:-1]
    assert now.used == counts[-1]
    check(world)


def test_a_campaigns_day_may_turn_while_the_mailboxs_does_not() -> None:
    """The share is counted in the campaign's zone, the cap in the mailbox's."""
    world, campaign = staged(
        6, start="2026-11-23T17:00:00+00:00", window="daily 00:00-24:00 America/New_York", gap="600", cap=2,
        sender={"zone": "Asia/Kolkata", "cap": 3}, settings={"account.zone": "UTC"},
    )  # fmt: skip
    world.run(timedelta(days=2))
    by_campaign = days(world, "America/New_York")
    by_sender = days(world, "Asia/Kolkata")
    assert max(by_campaign.count(day) for day in by_campaign) == 2
    assert max(by_sender.count(day) for day in by_sender) <= 3
    check(world)


def test_two_campaigns_with_days_of_their_own_on_one_mailbox() -> None:
    world, campaign = staged(4, gap="60", cap=1, window="daily 00:00-24:00 Asia/Kolkata")
    holi = second(world, 4, cap=1, gap="60", window="daily 00:00-24:00 America/New_York")
    world.run(timedelta(days=3))
    for name, zone in ((campaign, "Asia/Kolkata"), (holi, "America/New_York")):
        found = days(world, zone, campaign=name)
        assert len(found) == len(set(found)) >= 3, "one a day, in the campaign's own zone"
    check(world)


def test_follow_ups_sort_before_first_mails_and_those_before_what_was_put_off() -> None:
    """Digits sort before `~0`, `~0` before `~~`: as bytes, as DynamoDB compares strings."""
    instant = datetime.fromisoformat("2026-11-24T09:13:05+00:00")
    expected = [
        to_text(instant),
        to_text(instant + timedelta(days=4000)),
        first_mail_due(0),
        first_mail_due(9),
        first_mail_due(10),
        first_mail_due(999_999_999_999),
        put_off_due(instant),
        put_off_due(instant + timedelta(milliseconds=1)),
    ]
    assert sorted(set(expected), key=lambda due: due.encode()) == expected


def test_follow_ups_come_first_and_starve_nobody() -> None:
    world, campaign = staged(4, steps=("intro", "nudge+0d"), gap="60")
    for number in (0, 1):
        later(world, minutes=2)
        send(world, campaign, person(world, number))
    later(world, days=1)
    world.run(timedelta(minutes=12))
    steps = [posted.tags["step"] for posted in world.provider.posted]
    assert steps[:6] == ["1", "1", "2", "2", "1", "1"]
    world.run_until_over(campaign)
    assert world.totals(campaign)["sent"] == 8
    check(world)
