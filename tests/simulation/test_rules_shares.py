"""Caps and shares: limits hold as conditions of the claim, and a refund goes where the mail was spent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from pivotr import names
from pivotr.domain.campaigns import split_cap
from pivotr.errors import InvalidInput
from pivotr.ports.mailer import NotSent, RecipientRejected
from pivotr.ports.table import Update, Write
from tests.simulation.promises import caps_hold, check
from tests.simulation.stage import (
    OTHER,
    SALES,
    is_logging,
    lane,
    later,
    meanwhile,
    person,
    second,
    send,
    staged,
)
from tests.simulation.world import World


def day_item(world: World, day: str) -> dict:
    return world.table.get(names.METRICS, ("ALL", day)) or {}


def own_sender(world: World, number: int) -> str:
    """The address to which a lead is pinned."""
    return next(
        address for address in (SALES, OTHER) if lane(world, address).id == person(world, number).sender
    )


def test_the_accounts_limit_is_a_condition_of_the_claim() -> None:
    """P6: two mailboxes claim below an account cap of one."""
    world, campaign = staged(8, senders=(SALES, OTHER), settings={"account.cap": 1})
    by_sender = {own_sender(world, number): number for number in range(8)}
    for address, number in by_sender.items():
        send(world, campaign, person(world, number), sender=address)
    assert len(by_sender) == 2
    assert len(world.provider.posted) == 1
    caps_hold(world)


def test_the_share_of_a_campaign_is_a_condition_of_the_claim() -> None:
    """P6: two turns, one share of one."""
    world, campaign = staged(2, cap=1)
    send(world, campaign, person(world, 0))
    later(world, minutes=1)
    send(world, campaign, person(world, 1))
    assert len(world.provider.posted) == 1
    check(world)


def test_the_cap_of_a_mailbox_is_a_condition_of_the_claim() -> None:
    """P6: two campaigns, each below its share, together over the mailbox's cap."""
    world, campaign = staged(1, sender={"cap": 1})
    holi = second(world, 1)
    send(world, campaign, person(world))
    later(world, minutes=1)
    send(world, holi, person(world, prefix="q"))
    assert len(world.provider.posted) == 1
    assert lane(world).why == "cap"
    check(world)


def test_a_refund_goes_to_the_day_of_the_claim() -> None:
    """P6: claim 23:59, throttled, refund 00:00: today's counter −1 would allow one mail too many."""
    world, campaign = staged(
        3, start="2026-11-23T23:59:59+00:00", sender={"zone": "UTC"}, window="always",
        settings={"account.zone": "UTC", "account.cap": 1},
    )  # fmt: skip

    def throttled_after_midnight(mail):
        world.provider.answers = lambda again: None
        later(world, seconds=5)
        return NotSent("throttled", "Maximum sending rate exceeded.")

    world.provider.answers = throttled_after_midnight
    send(world, campaign, person(world, 0))
    assert day_item(world, "2026-11-23")["used"] == 0
    assert day_item(world, "2026-11-24").get("used", 0) == 0
    for number in (0, 1, 2):
        later(world, minutes=10)
        send(world, campaign, person(world, number))
    assert len(world.provider.posted) == 1
    check(world)


def test_a_refund_leaves_the_new_day_of_lane_and_campaign_alone() -> None:
    """P6: the lane's day and the campaign's day have turned before the refund."""
    world, campaign = staged(
        3, start="2026-11-23T23:59:59+00:00", sender={"zone": "UTC"}, settings={"account.zone": "UTC"}
    )  # fmt: skip
    other = person(world, 1)

    def rejected_after_midnight(mail):
        world.provider.answers = lambda again: None
        later(world, minutes=1)
        send(world, campaign, other)
        return RecipientRejected("Address is on the list of refused recipients.")

    world.provider.answers = rejected_after_midnight
    send(world, campaign, person(world, 0))
    now = lane(world)
    assert (now.day, now.used) == ("2026-11-24", 1)
    assert now.campaigns[campaign].used == 1
    assert person(world, 0).status == "failed"
    check(world)


def mailed_from(world: World, campaign: str, address: str) -> None:
    number = next(
        number for number in range(12)
        if own_sender(world, number) == address and person(world, number).is_waiting
    )  # fmt: skip
    send(world, campaign, person(world, number), sender=address)
    later(world, minutes=1)


def sent_by(world: World, day: str = "2026-11-23") -> dict[str, int]:
    """Mails of a day by mailbox."""
    posted = [mail for mail in world.provider.posted if mail.tags["attempt"].startswith(day.replace("-", ""))]
    return {
        address: sum(mail.tags["sender"] == lane(world, address).id for mail in posted)
        for address in (SALES, OTHER)
    }


def is_sharing(writes: Sequence[Write]) -> bool:
    """True for the transaction that moves shares."""
    return any(
        isinstance(write, Update) and any(path[-1] == "s" for path in write.change.set) for write in writes
    )


def shares(world: World, campaign: str) -> dict[str, int]:
    return {address: lane(world, address).campaigns[campaign].share for address in (SALES, OTHER)}


def test_a_used_share_is_not_lent() -> None:
    """P6: share 2 used up on one mailbox; moved; used again on the other."""
    world, campaign = staged(12, senders=(SALES, OTHER), cap=4)
    mailed_from(world, campaign, SALES)
    world.services.senders.pause(SALES)

    def opened_again() -> None:
        world.connect().senders.resume(SALES)
        mailed_from(world, campaign, SALES)

    happened = meanwhile(world, is_sharing, opened_again)
    world.beat()
    assert happened
    world.run(timedelta(hours=2))
    assert sent_by(world) == {SALES: 2, OTHER: 2}
    caps_hold(world)


def test_a_mailbox_keeps_a_share_of_one() -> None:
    """P2: the only share moved away; a lead pinned there would wait for ever."""
    world, campaign = staged(12, senders=(SALES, OTHER), cap=4)
    world.services.senders.pause(SALES)
    world.beat()
    assert shares(world, campaign) == {SALES: 1, OTHER: 3}
    # open again: its first mail of the day need not wait for a heartbeat
    world.services.senders.resume(SALES)
    mailed_from(world, campaign, SALES)
    assert sent_by(world) == {SALES: 1, OTHER: 0}


def test_a_share_is_lent_until_its_mailbox_can_send_again() -> None:
    """A mailbox that is shut does not shorten the campaign's day; once open it has back what is left."""
    world, campaign = staged(40, senders=(SALES, OTHER), cap=6, gap="600")
    world.services.senders.pause(SALES)
    world.run(timedelta(minutes=45))
    before = sent_by(world)[OTHER]
    assert 3 < before < 6
    world.services.senders.resume(SALES)
    world.run(timedelta(minutes=6))
    assert shares(world, campaign) == {SALES: 6 - before, OTHER: 3}
    world.run(timedelta(hours=3))
    today = sent_by(world)
    assert sum(today.values()) == 6
    assert today[SALES] >= 1
    world.run(timedelta(days=1))
    assert shares(world, campaign) == {SALES: 3, OTHER: 3}
    assert sent_by(world, "2026-11-24") == {SALES: 3, OTHER: 3}
    check(world)


def test_a_mailbox_that_leaves_takes_what_it_has_sent_with_it() -> None:
    """P6: 3 of 6 sent from each; one leaves; the other has the whole cap, but from the next day on."""
    world, campaign = staged(40, senders=(SALES, OTHER), cap=6)
    world.run(timedelta(minutes=30))
    assert sent_by(world) == {SALES: 3, OTHER: 3}
    world.services.campaigns.drop_sender(campaign, SALES)
    world.run(timedelta(hours=4))
    assert sent_by(world) == {SALES: 3, OTHER: 3}
    world.run(timedelta(days=1))
    assert sent_by(world, "2026-11-24") == {SALES: 0, OTHER: 6}
    check(world)


def test_a_mail_that_leaves_while_its_mailbox_is_taken_out_is_counted() -> None:
    """P6: the shares of the rest are worked out; the mailbox claims once more; they are worked out anew."""
    world, campaign = staged(40, senders=(SALES, OTHER), cap=6)
    mailed_from(world, campaign, OTHER)
    happened = meanwhile(world, is_logging("updated"), lambda: mailed_from(world, campaign, SALES))
    world.services.campaigns.drop_sender(campaign, SALES)
    assert happened
    assert shares(world, campaign)[OTHER] == 5
    world.run(timedelta(hours=4))
    assert sent_by(world) == {SALES: 1, OTHER: 5}


def test_a_lower_cap_counts_what_has_left_already() -> None:
    """P6: 5 of 10 sent from one mailbox, none from the other; the cap falls to 6: one more, not three."""
    world, campaign = staged(40, senders=(SALES, OTHER), cap=10)
    world.services.senders.pause(OTHER)
    for _ in range(5):
        mailed_from(world, campaign, SALES)
    world.services.senders.resume(OTHER)
    world.services.campaigns.update(campaign, cap=6)
    world.run(timedelta(hours=4))
    assert sent_by(world) == {SALES: 5, OTHER: 1}
    world.run(timedelta(days=1))
    assert sent_by(world, "2026-11-24") == shares(world, campaign) == {SALES: 3, OTHER: 3}
    check(world)


def test_a_cap_below_the_number_of_mailboxes_is_refused() -> None:
    """P2: each mailbox needs a share of at least one."""
    with pytest.raises(InvalidInput):
        split_cap(1, ("a", "b"))
    assert sum(split_cap(7, ("a", "b", "c")).values()) == 7
