"""A hundred thousand provider events through the real handler on SQLite: what a storm would meet.

Ten records an invocation, as Lambda gets them; 92 % deliveries, the rest bounces, complaints, delays and
opens; a file on this machine's disk whose last writes need not outlive a power failure.
Run: `python -m bench.events [COUNT]`.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pivotr import names
from pivotr.adapters.embedded.sqlite_file import SqliteFile
from pivotr.adapters.embedded.sqlite_queues import SqliteQueues
from pivotr.adapters.embedded.sqlite_table import SqliteTable
from pivotr.adapters.embedded.syntax_verifier import SyntaxVerifier
from pivotr.adapters.system_clock import SystemClock
from pivotr.domain.chance import attempt_id
from pivotr.domain.instants import to_text
from pivotr.domain.leads import Lead, lead_id
from pivotr.domain.pacing import parse_gap
from pivotr.domain.senders import sender_id
from pivotr.domain.steps import parse_step
from pivotr.domain.windows import parse_window
from pivotr.functions import process_feedback
from pivotr.functions.events import sqs_event
from pivotr.ports.queues import Received
from pivotr.settings import Settings
from pivotr.storage import log
from pivotr.storage.codec import lead_item
from pivotr.storage.memberships import Memberships
from pivotr.storage.metrics import Metrics
from pivotr.storage.schema import TABLES, queue_key
from pivotr.wiring import Ports, Secrets, Services

EVENTS = 100_000
_KEY = b"lead key of a bench"
_SALES = "sales@acme.example"
_SHARES = {"Delivery": 0.92, "DeliveryDelay": 0.02, "Open": 0.02, "Transient": 0.02, "Permanent": 0.018}
_BATCH = 10


def measure(count: int = EVENTS) -> list[dict[str, Any]]:
    """Events a second of wall time and of CPU time; checks the counters before it says so."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SqliteFile(Path(folder) / "pivotr.db", durable=False) as file,
    ):
        services, campaign, bodies, expected = _prepared(file, count)
        began, cpu = time.perf_counter(), time.process_time()
        for start in range(0, len(bodies), _BATCH):
            records = [
                Received(str(start + place), body, "receipt", 1, 0)
                for place, body in enumerate(bodies[start : start + _BATCH])
            ]
            event = sqs_event("feedback-queue", records, environment="local", region="-")
            if process_feedback.handle(event, services)["batchItemFailures"]:
                raise RuntimeError("an event failed")
        wall, used = time.perf_counter() - began, time.process_time() - cpu
        totals = Metrics(services.ports.table).totals(campaign)
        if {kind: totals[kind] for kind in expected} != expected:
            raise RuntimeError(f"the counters are wrong: {totals}")
    return [
        {"figure": "R1", "what": f"{count:,} events on SQLite, events a second", "value": round(count / wall),
         "unit": "1/s", "goal": "stated"},
        {"figure": "R1", "what": "the same for each second of CPU time", "value": round(count / used),
         "unit": "1/s", "goal": "stated"},
    ]  # fmt: skip


def _prepared(file: SqliteFile, count: int) -> tuple[Services, str, list[str], dict[str, int]]:
    clock = SystemClock()

    def now_ms() -> int:
        return int(clock.now().timestamp() * 1000)

    table = SqliteTable(file, TABLES, now_ms, append_only=frozenset({names.LOGS}))
    ports = Ports(
        table=table,
        queues=SqliteQueues(file, names.QUEUES, now_ms),
        clock=clock,
        make_mailer=lambda: None,  # type: ignore[arg-type, return-value]
        make_verifier=SyntaxVerifier,
        make_secrets=lambda: Secrets(_KEY, (b"token key",)),
    )
    services = Services(Settings(home=Path("/nowhere")), ports)
    for key in ("guard.bounce.stop", "guard.complaint.stop", "guard.early.rate"):
        # or everything stops at the third bounce, and is judged no more
        services.preferences.set(key, "100%")
    services.senders.add(_SALES, name="Acme", zone="UTC")
    services.templates.create("intro", subject="Hello", text="Hello.")
    sent_at = datetime.now(UTC) - timedelta(minutes=5)
    numbers = {kind: round(share * count) for kind, share in _SHARES.items()}
    numbers["Complaint"] = count - sum(numbers.values())
    mails = numbers["Delivery"]
    emails = [f"p{number:06d}@d{number % 997}.example" for number in range(mails)]
    leads = [lead_id(_KEY, email) for email in emails]
    attempts = [attempt_id(sent_at, f"{number:016x}") for number in range(mails)]
    Memberships(table).add_many("diwali", leads, now=sent_at)
    campaign = services.campaigns.create(
        "Storm", steps=[parse_step("intro", first=True)], senders=[_SALES], lists=["diwali"],
        window=parse_window("always"), gap=parse_gap("0"),
    ).id  # fmt: skip
    queue = queue_key(campaign, sender_id(_SALES))
    table.insert_many(
        names.LEADS,
        [
            lead_item(
                Lead(
                    id=key, email=email, domain=email.partition("@")[2], status="sent", step=1,
                    queue=queue, mailed_at=to_text(sent_at), seen=frozenset({campaign}),
                )
            )
            for key, email in zip(leads, emails, strict=True)
        ],
    )  # fmt: skip
    table.insert_many(
        names.LOGS,
        [
            log.entry(campaign, log.mail_key(attempt, "sent"), "sent", at=sent_at, lead=lead,
                      sender=sender_id(_SALES), step=1, message_id=f"0100-{number:06d}").item
            for number, (attempt, lead) in enumerate(zip(attempts, leads, strict=True))
        ],
    )  # fmt: skip
    bodies = []
    for kind, number in numbers.items():
        for place in range(number):
            # bad news come about different mails
            at = place if kind in ("Delivery", "Open", "DeliveryDelay") else place * 7 + len(kind)
            tags = {"campaign": campaign, "sender": sender_id(_SALES), "lead": leads[at], "step": "1"}
            bodies.append(_body(kind, emails[at], {**tags, "attempt": attempts[at]}, sent_at))
    random.Random(1).shuffle(bodies)
    expected = {"delivered": numbers["Delivery"], "bounced": numbers["Permanent"]}
    expected |= {"transient": numbers["Transient"], "complained": numbers["Complaint"]}
    return services, campaign, bodies, expected


def _body(kind: str, email: str, tags: dict[str, str], sent_at: datetime) -> str:
    at = {"timestamp": to_text(sent_at)}
    mail = {**at, "source": _SALES, "messageId": tags["attempt"], "destination": [email]}
    mail["tags"] = {name: [value] for name, value in tags.items()}
    listed = [{"emailAddress": email}]
    word, part, content = {
        "Delivery": ("Delivery", "delivery", {**at, "recipients": [email]}),
        "DeliveryDelay": ("DeliveryDelay", "deliveryDelay", {**at, "delayedRecipients": listed}),
        "Open": ("Open", "open", at),
        "Complaint": ("Complaint", "complaint", {**at, "complainedRecipients": listed}),
    }.get(kind, ("Bounce", "bounce", {**at, "bounceType": kind, "bouncedRecipients": listed}))
    message = json.dumps({"eventType": word, "mail": mail, part: content})
    return json.dumps({"Type": "Notification", "Message": message})


if __name__ == "__main__":
    for row in measure(int(sys.argv[1]) if sys.argv[1:] else EVENTS):
        print(f"{row['figure']}  {row['what']}: {row['value']:,} {row['unit']}")
