"""The services around what comes back: events, mails, the watch over all of it. Part of `wiring.Services`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from pivotr.errors import Misconfigured
from pivotr.settings import Settings
from pivotr.storage.recent import Recent
from pivotr.wiring_ports import Ports

if TYPE_CHECKING:
    from pivotr.ports.alarms import Alarms
    from pivotr.ports.clock import Clock
    from pivotr.ports.mailbox import Mailbox
    from pivotr.ports.mailer import Mailer
    from pivotr.ports.table import Table
    from pivotr.services.enrolment import Enrolment
    from pivotr.services.feedback import Feedback
    from pivotr.services.heartbeat import Heartbeat
    from pivotr.services.incoming import IncomingMail
    from pivotr.services.replies import Replies
    from pivotr.services.unsubscribing import Unsubscribing


class FeedbackServices:
    """Each is built when it is first asked for."""

    settings: Settings
    ports: Ports
    recent: Recent
    if TYPE_CHECKING:

        @property
        def enrolment(self) -> Enrolment:
            """Built beside this."""

        @property
        def unsubscribing(self) -> Unsubscribing:
            """Built beside this."""

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
            region=self.settings.region,
            take_mail=lambda raw: self.incoming.take(raw),  # noqa: PLW0108 - built with the first mail
            read_stored=self.ports.read_stored,
        )

    @cached_property
    def incoming(self) -> IncomingMail:
        """Mail that comes in."""
        from pivotr.services.incoming import IncomingMail

        return IncomingMail(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            lead_key=self.ports.secrets.lead,
            take_event=lambda event, mail: self.feedback.take(event, mail),  # noqa: PLW0108
            unsubscribe=lambda token: self.unsubscribing.unsubscribe(token, by="mail"),
            mailbox=self._mailbox,
        )

    @cached_property
    def replies(self) -> Replies:
        """Answers that wait for a person."""
        from pivotr.services.replies import Replies

        return Replies(table=self.ports.table, clock=self.ports.clock, recent=self.recent)

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
            alarms=self.ports.make_alarms(),
            # `pivotr run` looks by itself, every minute
            poll=(lambda: 0) if self.settings.env == "local" else self.incoming.poll,
        )

    def _mailbox(self) -> Mailbox | None:
        return self.ports.make_mailbox()


def mailbox_of(settings: Settings, secret: Callable[[], str]) -> Mailbox | None:
    """The mailbox that the settings name; None where none is read. Raises Misconfigured."""
    if settings.mailbox == "imap":
        from pivotr.adapters.mailbox_imap import ImapMailbox

        if not settings.mailbox_host or not settings.mailbox_username:
            raise Misconfigured(
                "An IMAP mailbox needs a server and a user name.",
                hint="Set PIVOTR_MAILBOX_HOST and PIVOTR_MAILBOX_USERNAME.",
            )
        return ImapMailbox(
            settings.mailbox_host,
            settings.mailbox_port,
            security=settings.mailbox_security,
            username=settings.mailbox_username,
            secret=secret,
            login=settings.mailbox_login,
            folder=settings.mailbox_folder,
        )
    if settings.mailbox == "maildir":
        from pathlib import Path

        from pivotr.adapters.mailbox_maildir import MaildirMailbox

        if not settings.mailbox_path:
            raise Misconfigured("A Maildir needs its folder.", hint="Set PIVOTR_MAILBOX_PATH.")
        return MaildirMailbox(Path(settings.mailbox_path).expanduser())
    return None


def alarms_of(
    settings: Settings, table: Table, clock: Clock, mailer: Callable[[], Mailer]
) -> Alarms | None:  # fmt: skip
    """How alarms reach the operator of this machine; None without a way. Raises Misconfigured."""
    if settings.notify_command:
        from pivotr.adapters.notify_command import NotifyCommand

        return NotifyCommand(settings.notify_command)
    if settings.alert_email and settings.mailer in ("smtp", "ses"):
        from pivotr.adapters.notify_mail import NotifyMail
        from pivotr.storage.lanes import Lanes

        def sender() -> str:
            return next((profile.address for profile, _ in Lanes(table).all()), "")

        return NotifyMail(mailer(), settings.alert_email, sender, clock.now)
    return None
