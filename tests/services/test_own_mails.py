"""Test mails: the mail of a lead to one's own address, and nothing else happens."""

from __future__ import annotations

import email
import email.policy
import json
from email.message import EmailMessage
from typing import Any

import pytest

from pivotr.domain.unsubscribing import read_token
from pivotr.errors import Conflict, InvalidInput, NotFound
from pivotr.ports.mailer import AccountRefused, NotSent, RecipientRejected, Unknown
from pivotr.storage.schema import TABLES
from tests.services.house import House


def parsed(data: bytes) -> EmailMessage:
    mail = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def ready(house: House) -> str:
    house.take("name,email,company\nAsha Rao,asha@rao.example,Rao\nVijay Iyer,vijay@iyer.example,Iyer\n")
    return house.campaign("{Hi|Hello|Dear} {{FirstName}} of {{Company}}\n{{UnsubscribeLink}}").id


def everything(house: House) -> dict[str, list[Any]]:
    return {spec.name: house.table.scan(spec.name, limit=1000).items for spec in TABLES}


def test_the_mail_is_that_of_the_lead_but_for_whom_it_goes_to(house: House) -> None:
    campaign = ready(house)
    preview = house.services.previews.campaign(campaign, "vijay@iyer.example")[0]
    sent = house.services.test_sends.send(campaign, ["Me@acme.example"], lead="vijay@iyer.example")[0]
    assert (sent.to, sent.result, sent.lead) == ("me@acme.example", "accepted", "vijay@iyer.example")
    mail = house.provider.mails[0]
    assert (mail.sender, mail.recipients) == ("sales@acme.example", ("me@acme.example",))
    assert mail.tags == {"test": campaign}
    before, after = parsed(preview.data), parsed(mail.data)
    assert after["To"].addresses[0].addr_spec == "me@acme.example"
    assert after["To"].addresses[0].display_name == "Vijay Iyer"
    different = {name for name in before if before[name] != after[name]}
    assert different == {"To", "Message-ID", "X-Pivotr-Attempt", "List-Unsubscribe"}
    first, second = before.get_content().splitlines(), after.get_content().splitlines()
    assert first[0] == second[0]
    assert (sent.subject, sent.variant) == (preview.subject, preview.variant)


def test_the_way_out_is_that_of_the_address_it_goes_to(house: House) -> None:
    campaign = ready(house)
    house.services.test_sends.send(campaign, ["me@acme.example"], lead="vijay@iyer.example")
    link = str(parsed(house.provider.mails[0].data)["List-Unsubscribe"])
    token = link.partition("unsubscribe%20")[2].rstrip(">")
    assert read_token([b"token key"], token)[0] == campaign
    house.services.unsubscribing.unsubscribe(token)
    assert house.services.suppressions.check("me@acme.example")
    assert house.services.suppressions.check("vijay@iyer.example") is None
    assert house.lead("vijay@iyer.example").status == "new"


def test_nothing_is_counted_and_the_log_tells_who_it_was(house: House) -> None:
    campaign = ready(house)
    before = everything(house)
    house.services.test_sends.send(campaign, ["me@acme.example", "you@acme.example"], actor="meena")
    after = everything(house)
    assert {name for name in after if after[name] != before[name]} == {"logs"}
    new = [entry for entry in after["logs"] if entry not in before["logs"]]
    assert [entry["actor"] for entry in new] == ["meena"] * 2
    assert sorted(entry["reason"] for entry in new) == [
        "me@acme.example: accepted",
        "you@acme.example: accepted",
    ]
    assert house.services.metrics.audit(campaign).differences == ()
    house.start(house.services.campaigns.get(campaign))
    assert house.send_next() == "accepted"
    assert house.services.campaigns.show(campaign).totals["sent"] == 1


def test_an_event_about_a_test_counts_nothing(house: House) -> None:
    campaign = ready(house)
    sent = house.services.test_sends.send(campaign, ["me@acme.example"])[0]
    who = ["me@acme.example"]
    event = {
        "eventType": "Delivery",
        "mail": {"messageId": sent.message_id, "timestamp": "2026-11-24T04:30:00.000Z",
                 "destination": who, "tags": {"test": [campaign]}},
        "delivery": {"timestamp": "2026-11-24T04:30:02.000Z", "recipients": who},
    }  # fmt: skip
    body = json.dumps(event)
    before = everything(house)
    assert house.services.feedback.process([("r1", body)]) == []
    after = everything(house)
    assert {name for name in after if after[name] != before[name]} <= {"logs"}


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        (NotSent("throttled", "too fast"), "not sent"),
        (AccountRefused("account", "no"), "refused"),
        (RecipientRejected("no such user"), "rejected"),
        (Unknown("no answer"), "unknown"),
    ],
)
def test_what_the_provider_said_is_shown(house: House, outcome: Any, result: str) -> None:
    campaign = ready(house)
    house.provider.outcome = outcome
    sent = house.services.test_sends.send(campaign, ["me@acme.example"])[0]
    assert (sent.result, sent.detail, sent.message_id) == (result, outcome.text, "")


def test_a_suppressed_address_gets_no_test_either_and_nothing_leaves(house: House) -> None:
    campaign = ready(house)
    house.services.suppressions.add("@blocked.example")
    with pytest.raises(Conflict, match="gets no mail, not even a test"):
        house.services.test_sends.send(campaign, ["me@acme.example", "you@blocked.example"])
    for wrong in ([], ["me"], ["me@acme.example"] * 11):
        with pytest.raises(InvalidInput):
            house.services.test_sends.send(campaign, wrong)
    for wrong_campaign, lead in (("nothing", ""), (campaign, "nobody@rao.example")):
        with pytest.raises(NotFound):
            house.services.test_sends.send(wrong_campaign, ["me@acme.example"], lead=lead)
    with pytest.raises(InvalidInput, match="has no step 2"):
        house.services.test_sends.send(campaign, ["me@acme.example"], step=2)
    assert house.provider.mails == []


def test_who_would_get_a_copy_is_shown_and_gets_none(house: House) -> None:
    campaign = ready(house)
    house.services.senders.update("sales@acme.example", cc=["crm@acme.example"])
    house.services.recent.heed(house.services.senders.all()[0][1])
    house.services.test_sends.send(campaign, ["me@acme.example"])
    assert parsed(house.provider.mails[0].data)["Cc"] == "crm@acme.example"
    assert house.provider.mails[0].recipients == ("me@acme.example",)
