"""`kill -9` in the middle of `pivotr run`, ten times, once between a mail's acceptance and its record."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pivotr import names
from pivotr.domain.leads import Lead, lead_id
from pivotr.domain.pacing import parse_gap
from pivotr.domain.steps import parse_step
from pivotr.domain.windows import parse_window
from pivotr.settings import Settings
from pivotr.storage.codec import lead_from, lead_item
from pivotr.storage.memberships import Memberships
from pivotr.wiring import Services, connect

LEADS = 1000
RANDOM_KILLS = 8
EXACT_KILLS = 2
#: Beyond the age at which the heartbeat closes the claims of the dead.
LATER = "900"


def prepared(home: Path) -> tuple[Services, str]:
    services = connect(Settings(home=home), {})
    services.preferences.set("account.cap", "100000", actor="test")
    services.senders.add("sales@acme.example", name="Acme", cap=100_000)
    services.templates.create("intro", subject="Hello", text="Hello {{FirstName|there}}.")
    key = services.ports.secrets.lead
    emails = [f"p{number}@x.example" for number in range(LEADS)]
    items = [lead_item(Lead(id=lead_id(key, email), email=email, domain="x.example")) for email in emails]
    services.ports.table.insert_many(names.LEADS, items)
    now = services.ports.clock.now()
    Memberships(services.ports.table).add_many("diwali", [item["id"] for item in items], now=now)
    campaign = services.campaigns.create(
        "Kill",
        steps=[parse_step("intro", first=True)],
        senders=["sales@acme.example"],
        lists=["diwali"],
        window=parse_window("always"),
        gap=parse_gap("0"),
        cap=100_000,
    )
    services.transitions.start(campaign.id)
    return services, campaign.id


def run_and_kill(home: Path, seconds: float) -> bool:
    """A real `pivotr run` that is killed after some seconds; False where it had ended before."""
    command = [sys.executable, "-m", "pivotr", "run", "--until-idle"]
    environ = {**os.environ, "PIVOTR_HOME": str(home)}
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def worker(home: Path, kill_after: int, shift: str = "0") -> int:
    command = [sys.executable, "-m", "tests.simulation.kill_worker", str(home), str(kill_after), shift]
    return subprocess.run(command, check=False, timeout=300).returncode


@pytest.mark.slow
def test_a_thousand_leads_survive_ten_kills(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    services, campaign = prepared(tmp_path)
    draw = random.Random(7)
    kills = sum(run_and_kill(tmp_path, draw.uniform(1.2, 3.0)) for _ in range(RANDOM_KILLS))
    exact = sum(worker(tmp_path, 20 + 10 * number) == -signal.SIGKILL for number in range(EXACT_KILLS))
    assert exact == EXACT_KILLS, "the mail was accepted, its record was not"
    assert worker(tmp_path, 0, LATER) == 0
    assert worker(tmp_path, 0, str(2 * int(LATER))) == 0
    record_property("kills -9", kills + exact)
    record_property("kills -9 between acceptance and record", exact)

    mails = list((tmp_path / "outbox" / "new").iterdir())
    recipients = Counter(
        line for mail in mails for line in mail.read_text().splitlines() if line.startswith("To: ")
    )
    assert max(recipients.values()) == 1, "no address twice in the outbox"
    totals = services.campaigns.show(campaign).totals
    entries = [
        entry
        for entry in services.ports.table.query(names.LOGS, campaign, limit=100_000).items
        if entry["kind"] == "sent"
    ]
    assert len(mails) == totals["sent"] == len(entries)
    leads = [lead_from(item) for item in services.ports.table.scan(names.LEADS, limit=10_000).items]
    doubtful = [lead for lead in leads if lead.status != "sent"]
    assert all(lead.status == "unconfirmed" for lead in doubtful), Counter(lead.status for lead in leads)
    not_sent = {lead.email for lead in doubtful}
    assert not any(f"To: {email}" in recipients for email in not_sent), "evidence settles every doubt"
    by_evidence = sum(entry.get("by") == "evidence" for entry in entries)
    assert by_evidence >= EXACT_KILLS, "mails whose record died are known by their Delivery event alone"
    assert services.campaigns.get(campaign).status == "completed"
    record_property("mails settled by evidence alone", by_evidence)
    services.ports.close()
