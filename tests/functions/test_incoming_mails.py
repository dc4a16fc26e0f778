"""Mails that come in reach their service by two doors: the mailbox, at each heartbeat, and SES's notice."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pivotr import names
from pivotr.domain.unsubscribing import make_token
from pivotr.functions import heartbeat, process_feedback
from pivotr.functions.events import schedule_event, sqs_event
from pivotr.ports.mailbox import Fetched
from pivotr.ports.mailer import Accepted
from pivotr.ports.queues import Received
from pivotr.wiring import Services
from tests.services.house import House

FILES = Path(__file__).parents[1] / "data" / "incoming"
PLACEHOLDER = b"20261124T043000000Z-0000000000000001"
LEADS = "name,email,company\nAsha Rao,asha@rao.example,Rao Textiles\n"

#: File → the lead's state after it.
MAILS = {
    "reply-gmail": "replied",
    "reply-outlook-stop": "unsubscribed",
    "bounce-exim": "bounced",
    "dsn-exchange-full": "sent",
    "arf": "complained",
    "letter": "sent",
    "way-out": "unsubscribed",
}


class Box:
    """A mailbox."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    def fetch(self, cursor: str, *, since: Any, limit: int) -> Fetched:
        at = int(cursor or 0)
        return Fetched(tuple(self.mails[at:]), str(len(self.mails)), has_more=False)


def mailed(box: Box | None = None) -> tuple[House, str]:
    """A lead that has had its mail, and the attempt of it."""
    house = House()
    if box is not None:
        house.services.ports.make_mailbox = lambda: box
    house.take(LEADS)
    house.start(house.campaign())
    house.provider.send = lambda mail: Accepted(f"{mail.tags['attempt']}@acme.example")  # type: ignore[method-assign]
    assert house.send_next() == "accepted"
    entries = house.table.scan(names.LOGS, limit=1000).items
    (attempt,) = [item["timestamp"].partition("#")[0] for item in entries if item["kind"] == "sent"]
    return house, attempt


def content(house: House, name: str, attempt: str) -> bytes:
    (campaign,) = house.services.campaigns.all()
    token = make_token(b"token key", campaign.id, house.lead("asha@rao.example").id)
    raw = (FILES / f"{name}.eml").read_bytes()
    return raw.replace(PLACEHOLDER, attempt.encode()).replace(b"TOKEN", token.encode())


def record(queue: str, body: str) -> dict[str, Any]:
    return sqs_event(queue, [Received("m-1", body, "r", 1, 0)], environment="dev", region="ap-south-1")


@pytest.mark.parametrize("name", MAILS)
def test_the_heartbeat_reads_the_mailbox(name: str) -> None:
    box = Box()
    house, attempt = mailed(box)
    box.mails.append(content(house, name, attempt))
    # with env local the runner looks, not the heartbeat
    settings = house.services.settings.model_copy(update={"env": "dev"})
    deployed = Services(settings, house.services.ports)
    event = schedule_event(house.clock.now(), environment="dev", region="ap-south-1")
    for _ in range(2):
        heartbeat.handle(event, deployed)
    assert house.lead("asha@rao.example").status == MAILS[name]


@pytest.mark.parametrize("name", MAILS)
def test_ses_tells_of_a_mail_that_it_received(name: str) -> None:
    house, attempt = mailed()
    notice = {
        "notificationType": "Received",
        "mail": {
            "timestamp": "2026-11-24T05:00:00.000Z",
            "messageId": "in-1",
            "destination": ["sales@acme.example"],
        },
        "receipt": {"action": {"type": "SNS", "encoding": "BASE64"}},
        "content": base64.b64encode(content(house, name, attempt)).decode(),
    }
    for _ in range(2):
        answer = process_feedback.handle(
            record(names.FEEDBACK_QUEUE.name, json.dumps(notice)), house.services
        )
        assert answer == {"batchItemFailures": []}
    assert house.lead("asha@rao.example").status == MAILS[name]
