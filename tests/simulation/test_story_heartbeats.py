"""The heartbeat twice at once, late, or not at all; processes that die; a clock that steps back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from pivotr import names
from pivotr.domain.instants import from_text
from pivotr.ports.mailer import Mail
from tests.simulation.faults import Crash
from tests.simulation.promises import check, claimed_at
from tests.simulation.stage import OTHER, SALES, dying, entries, lane, later, person, send, staged
from tests.simulation.story import beside, by_day, claims, minutes, run_to, texts, told, utc
from tests.simulation.world import World

#: Seconds by which the heartbeat is out of step with the story.
PHASES = (0, 50, 100, 150, 200, 250, 299)


def beat_within(world: World, number: int) -> int:
    """Run a heartbeat, and a whole second one just before its write `number`; returns how many it writes."""
    transact, update, send = world.table.transact, world.table.update, world.queues.send
    count = [0]

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            count[0] += 1
            if count[0] - 1 == number:
                world.connect().heartbeat.run()
            return work(*args, **kwargs)

        return call

    world.table.transact, world.table.update = counted(transact), counted(update)
    world.queues.send = counted(send)
    try:
        world.connect().heartbeat.run()
    finally:
        world.table.transact, world.table.update, world.queues.send = transact, update, send
    return count[0]


def busy() -> tuple[World, list[str]]:
    """Something to do for every step of a heartbeat: wake, enrol, close, complete, sweep, re-pin."""
    world, diwali = told(
        4, gap="60", senders=(SALES, OTHER), steps=("intro", "nudge+1d"), start="2026-11-23 03:20"
    )
    ended = beside(world, 2, gap="60", window="always")
    run_to(world, "2026-11-23 03:24:30")
    world.leads(4, list_name="old", prefix="o")
    old = world.campaign("Old", lists=("old",), gap="60", window="always")
    world.services.transitions.start(old)
    dies_with_a_claim(world)
    run_to(world, "2026-11-23 03:31")
    world.beats = False
    world.services.campaigns.drop_sender(diwali, OTHER)
    world.services.transitions.abort(old)
    world.leads(3, prefix="n")
    world.services.campaigns.add(diwali)
    while calls := world.queues.receive("invoke:heartbeat", limit=10):
        for call in calls:
            world.queues.delete("invoke:heartbeat", call.receipt)
    world.clock.instant = utc("2026-11-23 03:47")
    return world, [diwali, ended, old]


def dies_with_a_claim(world: World) -> None:
    """The next mail is taken, and its process dies before it can say so."""

    def answers(mail: Mail) -> None:
        world.provider.answers = lambda later: None
        world.provider.accept(mail)
        raise Crash

    world.provider.answers = answers


@pytest.mark.slow
def test_two_heartbeats_at_once_do_the_work_of_one() -> None:
    """The second one runs whole between any two writes of the first."""
    world, _ = busy()
    total = beat_within(world, -1)
    assert total >= 6
    for number in range(total):
        world, campaigns = busy()
        beat_within(world, number)
        check(world)
        world.beats = True
        world.run_until_over(*campaigns)
        check(world)
        assert world.totals(campaigns[0])["enrolled"] == 7
        assert world.totals(campaigns[0])["sent"] == 14, f"overlap before write {number}"
        opening = utc("2026-11-23 04:00")
        assert opening in claims(world, campaigns[0]), "and its mailbox wakes to the second"


@pytest.mark.parametrize("missed", [0, 1, 2])
@pytest.mark.parametrize("phase", PHASES)
def test_a_parked_lane_wakes_to_the_second_although_two_heartbeats_are_missed(
    phase: int, missed: int
) -> None:
    world, _ = told(2, start="2026-11-23 02:00", gap="60", begun=False)
    world._next_beat = utc("2026-11-23 02:00") + timedelta(seconds=phase)
    world.services.transitions.start(next(iter(world.services.campaigns.all())).id)
    # those that would find the lane within a queue's delay come first after 03:45
    run_to(world, "2026-11-23 03:44:59")
    world.beats = False
    world.run(timedelta(seconds=300 * missed))
    world.beats = True
    world._next_beat += timedelta(seconds=300 * missed)
    run_to(world, "2026-11-23 04:00:59")
    check(world)
    assert texts(claims(world)) == ["2026-11-23 04:00:00"]


def test_a_running_chain_needs_no_heartbeat() -> None:
    """It is missing for an hour in the middle of the day: not one mail is late."""
    world, _ = told(90, gap="60")
    run_to(world, "2026-11-23 04:10")
    world.beats = False
    run_to(world, "2026-11-23 05:10")
    check(world)
    first = utc("2026-11-23 04:00")
    assert claims(world) == [first + minutes(number) for number in range(70)]


def test_a_heartbeat_missing_for_an_hour_over_an_opening_only_delays() -> None:
    world, campaign = told(30, start="2026-11-23 03:30", gap="60")
    run_to(world, "2026-11-23 03:44")
    world.beats = False
    run_to(world, "2026-11-23 04:44")
    assert world.provider.asked == []
    check(world)
    world.beats = True
    world._next_beat = utc("2026-11-23 04:44")
    world.run_until_over(campaign)
    check(world)
    assert texts(claims(world))[0] == "2026-11-23 04:44:00"
    assert world.statuses() == {"sent": 30}


@pytest.mark.parametrize("phase", PHASES)
def test_a_chain_broken_between_claim_and_next_job_is_taken_up(phase: int) -> None:
    """415 s after the next mail was due, 595 s after the crash with gaps of 180 s, at the very worst."""
    world, campaign = told(6, gap="180", begun=False)
    world._next_beat = utc("2026-11-23 04:00") + timedelta(seconds=phase)
    world.services.transitions.start(campaign)
    send = world.queues.send
    died: list[datetime] = []

    def die_once(queue: str, body: str, *, delay: int = 0) -> None:
        is_next = queue == names.VERIFICATION_QUEUE.name and len(world.provider.posted) == 2
        if is_next and not died:
            died.append(world.clock.now())
            raise Crash
        send(queue, body, delay=delay)

    world.queues.send = die_once
    world.run_until_over(campaign)
    check(world)
    assert world.crashes == 1
    assert world.statuses() == {"sent": 6}
    third = claims(world)[2]
    assert (third - died[0]).total_seconds() <= 595
    assert (third - died[0]).total_seconds() - 180 <= 415


@pytest.mark.parametrize("lost", [names.VERIFICATION_QUEUE.name, names.SENDING_QUEUE.name])
@pytest.mark.parametrize("phase", PHASES)
def test_a_lost_job_is_made_up_for(lost: str, phase: int) -> None:
    world, campaign = told(6, gap="180", begun=False)
    world._next_beat = utc("2026-11-23 04:00") + timedelta(seconds=phase)
    world.services.transitions.start(campaign)
    send = world.queues.send
    gone: list[str] = []

    def lose_once(queue: str, body: str, *, delay: int = 0) -> None:
        if queue == lost and len(world.provider.posted) == 2 and not gone:
            gone.append(body)
            return
        send(queue, body, delay=delay)

    world.queues.send = lose_once
    world.run_until_over(campaign)
    check(world)
    assert gone
    assert world.statuses() == {"sent": 6}
    assert (claims(world)[2] - claims(world)[1]).total_seconds() <= 180 + 415


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("is_taken", [True, False])
def test_a_dead_claim_is_in_doubt_within_eleven_minutes(phase: int, is_taken: bool) -> None:
    """At most 635 s after the claim, whether the provider took the mail or not."""
    world, campaign = told(6, gap="180", begun=False, announces=False)
    world._next_beat = utc("2026-11-23 04:00") + timedelta(seconds=phase)
    world.services.transitions.start(campaign)
    run_to(world, "2026-11-23 04:02")

    def die(mail: Mail) -> None:
        world.provider.answers = lambda later: None
        if is_taken:
            world.provider.accept(mail)
        raise Crash

    world.provider.answers = die
    world.run(minutes(30), until=lambda: bool(entries(world, "unconfirmed")))
    (entry,) = entries(world, "unconfirmed")
    attempt = entry["timestamp"].partition("#")[0]
    seconds = (world.clock.now() - claimed_at({"attempt": attempt})).total_seconds()
    assert 300 <= seconds <= 635
    assert entry["by"] == "heartbeat"
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 5, "unconfirmed": 1}


def test_any_number_of_dead_claims_is_closed_by_one_heartbeat() -> None:
    """A page of the queue holds ten; processes that die one after the other leave more."""
    world, campaign = staged(15)
    for number in range(12):
        dies_with_a_claim(world)
        dying(lambda: send(world, campaign, person(world, number)))  # noqa: B023
    later(world, minutes=6)
    world.beat()
    assert world.statuses() == {"unconfirmed": 12, "queued": 3}
    check(world)


def test_a_heartbeat_that_crashes_half_way_is_made_up_for_by_the_next() -> None:
    world, campaigns = busy()
    transact = world.table.transact
    left = [3]

    def dying(writes: Sequence[Any], *, token: str = "") -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Crash
        transact(writes, token=token)

    world.table.transact = dying
    with pytest.raises(Crash):
        world.connect().heartbeat.run()
    world.table.transact = transact
    world.services = world.connect()
    world.beats = True
    world.run_until_over(*campaigns)
    check(world)
    assert world.totals(campaigns[0])["sent"] == 14


def step_back(world: World, span: timedelta) -> None:
    world.clock.instant -= span
    world._next_beat -= span


@pytest.mark.parametrize("gap", ["60", "600"])
def test_a_clock_that_steps_back_by_an_hour_waits_until_it_has_caught_up(gap: str) -> None:
    """No mail twice, no gap too short, no cap exceeded: the mailbox rests for the hour that comes twice."""
    world, campaign = told(40, gap=gap, cap=30)
    plain, _ = told(40, gap=gap, cap=30)
    run_to(world, "2026-11-23 06:00:30")
    step_back(world, timedelta(hours=1))
    before = len(claims(world))
    run_to(world, "2026-11-23 06:00:30")
    assert len(claims(world)) == before
    check(world)
    world.run_until_over(campaign)
    check(world)
    plain.run_until_over(*(one.id for one in plain.services.campaigns.all()))
    assert texts(claims(world)) == texts(claims(plain))
    assert world.statuses() == {"sent": 40}


def test_a_clock_that_steps_back_over_midnight_gives_no_day_a_second_cap() -> None:
    """Tomorrow had begun already; today's counters are not set anew."""
    world, campaign = told(
        30, start="2026-11-23 23:30", gap="60", window="always", cap=8, sender={"zone": "UTC", "cap": 8},
        settings={"account.zone": "UTC", "account.cap": 8},
    )  # fmt: skip
    run_to(world, "2026-11-24 00:04:30")
    assert by_day(world, "UTC") == {"2026-11-23": 8, "2026-11-24": 5}
    step_back(world, timedelta(hours=1))
    world.run_until_over(campaign)
    check(world)
    assert set(by_day(world, "UTC").values()) <= {8, 6}
    assert sum(by_day(world, "UTC").values()) == 30
    assert world.statuses() == {"sent": 30}


def test_a_clock_that_steps_back_while_a_claim_is_open_still_records_it() -> None:
    world, campaign = told(3, gap="60")

    def answers(mail: Mail) -> None:
        world.provider.answers = lambda later: None
        step_back(world, timedelta(hours=1))

    world.provider.answers = answers
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 3}
    assert from_text(lane(world).last_sent_at) == claims(world)[-1]
