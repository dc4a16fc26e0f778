"""Events: late, twice, folded, about mails that are not ours; people who leave while a mail is on its way."""

from __future__ import annotations

import json
from datetime import timedelta

from pivotr import names
from pivotr.domain.suppression import address_key
from tests.simulation.promises import check
from tests.simulation.stage import entries, is_claim, later, mails_to, meanwhile, person, send, staged
from tests.simulation.world import LEAD_KEY, World, bounce_event, complaint_event, delivery_event

THREE = ("intro", "nudge+0d", "nudge+0d", "nudge+0d")


def feed(world: World, *bodies: str) -> list[str]:
    """Events in a process of their own; returns the records that failed."""
    return world.connect().feedback.process([(str(number), body) for number, body in enumerate(bodies)])


def is_suppressed(world: World, email: str) -> bool:
    return world.table.get(names.SUPPRESSIONS, (address_key(LEAD_KEY, email),)) is not None


def mailed(steps: int) -> tuple[World, str]:
    """One lead that has had so many mails of a sequence of four."""
    world, campaign = staged(1, steps=THREE)
    for step in range(1, steps + 1):
        send(world, campaign, person(world), step=step)
        later(world, days=1)
    return world, campaign


def test_three_transient_bounces_of_different_mails_suppress() -> None:
    world, campaign = mailed(3)
    for number, posted in enumerate(world.provider.posted):
        assert is_suppressed(world, posted.to) is False
        feed(world, *[bounce_event(posted, "Transient", "MailboxFull")] * 3)
        assert world.totals(campaign)["transient"] == number + 1, "a repeated event counts once"
    lead = person(world)
    assert (lead.status, lead.due, lead.reason) == ("bounced", None, "three transient bounces")
    assert is_suppressed(world, lead.email)
    check(world)


def test_two_transient_bounces_leave_the_sequence_alone() -> None:
    world, campaign = mailed(2)
    feed(world, *(bounce_event(posted, "Transient", "MailboxFull") for posted in world.provider.posted))
    assert person(world).is_waiting
    send(world, campaign, person(world), step=3)
    assert mails_to(world, person(world)) == 3
    check(world)


def foreign(event: str, **mail: object) -> str:
    """The event as if another program had sent the mail from the same account."""
    record = json.loads(event)
    record["mail"] |= {"tags": {}, "messageId": "0100-of-another-program", **mail}
    return json.dumps(record)


def test_events_about_mails_that_are_not_ours_are_kept_and_count_nothing() -> None:
    world, campaign = staged(2)
    send(world, campaign, person(world))
    posted = world.provider.posted[0]
    assert feed(world, foreign(delivery_event(posted)), foreign(delivery_event(posted))) == []
    assert world.totals(campaign)["delivered"] == 0
    kept = [entry for entry in world.items(names.LOGS) if entry["campaignId"] == "ALL"]
    assert len(kept) == 1
    check(world)


def test_a_complaint_about_a_mail_that_is_not_ours_still_protects_the_person() -> None:
    world, campaign = staged(2)
    send(world, campaign, person(world))
    posted = world.provider.posted[0]
    other = person(world, 1)
    event = json.loads(foreign(complaint_event(posted), destination=[other.email]))
    event["complaint"]["complainedRecipients"] = [{"emailAddress": other.email}]
    feed(world, json.dumps(event))
    assert person(world, 1).status == "complained"
    assert is_suppressed(world, other.email)
    send(world, campaign, person(world, 1))
    assert mails_to(world, other) == 0
    assert world.totals(campaign)["complained"] == 0
    check(world)


def test_deliveries_of_one_day_share_a_transaction() -> None:
    world, campaign = staged(30, gap="0")
    for number in range(30):
        send(world, campaign, person(world, number))
        later(world, seconds=1)
    bodies = [delivery_event(posted) for posted in world.provider.posted]
    calls: list[int] = []
    transact = world.table.transact

    def counted(writes, *, token="") -> None:
        calls.append(len(writes))
        transact(writes, token=token)

    world.table.transact = counted
    assert feed(world, *bodies[:10]) == []
    assert calls == [11], "ten entries and one counter"
    assert feed(world, *bodies[5:25], *bodies[5:25]) == []
    assert world.totals(campaign)["delivered"] == 25
    assert feed(world, *bodies) == []
    assert world.totals(campaign)["delivered"] == 30
    check(world)


def test_one_bad_record_of_a_batch_fails_alone() -> None:
    world, campaign = staged(2)
    send(world, campaign, person(world))
    good = delivery_event(world.provider.posted[0])
    assert feed(world, "not feedback", good, "{}") in (["0"], ["0", "2"])
    assert world.totals(campaign)["delivered"] == 1


def test_a_lead_deleted_between_check_and_claim_gets_no_mail() -> None:
    world, campaign = staged(2)
    lead = person(world)
    other = world.connect()
    meanwhile(world, is_claim, lambda: other.leads.delete(lead.email))
    send(world, campaign, lead)
    gone = person(world)
    assert world.provider.asked == []
    assert (gone.status, gone.email, gone.due) == ("deleted", "", None)
    assert campaign in gone.seen, "the tombstone remembers, so that no import brings a second mail"
    world.run_until_over(campaign)
    check(world)


def test_a_lead_deleted_while_its_mail_is_on_the_way_is_accounted_for() -> None:
    world, campaign = staged(2)
    lead = person(world)
    other = world.connect()

    def delete(mail) -> None:
        world.provider.answers = lambda again: None
        other.leads.delete(lead.email)

    world.provider.answers = delete
    send(world, campaign, lead)
    assert person(world).status == "deleted"
    assert person(world).claim is None
    assert [entry["leadId"] for entry in entries(world, "sent")] == [lead.id]
    feed(world, bounce_event(world.provider.posted[0]))
    assert person(world).status == "deleted"
    world.run_until_over(campaign)
    check(world)


def test_saying_stop_again_is_counted_once() -> None:
    """A reply after a bounce or a second unsubscribe is no news about the lead."""
    world, campaign = staged(2, steps=("intro", "nudge+1d"))
    lead = person(world)
    send(world, campaign, lead)
    for _ in range(3):
        world.services.leads.stop(lead.id)
    feed(world, bounce_event(world.provider.posted[0]))
    world.services.leads.stop(lead.id)
    assert person(world).status == "bounced"
    assert world.totals(campaign)["replied"] == 1
    world.run(timedelta(minutes=5))
    check(world)


def test_the_log_of_the_account_says_what_came_and_changed_nobody() -> None:
    world, campaign = staged(1)
    send(world, campaign, person(world))
    posted = world.provider.posted[0]
    unknown = json.loads(delivery_event(posted)) | {"eventType": "Quarantine"}
    topic = {"Type": "SubscriptionConfirmation", "TopicArn": "arn:aws:sns:ap-south-1:1:theirs"}
    assert (
        feed(
            world,
            json.dumps(unknown),
            foreign(bounce_event(posted).replace(posted.to, "x@y.example")),
            json.dumps(topic),
        )
        == []
    )
    said = {line.sentence for line in world.services.logs.of_campaign("ALL") if line.kind != "setting"}
    assert "The provider told of something that Pivotr does not know: “Quarantine”." in said
    assert (
        "SNS asks to confirm a subscription; nothing was fetched. Topic: arn:aws:sns:ap-south-1:1:theirs."
        in said
    )
    assert any(line.startswith("A bounce came that counts for no campaign. Permanent") for line in said)
    check(world)
