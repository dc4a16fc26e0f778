"""Mails with copies: every recipient takes a place of every cap, and nobody suppressed gets one."""

from __future__ import annotations

import email
import json
from typing import Any

import pytest

from pivotr.errors import InvalidInput
from pivotr.ports.mailer import NotSent, Outcome, RecipientRejected
from pivotr.storage.guarding import account_figures
from tests.simulation.promises import check
from tests.simulation.stage import SALES, lane
from tests.simulation.story import account_day, by_day, run_to, told
from tests.simulation.test_story_limits import OFFICE, capped
from tests.simulation.world import World

CRM, BOSS = "crm@acme.example", "boss@acme.example"
TODAY = "2026-11-23"


def with_copies(count: int, *cc: str, **options: Any) -> tuple[World, str]:
    sender = {"cc": cc, **options.pop("sender", {})}
    return told(count, window=OFFICE, gap="60", sender=sender, **options)


def used(world: World) -> tuple[int, ...]:
    """Places that are taken today: of the account, of the mailbox, of a live campaign's share."""
    found = lane(world, SALES)
    shares = [entry.used for entry in found.campaigns.values()]
    return (int(account_day(world, TODAY).get("used", 0)), found.used, *shares)


def test_a_copy_is_shown_and_sent_to() -> None:
    world, _ = with_copies(2, CRM, BOSS)
    run_to(world, "2026-11-23 04:00:30")
    check(world)
    mail = world.provider.posted[0].mail
    assert mail.recipients[1:] == (CRM, BOSS)
    parsed = email.message_from_bytes(mail.data)
    assert parsed["Cc"] == f"{CRM}, {BOSS}"
    assert used(world) == (3, 3, 3)


@pytest.mark.parametrize("whose", ["campaign", "sender", "account"])
@pytest.mark.parametrize(("cap", "mails"), [(10, 5), (9, 4)])
def test_no_cap_is_exceeded_by_recipients(whose: str, cap: int, mails: int) -> None:
    world, campaign = with_copies(12, CRM, **capped(whose, cap))
    world.run_until_over(campaign)
    check(world)
    assert all(count <= mails for count in by_day(world).values())
    assert by_day(world)[TODAY] == mails
    assert sum(by_day(world).values()) == 12
    assert world.statuses() == {"sent": 12}


def test_two_mailboxes_share_the_account_to_its_last_place_and_not_beyond() -> None:
    world, _ = with_copies(
        40, CRM, senders=(SALES, "info@acme.example"), settings={"account.cap": 11}, cap=80
    )
    run_to(world, "2026-11-23 11:29")
    check(world)
    assert by_day(world) == {TODAY: 5}
    assert account_day(world, TODAY)["used"] == 10


@pytest.mark.parametrize("outcome", [RecipientRejected("no"), NotSent("unreachable", "away")])
def test_what_was_not_sent_is_given_back_with_its_copies(outcome: Outcome) -> None:
    world, _ = with_copies(1, CRM, BOSS)
    world.provider.answers = lambda mail: outcome
    run_to(world, "2026-11-23 04:00:30")
    check(world)
    assert world.provider.posted == []
    assert used(world) == (0, 0, 0)
    assert account_day(world, TODAY).get("copies", 0) == 0


def test_a_suppressed_copy_is_left_out_and_the_lead_gets_the_mail() -> None:
    world, _ = with_copies(2, CRM, BOSS)
    world.services.suppressions.add(CRM)
    run_to(world, "2026-11-23 05:00")
    check(world)
    assert [posted.mail.recipients[1:] for posted in world.provider.posted] == [(BOSS,), (BOSS,)]
    assert used(world) == (4, 4)


def test_copies_do_not_thin_the_guards_figures() -> None:
    world, _ = with_copies(4, CRM, BOSS)
    run_to(world, "2026-11-23 05:00")
    assert account_day(world, TODAY)["used"] == 12
    assert account_figures(world.table, world.services.recent, world.clock.now()).sent == 4


def test_copies_may_change_while_mails_leave() -> None:
    world, campaign = with_copies(6, CRM, **capped("sender", 9))
    run_to(world, "2026-11-23 04:00:30")
    world.services.senders.update(SALES, cc=[])
    world.run_until_over(campaign)
    check(world)
    assert [len(posted.mail.recipients) for posted in world.provider.posted] == [2, 1, 1, 1, 1, 1]


def test_what_would_never_send_is_refused() -> None:
    world = World()
    with pytest.raises(InvalidInput, match="3 recipients, and the mailbox may send 2 a day"):
        world.sender(cap=2, cc=[CRM, BOSS])
    with pytest.raises(InvalidInput, match="at most 3 others"):
        world.sender(cc=[f"a{number}@acme.example" for number in range(4)])
    with pytest.raises(InvalidInput, match="not to its own sender"):
        world.sender(cc=[SALES])
    world.sender(cc=[CRM])
    world.template()
    world.leads(1)
    with pytest.raises(InvalidInput, match="its share of the daily cap is smaller"):
        world.services.transitions.start(world.campaign(cap=1))
    campaign = world.campaign(cap=2)
    world.services.transitions.start(campaign)
    with pytest.raises(InvalidInput, match="3 recipients"):
        world.services.senders.update(SALES, cc=[CRM, BOSS])


def test_the_arrival_of_a_copy_is_no_delivery_to_the_lead() -> None:
    world, campaign = with_copies(1, CRM, announces=False)
    run_to(world, "2026-11-23 04:00:30")
    posted = world.provider.posted[0]
    tags = {name: [value] for name, value in posted.mail.tags.items()}
    for number, recipients in enumerate(([CRM], [CRM], [posted.mail.recipients[0]])):
        event = {
            "eventType": "Delivery",
            "mail": {"messageId": posted.message_id, "timestamp": "2026-11-23T04:00:00.000Z", "tags": tags,
                     "destination": list(posted.mail.recipients)},
            "delivery": {"timestamp": "2026-11-23T04:00:05.000Z", "recipients": recipients},
        }  # fmt: skip
        assert world.services.feedback.process([(str(number), json.dumps(event))]) == []
        assert world.totals(campaign)["delivered"] == int(CRM not in recipients)
    check(world)


def test_a_forecast_counts_copies() -> None:
    world, campaign = with_copies(12, CRM, sender={"cap": 8}, begun=False)
    found = world.services.forecasts.campaign(campaign)
    assert [day.mails for day in found.days] == [4, 4, 4]
    assert found.limit == "sender cap"
