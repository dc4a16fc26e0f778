"""Mails that come in and what follows: who has answered, who is suppressed, what a person must read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pivotr import names
from pivotr.domain.unsubscribing import make_token
from pivotr.errors import Misconfigured, NotFound
from pivotr.ports.mailbox import Fetched
from pivotr.ports.mailer import Accepted
from pivotr.storage.metrics import Metrics
from tests.services.house import House

FILES = Path(__file__).parents[1] / "data" / "incoming"
PLACEHOLDER = b"20261124T043000000Z-0000000000000001"
HEAD = "name,email,company\n"


class Box:
    """A mailbox that holds what a test has put into it."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.looks = 0

    def fetch(self, cursor: str, *, since: Any, limit: int) -> Fetched:
        self.looks += 1
        at = int(cursor or 0)
        found = self.mails[at : at + limit]
        return Fetched(tuple(found), str(at + len(found)), has_more=at + limit < len(self.mails))


@pytest.fixture
def box(house: House) -> Box:
    built = Box()
    house.services.ports.make_mailbox = lambda: built
    return built


@pytest.fixture
def mailed(house: House, box: Box) -> str:
    """A lead in a sequence that has had its first mail; the attempt of that mail."""
    house.take(HEAD + "Asha Rao,asha@rao.example,Rao Textiles\n")
    campaign = house.campaign()
    house.start(campaign)
    house.provider.send = lambda mail: Accepted(f"{mail.tags['attempt']}@acme.example")  # type: ignore[method-assign]
    assert house.send_next() == "accepted"
    (entry,) = [item for item in log(house) if item["kind"] == "sent"]
    return str(entry["timestamp"]).partition("#")[0]


def log(house: House) -> list[dict[str, Any]]:
    return house.table.scan(names.LOGS, limit=1000).items


def file(name: str, attempt: str) -> bytes:
    return (FILES / f"{name}.eml").read_bytes().replace(PLACEHOLDER, attempt.encode())


def took(house: House, name: str, attempt: str) -> str:
    return house.services.incoming.take(file(name, attempt))


def totals(house: House) -> dict[str, int]:
    (campaign,) = house.services.campaigns.all()
    return Metrics(house.table).totals(campaign.id)


@pytest.mark.parametrize(
    ("name", "became", "status", "counted"),
    [
        ("reply-gmail", "replied", "replied", "replied"),
        ("reply-outlook-stop", "unsubscribed", "unsubscribed", "unsubscribed"),
        ("reply-perhaps", "open", "replied", "replied"),
        ("automatic-exchange", "automatic", "sent", ""),
        ("automatic-gmail", "automatic", "sent", ""),
        ("dsn-postfix", "bounced", "bounced", "bounced"),
        ("bounce-exim", "bounced", "bounced", "bounced"),
        ("dsn-exchange-full", "bounced", "sent", "transient"),
        ("dsn-delayed", "delayed", "sent", "delayed"),
        ("arf", "complained", "complained", "complained"),
        ("letter", "open", "sent", ""),
    ],
)
def test_what_follows_once_however_often_it_is_read(  # noqa: PLR0917
    house: House, mailed: str, name: str, became: str, status: str, counted: str
) -> None:
    before = totals(house)
    for _ in range(3):
        assert took(house, name, mailed) == became
    assert house.lead("asha@rao.example").status == status
    after = totals(house)
    changed = {key: after[key] - before[key] for key in after if after[key] != before[key]}
    assert changed == ({counted: 1} if counted else {})
    report = house.services.metrics.audit(house.services.campaigns.all()[0].id)
    assert report.agrees, report.differences
    is_suppressed = house.services.suppressions.check("asha@rao.example") is not None
    assert is_suppressed == (status in ("unsubscribed", "bounced", "complained"))


@pytest.mark.parametrize("name", ["reply-gmail", "reply-outlook-stop", "dsn-postfix", "bounce-exim", "arf"])
def test_mails_about_mails_that_are_not_ours_change_nobody(house: House, mailed: str, name: str) -> None:
    forged = "20261124T043000000Z-ffffffffffffffff"
    if name.startswith("reply"):
        raw = file(name, forged).replace(b"asha@rao", b"eve@rao").replace(b"Asha@Rao", b"eve@rao")
    else:
        raw = file(name, forged)
    assert house.services.incoming.take(raw) == "foreign"
    assert house.lead("asha@rao.example").status == "sent"


def test_the_way_out_by_mail(house: House, mailed: str) -> None:
    (campaign,) = house.services.campaigns.all()
    token = make_token(b"token key", campaign.id, house.lead("asha@rao.example").id)
    raw = (FILES / "way-out.eml").read_bytes()
    assert house.services.incoming.take(raw.replace(b"TOKEN", token.encode())) == "unsubscribed"
    assert house.lead("asha@rao.example").status == "unsubscribed"
    forged = make_token(b"another key", campaign.id, "l" + "a" * 24)
    assert house.services.incoming.take(raw.replace(b"TOKEN", forged.encode())) == "foreign"


def test_a_letter_that_asks_for_nothing_but_an_end_is_heeded(house: House, mailed: str) -> None:
    letter = b"From: asha@rao.example\nTo: sales@acme.example\nSubject: Your mails\n\nPlease remove me.\n"
    assert house.services.incoming.take(letter) == "unsubscribed"
    assert house.lead("asha@rao.example").status == "unsubscribed"
    assert house.services.incoming.take(letter.replace(b"asha@", b"stranger@")) == "foreign"


def test_a_clear_wish_from_another_address_is_for_a_person_unless_it_is_the_same_house(
    house: House, mailed: str
) -> None:
    raw = file("reply-outlook-stop", mailed)
    stranger = raw.replace(b"Asha@Rao.example", b"asha.private@webmail.example")
    assert house.services.incoming.take(stranger) == "open"
    assert house.lead("asha@rao.example").status == "replied", "somebody has answered: the sequence ends"
    (waiting,) = house.services.replies.all()
    assert "another address" in waiting.why
    colleague = raw.replace(b"Asha@Rao.example", b"office@rao.example")
    assert house.services.incoming.take(colleague) == "unsubscribed"


class TestOperator:
    """What is not clear is put before a person."""

    @pytest.mark.parametrize(
        ("decision", "status"),
        [("replied", "replied"), ("unsubscribed", "unsubscribed"), ("nothing", "sent")],
    )
    def test_decisions(self, house: House, mailed: str, decision: Any, status: str) -> None:
        took(house, "letter", mailed)
        (reply,) = house.services.replies.all()
        assert (reply.sender, reply.subject, reply.text) == (
            "asha@rao.example", "Your prices", "What does it cost?",
        )  # fmt: skip
        house.services.replies.settle(reply.id, decision, actor="meena")
        assert house.lead("asha@rao.example").status == status
        assert house.services.replies.all() == []
        with pytest.raises(NotFound):
            house.services.replies.settle(reply.id, decision)
        took(house, "letter", mailed)
        assert house.services.replies.all() == [], "it was decided already"
        assert "cost" not in str(house.table.scan(names.WORK, limit=100).items), "no text stays"

    def test_erasing_a_person_takes_their_words_away(self, house: House, mailed: str) -> None:
        took(house, "reply-perhaps", mailed)
        house.services.erasing.erase("asha@rao.example")
        assert house.services.replies.all() == []
        assert "catalogue" not in str(house.table.scan(names.WORK, limit=100).items)


class TestLooking:
    """The mailbox is read once a minute, from where the last look ended."""

    def test_everything_that_is_new(self, house: House, box: Box, mailed: str) -> None:
        assert house.services.incoming.poll() == 0
        box.mails += [file("automatic-gmail", mailed)] * 30 + [b"\xff\xfe junk", file("reply-gmail", mailed)]
        house.clock.sleep(60)
        assert house.services.incoming.poll() == 32
        assert house.lead("asha@rao.example").status == "replied"
        house.clock.sleep(60)
        assert house.services.incoming.poll() == 0

    def test_two_processes_do_not_look_at_the_same_moment(self, house: House, box: Box) -> None:
        house.services.incoming.poll()
        house.services.incoming.poll()
        assert box.looks == 1

    def test_a_mail_that_nobody_foresaw_is_passed_over(
        self, house: House, box: Box, mailed: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from pivotr.services import incoming

        reads = incoming.read
        monkeypatch.setattr(incoming, "read", lambda raw: 1 / 0 if raw == b"poison" else reads(raw))
        box.mails += [b"poison", file("reply-gmail", mailed)]
        report = house.services.incoming.look()
        assert report.outcomes == {"unreadable": 1, "replied": 1}

    def test_the_way_of_bounces_is_proved_by_a_look(self, house: House, box: Box, mailed: str) -> None:
        assert house.table.get(names.WORK, ("bounce-path",)) is None
        house.services.incoming.look()
        first = house.table.get(names.WORK, ("bounce-path",))
        assert first is not None
        assert first["proven_at"] == first["seen_at"]
        house.clock.sleep(86_400)
        box.mails.append(file("dsn-postfix", mailed))
        house.services.incoming.look()
        later = house.table.get(names.WORK, ("bounce-path",))
        assert later is not None
        assert later["proven_at"] == first["proven_at"]
        assert later["bounced_at"] == later["seen_at"] > first["seen_at"]

    def test_without_a_mailbox(self, house: House) -> None:
        assert house.services.incoming.poll() == 0
        with pytest.raises(Misconfigured):
            house.services.incoming.look()


def test_mail_that_ses_has_received(house: House, mailed: str) -> None:
    """By SNS with the mail inside, and by S3, where somebody can fetch it."""
    import base64
    import json

    event = {
        "notificationType": "Received",
        "mail": {"timestamp": "2026-11-24T05:32:17.000Z", "source": "asha@rao.example", "messageId": "in-1"},
        "receipt": {"recipients": ["sales@acme.example"], "action": {"type": "SNS", "encoding": "BASE64"}},
        "content": base64.b64encode(file("reply-gmail", mailed)).decode(),
    }
    body = json.dumps({"Type": "Notification", "Message": json.dumps(event)})
    assert house.services.feedback.process([("1", body)]) == []
    assert house.lead("asha@rao.example").status == "replied"

    stored = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}
    stored["s3"] = {"bucket": {"name": "mails"}, "object": {"key": "in/a+b%2B1"}}  # type: ignore[assignment]
    assert house.services.feedback.process([("2", json.dumps({"Records": [stored]}))]) == []
    kept = [item for item in log(house) if item["kind"] == "received"]
    assert len(kept) == 1, "nobody can fetch it here: it is kept"


def test_mail_that_ses_has_stored_is_fetched(house: House, mailed: str) -> None:
    import json

    asked: list[tuple[str, str]] = []

    def read_stored(bucket: str, key: str) -> bytes:
        asked.append((bucket, key))
        return file("dsn-postfix", mailed)

    house.services.ports.read_stored = read_stored
    stored = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": "mails"}, "object": {"key": "in/a+b%2B1"}},
    }
    assert house.services.feedback.process([("1", json.dumps({"Records": [stored]}))]) == []
    assert asked == [("mails", "in/a b+1")]
    assert house.lead("asha@rao.example").status == "bounced"
