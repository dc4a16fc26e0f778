"""What a mail that came in says: a bounce, a complaint, a way out, an answer by a person or by a machine.

Pure: raw bytes in, one judgement out. Nothing that arrives is trusted: which of our mails it is about is
decided by whoever knows the mails, from the ids that are found here. Sources: RFC 3464 (delivery status), RFC
5965 (complaints), RFC 3834 and the habits of mail programs (automatic answers), RFC 5322 (threads).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Literal, TypeAlias

from pivotr.domain import incoming_reports as reports
from pivotr.domain.incoming_automatic import is_automatic
from pivotr.domain.incoming_reports import Report
from pivotr.domain.incoming_texts import address_in, header, message_ids, own_words
from pivotr.domain.wishes import Wish, wish_of

IncomingKind: TypeAlias = Literal[
    "bounce", "delay", "complaint", "unsubscribe", "automatic", "reply", "letter", "unreadable"
]

#: A token as `domain/unsubscribing.py` makes it: campaign, lead, signature.
_TOKEN = re.compile(r"\b([a-z0-9][a-z0-9_-]{0,63}\.l[a-z2-7]{24}\.[a-z2-7]{26})(?![a-z0-9])")
_TEXT_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Incoming:
    """One mail that came in. Ids are without angle brackets, addresses plain and in lower case.

    `references` are the mails that it answers, the nearest first; `token` is an unsubscribe token, not yet
    checked; `text` a person's own words without what they quote; `wish` what those ask for.
    """

    kind: IncomingKind
    sender: str = ""
    subject: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    token: str = ""
    report: Report | None = None
    text: str = ""
    wish: Wish = "none"


def read(raw: bytes) -> Incoming:
    """What a raw mail says. Raises nothing: what cannot be read has the kind `unreadable`."""
    try:
        return _read(raw)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError):
        # the standard library's parser promises never to fail on bytes; its decoding of odd headers does
        return Incoming("unreadable")


def _read(raw: bytes) -> Incoming:
    message = BytesParser(policy=compat32).parsebytes(raw)
    if not message.keys():
        return Incoming("unreadable")
    sender = address_in(message, "From") or address_in(message, "Sender")
    subject = header(message, "Subject")[:200]
    known = Incoming(
        "automatic",
        sender=sender,
        subject=subject,
        message_id=next(iter(message_ids(header(message, "Message-ID"))), ""),
        references=_references(message),
    )
    report = reports.of_message(message, sender)
    if report is not None:
        return replace(known, kind=report.kind, report=report)
    token = _token(message, subject)
    if token:
        return replace(known, kind="unsubscribe", token=token)
    if is_automatic(message, sender, subject):
        return known
    text = own_words(message)[:_TEXT_LIMIT]
    kind: IncomingKind = "reply" if known.references else "letter"
    return replace(known, kind=kind, text=text, wish=wish_of(subject, text))


def _references(message: Message) -> tuple[str, ...]:
    """The mails that are answered: In-Reply-To, then References from the newest to the oldest."""
    found = [*message_ids(header(message, "In-Reply-To"))]
    found += reversed(message_ids(header(message, "References")))
    return tuple(dict.fromkeys(found))[:20]


def _token(message: Message, subject: str) -> str:
    """A token in the subject, as our mails ask for, or behind a plus sign of the address written to."""
    for text in (subject, header(message, "To"), header(message, "Delivered-To")):
        found = _TOKEN.search(text.replace("=2E", ".").lower() if text else "")
        if found:
            return found[1]
    return ""
