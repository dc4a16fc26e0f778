"""Erasure: a person is forgotten, nobody writes to them again, and no later event brings anything back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from pivotr import names
from pivotr.domain.suppression import key_of_lead
from pivotr.errors import NotFound
from pivotr.storage.schema import TABLES
from tests.simulation.promises import check
from tests.simulation.stage import later, mails_to, person, send, staged
from tests.simulation.world import World, bounce_event, complaint_event, delivery_event, event_of

STEPS = ("intro", "nudge+0d")


def traces(world: World, *words: str) -> list[str]:
    """Everything stored anywhere that holds one of the words."""
    stored = [repr(item) for table in TABLES for item in world.items(table.name)]
    return [text for text in stored if any(word.lower() in text.lower() for word in words)]


def naming(event: str, address: str) -> str:
    """The event with words of a receiving server that name the person."""
    body = json.loads(event)
    for kind in ("bounce", "complaint"):
        for one in body.get(kind, {}).get("bouncedRecipients", []):
            one["diagnosticCode"] = f"smtp; 550 5.1.1 {address}: user unknown"
    return json.dumps(body)


def feed(world: World, *bodies: str) -> list[str]:
    return world.connect().feedback.process([(str(number), body) for number, body in enumerate(bodies)])


def mailed_and_bounced() -> tuple[World, str]:
    world, campaign = staged(2, steps=STEPS)
    send(world, campaign, person(world))
    posted = world.provider.posted[0]
    feed(world, naming(bounce_event(posted, "Transient", "MailboxFull"), posted.to))
    later(world, days=1)
    return world, campaign


def test_nothing_that_says_who_it_was_is_left_anywhere() -> None:
    world, campaign = mailed_and_bounced()
    lead = person(world)
    world.observer.suppressions.add(lead.email, source=f"letter from {lead.full_name}")
    assert traces(world, lead.email, lead.first_name)
    done = world.observer.erasing.erase(lead.email, actor="meena")
    assert (done.was_lead, done.lists, done.is_suppressed, done.is_open) == (True, 1, True, False)
    assert done.entries >= 2
    assert traces(world, lead.email, lead.first_name) == []
    tombstone = person(world)
    assert (tombstone.status, tombstone.seen) == ("deleted", {campaign})
    assert tombstone.model_dump(exclude_defaults=True).keys() <= {
        "id", "status", "seen", "queue", "step", "created_at", "mailed_at", "soft", "before",
    }  # fmt: skip
    check(world)


def test_counters_stay_and_agree_with_the_log() -> None:
    world, campaign = mailed_and_bounced()
    before = world.totals(campaign)
    world.observer.erasing.erase(person(world).email)
    after = world.totals(campaign)
    assert (after["sent"], after["transient"]) == (before["sent"], before["transient"]) == (1, 1)
    assert world.observer.metrics.audit(campaign).agrees
    check(world)


@pytest.mark.parametrize("kind", ["delivery", "transient", "permanent", "complaint", "open", "foreign"])
def test_a_late_event_writes_nothing_back(kind: str) -> None:
    world, campaign = mailed_and_bounced()
    lead = person(world)
    world.observer.erasing.erase(lead.email)
    posted = world.provider.posted[0]
    permanent = naming(bounce_event(posted, "Permanent", "General"), lead.email)
    bodies = {
        "delivery": delivery_event(posted),
        "transient": naming(bounce_event(posted, "Transient", "General"), lead.email),
        "permanent": permanent,
        "complaint": complaint_event(posted),
        "open": event_of(posted, "Open", ipAddress="192.0.2.1", userAgent=f"reader of {lead.email}"),
        "foreign": json.dumps(
            json.loads(permanent)
            | {"mail": json.loads(permanent)["mail"] | {"tags": {}, "messageId": "0100-of-another-program"}}
        ),
    }
    assert feed(world, bodies[kind], bodies[kind]) == []
    assert traces(world, lead.email, lead.first_name) == []
    assert person(world).status == "deleted"
    suppression = world.table.get(names.SUPPRESSIONS, (key_of_lead(lead.id),))
    assert (suppression is not None) == (kind in ("permanent", "complaint", "foreign"))
    check(world)


def test_nobody_who_complained_is_mailed_again_although_the_address_is_forgotten() -> None:
    world, _ = mailed_and_bounced()
    lead = person(world)
    feed(world, complaint_event(world.provider.posted[0]))
    done = world.observer.erasing.erase(lead.email)
    assert done.is_suppressed
    assert world.observer.suppressions.check(lead.email) is not None
    assert traces(world, lead.email) == []


def test_who_waits_for_a_mail_gets_none_any_more() -> None:
    world, campaign = staged(2)
    lead = person(world)
    world.observer.erasing.erase(lead.id)
    send(world, campaign, lead)
    world.run(timedelta(hours=2))
    assert mails_to(world, lead) == 0
    check(world)


def test_saying_it_twice_is_fine_and_a_stranger_is_not_found() -> None:
    world, _ = mailed_and_bounced()
    lead = person(world)
    world.observer.erasing.erase(lead.email)
    again = world.observer.erasing.erase(lead.email)
    assert (again.was_lead, again.entries, again.lists) == (False, 0, 0)
    with pytest.raises(NotFound):
        world.observer.erasing.erase("stranger@nowhere.example")


def test_a_row_that_waits_for_a_look_is_erased_too() -> None:
    import io

    from pivotr.domain.intake import ImportOptions

    world = World(announces=False)
    options = ImportOptions(list="diwali", is_staged=True)
    world.observer.imports.run(io.BytesIO(b"email\ninfo@shop.example\n"), "l.csv", options)
    assert traces(world, "info@shop.example")
    assert world.observer.erasing.erase("Info@Shop.example").staged == 1
    assert traces(world, "info@shop.example") == []
