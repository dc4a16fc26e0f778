"""A mail of which nobody knows, and who or what settles it: a late event, or an operator."""

from __future__ import annotations

from typing import Literal

import pytest

from pivotr.errors import Conflict
from pivotr.ports.mailer import Mail, Outcome, Unknown
from tests.simulation.promises import at_most_once, check
from tests.simulation.stage import entries
from tests.simulation.story import account_day, mails_to, minutes, run_to, told
from tests.simulation.world import Posted, World, bounce_event, complaint_event, delivery_event

TODAY = "2026-11-23"


def doubtful(
    *, is_taken: bool = True, steps: tuple[str, ...] = ("intro",), count: int = 3
) -> tuple[World, str]:
    """The first mail's answer is lost; `is_taken`: the provider took it all the same. No event has come."""
    world, campaign = told(count, gap="60", steps=steps, announces=False, cap=200)

    def answers(mail: Mail) -> Outcome | None:
        world.provider.answers = lambda later: None
        if is_taken:
            world.provider.accept(mail)
        return Unknown("Read timeout on endpoint.")

    world.provider.answers = answers
    run_to(world, "2026-11-23 04:10")
    assert world.totals(campaign)["in_doubt"] == 1
    assert the_one(world).status == "unconfirmed"
    return world, campaign


def the_one(world: World):
    return next(lead for lead in world.all_leads() if lead.id == world.provider.asked[0].tags["lead"])


def lost(world: World) -> Posted:
    return world.provider.posted[0]


def test_a_late_delivery_says_that_it_was_sent() -> None:
    world, campaign = doubtful()
    run_to(world, "2026-11-25 04:00")
    assert world.read_status(campaign) == "completed"
    world.feedback(delivery_event(lost(world)))
    world.run(minutes(6))
    check(world)
    assert the_one(world).status == "sent"
    assert the_one(world).mailed_at
    totals = world.totals(campaign)
    assert (totals["sent"], totals["delivered"], totals["in_doubt"], totals["unconfirmed"]) == (3, 1, 0, 1)
    assert account_day(world, TODAY)["used"] == 3


@pytest.mark.parametrize(
    ("event", "status", "counter"),
    [(bounce_event, "bounced", "bounced"), (complaint_event, "complained", "complained")],
)
def test_a_late_bounce_or_complaint_says_that_it_was_sent_and_how_it_ended(event, status, counter) -> None:
    world, campaign = doubtful(steps=("intro", "nudge+1d"))
    world.feedback(event(lost(world)))
    world.run(minutes(6))
    check(world)
    assert the_one(world).status == status
    assert the_one(world).doubt is None
    totals = world.totals(campaign)
    assert (totals["sent"], totals[counter], totals["in_doubt"]) == (3, 1, 0)
    assert world.services.suppressions.check(the_one(world).email) is not None
    world.run_until_over(campaign)
    check(world)
    assert len(mails_to(world, the_one(world).email)) == 1


def test_a_late_transient_bounce_says_that_it_was_sent() -> None:
    world, campaign = doubtful()
    world.feedback(bounce_event(lost(world), "Transient", "MailboxFull"))
    world.run(minutes(6))
    check(world)
    totals = world.totals(campaign)
    assert (totals["transient"], totals["unconfirmed"]) == (1, 1)
    assert the_one(world).status == "sent"
    assert totals["in_doubt"] == 0


def test_evidence_that_comes_twice_and_in_both_kinds_counts_once() -> None:
    world, campaign = doubtful()
    for _ in range(2):
        world.feedback(delivery_event(lost(world)))
        world.feedback(bounce_event(lost(world)))
    world.run(minutes(30))
    check(world)
    totals = world.totals(campaign)
    assert (totals["sent"], totals["delivered"], totals["bounced"], totals["in_doubt"]) == (3, 1, 1, 0)
    assert the_one(world).status == "bounced"


@pytest.mark.parametrize(("word", "status", "used"), [("sent", "sent", 3), ("failed", "failed", 2)])
def test_an_operator_who_knows_settles_it(word: Literal["sent", "failed"], status: str, used: int) -> None:
    world, campaign = doubtful(is_taken=False)
    lead = the_one(world)
    settled = world.services.settling.settle(campaign, lead.email, word, actor="meera")
    assert (settled.status, settled.doubt) == (status, None)
    check(world)
    assert world.totals(campaign)["in_doubt"] == 0
    assert account_day(world, TODAY)["used"] == used
    entry = next(one for one in entries(world, word) if one["leadId"] == lead.id)
    assert (entry["by"], entry["actor"]) == ("operator", "meera")
    with pytest.raises(Conflict):
        world.services.settling.settle(campaign, lead.email, word)
    world.run_until_over(campaign)
    check(world)


def test_again_needs_an_hour_and_a_running_campaign_and_goes_first() -> None:
    world, campaign = doubtful(is_taken=False, count=90)
    lead = the_one(world)
    settling = world.services.settling
    run_to(world, "2026-11-23 04:59:59")
    with pytest.raises(Conflict, match="hour"):
        settling.settle(campaign, lead.id, "again")
    run_to(world, "2026-11-23 05:00:30")
    world.services.transitions.pause(campaign)
    with pytest.raises(Conflict, match="runs"):
        settling.settle(campaign, lead.id, "again")
    world.services.transitions.resume(campaign)
    settling.settle(campaign, lead.id, "again", actor="meera")
    check(world)
    world.run(minutes(3))
    assert len(mails_to(world, lead.email)) == 1, "before everybody who has waited longer"
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 90}
    totals = world.totals(campaign)
    assert (totals["sent"], totals["unconfirmed"], totals["settled"], totals["in_doubt"]) == (90, 1, 1, 0)


def test_after_again_evidence_for_the_old_try_shows_two_mails_and_breaks_nothing() -> None:
    """The operator was wrong: two mails, by an explicit decision; the log tells both."""
    world, campaign = doubtful(count=70)
    run_to(world, "2026-11-23 05:01")
    world.services.settling.settle(campaign, the_one(world).id, "again")
    world.feedback(delivery_event(lost(world)))
    world.run_until_over(campaign)
    assert len(mails_to(world, the_one(world).email)) == 2
    assert [entry["timestamp"].partition("#")[0] for entry in entries(world, "delivered")] == [
        lost(world).tags["attempt"]
    ]
    assert the_one(world).status == "sent"
    assert world.statuses() == {"sent": 70}


@pytest.mark.parametrize("is_answered", [True, False])
@pytest.mark.parametrize("steps", [("intro",), ("intro", "nudge+1d")])
def test_a_delivery_that_outruns_the_record(is_answered: bool, steps: tuple[str, ...]) -> None:
    """The event comes between claim and close, and nothing is counted twice or in doubt."""
    world, campaign = told(3, gap="60", steps=steps, announces=False)

    def answers(mail: Mail) -> Outcome | None:
        accepted = world.provider.accept(mail)
        event = delivery_event(world.provider.posted[-1])
        assert world.connect().feedback.process([("1", event), ("2", event)]) == []
        return accepted if is_answered else Unknown("Read timeout on endpoint.")

    world.provider.answers = answers
    world.provider.send = lambda mail: (world.provider.asked.append(mail), answers(mail))[1]  # type: ignore[method-assign]
    world.run_until_over(campaign)
    check(world)
    totals = world.totals(campaign)
    mails = 3 * len(steps)
    assert (totals["sent"], totals["delivered"], totals["unconfirmed"], totals["in_doubt"]) == (
        mails, mails, 0, 0,
    )  # fmt: skip
    assert world.statuses() == {"sent": 3}
    at_most_once(world)


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_bounce_that_outruns_the_record(is_answered: bool) -> None:
    """The stronger state stays, the claim is closed, and the sequence ends."""
    world, campaign = told(4, gap="60", steps=("intro", "nudge+1d"), announces=False)
    bounced: list[str] = []

    def send(mail: Mail) -> Outcome:
        world.provider.asked.append(mail)
        accepted = world.provider.accept(mail)
        if not bounced:
            bounced.append(mail.recipients[0])
            assert world.connect().feedback.process([("1", bounce_event(world.provider.posted[-1]))]) == []
            return accepted if is_answered else Unknown("Read timeout on endpoint.")
        return accepted

    world.provider.send = send  # type: ignore[method-assign]
    world.run_until_over(campaign)
    check(world)
    totals = world.totals(campaign)
    assert (totals["sent"], totals["bounced"], totals["in_doubt"]) == (7, 1, 0)
    assert world.statuses() == {"bounced": 1, "sent": 3}
    assert len(mails_to(world, bounced[0])) == 1
