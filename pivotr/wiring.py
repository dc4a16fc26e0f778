"""The only place that puts things together: ports by environment, services on ports. Built on first use."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from pivotr import names
from pivotr.domain.outgoing import Wording
from pivotr.errors import Misconfigured
from pivotr.settings import Settings
from pivotr.storage.recent import Recent
from pivotr.storage.schema import TABLES

if TYPE_CHECKING:
    from pivotr.adapters.embedded.outbox import Outbox
    from pivotr.adapters.embedded.run_lock import RunLock
    from pivotr.ports.clock import Clock
    from pivotr.ports.mailer import Mailer
    from pivotr.ports.queues import Queues
    from pivotr.ports.table import Table
    from pivotr.ports.verifier import Verifier
    from pivotr.services.campaigns import Campaigns
    from pivotr.services.dead_letters import DeadLetters
    from pivotr.services.enrolment import Enrolment
    from pivotr.services.feedback import Feedback
    from pivotr.services.heartbeat import Heartbeat
    from pivotr.services.imports import Imports
    from pivotr.services.leads import Leads
    from pivotr.services.lists import Lists
    from pivotr.services.logs import Logs
    from pivotr.services.metrics import MetricsReport
    from pivotr.services.preferences import OperatorSettings
    from pivotr.services.previews import Previews
    from pivotr.services.senders import Senders
    from pivotr.services.sending import Sending
    from pivotr.services.settling import Settling
    from pivotr.services.suppressions import Suppressions
    from pivotr.services.templates import Templates
    from pivotr.services.transitions import Transitions
    from pivotr.services.unsubscribing import Unsubscribing
    from pivotr.services.verifying import Verifying


@dataclass(frozen=True, slots=True)
class Secrets:
    """Key material of one environment."""

    lead: bytes
    unsubscribe: tuple[bytes, ...]

    def __repr__(self) -> str:
        return "Secrets(…)"


@dataclass
class Ports:
    """The five collaborators; a worker never builds those that it does not use."""

    table: Table
    queues: Queues
    clock: Clock
    make_mailer: Callable[[], Mailer]
    make_verifier: Callable[[], Verifier]
    make_secrets: Callable[[], Secrets]
    #: Work of the embedded environment between two jobs, such as announcing mails; returns how much was done.
    chores: tuple[Callable[[], int], ...] = ()
    close: Callable[[], None] = lambda: None

    @cached_property
    def mailer(self) -> Mailer:
        """The mailer, made on first use."""
        return self.make_mailer()

    @cached_property
    def verifier(self) -> Verifier:
        """The verifier, made on first use."""
        return self.make_verifier()

    @cached_property
    def secrets(self) -> Secrets:
        """The keys, read on first use."""
        return self.make_secrets()


class Services:
    """Every service on one set of ports; each is built when it is first asked for."""

    def __init__(self, settings: Settings, ports: Ports) -> None:
        self.settings = settings
        self.ports = ports
        self.recent = Recent(ports.table, ports.clock)

    @cached_property
    def wording(self) -> Wording:
        """What mails need beside lead, sender and template."""
        return Wording(
            provider=self.settings.mailer,
            key=self.ports.secrets.unsubscribe[0],
            public_url=self.settings.public_url,
            region=self.settings.region,
        )

    @cached_property
    def verifying(self) -> Verifying:
        """verify-email."""
        from pivotr.services.verifying import Verifying

        return Verifying(
            table=self.ports.table,
            queues=self.ports.queues,
            verifier=self.ports.verifier,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
        )

    @cached_property
    def sending(self) -> Sending:
        """send-email."""
        from pivotr.services.sending import Sending

        return Sending(
            table=self.ports.table,
            queues=self.ports.queues,
            mailer=self.ports.mailer,
            clock=self.ports.clock,
            recent=self.recent,
            wording=self.wording,
        )

    @cached_property
    def feedback(self) -> Feedback:
        """process-feedback."""
        from pivotr.services.feedback import Feedback

        return Feedback(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            lead_key=self.ports.secrets.lead,
            provider=self.settings.mailer,
        )

    @cached_property
    def enrolment(self) -> Enrolment:
        """Enrolment in slices."""
        from pivotr.services.enrolment import Enrolment

        return Enrolment(table=self.ports.table, clock=self.ports.clock, key=self.ports.secrets.lead)

    @cached_property
    def heartbeat(self) -> Heartbeat:
        """heartbeat."""
        from pivotr.services.heartbeat import Heartbeat

        return Heartbeat(
            table=self.ports.table,
            queues=self.ports.queues,
            mailer=self.ports.mailer,
            clock=self.ports.clock,
            recent=self.recent,
            enrol=self.enrolment.enrol,
        )

    @cached_property
    def senders(self) -> Senders:
        """Mailboxes."""
        from pivotr.services.senders import Senders

        return Senders(
            table=self.ports.table, queues=self.ports.queues, clock=self.ports.clock, recent=self.recent
        )

    @cached_property
    def campaigns(self) -> Campaigns:
        """Campaigns."""
        from pivotr.services.campaigns import Campaigns

        return Campaigns(
            table=self.ports.table, queues=self.ports.queues, clock=self.ports.clock, recent=self.recent
        )

    @cached_property
    def transitions(self) -> Transitions:
        """Start, pause, resume, abort."""
        from pivotr.services.transitions import Transitions

        return Transitions(
            table=self.ports.table, queues=self.ports.queues, clock=self.ports.clock, recent=self.recent
        )

    @cached_property
    def lists(self) -> Lists:
        """Lists of leads."""
        from pivotr.services.lists import Lists

        return Lists(table=self.ports.table)

    @cached_property
    def preferences(self) -> OperatorSettings:
        """Operator settings."""
        from pivotr.services.preferences import OperatorSettings

        return OperatorSettings(table=self.ports.table, clock=self.ports.clock)

    @cached_property
    def templates(self) -> Templates:
        """Templates of mails."""
        from pivotr.services.templates import Templates

        return Templates(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
        )

    @cached_property
    def imports(self) -> Imports:
        """Imports of lead files."""
        from pivotr.services.imports import Imports

        return Imports(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
        )

    @cached_property
    def leads(self) -> Leads:
        """Leads, one by one."""
        from pivotr.services.leads import Leads

        return Leads(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
        )

    @cached_property
    def suppressions(self) -> Suppressions:
        """Suppressions by an operator."""
        from pivotr.services.suppressions import Suppressions

        return Suppressions(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
        )

    @cached_property
    def unsubscribing(self) -> Unsubscribing:
        """The way out of a mail."""
        from pivotr.services.unsubscribing import Unsubscribing

        return Unsubscribing(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
            token_keys=self.ports.secrets.unsubscribe,
        )

    @cached_property
    def metrics(self) -> MetricsReport:
        """Counters and their audit."""
        from pivotr.services.metrics import MetricsReport

        return MetricsReport(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
        )

    @cached_property
    def logs(self) -> Logs:
        """The log in sentences."""
        from pivotr.services.logs import Logs

        return Logs(
            table=self.ports.table,
            recent=self.recent,
            key=self.ports.secrets.lead,
        )

    @cached_property
    def previews(self) -> Previews:
        """What leads of a campaign would get."""
        from pivotr.services.previews import Previews

        return Previews(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            wording=self.wording,
            key=self.ports.secrets.lead,
        )

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """Records that failed too often."""
        from pivotr.services.dead_letters import DeadLetters

        return DeadLetters(
            queues=self.ports.queues,
        )

    @cached_property
    def settling(self) -> Settling:
        """Unconfirmed mails, settled by an operator."""
        from pivotr.services.settling import Settling

        return Settling(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
        )


def connect(settings: Settings, environ: Mapping[str, str] | None = None) -> Services:
    """The services of an environment. Raises Misconfigured."""
    if settings.env != "local":
        raise Misconfigured(
            f"The environment {settings.env} cannot be reached by this version.",
            hint="Use the embedded one: --env local",
        )
    return Services(settings, embedded_ports(settings, os.environ if environ is None else environ))


def embedded_ports(settings: Settings, environ: Mapping[str, str]) -> Ports:
    """One SQLite file, its queues, an outbox or SMTP, and the system's clock."""
    from pivotr.adapters.embedded.sqlite_file import SqliteFile
    from pivotr.adapters.embedded.sqlite_queues import SqliteQueues
    from pivotr.adapters.embedded.sqlite_table import SqliteTable
    from pivotr.adapters.system_clock import SystemClock

    clock = SystemClock()
    file = SqliteFile(settings.data_file)
    table = SqliteTable(file, TABLES, lambda: epoch_ms(clock.now()), append_only=frozenset({names.LOGS}))
    queues = SqliteQueues(file, names.QUEUES, lambda: epoch_ms(clock.now()))
    outbox = _outbox(settings, queues, clock) if settings.mailer == "outbox" else None

    def mailer() -> Mailer:
        return outbox if outbox is not None else _smtp(settings, environ)

    return Ports(
        table=table,
        queues=queues,
        clock=clock,
        make_mailer=mailer,
        make_verifier=lambda: _verifier(settings, environ),
        make_secrets=lambda: _secrets(settings, table),
        chores=(outbox.announce_pending,) if outbox is not None else (),
        close=file.close,
    )


def run_lock(settings: Settings) -> RunLock:
    """The lock that one `pivotr run` holds on the data file of an environment."""
    from pivotr.adapters.embedded.run_lock import RunLock

    return RunLock(settings.data_file.with_suffix(".lock"))


def epoch_ms(instant: datetime) -> int:
    """Milliseconds since 1970, as queues count time."""
    return int(instant.timestamp() * 1000)


def _outbox(settings: Settings, queues: Queues, clock: Clock) -> Outbox:
    from pivotr.adapters.embedded.outbox import Outbox

    return Outbox(
        settings.outbox,
        announce=lambda body: queues.send(names.FEEDBACK_QUEUE.name, body),
        now_ms=lambda: epoch_ms(clock.now()),
        token=clock.token,
        bounce_share=settings.outbox_bounce_share,
        complaint_share=settings.outbox_complaint_share,
    )


def _smtp(settings: Settings, environ: Mapping[str, str]) -> Mailer:
    from pivotr.adapters.smtp import SmtpMailer

    if settings.mailer != "smtp":
        raise Misconfigured(
            f"The mailer {settings.mailer} cannot be used by this version.", hint="Use outbox or smtp."
        )
    return SmtpMailer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_username or None,
        (lambda: _secret(environ, "PIVOTR_SMTP_PASSWORD")) if settings.smtp_username else None,
        10.0,
        "localhost",
    )


def _verifier(settings: Settings, environ: Mapping[str, str]) -> Verifier:
    if settings.verifier == "myemailverifier":
        from pivotr.adapters.myemailverifier import MyEmailVerifier

        return MyEmailVerifier(lambda: _secret(environ, "MYEMAILVERIFIER_API_KEY"))
    from pivotr.adapters.embedded.syntax_verifier import SyntaxVerifier

    return SyntaxVerifier()


def _secret(environ: Mapping[str, str], name: str) -> str:
    """A secret of this machine: from the environment or `.env`, read where it is used and kept nowhere."""
    from pathlib import Path

    from pivotr.settings import read_dotenv

    value = environ.get(name) or read_dotenv(Path(".env")).get(name, "")
    if not value:
        raise Misconfigured(f"{name} is not set.", hint=f"Put {name}=… into .env or the environment.")
    return value


def _secrets(settings: Settings, table: Table) -> Secrets:
    """The keys beside the data file; made only while no lead has been stored under other ones."""
    from pivotr.adapters.embedded.keys import load_keys

    path = settings.home / "pivotr.key"
    may_create = path.exists() or not table.scan(names.LEADS, limit=1).items
    keys = load_keys(path, may_create=may_create)
    return Secrets(keys.lead, keys.unsubscribe)
