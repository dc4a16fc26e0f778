"""Ten thousand events in any order, a third of them repeated, by ten processes: every counter is exact."""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pivotr import names
from pivotr.domain.chance import attempt_id
from pivotr.domain.instants import local_day, to_text
from pivotr.domain.leads import Lead, lead_id
from pivotr.domain.pacing import parse_gap
from pivotr.domain.senders import sender_id
from pivotr.domain.steps import parse_step
from pivotr.domain.windows import parse_window
from pivotr.storage import log, metrics
from pivotr.storage.codec import lead_item
from pivotr.storage.memberships import Memberships
from pivotr.storage.metrics import Metrics
from pivotr.storage.schema import ACCOUNT, queue_key
from pivotr.wiring import Services
from tests.aws.emulator import endpoint
from tests.aws.resources import create_tables, delete_tables, make_clients
from tests.simulation.burst_worker import burst_services

PROCESSES = 10
SALES = "sales@acme.example"
#: Kind of event → how many mails it is about; `foreign` are deliveries of mails that are not ours.
KINDS = {
    "Delivery": 2500, "Open": 2500, "Click": 2000, "Transient": 1000, "Permanent": 1000, "Complaint": 500,
    "foreign": 500,
}  # fmt: skip
#: An emulator answers some hundreds of calls a second, so it gets a share: one event of ten, or as is said.
SHARE = int(os.environ.get("PIVOTR_TEST_SHARE", "10"))


@pytest.fixture(params=["sqlite", pytest.param("emulator", marks=pytest.mark.emulator)])
def place(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Where the tables are: nothing to say of the data file, else an address and an environment there."""
    if request.param == "sqlite":
        yield []
        return
    client, environment = make_clients(endpoint()).client("dynamodb"), f"t{secrets.token_hex(4)}"
    create_tables(client, environment)
    yield [endpoint(), environment]
    delete_tables(client, environment)


class Burst:
    """A campaign whose mails have all left, and every event about them."""

    def __init__(self, services: Services, *, share: int = 1) -> None:
        self.services = services
        self.kinds = {kind: count // share for kind, count in KINDS.items()}
        self.mails = self.kinds["Delivery"]
        table, clock = services.ports.table, services.ports.clock
        now = clock.now()
        self.sent_at = now - timedelta(minutes=5)
        services.senders.add(SALES, name="Acme", zone="UTC")
        services.templates.create("intro", subject="Hello", text="Hello.")
        key = services.ports.secrets.lead
        self.emails = [f"p{number:04d}@d{number % 7}.example" for number in range(self.mails)]
        self.leads = [lead_id(key, email) for email in self.emails]
        Memberships(table).add_many("diwali", self.leads, now=now)
        self.campaign = services.campaigns.create(
            "Burst", steps=[parse_step("intro", first=True)], senders=[SALES], lists=["diwali"],
            window=parse_window("always"), gap=parse_gap("0"),
        ).id  # fmt: skip
        self.attempts = [attempt_id(self.sent_at, f"{number:016x}") for number in range(self.mails)]
        day = log.day_of_key(self.attempts[0], services.campaigns.get(self.campaign).zone)
        table.insert_many(names.LEADS, [self._lead(number) for number in range(self.mails)])
        table.insert_many(names.LOGS, [self._entry(number) for number in range(self.mails)])
        counts = {"enrolled": self.mails, "finished": self.mails, "sent": self.mails}
        write = metrics.counters(self.campaign, day, counts)
        table.update(write.table, write.key, write.change)

    def _lead(self, number: int) -> dict[str, Any]:
        return lead_item(
            Lead(
                id=self.leads[number], email=self.emails[number], status="sent", step=1,
                domain=self.emails[number].partition("@")[2], seen=frozenset({self.campaign}),
                queue=queue_key(self.campaign, sender_id(SALES)), mailed_at=to_text(self.sent_at),
            )
        )  # fmt: skip

    def _entry(self, number: int) -> dict[str, Any]:
        return log.entry(
            self.campaign, log.mail_key(self.attempts[number], "sent"), "sent", at=self.sent_at,
            lead=self.leads[number], sender=sender_id(SALES), step=1, message_id=f"0100-{number:06d}",
        ).item  # fmt: skip

    def event(self, kind: str, number: int) -> str:
        """A real-shaped event about one mail; every other one came by identity notification, without tags."""
        email = self.emails[number]
        mail: dict[str, Any] = {
            "timestamp": to_text(self.sent_at), "source": SALES, "destination": [email],
            "messageId": f"0100-{number:06d}",
        }  # fmt: skip
        if kind == "foreign":
            mail |= {"messageId": f"0100-of-another-program-{number}", "source": "shop@acme.example"}
        elif number % 2:
            tags = {"campaign": self.campaign, "sender": sender_id(SALES), "lead": self.leads[number]}
            tags |= {"step": "1", "attempt": self.attempts[number]}
            mail["tags"] = {name: [value] for name, value in tags.items()}
        at = {"timestamp": to_text(self.sent_at + timedelta(seconds=number % 60))}
        word, part, content = {
            "Open": ("Open", "open", at),
            "Click": ("Click", "click", {**at, "link": "https://acme.example/"}),
            "Complaint": (
                "Complaint",
                "complaint",
                {**at, "complainedRecipients": [{"emailAddress": email}]},
            ),
            "Permanent": ("Bounce", "bounce", self._bounce("Permanent", email, at)),
            "Transient": ("Bounce", "bounce", self._bounce("Transient", email, at)),
        }.get(kind, ("Delivery", "delivery", {**at, "recipients": [email]}))
        return json.dumps({"eventType": word, "mail": mail, part: content})

    def _bounce(self, kind: str, email: str, at: dict[str, str]) -> dict[str, Any]:
        return {
            **at,
            "bounceType": kind,
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": email}],
        }

    def events(self) -> list[str]:
        """Every event once, then a third of them again, in any order."""
        kinds = self.kinds
        first = {"Permanent": kinds["Transient"], "Complaint": kinds["Transient"] + kinds["Permanent"]}
        bodies = [
            self.event(kind, first.get(kind, 0) + number)
            for kind, count in kinds.items()
            for number in range(count)
        ]
        chance = random.Random(20261124)
        bodies += chance.sample(bodies, len(bodies) // 3)
        chance.shuffle(bodies)
        return bodies


@pytest.mark.slow
def test_counters_are_exact(tmp_path: Path, place: list[str]) -> None:
    assert sum(KINDS.values()) == 10_000
    burst = Burst(burst_services(tmp_path, *place), share=SHARE if place else 1)
    bodies = burst.events()
    running = []
    for number in range(PROCESSES):
        share = tmp_path / f"share-{number}.json"
        share.write_text(json.dumps(bodies[number::PROCESSES]), encoding="utf-8")
        command = [sys.executable, "-m", "tests.simulation.burst_worker", str(tmp_path), str(share), *place]
        running.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
    assert [process.wait() for process in running] == [0] * PROCESSES
    check(burst)
    burst.services.ports.close()


def check(burst: Burst) -> None:
    services, of = burst.services, burst.kinds
    gone = of["Permanent"] + of["Complaint"]
    counters = Metrics(services.ports.table)
    totals = counters.totals(burst.campaign, consistent=True)
    expected = {"delivered": of["Delivery"], "opened": of["Open"], "clicked": of["Click"]}
    expected |= {"transient": of["Transient"], "bounced": of["Permanent"], "complained": of["Complaint"]}
    expected |= {"sent": burst.mails}
    assert {kind: totals[kind] for kind in expected} == expected
    for partition in (ACCOUNT, metrics.sender_partition(sender_id(SALES)), metrics.list_partition("diwali")):
        found = counters.totals(partition, consistent=True)
        assert (found["bounced"], found["complained"]) == (of["Permanent"], of["Complaint"]), partition
    domains = [counters.totals(metrics.domain_partition(f"d{number}.example")) for number in range(7)]
    assert sum(found["bounced"] for found in domains) == of["Permanent"]
    assert sum(found["complained"] for found in domains) == of["Complaint"]
    report = services.metrics.audit(burst.campaign)
    assert report.agrees, report.differences
    statuses = Counter(item["status"] for item in every(services, names.LEADS))
    assert statuses == {
        "sent": burst.mails - gone, "bounced": of["Permanent"], "complained": of["Complaint"],
    }  # fmt: skip
    assert len(services.suppressions.all()) == gone
    kinds = [line.kind for line in services.logs.of_campaign(ACCOUNT)]
    assert kinds.count("delivery") == of["foreign"], "mails that are not ours are kept once"
    assert kinds.count("guard") == 1, "everything stops once"
    today = local_day(services.ports.clock.now(), services.recent.preferences().zone)
    assert counters.account_day(today)["stopped"] is True


def every(services: Services, table: str) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        page = services.ports.table.scan(table, limit=1000, cursor=cursor)
        yield from page.items
        if (cursor := page.cursor) is None:
            return
