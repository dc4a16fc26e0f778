"""Caps and shares: limits hold as conditions of the claim, and a refund goes where the mail was spent."""

from __future__ import annotations

import pytest

from pivotr import names
from pivotr.domain.campaigns import split_cap
from pivotr.domain.instants import local_day
from pivotr.errors import InvalidInput
from pivotr.ports.mailer import NotSent, RecipientRejected
from pivotr.ports.table import Change, TransactionCancelled, Update
from pivotr.storage import lanes
from tests.simulation.promises import caps_hold, check
from tests.simulation.stage import OTHER, SALES, lane, later, person, second, send, staged
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


def lend(world: World, campaign: str, amount: int) -> None:
    """Move part of a share to the other mailbox, as a lane that rests for the day would."""
    gain = Change(add={("campaigns", campaign, "s"): amount})
    world.table.transact(
        [
            lanes.lend_share(lane(world, SALES), campaign, amount),
            Update(names.SENDERS, (lane(world, OTHER).id,), gain),
        ]
    )


def mailed_from(world: World, campaign: str, address: str) -> None:
    number = next(
        number for number in range(12)
        if own_sender(world, number) == address and person(world, number).is_waiting
    )  # fmt: skip
    send(world, campaign, person(world, number), sender=address)
    later(world, minutes=1)


def test_a_used_share_is_not_lent() -> None:
    """P6: share 2 used up on one mailbox; moved; used again on the other."""
    world, campaign = staged(12, senders=(SALES, OTHER), cap=4)
    for _ in range(2):
        mailed_from(world, campaign, SALES)
    with pytest.raises(TransactionCancelled):
        lend(world, campaign, 1)
    for _ in range(3):
        mailed_from(world, campaign, OTHER)
    assert len(world.provider.posted) == 4
    check(world)


def test_a_mailbox_keeps_a_share_of_one() -> None:
    """P2: the only share moved away; a lead pinned there would wait for ever."""
    world, campaign = staged(12, senders=(SALES, OTHER), cap=2)
    item = world.table.get(names.SENDERS, (lane(world).id,))
    fresh = {**item["campaigns"][campaign], "d": local_day(world.clock.now(), "Asia/Kolkata"), "u": 0}
    world.table.put(names.SENDERS, {**item, "campaigns": {campaign: fresh}})
    with pytest.raises(TransactionCancelled):
        lend(world, campaign, 1)
    mailed_from(world, campaign, SALES)
    assert len(world.provider.posted) == 1


def test_a_cap_below_the_number_of_mailboxes_is_refused() -> None:
    """P2: each mailbox needs a share of at least one."""
    with pytest.raises(InvalidInput):
        split_cap(1, ("a", "b"))
    assert sum(split_cap(7, ("a", "b", "c")).values()) == 7
