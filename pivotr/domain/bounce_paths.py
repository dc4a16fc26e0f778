"""Whether anybody would hear that mails bounce: without a way back a dead list is mailed to its end."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pivotr.settings import Settings

#: events: the provider announces bounces. mailbox: they come back as mails, and a mailbox is read for them.
BouncePath: TypeAlias = Literal["events", "mailbox", "none"]


def bounce_path(settings: Settings) -> BouncePath:
    """How bounces come back with these settings. The outbox announces its own."""
    if settings.mailer == "smtp":
        return "mailbox" if settings.mailbox else "none"
    if settings.mailer == "ses" and settings.env == "local" and not settings.feedback_queue_url:
        return "none"
    return "events"


def why_unseen(settings: Settings) -> str:
    """Why no bounce would be seen, for settings whose path is not proven."""
    if settings.mailer == "ses":
        return "The events of SES are not read: PIVOTR_FEEDBACK_QUEUE_URL is not set."
    if settings.mailbox:
        return "The mailbox that bounces come back to has not been read yet: `pivotr run` reads it."
    return "Bounces by SMTP come back as mails, and no mailbox is read for them: PIVOTR_MAILBOX is not set."
