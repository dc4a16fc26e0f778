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
#: How each run dies: after some seconds of real `pivotr run` or of the same loop, or between a mail's
#: acceptance and its record.
DEATHS = ("run", "loop", "exact", "loop", "loop", "loop", "exact", "loop", "loop", "loop")
#: Each run begins this much later: beyond visibility time-outs and the age at which claims of the dead close.
LATER = 900


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


def killed(home: Path, command: list[str], mails: int, delay: float) -> bool:
    """A process that is killed `delay` seconds after so many mails; False where it ended before."""
    environ = {**os.environ, "PIVOTR_HOME": str(home)}
    enough = sent(home) + mails
    process = subprocess.Popen(
        [sys.executable, "-m", *command], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while sent(home) < enough and process.poll() is None:
        time.sleep(0.002)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def sent(home: Path) -> int:
    """Mails in the outbox."""
    folder = home / "outbox" / "new"
    return len(os.listdir(folder)) if folder.exists() else 0  # noqa: PTH208 - asked again and again


def loop(home: Path, kill_after: int, number: int) -> list[str]:
    """The words of one run of the loop, `number` times `LATER` ahead of the clock."""
    return ["tests.simulation.kill_worker", str(home), str(kill_after), str(number * LATER)]


def ended(home: Path, kill_after: int, number: int) -> int:
    command = [sys.executable, "-m", *loop(home, kill_after, number)]
    return subprocess.run(command, check=False, timeout=300).returncode


def die(home: Path, death: str, number: int) -> bool:
    """One run and its death; True where it died by our hand."""
    if death == "exact":
        return ended(home, 20, number) == -signal.SIGKILL
    command = ["pivotr", "run", "--until-idle"] if death == "run" else loop(home, 0, number)
    chance = random.Random(number)
    # ten times fewer than there are leads, so that no run comes to the end, however fast the machine is
    return killed(home, command, chance.randint(10, LEADS // 12), chance.uniform(0, 0.02))


@pytest.mark.slow
def test_a_thousand_leads_survive_ten_kills(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    services, campaign = prepared(tmp_path)
    deaths = [die(tmp_path, death, number) for number, death in enumerate(DEATHS)]
    assert all(deaths), "each of the ten runs was killed at work"
    exact = DEATHS.count("exact")
    for number in (len(DEATHS), len(DEATHS) + 1):
        assert ended(tmp_path, 0, number) == 0
    record_property("kills -9", len(deaths))
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
    assert by_evidence >= exact, "mails whose record died are known by their Delivery event alone"
    assert services.campaigns.get(campaign).status == "completed"
    record_property("mails settled by evidence alone", by_evidence)
    services.ports.close()
