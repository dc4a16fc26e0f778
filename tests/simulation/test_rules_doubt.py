"""Doubt: what nobody knows is never guessed, and evidence settles it whenever it comes."""

from __future__ import annotations

import logging

import pytest

from pivotr.domain.campaigns import Filters
from pivotr.errors import Conflict
from pivotr.ports.mailer import NotSent, Unknown
from pivotr.storage.log import Log
from tests.simulation.faults import Crash
from tests.simulation.promises import at_most_once, check
from tests.simulation.stage import (
    OTHER,
    begin,
    dies_after_acceptance,
    dying,
    entries,
    is_claim,
    is_logging,
    later,
    mails_to,
    meanwhile,
    person,
    second,
    send,
    send_job,
    staged,
    stale,
    stored,
    verify_job,
)
from tests.simulation.world import World, bounce_event, delivery_event


def accepted_in_silence(world: World) -> None:
    """The next mail is taken, but the answer is lost."""

    def take(mail):
        world.provider.answers = lambda later: None
        world.provider.accept(mail)
        return Unknown("read timed out")

    world.provider.answers = take


def feed(world: World, *bodies: str) -> list[str]:
    """Events in a process of their own; returns the records that failed."""
    return world.connect().feedback.process([(str(number), body) for number, body in enumerate(bodies)])


def test_a_claim_whose_owner_died_is_never_queued_again() -> None:
    """P1, P3: claim; the sender dies after the provider took the mail; the heartbeat must not guess."""
    world, campaign = staged(1)
    lead = person(world)
    dies_after_acceptance(world)
    dying(lambda: send(world, campaign, lead))
    later(world, minutes=6)
    world.beat()
    assert person(world).status == "unconfirmed"
    world.connect().verifying.verify(verify_job(world, campaign))
    later(world, minutes=20)
    send(world, campaign, lead)
    assert mails_to(world, lead) == 1
    check(world)


def test_a_late_record_settles_the_doubt_about_its_mail() -> None:
    """P3: the provider is slow; heartbeat: unconfirmed; the record comes after all."""
    world, campaign = staged(1)
    lead = person(world)
    other = world.connect()

    def slow(mail) -> None:
        later(world, minutes=6)
        other.heartbeat.run()

    world.provider.answers = slow
    send(world, campaign, lead)
    settled = person(world)
    assert (settled.status, settled.doubt) == ("sent", None)
    assert [entry["message_id"] for entry in entries(world, "sent")] == ["0100-000000-000000"]
    check(world)


def test_evidence_that_came_first_forbids_the_doubt() -> None:
    """P3: Delivery arrives while the claim is open; then unconfirmed is written: nothing would settle it."""
    world, campaign = staged(1)
    dies_after_acceptance(world)
    dying(lambda: send(world, campaign, person(world)))
    assert feed(world, delivery_event(world.provider.posted[0])) == []
    later(world, minutes=6)
    world.beat()
    assert person(world).status == "sent"
    assert entries(world, "unconfirmed") == []
    check(world)


def test_evidence_between_read_and_doubt_forbids_it_too() -> None:
    """P3: the Delivery comes after the heartbeat has looked and before it writes."""
    world, campaign = staged(1)
    dies_after_acceptance(world)
    dying(lambda: send(world, campaign, person(world)))
    posted = world.provider.posted[0]
    later(world, minutes=6)
    happened = meanwhile(world, is_logging("unconfirmed"), lambda: feed(world, delivery_event(posted)))
    world.beat()
    assert happened
    assert person(world).status == "sent"
    check(world)


def test_a_late_release_touches_no_other_claim() -> None:
    """P1, P2: unconfirmed; tried again and claimed by another; the first owner wakes and releases."""
    world, campaign = staged(2)
    lead = person(world)
    other = world.connect()

    def sleep_through_another_try(mail):
        later(world, minutes=6)
        other.heartbeat.run()
        later(world, hours=2)
        other.settling.settle(campaign, lead.id, "again")
        dies_after_acceptance(world)
        dying(lambda: send(world, campaign, person(world)))
        return NotSent("throttled", "Maximum sending rate exceeded.")

    world.provider.answers = sleep_through_another_try
    send(world, campaign, lead)
    assert person(world).claim is not None, "the second claim is its owner's"
    later(world, minutes=10)
    send(world, campaign, lead)
    assert mails_to(world, lead) == 1
    check(world)


def test_a_late_release_does_not_wake_a_campaign_that_is_over() -> None:
    """P2: unconfirmed; the campaign completes; a late release puts the lead back."""
    world, campaign = staged(1)
    other = world.connect()

    def sleep(mail):
        later(world, minutes=6)
        other.heartbeat.run()
        return NotSent("throttled", "Maximum sending rate exceeded.")

    world.provider.answers = sleep
    send(world, campaign, person(world))
    assert world.read_status(campaign) == "completed"
    assert person(world).due is None
    assert person(world).status == "unconfirmed"
    check(world)


def unconfirmed(world: World, campaign: str) -> None:
    """The first lead's mail went out, and nobody knows; no heartbeat has run since."""
    accepted_in_silence(world)
    send(world, campaign, person(world))
    assert person(world).status == "unconfirmed"


def test_again_waits_an_hour() -> None:
    """P1: sender asleep; unconfirmed; operator: again; sender wakes."""
    world, campaign = staged(2)
    unconfirmed(world, campaign)
    later(world, minutes=59)
    with pytest.raises(Conflict):
        world.services.settling.settle(campaign, person(world).id, "again")
    later(world, minutes=2)
    world.services.settling.settle(campaign, person(world).id, "again")
    assert person(world).is_waiting
    check(world)


def test_a_claim_that_slept_is_not_sent() -> None:
    """P1: claimed; the process sleeps for hours; meanwhile the mail is tried again; the process wakes."""
    world, campaign = staged(2)
    lead = person(world)
    other = world.connect()
    transact = world.table.transact
    slept: list[bool] = []

    def sleep_after_claim(writes, *, token="") -> None:
        transact(writes, token=token)
        if is_claim(writes) and not slept:
            slept.append(True)
            later(world, minutes=6)
            other.heartbeat.run()
            later(world, hours=2)
            other.settling.settle(campaign, lead.id, "again")
            send(world, campaign, lead)

    world.table.transact = sleep_after_claim
    world.services.sending.send(send_job(world, campaign, lead))
    at_most_once(world)
    assert mails_to(world, lead) == 1
    check(world)


def test_record_and_evidence_meet_on_one_log_key() -> None:
    """P7: evidence writes `sent`; the late record finds it, writes nothing and raises no alarm."""
    world, campaign = staged(1)
    other = world.connect()
    alarms: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: alarms.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("pivotr.services.sending").addHandler(handler)

    def slow(mail) -> None:
        later(world, minutes=6)
        other.heartbeat.run()
        accepted = world.provider.accept(mail)
        feed(world, bounce_event(world.provider.posted[0]))
        world.provider.answers = lambda again: None
        world.provider.posted.clear()
        assert accepted

    world.provider.answers = slow
    send(world, campaign, person(world))
    logging.getLogger("pivotr.services.sending").removeHandler(handler)
    attempt = entries(world, "unconfirmed")[0]["timestamp"].partition("#")[0]
    assert Log(world.table).has(campaign, f"{attempt}#sent")
    assert len(entries(world, "sent")) == 1
    assert alarms == []
    assert person(world).status == "bounced"
    check(world)


def test_a_claim_stays_open_under_a_stronger_event() -> None:
    """P2, P7: claim; the provider accepts; the person replies; the sender dies: the mail is accounted for."""
    world, campaign = staged(1)
    lead = person(world)
    other = world.connect()

    def reply_and_die(mail) -> None:
        world.provider.accept(mail)
        other.leads.stop(lead.id)
        raise Crash

    world.provider.answers = reply_and_die
    dying(lambda: send(world, campaign, lead))
    assert person(world).claim is not None
    later(world, minutes=6)
    world.beat()
    assert [entry["leadId"] for entry in entries(world, "unconfirmed")] == [lead.id]
    assert person(world).status == "replied"
    feed(world, delivery_event(world.provider.posted[0]))
    assert world.totals(campaign)["sent"] == 1
    check(world)


def test_a_doubt_survives_an_event_about_another_step() -> None:
    """P7: step 2 unconfirmed; late bounce of step 1; Delivery of step 2 counts it as sent."""
    world, campaign = staged(1, steps=("intro", "nudge+0d"))
    lead = person(world)
    send(world, campaign, lead)
    later(world, days=1)
    accepted_in_silence(world)
    send(world, campaign, lead, step=2)
    first, then = world.provider.posted
    feed(world, bounce_event(first))
    assert person(world).doubt is not None
    feed(world, delivery_event(then))
    totals = world.totals(campaign)
    assert (totals["sent"], totals["in_doubt"]) == (2, 0)
    check(world)


def test_a_lead_in_doubt_is_not_enrolled() -> None:
    """P7, P3: unconfirmed in C; enrolled in D: C's doubt would have no owner."""
    world, campaign = staged(2)
    old = {
        name: value for name, value in stored(world, person(world)).items()
        if name not in ("queue", "due", "step", "seen", "before")
    }  # fmt: skip
    unconfirmed(world, campaign)
    world.sender(OTHER)
    with stale(world, ("leads", {**old, "status": "new"})):
        begin(
            world,
            world.campaign(
                "Holi", senders=(OTHER,), gap="0", window="always",
                filters=Filters(statuses=("new", "unconfirmed")),
            ),
        )  # fmt: skip
    assert person(world).status == "unconfirmed"
    assert person(world).campaign == campaign
    check(world)


def test_the_end_of_a_wait_counts_where_the_lead_waits_now() -> None:
    """P7: sent in C; enrolled in D; late bounce of C's mail: D is finished with the lead, not C."""
    world, campaign = staged(1)
    send(world, campaign, person(world))
    world.sender(OTHER)
    holi = world.campaign("Holi", senders=(OTHER,), gap="0", window="always")
    begin(world, holi)
    assert person(world).campaign == holi
    feed(world, bounce_event(world.provider.posted[0]))
    assert world.totals(holi)["finished"] == 1
    assert world.totals(campaign)["finished"] == 1
    check(world)


def test_a_sequence_goes_on_when_the_delivery_outruns_the_lost_answer() -> None:
    """Closed as accepted by evidence: the claim was never in doubt, so the next step is dated."""
    world, campaign = staged(1, steps=("intro", "nudge+1d"))
    lead = person(world)

    def delivered_before_the_answer(mail):
        world.provider.accept(mail)
        feed(world, delivery_event(world.provider.posted[0]))
        return Unknown("read timed out")

    world.provider.answers = delivered_before_the_answer
    send(world, campaign, lead)
    assert person(world).is_waiting
    assert person(world).step == 2
    assert person(world).thread
    check(world)


def test_two_mailboxes_two_campaigns_and_a_doubt_each() -> None:
    """Doubts of different mails settle one by one."""
    world, campaign = staged(1)
    holi = second(world, 1)
    unconfirmed(world, campaign)
    accepted_in_silence(world)
    send(world, holi, person(world, prefix="q"))
    first, then = world.provider.posted
    feed(world, delivery_event(then))
    assert (world.totals(campaign)["in_doubt"], world.totals(holi)["in_doubt"]) == (1, 0)
    feed(world, delivery_event(first), delivery_event(first))
    assert (world.totals(campaign)["sent"], world.totals(campaign)["delivered"]) == (1, 1)
    check(world)
