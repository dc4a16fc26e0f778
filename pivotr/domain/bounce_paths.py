"""Whether anybody would hear that mails bounce: without a way back a dead list is mailed to its end."""

from __future__ import annotations

from pivotr.settings import Settings


def missing_bounce_path(settings: Settings) -> str:
    """Why no bounce would be seen with these settings, in one sentence; empty where they are seen.

    The outbox announces its own, SES on AWS tells the feedback queue.
    """
    if settings.mailer == "smtp" and not settings.mailbox:
        return (
            "Bounces of mails sent by SMTP come back as mails, and no mailbox is read for them "
            "(PIVOTR_MAILBOX is not set)."
        )
    if settings.mailer == "ses" and settings.env == "local" and not settings.feedback_queue_url:
        return "The events of SES are not read: PIVOTR_FEEDBACK_QUEUE_URL is not set."
    return ""
