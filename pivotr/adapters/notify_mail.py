"""Alarms by mail, through the provider that sends everything else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from pivotr.errors import Misconfigured, Unavailable
from pivotr.ports.mailer import Accepted, Mail, Mailer


class NotifyMail:
    """Alarms port on a mailer. `sender` names the address that they come from, empty while there is none.

    These mails carry no tags of a campaign: no counter and no cap knows them.
    """

    def __init__(
        self, mailer: Mailer, recipient: str, sender: Callable[[], str], now: Callable[[], datetime]
    ) -> None:
        self._mailer = mailer
        self._recipient = recipient
        self._sender = sender
        self._now = now

    def tell(self, subject: str, text: str) -> None:
        """Send one mail. Raises Misconfigured without a sender, Unavailable where it surely did not leave."""
        sender = self._sender()
        if not sender:
            raise Misconfigured("There is no mailbox to send alarms from.", hint="pivotr sender add ADDRESS")
        message = EmailMessage(SMTP)
        message["From"] = sender
        message["To"] = self._recipient
        message["Subject"] = " ".join(subject.split())
        at = self._now()
        message["Date"] = at
        digest = hashlib.sha256(f"{at.isoformat()}{subject}".encode()).hexdigest()[:24]
        message["Message-ID"] = f"<{digest}@{sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        outcome = self._mailer.send(Mail(sender, (self._recipient,), bytes(message), {"purpose": "alarm"}))
        if not isinstance(outcome, Accepted):
            raise Unavailable(f"The alarm was not mailed: {outcome.text}", hint="It is tried again.")
