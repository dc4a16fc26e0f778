"""Somebody leaves between the check of the address and the mail: no mail, and nobody else waits for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pivotr.domain.leads import Lead
from pivotr.domain.unsubscribing import make_token
from pivotr.errors import Conflict
from tests.simulation.promises import check
from tests.simulation.stage import entries
from tests.simulation.story import claims, mails_to, minutes, run_to, texts, told
from tests.simulation.world import World, bounce_event, complaint_event

Leave = Callable[[World, str, Lead], object]

LEAVING: dict[str, tuple[Leave, str]] = {
    "deleted": (lambda world, campaign, lead: world.services.leads.delete(lead.email), "deleted"),
    "erased": (lambda world, campaign, lead: world.services.erasing.erase(lead.email), "deleted"),
    "suppressed": (lambda world, campaign, lead: world.services.suppressions.add(lead.email), "unsubscribed"),
    "unsubscribed": (
        lambda world, campaign, lead: world.services.unsubscribing.unsubscribe(
            make_token(b"unsubscribe key", campaign, lead.id)
        ),
        "unsubscribed",
    ),
    "replied": (lambda world, campaign, lead: world.services.leads.stop(lead.email), "replied"),
    "withdrawn": (lambda world, campaign, lead: world.services.campaigns.remove(campaign, [lead.id]), "new"),
}


def next_one(world: World) -> Lead:
    """The lead whose address has been checked and whose mail waits for its instant."""
    email = world.checker.asked[-1]
    lead = next(lead for lead in world.all_leads() if lead.email == email)
    assert lead.is_waiting
    assert mails_to(world, email) == []
    return lead


@pytest.mark.parametrize("name", LEAVING)
def test_somebody_leaves_between_check_and_mail(name: str) -> None:
    leave, status = LEAVING[name]
    world, campaign = told(4, gap="600")
    run_to(world, "2026-11-23 04:05")
    lead = next_one(world)
    leave(world, campaign, lead)
    check(world)
    world.run_until_over(campaign)
    check(world)
    assert mails_to(world, lead.email) == []
    assert lead.email not in {mail.recipients[0] for mail in world.provider.asked}
    after = next(one for one in world.all_leads() if one.id == lead.id)
    assert (after.status, after.due) == (status, None)
    # the turn went to the next one at its very instant
    assert texts(claims(world)) == ["2026-11-23 04:00:00", "2026-11-23 04:10:00", "2026-11-23 04:20:00"]
    assert world.totals(campaign)["sent"] == 3


def test_a_whole_domain_leaves_between_check_and_mail() -> None:
    world, campaign = told(3, gap="600", begun=False)
    world.leads(3, prefix="q", domain="closed.example")
    world.services.transitions.start(campaign)
    run_to(world, "2026-11-23 04:05")
    _, stopped = world.services.suppressions.add("@closed.example")
    mailed = {posted.to for posted in world.provider.posted if posted.to.endswith("@closed.example")}
    assert stopped == 3
    world.run_until_over(campaign)
    check(world)
    closed = {posted.to for posted in world.provider.posted if posted.to.endswith("@closed.example")}
    assert closed == mailed
    assert len([posted for posted in world.provider.posted if posted.to.endswith("@x.example")]) == 3


def test_a_domain_that_is_suppressed_before_its_people_arrive() -> None:
    """Nobody of it is a lead yet: the list of domains keeps them out."""
    world, campaign = told(2, gap="60", begun=False)
    world.services.suppressions.add("@closed.example")
    world.leads(2, prefix="q", domain="closed.example")
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 2, "new": 2}
    assert {posted.to.partition("@")[2] for posted in world.provider.posted} == {"x.example"}
    assert not [email for email in world.checker.asked if email.endswith("@closed.example")]


def test_an_address_suppressed_before_it_arrives() -> None:
    world, campaign = told(2, gap="60", begun=False)
    world.services.suppressions.add("q0000@x.example")
    world.leads(1, prefix="q")
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    check(world)
    assert mails_to(world, "q0000@x.example") == []
    assert world.statuses() == {"sent": 2, "new": 1}


@pytest.mark.parametrize("name", ["deleted", "erased", "suppressed", "unsubscribed", "replied"])
def test_somebody_leaves_between_two_mails_of_a_sequence(name: str) -> None:
    leave, status = LEAVING[name]
    world, campaign = told(3, gap="60", steps=("intro", "nudge+1d"))
    run_to(world, "2026-11-23 05:00")
    lead = next(lead for lead in world.all_leads() if lead.email == "p0001@x.example")
    leave(world, campaign, lead)
    world.run_until_over(campaign)
    check(world)
    assert len(mails_to(world, "p0001@x.example")) == 1
    assert world.totals(campaign)["sent"] == 5
    assert next(one for one in world.all_leads() if one.id == lead.id).status == status


@pytest.mark.parametrize("name", ["deleted", "erased", "suppressed", "unsubscribed", "replied"])
def test_somebody_leaves_while_the_mail_is_being_sent(name: str) -> None:
    """The claim exists: this mail goes out and is recorded, and it is the last one."""
    leave, status = LEAVING[name]
    world, campaign = told(3, gap="60", steps=("intro", "nudge+1d"))
    left: list[str] = []

    def answers(mail) -> None:
        if not left:
            left.append(mail.tags["lead"])
            lead = next(one for one in world.all_leads() if one.id == mail.tags["lead"])
            other = world.connect()
            services, world.services = world.services, other
            leave(world, campaign, lead)
            world.services = services

    world.provider.answers = answers
    world.run_until_over(campaign)
    check(world)
    assert sum(posted.tags["lead"] == left[0] for posted in world.provider.posted) == 1
    assert world.totals(campaign)["sent"] == 5
    assert next(one for one in world.all_leads() if one.id == left[0]).status == status


def test_a_person_who_left_one_campaign_by_its_link_hears_from_no_other() -> None:
    world, diwali = told(2, gap="60")
    world.run_until_over(diwali)
    lead = world.all_leads()[0]
    token = make_token(b"unsubscribe key", diwali, lead.id)
    world.services.unsubscribing.unsubscribe(token)
    world.services.unsubscribing.unsubscribe(token)
    holi = world.campaign("Holi", gap="60")
    world.services.transitions.start(holi)
    world.run_until_over(holi)
    check(world)
    assert len(mails_to(world, lead.email)) == 1
    assert len(entries(world, "unsubscribed")) == 1
    assert world.totals(diwali)["unsubscribed"] == 1
    assert world.totals(holi)["enrolled"] == 1


@pytest.mark.parametrize("event", [bounce_event, complaint_event])
def test_who_bounced_or_complained_hears_from_no_other_campaign(event) -> None:
    world, diwali = told(30, gap="60")
    world.run_until_over(diwali)
    gone = world.provider.posted[0]
    world.feedback(event(gone))
    world.run(minutes(6))
    holi = world.campaign("Holi", gap="60")
    world.services.transitions.start(holi)
    world.run_until_over(holi)
    check(world)
    assert len(mails_to(world, gone.to)) == 1
    assert world.totals(holi)["sent"] == 29


def test_three_transient_bounces_in_three_mails_end_it() -> None:
    """Two are bad luck; repeats of the same event are not a third."""
    world, campaign = told(1, steps=("intro", "nudge+1d", "nudge+1d", "nudge+1d"))
    for number in range(3):
        world.run(minutes(60 * 24 * 5), until=lambda: len(world.provider.posted) > number)  # noqa: B023
        assert world.all_leads()[0].status == "queued"
        for _ in range(2):
            world.feedback(bounce_event(world.provider.posted[number], "Transient", "MailboxFull"))
        world.run(minutes(1))
    check(world)
    assert world.all_leads()[0].status == "bounced"
    world.run_until_over(campaign)
    check(world)
    assert len(world.provider.posted) == 3
    assert world.totals(campaign)["transient"] == 3


def test_a_deleted_lead_that_is_imported_again_gets_no_second_mail_of_the_campaign() -> None:
    world, campaign = told(2, gap="60")
    run_to(world, "2026-11-23 04:00:30")
    first = world.provider.posted[0].to
    world.services.leads.delete(first)
    world.services.leads.add(first, list_name="diwali")
    world.services.campaigns.add(campaign)
    world.run_until_over(campaign)
    check(world)
    assert len(mails_to(world, first)) == 1
    with pytest.raises(Conflict):
        world.services.leads.add(first, list_name="diwali")
