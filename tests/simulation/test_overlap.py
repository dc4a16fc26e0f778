"""Ten worker processes on the same tables and queues, every job doubled: one mail per turn, no cap passed."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pivotr import names
from pivotr.domain.leads import Lead, lead_id
from pivotr.domain.pacing import parse_gap
from pivotr.domain.steps import parse_step
from pivotr.domain.windows import parse_window
from pivotr.storage.codec import lead_item
from pivotr.storage.memberships import Memberships
from pivotr.wiring import Services
from tests.aws.emulator import endpoint
from tests.aws.resources import create_tables, delete_tables, make_clients
from tests.simulation.overlap_ports import connected

LEADS, CAP, WORKERS = 45, 30, 10


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


def prepared(home: Path, place: list[str]) -> tuple[Services, str]:
    services = connected(home, *place)
    key = services.ports.secrets.lead
    services.senders.add("sales@acme.example", name="Acme", cap=1000)
    services.templates.create("intro", subject="Hello", text="Hello {{FirstName|there}}.")
    now = services.ports.clock.now()
    emails = [f"p{number}@x.example" for number in range(LEADS)]
    items = [lead_item(Lead(id=lead_id(key, email), email=email, domain="x.example")) for email in emails]
    services.ports.table.insert_many(names.LEADS, items)
    Memberships(services.ports.table).add_many("diwali", [item["id"] for item in items], now=now)
    campaign = services.campaigns.create(
        "Overlap",
        steps=[parse_step("intro", first=True)],
        senders=["sales@acme.example"],
        lists=["diwali"],
        window=parse_window("always"),
        gap=parse_gap("0"),
        cap=CAP,
    )
    services.transitions.start(campaign.id)
    return services, campaign.id


def watch_until_full(services: Services, campaign: str) -> None:
    """Wait for the last mail below the cap, and on for as long as one too many would take."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        time.sleep(0.5)
        if services.campaigns.show(campaign).totals["sent"] >= CAP:
            time.sleep(3)
            return


@pytest.mark.slow
def test_ten_processes_and_doubled_jobs_send_each_mail_once_and_keep_the_cap(
    tmp_path: Path, place: list[str]
) -> None:
    services, campaign = prepared(tmp_path, place)
    command = [sys.executable, "-m", "tests.simulation.overlap_worker", str(tmp_path), *place]
    workers = [subprocess.Popen(command) for _ in range(WORKERS)]
    watch_until_full(services, campaign)
    (tmp_path / "stop").touch()
    assert [worker.wait(timeout=120) for worker in workers] == [0] * WORKERS
    mails = list((tmp_path / "outbox" / "new").iterdir())
    recipients = Counter(
        line for mail in mails for line in mail.read_text().splitlines() if line.startswith("To: ")
    )
    assert max(recipients.values()) == 1
    totals = services.campaigns.show(campaign).totals
    days = services.ports.table.query(names.METRICS, campaign).items
    assert len(mails) == totals["sent"]
    assert all(day.get("sent", 0) <= CAP for day in days)
    assert totals["sent"] == CAP or len(days) > 1, "the cap is reached, not undershot"
    services.ports.close()
