"""Which mail an event is about: by tags, by message id, by the address in flight; and what is not ours."""

from __future__ import annotations

import json
from typing import Any

from pivotr import names
from pivotr.domain.suppression import address_key
from pivotr.ports.mailer import Accepted, Mail, Unknown
from tests.simulation.promises import check
from tests.simulation.stage import begin, entries, later, person, send, staged
from tests.simulation.test_rules_feedback import feed
from tests.simulation.world import LEAD_KEY, World, bounce_event, complaint_event, delivery_event


def untagged(event: str, **mail: Any) -> str:
    """The event as an identity notification, which carries no tags."""
    record = json.loads(event)
    record["notificationType"] = record.pop("eventType")
    record["mail"] |= {"tags": {}, **mail}
    return json.dumps(record)


def without_index(world: World) -> None:
    """The index of message ids shows nothing: it is eventually consistent."""
    query = world.table.query

    def read(table: str, partition: str, **more: Any) -> Any:
        found = query(table, partition, **more)
        return type(found)([], None) if more.get("index") == "message-index" else found

    world.table.query = read


def test_by_the_message_id() -> None:
    world, campaign = staged(2)
    send(world, campaign, person(world))
    feed(world, untagged(delivery_event(world.provider.posted[0])))
    assert world.totals(campaign)["delivered"] == 1
    check(world)


def test_by_the_address_while_the_mail_is_on_its_way() -> None:
    """The bounce is there before the mail's own record: the claim says which mail it is."""
    world, campaign = staged(2)
    lead = person(world)

    def fast(mail: Mail) -> None:
        world.provider.answers = lambda later: None
        world.provider.accept(mail)
        feed(world, untagged(bounce_event(world.provider.posted[0])))

    world.provider.answers = fast
    send(world, campaign, lead)
    assert person(world).status == "bounced"
    assert world.totals(campaign)["bounced"] == 1
    assert len(entries(world, "sent")) == 1


def test_by_the_address_while_the_mail_is_in_doubt() -> None:
    world, campaign = staged(2)
    lead = person(world)

    def vanish(mail: Mail) -> Unknown:
        world.provider.accept(mail)
        return Unknown("no answer")

    world.provider.answers = vanish
    send(world, campaign, lead)
    assert person(world).status == "unconfirmed"
    feed(world, untagged(delivery_event(world.provider.posted[0])))
    assert person(world).status == "sent", "evidence settles the doubt"
    check(world)


def test_by_the_address_while_the_index_lags() -> None:
    world, campaign = staged(2)
    send(world, campaign, person(world))
    without_index(world)
    feed(world, *[untagged(complaint_event(world.provider.posted[0]))] * 2)
    assert world.totals(campaign)["complained"] == 1
    check(world)


def test_another_program_s_mail_to_the_same_person_at_the_same_moment_is_not_ours() -> None:
    world, campaign = staged(2)
    send(world, campaign, person(world))
    without_index(world)
    posted = world.provider.posted[0]
    other_sender = untagged(delivery_event(posted), source="shop@acme.example", messageId="other-1")
    other_mail = untagged(delivery_event(posted), messageId="other-2")
    feed(world, other_sender, other_mail)
    assert world.totals(campaign)["delivered"] == 0
    kept = [entry for entry in world.items(names.LOGS) if entry["campaignId"] == "ALL"]
    assert len(kept) == 2


def test_a_late_event_counts_for_the_campaign_of_its_mail() -> None:
    """The lead has been enrolled by the next campaign meanwhile, and waits there."""
    world, campaign = staged(2)
    send(world, campaign, person(world))
    send(world, campaign, person(world, 1))
    late = world.provider.posted[0]
    later(world, days=1)
    world.beat()
    newer = world.campaign("Holi", gap="0", window="always")
    begin(world, newer)
    assert person(world).campaign == newer
    feed(world, untagged(bounce_event(late)), bounce_event(late))
    assert (world.totals(campaign)["bounced"], world.totals(newer)["bounced"]) == (1, 0)
    assert world.totals(newer)["finished"] == 1, "its wait in the newer one is over"
    check(world)


def test_an_opt_out_at_the_provider_is_as_good_as_one_with_us() -> None:
    world, campaign = staged(2, steps=("intro", "nudge+1d"))
    lead = person(world)
    send(world, campaign, lead)
    event = json.loads(delivery_event(world.provider.posted[0]))
    del event["delivery"]
    event["eventType"] = "Subscription"
    event["subscription"] = {
        "contactList": "all",
        "newTopicPreferences": {"unsubscribeAll": True, "topicSubscriptionStatus": []},
        "oldTopicPreferences": {"unsubscribeAll": False, "topicSubscriptionStatus": []},
    }
    stranger = json.loads(json.dumps(event))
    stranger["mail"] |= {"destination": ["stranger@y.example"], "tags": {}, "messageId": "another"}
    feed(world, json.dumps(event), json.dumps(event), json.dumps(stranger))
    assert person(world).status == "unsubscribed"
    assert not person(world).is_waiting
    assert world.totals(campaign)["unsubscribed"] == 1
    for email in (lead.email, "stranger@y.example"):
        item = world.table.get(names.SUPPRESSIONS, (address_key(LEAD_KEY, email),))
        assert item is not None
        assert item["reason"] == "unsubscribe"
    check(world)


def test_provider_ids_and_ours_in_a_reply_s_header() -> None:
    from pivotr.storage.mail_refs import MailRefs

    world, campaign = staged(2)
    world.provider.answers = lambda mail: None
    send(world, campaign, person(world))
    attempt = entries(world, "sent")[0]["timestamp"].partition("#")[0]
    refs = MailRefs(table=world.table, recent=world.connect().recent, lead_key=LEAD_KEY)
    message_id = world.provider.posted[0].message_id
    for header in (f"{message_id}@ap-south-1.amazonses.com", f"{message_id}@email.amazonses.com"):
        found = refs.of_header(header)
        assert found is not None
        assert found.attempt == attempt
    own = refs.of_header(f"{attempt}@acme.example", [person(world).email])
    assert own is not None
    assert (own.campaign.id, own.lead, own.step) == (campaign, person(world).id, 1)
    for foreign in ("", "x", f"{attempt}x@acme.example", "0100-9@evil.example", f"{attempt}@acme.example"):
        assert refs.of_header(foreign, ["nobody@x.example"]) is None


def test_accepted_by_smtp_under_our_own_id() -> None:
    from pivotr.storage.mail_refs import MailRefs

    world, campaign = staged(1)
    world.provider.send = lambda mail: Accepted(f"{mail.tags['attempt']}@acme.example")  # type: ignore[method-assign]
    send(world, campaign, person(world))
    attempt = entries(world, "sent")[0]["timestamp"].partition("#")[0]
    refs = MailRefs(table=world.table, recent=world.connect().recent, lead_key=LEAD_KEY)
    found = refs.of_header(f"{attempt}@acme.example", ["somebody.else@x.example"])
    assert found is not None, "a colleague answers from another address"
