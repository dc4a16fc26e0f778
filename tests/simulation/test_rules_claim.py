"""The conditions of a claim: what happens between the reads of send-email and its transaction is noticed."""

from __future__ import annotations

from pivotr.domain.instants import to_text
from pivotr.domain.jobs import SendJob
from pivotr.domain.suppression import Suppression
from pivotr.ports.table import Between
from pivotr.storage import stopping
from pivotr.storage.leads import Leads
from tests.simulation.faults import Crash
from tests.simulation.promises import at_most_once, check
from tests.simulation.stage import (
    OTHER,
    SALES,
    begin,
    dies_after_acceptance,
    dying,
    is_claim,
    lane,
    later,
    mails_to,
    meanwhile,
    person,
    send,
    send_job,
    staged,
    stale,
    stored,
)
from tests.simulation.world import bounce_event


def test_a_ticket_is_good_for_one_turn() -> None:
    """Pace: two copies of one job, two leads, one turn."""
    world, campaign = staged(3)
    send(world, campaign, person(world, 2))
    first, other = (send_job(world, campaign, person(world, number)) for number in (0, 1))
    copy = world.connect().sending
    meanwhile(world, is_claim, lambda: copy.send(other))
    world.services.sending.send(first)
    assert len(world.provider.posted) == 2, "one mail before, and one in this turn"
    assert lane(world).ticket == first.ticket + 1


def test_a_claimed_lead_is_not_claimed_again() -> None:
    """P1, P3: claim, the call times out; next turn, the index still shows the lead; it is claimed again."""
    world, campaign = staged(2)
    lead = person(world)
    old = stored(world, lead)
    dies_after_acceptance(world)
    dying(lambda: send(world, campaign, lead))
    later(world, minutes=1)
    with stale(world, ("leads", old)):
        send(world, campaign, lead)
    assert mails_to(world, lead) == 1


def test_each_call_has_its_own_request_token() -> None:
    """P1: the second copy repeats the claim with the first one's token, is told "done", and both send."""
    world, campaign = staged(1)
    job = send_job(world, campaign, person(world))
    copy = world.connect().sending
    meanwhile(world, is_claim, lambda: copy.send(job))
    world.services.sending.send(job)
    at_most_once(world)
    assert len(world.provider.posted) == 1


def test_a_suppression_changes_the_lead_in_its_own_transaction() -> None:
    """P4: send reads "not suppressed"; the person unsubscribes; claim."""
    world, campaign = staged(1)
    lead = person(world)
    other = world.connect()
    suppression = Suppression(
        key=f"x{lead.id}", reason="unsubscribe", source="link", actor="person", at="", email=lead.email
    )
    meanwhile(
        world, is_claim,
        lambda: stopping.stop(
            world.table, lead.id, "unsubscribed", clock=world.clock, recent=other.recent,
            kind="unsubscribed", suppression=suppression,
        ),
    )  # fmt: skip
    send(world, campaign, lead)
    assert world.provider.asked == []
    check(world)


def test_a_bounce_changes_the_lead_in_its_own_transaction() -> None:
    """P4: the first mail bounces after send has read the lead for the second."""
    world, campaign = staged(1, steps=("intro", "nudge+0d"))
    lead = person(world)
    send(world, campaign, lead)
    later(world, days=1)
    other = world.connect()
    first = world.provider.posted[0]
    meanwhile(world, is_claim, lambda: other.feedback.process([("1", bounce_event(first))]))
    send(world, campaign, lead, step=2)
    assert mails_to(world, lead) == 1
    assert person(world).status == "bounced"
    check(world)


def test_a_lead_pinned_to_one_mailbox_is_not_mailed_from_another() -> None:
    """One mailbox: step 1 from sender 0; the other lane claims step 2 after a stale read."""
    senders = (SALES, OTHER)
    world, campaign = staged(1, senders=senders, steps=("intro", "nudge+0d"))
    lead = person(world)
    mine = next(address for address in senders if lane(world, address).id == lead.sender)
    foreign = next(address for address in senders if address != mine)
    send(world, campaign, lead, sender=mine)
    later(world, days=1)
    old = {**stored(world, lead), "queue": f"{campaign}#{lane(world, foreign).id}"}
    with stale(world, ("leads", old)):
        send(world, campaign, lead, sender=foreign, step=2)
    assert [posted.mail.sender for posted in world.provider.posted] == [mine]


def test_a_lead_that_went_over_to_another_campaign_is_not_claimed_by_the_old_one() -> None:
    """P1, P2: read as waiting in C; withdrawn; enrolled in D; claimed by C's job."""
    world, campaign = staged(2)
    lead = person(world)
    world.sender(OTHER)
    successor = world.campaign("Holi", senders=(OTHER,), gap="0", window="always")
    other = world.connect()

    def change_over() -> None:
        other.campaigns.remove(campaign, [lead.id])
        begin(world, successor)

    meanwhile(world, is_claim, change_over)
    send(world, campaign, lead)
    assert world.provider.asked == []
    assert person(world).campaign == successor
    check(world)


def test_a_follow_up_is_not_claimed_before_its_time() -> None:
    """The step's delay: step 1 closed, step 2 dated; the next turn claims it at once."""
    world, campaign = staged(1, steps=("intro", "nudge+3d"))
    lead = person(world)
    send(world, campaign, lead)
    later(world, minutes=10)
    due = person(world).due
    assert due is not None
    assert due > to_text(world.clock.now())
    send(world, campaign, lead, step=2)
    assert mails_to(world, lead) == 1


def test_a_lead_that_met_the_campaign_is_never_enrolled_in_it_again() -> None:
    """P1: sent, so final, so enrolled again by "import more" into the same campaign."""
    world, campaign = staged(2)
    lead = person(world)
    old = {name: value for name, value in stored(world, lead).items() if name not in ("queue", "due", "step")}
    old = {**old, "status": "new", "seen": frozenset()}
    send(world, campaign, lead)
    world.services.campaigns.add(campaign)
    with stale(world, ("leads", old)):
        world.beat()
    assert person(world).status == "sent"
    send(world, campaign, person(world))
    assert mails_to(world, lead) == 1
    check(world)


def test_a_job_that_comes_again_for_ever_is_dropped_by_its_ticket() -> None:
    """A doubled or redriven job whose turn is over changes nothing."""
    world, campaign = staged(2)
    job = send_job(world, campaign, person(world))
    assert world.services.sending.send(job) == "accepted"
    for _ in range(3):
        later(world, hours=1)
        assert world.connect().sending.send(SendJob.model_validate(job.model_dump())) == "dropped"
    assert len(world.provider.posted) == 1


def test_a_process_that_dies_between_claim_and_mail_leaves_a_lead_in_doubt_not_a_second_mail() -> None:
    """A dead claim is found because it stays in `queue-index`: nobody else knows of it."""
    world, campaign = staged(1)
    lead = person(world)

    def die(mail) -> None:
        world.provider.answers = lambda later: None
        raise Crash

    world.provider.answers = die
    dying(lambda: send(world, campaign, lead))
    rows, _ = Leads(world.table).waiting(lead.queue, Between())
    assert [row.id for row in rows] == [lead.id], "a claimed lead stays in the index that the heartbeat reads"
    later(world, minutes=6)
    world.beat()
    assert person(world).status == "unconfirmed"
    check(world)
