"""Pinning: a sequence comes from one mailbox, and a mailbox that has left a campaign mails for it no more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pivotr.errors import Conflict
from pivotr.ports.mailer import Unknown
from pivotr.ports.table import Change
from tests.simulation.promises import check
from tests.simulation.stage import (
    OTHER,
    SALES,
    lane,
    later,
    mails_to,
    meanwhile,
    person,
    send,
    staged,
    verify_job,
)
from tests.simulation.world import World

PEOPLE = 8


def pinned_to(world: World, address: str) -> list[int]:
    """Numbers of the leads that wait for a mailbox."""
    return [number for number in range(PEOPLE) if person(world, number).sender == lane(world, address).id]


def senders_of(world: World, number: int) -> set[str]:
    lead = person(world, number)
    return {posted.mail.sender for posted in world.provider.posted if posted.tags["lead"] == lead.id}


def test_only_first_mails_move_to_another_mailbox() -> None:
    """One mailbox: step 1 sent; the sender leaves; step 2 would be re-pinned."""
    world, campaign = staged(PEOPLE, senders=(SALES, OTHER), steps=("intro", "nudge+1d"))
    mine = pinned_to(world, SALES)
    send(world, campaign, person(world, mine[0]))
    world.services.campaigns.drop_sender(campaign, SALES)
    world.run_until_over(campaign)
    assert senders_of(world, mine[0]) == {SALES}
    assert mails_to(world, person(world, mine[0])) == 1
    assert person(world, mine[0]).reason == "sender left"
    for number in mine[1:]:
        assert senders_of(world, number) == {OTHER}
        assert mails_to(world, person(world, number)) == 2
    check(world)


def test_a_mailbox_that_has_left_stays_shut_after_a_resume() -> None:
    """Pin: the sender leaves; pause; resume would open it; claim."""
    world, campaign = staged(PEOPLE, senders=(SALES, OTHER))
    number = pinned_to(world, SALES)[0]
    lead = person(world, number)
    world.services.campaigns.drop_sender(campaign, SALES)
    world.services.transitions.pause(campaign)
    world.services.transitions.resume(campaign)
    later(world, minutes=1)
    send(world, campaign, lead)
    world.connect().verifying.verify(verify_job(world, campaign))
    assert world.provider.asked == []
    world.run_until_over(campaign)
    assert {posted.mail.sender for posted in world.provider.posted} == {OTHER}
    assert world.statuses() == {"sent": PEOPLE}
    check(world)


def test_a_mailbox_that_leaves_during_a_resume_stays_shut() -> None:
    """Pin: resume reads the campaign; the sender leaves; resume would open its entry; claim."""
    world, campaign = staged(PEOPLE, senders=(SALES, OTHER))
    lead = person(world, pinned_to(world, SALES)[0])
    world.services.transitions.pause(campaign)
    other = world.connect()

    def is_resuming(writes) -> bool:
        return any(getattr(write, "change", Change()).set.get("status") == "running" for write in writes)

    happened = meanwhile(world, is_resuming, lambda: other.campaigns.drop_sender(campaign, SALES))
    world.services.transitions.resume(campaign)
    assert happened
    later(world, minutes=1)
    send(world, campaign, lead)
    assert world.provider.asked == []
    world.run_until_over(campaign)
    assert {posted.mail.sender for posted in world.provider.posted} == {OTHER}
    check(world)


def test_a_mail_claimed_before_its_mailbox_left_still_goes_out_from_it() -> None:
    """A claim that exists is closed by its owner."""
    world, campaign = staged(PEOPLE, senders=(SALES, OTHER))
    number = pinned_to(world, SALES)[0]
    other = world.connect()

    def leave(mail) -> None:
        world.provider.answers = lambda again: None
        other.campaigns.drop_sender(campaign, SALES)

    world.provider.answers = leave
    send(world, campaign, person(world, number))
    assert senders_of(world, number) == {SALES}
    world.run_until_over(campaign)
    assert world.statuses() == {"sent": PEOPLE}
    check(world)


def test_the_last_mailbox_cannot_leave_and_the_rest_share_the_cap() -> None:
    """Shares add up to the cap, before and after."""
    world, campaign = staged(PEOPLE, senders=(SALES, OTHER), cap=7)
    assert sum(world.read(campaign).shares.values()) == 7
    changed = world.services.campaigns.drop_sender(campaign, OTHER)
    assert changed.shares == {lane(world).id: 7}
    assert lane(world).campaigns[campaign].share == 7
    with pytest.raises(Conflict):
        world.services.campaigns.drop_sender(campaign, SALES)
    with pytest.raises(Conflict):
        world.services.campaigns.drop_sender(campaign, OTHER)


def test_again_goes_to_the_others_where_the_mailbox_has_left() -> None:
    """Settle: it stays with its sender; where that one has left, the heartbeat re-pins the first mail."""
    world, campaign = staged(PEOPLE, senders=(SALES, OTHER))
    number = pinned_to(world, SALES)[0]
    world.provider.answers = lambda mail: Unknown("read timed out")
    send(world, campaign, person(world, number))
    world.provider.answers = lambda mail: None
    world.services.campaigns.drop_sender(campaign, SALES)
    later(world, minutes=61)
    world.services.settling.settle(campaign, person(world, number).id, "again")
    world.run(timedelta(minutes=30))
    assert senders_of(world, number) == {OTHER}
    world.run_until_over(campaign)
    check(world)
