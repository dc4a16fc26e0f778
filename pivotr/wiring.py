"""The only place that puts things together: ports by environment, services on ports. Built on first use."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pivotr.domain.outgoing import Wording
from pivotr.settings import Settings
from pivotr.storage.recent import Recent
from pivotr.wiring_account import AccountServices
from pivotr.wiring_api import ApiServices
from pivotr.wiring_feedback import FeedbackServices
from pivotr.wiring_leads import LeadServices
from pivotr.wiring_mail import MailServices
from pivotr.wiring_ports import Ports, Secrets

if TYPE_CHECKING:
    from pivotr.adapters.embedded.backups import Backups
    from pivotr.adapters.embedded.run_lock import RunLock
    from pivotr.services.campaigns import Campaigns
    from pivotr.services.dead_letters import DeadLetters
    from pivotr.services.enrolment import Enrolment
    from pivotr.services.explaining import Explaining
    from pivotr.services.logs import Logs
    from pivotr.services.metrics import MetricsReport
    from pivotr.services.preferences import OperatorSettings
    from pivotr.services.previews import Previews
    from pivotr.services.senders import Senders
    from pivotr.services.sending import Sending
    from pivotr.services.settling import Settling
    from pivotr.services.templates import Templates
    from pivotr.services.transitions import Transitions
    from pivotr.services.unsubscribing import Unsubscribing
    from pivotr.services.verifying import Verifying


class Services(LeadServices, FeedbackServices, MailServices, ApiServices, AccountServices):
    """Every service on one set of ports; each is built when it is first asked for."""

    def __init__(self, settings: Settings, ports: Ports) -> None:
        self.settings = settings
        self.ports = ports
        self.recent = Recent(ports.table, ports.clock, sees_bounces=self.sees_bounces)

    @property
    def environment(self) -> str:
        """The name of the environment that commands act upon."""
        return self.settings.env

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
    def enrolment(self) -> Enrolment:
        """Enrolment in slices."""
        from pivotr.services.enrolment import Enrolment

        return Enrolment(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
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
            table=self.ports.table,
            queues=self.ports.queues,
            clock=self.ports.clock,
            recent=self.recent,
            refuse=lambda campaign: self.readiness.refuse(campaign),  # noqa: PLW0108 - built at a start only
        )

    @cached_property
    def preferences(self) -> OperatorSettings:
        """Operator settings."""
        from pivotr.services.preferences import OperatorSettings

        return OperatorSettings(
            table=self.ports.table,
            clock=self.ports.clock,
            sees_bounces=self.sees_bounces,
        )

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

    @cached_property
    def explaining(self) -> Explaining:
        """Why a lead is where it is."""
        from pivotr.services.explaining import Explaining

        return Explaining(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
        )


def connect(
    settings: Settings, environ: Mapping[str, str] | None = None, *, is_rehearsal: bool = False
) -> Services:
    """The services of an environment; those of a rehearsal make no data folder. Raises Misconfigured."""
    environ = os.environ if environ is None else environ
    if settings.env != "local":
        from pivotr.wiring_aws import aws_ports

        return Services(settings, aws_ports(settings, environ))
    from pivotr.wiring_embedded import embedded_ports

    return Services(settings, embedded_ports(settings, environ, is_rehearsal=is_rehearsal))


def run_lock(settings: Settings) -> RunLock:
    """The lock that lets one `pivotr run` at a time drive a data file."""
    from pivotr.wiring_embedded import run_lock as lock_of

    return lock_of(settings)


def backups(settings: Settings) -> Backups:
    """Backups of the embedded environment. Raises Misconfigured for any other."""
    from pivotr.wiring_embedded import backups as backups_of

    return backups_of(settings)


__all__ = ["Ports", "Secrets", "Services", "backups", "connect", "run_lock"]
