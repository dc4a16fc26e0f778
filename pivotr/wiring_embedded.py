"""The ports of the embedded environment: one SQLite file, an outbox or SMTP, the system's clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from pivotr import names
from pivotr.errors import Misconfigured
from pivotr.settings import Settings
from pivotr.storage.schema import TABLES
from pivotr.wiring_ports import Ports, Secrets

if TYPE_CHECKING:
    from pivotr.adapters.embedded.outbox import Outbox
    from pivotr.adapters.embedded.run_lock import RunLock
    from pivotr.ports.clock import Clock
    from pivotr.ports.mailer import Mailer
    from pivotr.ports.queues import Queues
    from pivotr.ports.table import Table
    from pivotr.ports.verifier import Verifier


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
