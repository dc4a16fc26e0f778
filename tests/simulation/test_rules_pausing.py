"""Gates: after pause, guard stop or shut mailbox nothing is claimed, and nobody else stalls because of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pivotr import names
from pivotr.ports.table import Change, Update
from pivotr.storage import account, guarding, settings, transactions
from tests.simulation.promises import check
from tests.simulation.stage import (
    SALES,
    emptied,
    index_behind,
    is_claim,
    is_park,
    lane,
    later,
    mails_to,
    meanwhile,
    person,
    second,
    send,
    send_job,
    staged,
    verify_job,
)
from tests.simulation.world import World


def mails_of(world: World, campaign: str) -> int:
    return sum(posted.tags["campaign"] == campaign for posted in world.provider.posted)


def test_a_paused_campaign_is_not_claimed() -> None:
    """P5: send reads running; pause; claim."""
    world, campaign = staged(1)
    other = world.connect()
    meanwhile(world, is_claim, lambda: other.transitions.pause(campaign))
    send(world, campaign, person(world))
    assert world.provider.asked == []
    assert person(world).is_waiting


def test_a_paused_campaign_is_not_claimed_with_the_newest_ticket() -> None:
    """P5: the heartbeat reads running; pause; the heartbeat emits the newest ticket; claim."""
    world, campaign = staged(1)
    running = world.table.get(names.CAMPAIGNS, (campaign,))
    before = lane(world)
    world.services.transitions.pause(campaign)
    job = send_job(world, campaign, person(world))
    item = world.table.get(names.SENDERS, (before.id,))
    entries = {campaign: {**item["campaigns"][campaign], "o": True}}
    real = world.table.get_many

    def old(keys, *, consistent=False):
        known = {names.CAMPAIGNS: running, names.SENDERS: {**item, "campaigns": entries}}
        return [known.get(table, found) for (table, _), found in zip(keys, real(keys), strict=True)]

    world.table.get_many = old
    world.connect().sending.send(job)
    assert world.provider.asked == []


def test_a_campaign_has_a_gate_of_its_own_on_a_shared_mailbox() -> None:
    """P5: pause one of two; the mailbox goes on for the other; a claim for the paused one."""
    world, campaign = staged(2)
    holi = second(world)
    other = world.connect()
    meanwhile(world, is_claim, lambda: other.transitions.pause(campaign))
    send(world, campaign, person(world))
    assert world.provider.asked == []
    world.run(timedelta(minutes=30))
    assert (mails_of(world, campaign), mails_of(world, holi)) == (0, 2)
    check(world)


def test_the_guard_stops_campaigns_that_are_not_yet_paused() -> None:
    """Guard: it stops; a campaign that is still running claims."""
    world, campaign = staged(2)
    send(world, campaign, person(world, 0))
    now = world.clock.now()

    def trip() -> None:
        days = account.days_around(now, world.services.recent.preferences().zone)
        writes = [settings.trip_guard("bounces", now), *(account.stop_day(day) for day in days)]
        transactions.run(world.table, writes, token=world.clock.token(), clock=world.clock)

    meanwhile(world, is_claim, trip)
    send(world, campaign, person(world, 1))
    assert world.read_status(campaign) == "running"
    assert len(world.provider.asked) == 1


def test_a_crash_after_the_guards_stop_still_pauses_every_campaign() -> None:
    """Heartbeat, step 7: what a crash has left running is paused."""
    world, campaign = staged(1)
    now = world.clock.now()
    writes = [settings.trip_guard("bounces", now)]
    transactions.run(world.table, writes, token=world.clock.token(), clock=world.clock)
    world.connect().heartbeat.run()
    assert world.read_status(campaign) == "paused"
    assert world.read(campaign).reason.startswith("guard")


def test_a_mailbox_shut_by_the_operator_claims_nothing() -> None:
    """Sender: the job reads an open lane; the operator shuts it; claim."""
    world, campaign = staged(1)
    other = world.connect()
    meanwhile(world, is_claim, lambda: other.senders.pause(SALES))
    send(world, campaign, person(world))
    assert world.provider.asked == []


def test_a_mailbox_stopped_by_the_guard_claims_nothing() -> None:
    """Sender guard: the job reads an open lane; the guard stops it; claim."""
    world, campaign = staged(1)
    stop = Update(names.SENDERS, (lane(world).id,), Change(set={"stopped": "bounces"}))
    meanwhile(world, is_claim, lambda: world.table.update(stop.table, stop.key, stop.change))
    send(world, campaign, person(world))
    assert world.provider.asked == []


def test_pausing_one_campaign_never_stalls_the_other() -> None:
    """No stall: two campaigns; pause one; were the ticket spent, the job in flight would be stale."""
    world, campaign = staged(5, gap="60")
    holi = second(world, 5, gap="60")
    world.run(timedelta(minutes=2))
    before = mails_of(world, holi)
    world.beats = False
    world.services.transitions.pause(campaign)
    world.run(timedelta(minutes=4))
    assert mails_of(world, holi) >= before + 2
    check(world)


def test_a_refused_send_job_passes_its_turn_on() -> None:
    """No stall: verify chooses campaign 0; pause 0; claim refused; campaign 1 goes on with that ticket."""
    world, campaign = staged(2)
    holi = second(world)
    world.run(timedelta(seconds=0))
    world.beats = False
    while world.queues.receive(names.VERIFICATION_QUEUE.name, limit=10):
        pass
    other = world.connect()
    meanwhile(world, is_claim, lambda: other.transitions.pause(campaign))
    assert send(world, campaign, person(world)) == "passed on"
    world.run(timedelta(minutes=1))
    assert mails_of(world, holi) >= 1


def resting(world: World, campaign: str, until: str) -> None:
    """The campaign has nobody due on its mailbox until an instant."""
    change = Change(set={("campaigns", campaign, "i"): until})
    world.table.update(names.SENDERS, (lane(world).id,), change)


@pytest.mark.parametrize("verb", ["resume", "start"])
def test_starting_and_resuming_spend_the_ticket(verb: str) -> None:
    """No stall: verify reads "nothing to send"; resume; its late park would lay the opened lane to rest."""
    world, campaign = staged(2)
    send(world, campaign, person(world))
    holi = second(world, begun=verb == "resume")
    if verb == "resume":
        world.services.transitions.pause(holi)
    emptied(world)
    resting(world, campaign, "2026-11-23T12:00:00.000Z")
    world.beats = False
    other = world.connect()
    opening = other.transitions.resume if verb == "resume" else other.transitions.start
    happened = meanwhile(world, is_park, lambda: opening(holi))
    world.connect().verifying.verify(verify_job(world, campaign))
    assert happened
    world.run(timedelta(minutes=1))
    assert mails_of(world, holi) >= 1


def test_parking_spends_the_ticket() -> None:
    """No stall: two copies of one job read "nothing"; one parks; a lead comes due; the second parks again."""
    world, campaign = staged(1, steps=("intro", "nudge+0d"))
    lead = person(world)
    send(world, campaign, lead)
    emptied(world)
    world.table.update(names.LEADS, (lead.id,), Change(set={"due": "2026-11-23T04:19:00.000Z"}))
    job = verify_job(world, campaign)
    with index_behind(world):
        world.connect().verifying.verify(job)
        assert lane(world).due_at == "2026-11-23T04:20:00.200Z"
        later(world, minutes=15)
        world.connect().verifying.verify(job)
    world.run(timedelta(minutes=2))
    assert mails_to(world, lead) == 2, "the second copy has laid the lane to rest once more"


def test_the_smallest_turn_comes_first() -> None:
    """Fairness: of two campaigns each gets every second turn."""
    world, campaign = staged(6, gap="60")
    holi = second(world, 6, gap="60")
    world.run(timedelta(minutes=8))
    turns = [posted.tags["campaign"] for posted in world.provider.posted]
    assert len(turns) >= 6
    for first, then in zip(turns, turns[1:], strict=False):
        assert first != then, turns
    assert {campaign, holi} == set(turns)


def test_a_lane_at_rest_has_an_instant_at_which_it_looks_again() -> None:
    """P2: the index is stale when the lane looks; nobody else would wake it."""
    world, campaign = staged(1)
    emptied(world)
    with index_behind(world):
        world.connect().verifying.verify(verify_job(world, campaign))
    assert lane(world).why == "idle"
    world.run(timedelta(minutes=21))
    assert mails_to(world, person(world)) == 1
    check(world)


def test_acknowledging_goes_on_where_the_guard_stopped() -> None:
    """Guard: nothing moves until it is acknowledged, then everything goes on."""
    world, campaign = staged(2)
    guarding.trip(world.table, world.services.recent, world.clock, "bounces")
    world.run(timedelta(hours=1))
    assert world.provider.asked == []
    world.services.transitions.resume(campaign, acknowledge=True)
    world.run(timedelta(hours=1))
    assert mails_of(world, campaign) == 2
    check(world)
