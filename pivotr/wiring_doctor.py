"""Who looks at an environment for `pivotr doctor`."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pivotr import __version__, names
from pivotr.errors import Misconfigured, Unavailable
from pivotr.settings import Settings

if TYPE_CHECKING:
    from pivotr.services.doctor import Doctor
    from pivotr.services.doctor_deployed import DeployedDoctor
    from pivotr.services.doctor_local import LocalDoctor


def doctor(settings: Settings, environ: Mapping[str, str] | None = None) -> Doctor | LocalDoctor:
    """The one who knows this environment. Raises Misconfigured while the sandbox is down."""
    environ = os.environ if environ is None else environ
    return _local(settings) if settings.env == "local" else _of_account(settings, environ)


def deployed(settings: Settings, environ: Mapping[str, str] | None = None) -> DeployedDoctor:
    """The one who knows what a deployment has made. Raises Misconfigured while the sandbox is down."""
    from pivotr.adapters.aws.cloudformation import CloudFormationStacks
    from pivotr.adapters.aws.inspection import AwsInspector
    from pivotr.adapters.system_clock import SystemClock
    from pivotr.services.doctor_deployed import DeployedDoctor
    from pivotr.wiring_aws import clients_of
    from pivotr.wiring_sandbox import api_of, located

    environ = os.environ if environ is None else environ
    found = located(settings, environ)
    clients = clients_of(found, environ)
    return DeployedDoctor(
        settings=found,
        inspector=AwsInspector(clients),
        stacks=CloudFormationStacks(clients),
        clock=SystemClock(),
        api_url=lambda outputs: api_of(found, outputs),
    )


def _of_account(settings: Settings, environ: Mapping[str, str]) -> Doctor:
    from pivotr.adapters.aws.account import AwsAccount
    from pivotr.adapters.aws.inspection import AwsInspector
    from pivotr.adapters.system_clock import SystemClock
    from pivotr.services.doctor import Doctor
    from pivotr.wiring_aws import clients_of, domains_of
    from pivotr.wiring_sandbox import located

    found = located(settings, environ)
    clients = clients_of(found, environ)
    return Doctor(
        settings=found,
        inspector=AwsInspector(clients),
        account=AwsAccount(clients, found.region),
        domains=domains_of(found),
        clock=SystemClock(),
        senders=lambda: _senders(found, environ),
        deployed=deployed(found, environ).lines,
    )


def _local(settings: Settings) -> LocalDoctor:
    from pivotr.adapters.dns import DnsDomains
    from pivotr.services.doctor_local import LocalDoctor

    return LocalDoctor(
        settings=settings,
        version=__version__,
        check_file=lambda: _check_file(settings),
        has_leads=lambda: _has_leads(settings),
        free_bytes=lambda folder: shutil.disk_usage(folder).free,
        reach_mailer=lambda: _reached(settings),
        senders=lambda: _senders(settings, os.environ),
        domains=None if settings.mailer == "outbox" else DnsDomains(),
    )


def _check_file(settings: Settings) -> None:
    """Read the whole data file, which is there. Raises Misconfigured, Unavailable."""
    from pivotr.adapters.embedded.sqlite_file import SqliteFile

    with SqliteFile(settings.data_file, made_later=settings.home / "pivotr.key") as file:
        file.check()


def _has_leads(settings: Settings) -> bool:
    from pivotr.wiring import connect

    services = connect(settings)
    try:
        return bool(services.ports.table.scan(names.LEADS, limit=1).items)
    finally:
        services.ports.close()


def _senders(settings: Settings, environ: Mapping[str, str]) -> Iterable[str]:
    """Addresses of all senders; none where the tables are not there yet."""
    from pivotr.wiring import connect

    services = connect(settings, environ)
    try:
        return [sender.address for sender, _ in services.senders.all()]
    except Misconfigured:
        return []
    finally:
        services.ports.close()


def _reached(settings: Settings) -> str:
    """Who takes the mails. Raises PivotrError where nobody does."""
    if settings.mailer == "outbox":
        return f"mails go to the outbox {settings.outbox}"
    if settings.mailer == "ses":
        from pivotr.wiring import connect

        services = connect(settings)
        try:
            quota = services.ports.mailer.quota()
        finally:
            services.ports.close()
        return f"SES allows {quota.max_24_hours:,.0f} mails in 24 h" if quota else "SES"
    return _of_smtp(settings.smtp_host, settings.smtp_port)


def _of_smtp(host: str, port: int) -> str:
    try:
        with socket.create_connection((host, port), timeout=5.0) as connection:
            connection.settimeout(5.0)
            greeting = connection.recv(256)
    except OSError as error:
        raise Unavailable(
            f"{host}:{port} does not answer: {error}.", hint="Check PIVOTR_SMTP_HOST and PIVOTR_SMTP_PORT."
        ) from None
    return f"{host}:{port} answers" + (" as a mail server" if greeting.startswith(b"220") else "")
