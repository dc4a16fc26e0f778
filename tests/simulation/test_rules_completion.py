"""The end of a campaign: nobody is left behind, whatever happens at the very moment of the end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pivotr import names
from pivotr.ports.mailer import NotSent, Unknown
from pivotr.ports.table import Change, Page
from pivotr.services.heartbeat import Heartbeat
from tests.simulation.promises import check
from tests.simulation.stage import (
    dies_after_acceptance,
    dying,
    entries,
    later,
    meanwhile,
    person,
    send,
    staged,
)
from tests.simulation.world import World


def heartbeat_without_enrolment(world: World) -> None:
    """A run in which somebody else is always faster with the enrolment."""
    services = world.connect()
    Heartbeat(
        table=world.table, queues=world.queues, mailer=None, clock=world.clock, recent=services.recent,
        enrol=lambda campaign: None,
    ).run()  # fmt: skip


def is_completion(writes) -> bool:
    return any(getattr(write, "change", Change()).set.get("status") == "completed" for write in writes)


def test_counters_complete_a_campaign_not_an_empty_queue() -> None:
    """Completion: the index lags; "no lead waits"; completed with leads waiting."""
    world, campaign = staged(2)
    query = world.table.query
    world.table.query = lambda table, *rest, **more: (
        Page([], None) if table == names.LEADS else query(table, *rest, **more)
    )
    world.connect().heartbeat.run()
    world.table.query = query
    assert world.read_status(campaign) == "running"


def test_a_campaign_is_not_complete_before_everybody_is_enrolled() -> None:
    """Completion: nobody is enrolled yet, so the counters meet at zero."""
    world = World(announces=False)
    world.sender()
    world.template()
    world.leads(2)
    campaign = world.campaign(gap="0", window="always")
    world.services.transitions.start(campaign)
    heartbeat_without_enrolment(world)
    assert world.read_status(campaign) == "running"
    world.run_until_over(campaign)
    assert world.statuses() == {"sent": 2}


def test_a_campaign_that_changed_since_the_counters_were_read_is_not_complete() -> None:
    """P2: counters read, all final; operator: again; completed with a waiting lead."""
    world, campaign = staged(1)
    world.provider.answers = lambda mail: Unknown("read timed out")
    send(world, campaign, person(world))
    later(world, hours=2)
    other = world.connect()
    happened = meanwhile(
        world, is_completion, lambda: other.settling.settle(campaign, person(world).id, "again")
    )
    world.beat()
    assert happened
    assert world.read_status(campaign) == "running"
    assert person(world).is_waiting
    world.provider.answers = lambda mail: None
    world.run_until_over(campaign)
    assert world.statuses() == {"sent": 1}
    check(world)


def test_the_sweep_spares_a_claimed_lead() -> None:
    """P2: abort returns a claimed lead; the mail goes out; nobody knows."""
    world, campaign = staged(2)
    lead = person(world)
    dies_after_acceptance(world)
    dying(lambda: send(world, campaign, lead))
    world.services.transitions.abort(campaign)
    world.beat()
    assert person(world, 1).status == "new"
    assert person(world).claim is not None
    later(world, minutes=6)
    world.beat()
    assert [entry["leadId"] for entry in entries(world, "unconfirmed")] == [lead.id]
    world.run_until_over(campaign)
    check(world)


def test_a_lead_claimed_while_it_is_withdrawn_stays() -> None:
    """P2: `campaign remove` reads a waiting lead; claim; were it withdrawn, it would end twice."""
    world, campaign = staged(2)
    lead = person(world)

    def is_withdrawal(writes) -> bool:
        return any(getattr(write, "item", {}).get("kind") == "withdrawn" for write in writes)

    dies_after_acceptance(world)
    meanwhile(world, is_withdrawal, lambda: dying(lambda: send(world, campaign, lead)))
    removed, _ = world.connect().campaigns.remove(campaign, [lead.id, person(world, 1).id])
    assert removed == 1
    assert person(world).claim is not None
    assert person(world).due is not None
    later(world, minutes=6)
    world.beat()
    check(world)


def test_the_sweep_goes_on_until_the_counters_meet() -> None:
    """P2: claim; throttled; abort, sweep; release: the lead would wait for ever in an aborted campaign."""
    world, campaign = staged(2)
    other = world.connect()

    def abort_and_sweep(mail):
        other.transitions.abort(campaign)
        other.heartbeat.run()
        return NotSent("throttled", "Maximum sending rate exceeded.")

    world.provider.answers = abort_and_sweep
    send(world, campaign, person(world))
    assert person(world).is_waiting
    world.run(timedelta(minutes=11))
    assert world.statuses() == {"new": 2}
    assert world.is_over(campaign)
    check(world)


@pytest.mark.parametrize("verb", ["pause", "abort"])
def test_old_claims_of_a_stopped_campaign_are_still_closed(verb: str) -> None:
    """Heartbeat, step 3: also in paused and aborted campaigns until none is left."""
    world, campaign = staged(2)
    dies_after_acceptance(world)
    dying(lambda: send(world, campaign, person(world)))
    getattr(world.services.transitions, verb)(campaign)
    later(world, minutes=6)
    world.beat()
    assert person(world).status == "unconfirmed"
    check(world)


def test_importing_more_while_the_campaign_ends_keeps_it_running() -> None:
    """`add` while the counters are being read: the newcomers are enrolled."""
    world, campaign = staged(1)
    send(world, campaign, person(world))
    other = world.connect()

    def more() -> None:
        world.leads(1, prefix="n")
        other.campaigns.add(campaign)

    happened = meanwhile(world, is_completion, more)
    world.beat()
    assert happened
    assert world.read_status(campaign) == "running"
    world.run_until_over(campaign)
    assert world.statuses() == {"sent": 2}
    check(world)
