"""A house to test in: real tables and queues in memory, a clock that stands still, a provider."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pivotr import names
from pivotr.adapters.embedded.sqlite_file import SqliteFile
from pivotr.adapters.embedded.sqlite_queues import SqliteQueues
from pivotr.adapters.embedded.sqlite_table import SqliteTable
from pivotr.adapters.embedded.syntax_verifier import SyntaxVerifier
from pivotr.domain.campaigns import Campaign
from pivotr.domain.intake import ImportOptions
from pivotr.domain.jobs import SendJob, VerifyJob
from pivotr.domain.leads import Lead, lead_id
from pivotr.domain.pacing import parse_gap
from pivotr.domain.reports import ImportReport, RowResult
from pivotr.domain.steps import parse_step
from pivotr.domain.windows import parse_window
from pivotr.ports.mailer import Accepted, Mail, Outcome, Quota
from pivotr.settings import Settings
from pivotr.storage.schema import TABLES
from pivotr.wiring import Ports, Secrets, Services

KEY = b"lead key of a test house"
#: A Tuesday, 10:00 in India.
START = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)


class StandingClock:
    """Stands still until it is moved or somebody sleeps; tokens count."""

    def __init__(self) -> None:
        self.instant = START
        self.tokens = 0

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)

    def token(self) -> str:
        self.tokens += 1
        return f"{self.tokens:016x}"

    def ms(self) -> int:
        return round(self.instant.timestamp() * 1000)


@dataclass
class Provider:
    """Keeps every mail; `outcome` is what it says to the next ones."""

    mails: list[Mail] = field(default_factory=list)
    outcome: Outcome | None = None

    def send(self, mail: Mail) -> Outcome:
        self.mails.append(mail)
        return self.outcome or Accepted(f"message-{len(self.mails)}")

    def quota(self) -> Quota | None:
        return None


class House:
    """Services on ports of their own, and short words for what most tests begin with."""

    def __init__(self, path: Path | None = None) -> None:
        self.clock = StandingClock()
        self.provider = Provider()
        self.file = SqliteFile(path, durable=False)
        self.table = SqliteTable(self.file, TABLES, self.clock.ms, append_only=frozenset({names.LOGS}))
        self.queues = SqliteQueues(self.file, names.QUEUES, self.clock.ms)
        ports = Ports(
            table=self.table,
            queues=self.queues,
            clock=self.clock,
            make_mailer=lambda: self.provider,
            make_verifier=SyntaxVerifier,
            make_secrets=lambda: Secrets(KEY, (b"token key",)),
        )
        self.services = Services(Settings(home=Path("/nowhere")), ports)
        self.rows: list[RowResult] = []

    def take(self, text: str | bytes, list_name: str = "diwali", **options: object) -> ImportReport:
        """Import a text as a file; its rows are in `rows`."""
        data = text.encode() if isinstance(text, str) else text
        is_dry_run = bool(options.pop("is_dry_run", False))
        self.rows = []
        return self.services.imports.run(
            io.BytesIO(data),
            "leads.csv",
            ImportOptions(list=list_name, **options),  # type: ignore[arg-type]
            is_dry_run=is_dry_run,
            actor="tester",
            on_row=self.rows.append,
        )

    def list_sizes(self) -> dict[str, int]:
        """Every list and the number of its members."""
        return {one.name: one.members for one in self.services.lists.all(is_exact=True)}

    def lead(self, address: str) -> Lead:
        """A stored lead, tombstones included."""
        found = self.services.leads.get(lead_id(KEY, address))
        assert isinstance(found, Lead)
        return found

    def campaign(self, text: str = "Hello {{FirstName|there}}", **changes: object) -> Campaign:
        """A draft with one step to the list diwali, from sales@acme.example."""
        services = self.services
        if not services.senders.all():
            services.senders.add("sales@acme.example", name="Acme Sales", zone="Asia/Kolkata")
        if not services.templates.all():
            services.templates.create("intro", "For {{Company|you}}", text)
        return services.campaigns.create(
            "Diwali outreach",
            steps=[parse_step("intro", first=True)],
            senders=["sales@acme.example"],
            lists=["diwali"],
            window=parse_window("mon-fri 09:30-17:30 Asia/Kolkata"),
            gap=parse_gap("60-180"),
            **changes,  # type: ignore[arg-type]
        )

    def start(self, campaign: Campaign) -> None:
        """Start a campaign and enrol its audience."""
        self.services.transitions.start(campaign.id)
        running = self.services.campaigns.get(campaign.id)
        while (step := self.services.enrolment.enrol(running)) is not None:
            running = step[0]

    def send_next(self) -> str:
        """One turn of the only sender: verify, wait for the gap, send; says what became of the mail."""
        said = ""
        for _ in range(20):
            for record in self.queues.receive(names.VERIFICATION_QUEUE.name, limit=10):
                self.services.verifying.handle(VerifyJob.model_validate_json(record.body))
                self.queues.delete(names.VERIFICATION_QUEUE.name, record.receipt)
            for record in self.queues.receive(names.SENDING_QUEUE.name, limit=1):
                said = self.services.sending.handle(SendJob.model_validate_json(record.body))
                self.queues.delete(names.SENDING_QUEUE.name, record.receipt)
            if said in ("accepted", "unknown", "rejected"):
                return said
            self.clock.sleep(30)
        return said
