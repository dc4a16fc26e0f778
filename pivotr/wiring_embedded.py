"""The ports of the embedded environment: one SQLite file, an outbox or SMTP, the system's clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING

from pivotr import names
from pivotr.errors import Misconfigured
from pivotr.settings import Settings, read_dotenv
from pivotr.storage.schema import TABLES
from pivotr.wiring_feedback import alarms_of, mailbox_of
from pivotr.wiring_ports import Ports, Secrets

if TYPE_CHECKING:
    from pivotr.adapters.embedded.backups import Backups
    from pivotr.adapters.embedded.outbox import Outbox
    from pivotr.adapters.embedded.run_lock import RunLock
    from pivotr.ports.clock import Clock
    from pivotr.ports.domains import Domains
    from pivotr.ports.mailer import AccountList, Identities, Mailer
    from pivotr.ports.queues import Queues
    from pivotr.ports.table import Table
    from pivotr.ports.verifier import Verifier


def embedded_ports(settings: Settings, environ: Mapping[str, str], *, is_rehearsal: bool = False) -> Ports:
    """One SQLite file, its queues, an outbox or SMTP, and the system's clock.

    A rehearsal where there is no data file yet has an empty one in memory, with keys that nobody keeps.
    """
    from pivotr.adapters.embedded.secret_variables import SecretVariables
    from pivotr.adapters.embedded.sqlite_file import SqliteFile
    from pivotr.adapters.embedded.sqlite_queues import SqliteQueues
    from pivotr.adapters.embedded.sqlite_table import SqliteTable
    from pivotr.adapters.system_clock import SystemClock

    clock = SystemClock()
    is_nowhere = is_rehearsal and not settings.data_file.exists()
    key_file = settings.home / "pivotr.key"
    file = SqliteFile(None if is_nowhere else settings.data_file, made_later=key_file)
    table = SqliteTable(file, TABLES, lambda: epoch_ms(clock.now()), append_only=frozenset({names.LOGS}))
    queues = SqliteQueues(file, names.QUEUES, lambda: epoch_ms(clock.now()))
    outbox = _outbox(settings, queues, clock) if settings.mailer == "outbox" else None

    def mailer() -> Mailer:
        if settings.mailer == "ses":
            from pivotr.wiring_own_ses import own_mailer

            return own_mailer(settings, environ)
        return outbox if outbox is not None else _smtp(settings, environ)

    return Ports(
        table=table,
        queues=queues,
        clock=clock,
        make_mailer=mailer,
        make_verifier=lambda: _verifier(settings, environ),
        make_secrets=lambda: _passing_secrets() if is_nowhere else _secrets(settings, table),
        chores=_chores(settings, environ, queues, clock, outbox),
        close=file.close,
        make_identities=lambda: _identities(settings, environ),
        make_account_list=lambda: _account_list(settings, environ),
        make_domains=lambda: _domains(settings),
        make_alarms=lambda: alarms_of(settings, table, clock, mailer),
        make_mailbox=lambda: mailbox_of(settings, lambda: _secret(environ, "PIVOTR_IMAP_PASSWORD")),
        make_secret_store=lambda: SecretVariables(environ, Path(".env"), key_file),
    )


def run_lock(settings: Settings) -> RunLock:
    """The lock that one `pivotr run` holds on the data file of an environment."""
    from pivotr.adapters.embedded.run_lock import RunLock
    from pivotr.adapters.system_clock import SystemClock

    return RunLock(settings.data_file.with_suffix(".lock"), SystemClock().sleep)


def backups(settings: Settings) -> Backups:
    """Backups of the data folder of the embedded environment. Raises Misconfigured for any other."""
    from pivotr import __version__
    from pivotr.adapters.embedded.backups import Backups
    from pivotr.adapters.system_clock import SystemClock

    if settings.env != "local":
        raise Misconfigured(
            f"The tables of {settings.env} are backed up by AWS itself: point-in-time recovery is on.",
            hint="docs/operations.md tells how to restore a table.",
        )
    return Backups(settings.home, settings.outbox, version=__version__, now=SystemClock().now())


def epoch_ms(instant: datetime) -> int:
    """Milliseconds since 1970, as queues count time."""
    return int(instant.timestamp() * 1000)


def _chores(
    settings: Settings, environ: Mapping[str, str], queues: Queues, clock: Clock, outbox: Outbox | None
) -> tuple[Callable[[], int], ...]:
    """What `pivotr run` does between two jobs: it brings the events of the mails."""
    if outbox is not None:
        return (outbox.announce_pending,)
    if settings.mailer == "ses":
        from pivotr.wiring_own_ses import feedback_poll

        return (feedback_poll(settings, environ, queues, clock),)
    return ()


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


def _identities(settings: Settings, environ: Mapping[str, str]) -> Identities | None:
    """Whom SES lets send, where mails leave through it."""
    from pivotr.wiring_own_ses import own_identities

    return own_identities(settings, environ) if settings.mailer == "ses" else None


def _account_list(settings: Settings, environ: Mapping[str, str]) -> AccountList | None:
    """The suppression list of SES, where mails leave through it."""
    from pivotr.wiring_own_ses import own_account_list

    return own_account_list(settings, environ) if settings.mailer == "ses" else None


def _domains(settings: Settings) -> Domains | None:
    """The DNS, where mails leave this machine."""
    from pivotr.adapters.dns import DnsDomains

    return None if settings.mailer == "outbox" else DnsDomains()


def _smtp(settings: Settings, environ: Mapping[str, str]) -> Mailer:
    from pivotr.adapters.smtp import SmtpMailer

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

        url = settings.verifier_url

        def key() -> str:
            return _secret(environ, "MYEMAILVERIFIER_API_KEY")

        return MyEmailVerifier(key, url=url, credits_url=url) if url else MyEmailVerifier(key)
    from pivotr.adapters.embedded.syntax_verifier import SyntaxVerifier

    return SyntaxVerifier()


def _secret(environ: Mapping[str, str], name: str) -> str:
    """A secret of this machine: from the environment or `.env`, read where it is used and kept nowhere."""
    value = environ.get(name) or read_dotenv(Path(".env")).get(name, "")
    if not value:
        raise Misconfigured(f"{name} is not set.", hint=f"Put {name}=… into .env or the environment.")
    return value


def _passing_secrets() -> Secrets:
    return Secrets(token_bytes(32), (token_bytes(32),))


def _secrets(settings: Settings, table: Table) -> Secrets:
    """The keys beside the data file; made only while no lead has been stored under other ones."""
    from pivotr.adapters.embedded.keys import load_keys

    path = settings.home / "pivotr.key"
    may_create = path.exists() or not table.scan(names.LEADS, limit=1).items
    keys = load_keys(path, may_create=may_create)
    return Secrets(keys.lead, keys.unsubscribe)
