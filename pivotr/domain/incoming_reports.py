"""Reports about a mail of ours that come as mails: delivery status (RFC 3464) and complaints (RFC 5965).

Also the free-text bounces of servers that know neither, where a status code stands in the text beside the
mail that came back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from email.policy import compat32
from typing import Literal, NamedTuple

from pivotr.domain.incoming_texts import address_in, address_of, body, content, header, message_ids

_DAEMON = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mdaemon)\b", re.IGNORECASE)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_REPLY_CODE = re.compile(r"\b([45])\d\d\b")
_UNKNOWN_PERSON = re.compile(
    r"(?:user|recipient|mailbox|address|account|person)\W+(?:\w+\W+){0,3}?"
    r"(?:unknown|not found|does ?n[o']t exist|invalid|disabled|unavailable|rejected: access denied)"
    r"|no such (?:user|recipient|mailbox|person|address)|unknown (?:user|recipient|mailbox|local)"
    r"|does not exist|recipientnotfound",
    re.IGNORECASE,
)
#: Status → what SES calls such a bounce. A full mailbox or a refused text says nothing against the address.
_SOFT = {"2.2": "MailboxFull", "2.3": "MessageTooLarge", "3.4": "MessageTooLarge"}


class Returned(NamedTuple):
    """Ids of the mail that came back with a report: ours, that of its header, and whom it was for."""

    attempt: str = ""
    message_id: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `recipients` are those whom it names; `permanent` tells a bounce that will not go away."""

    kind: Literal["bounce", "delay", "complaint"]
    recipients: tuple[str, ...] = ()
    is_permanent: bool = False
    subtype: str = ""
    detail: str = ""
    feedback_type: str = ""
    returned: Returned = Returned()


def of_message(message: Message, sender: str) -> Report | None:
    """The report that a mail is; None for any other mail, and for a report that all is well."""
    parts = list(message.walk())
    status = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    feedback = next((part for part in parts if part.get_content_type() == "message/feedback-report"), None)
    if feedback is not None:
        return _complaint(feedback, parts)
    if status is not None:
        return _delivery(status, parts)
    if _DAEMON.match(sender) or _DAEMON.match(header(message, "From")):
        return _free_text(message, parts)
    return None


def _delivery(status: Message, parts: list[Message]) -> Report | None:
    """The worst that the report says of any recipient: ours have one."""
    found: list[tuple[str, str, str, str]] = []
    for block in _blocks(status):
        final = address_of(header(block, "Final-Recipient"))
        original = address_of(header(block, "Original-Recipient"))
        action = header(block, "Action").split("(")[0].strip().casefold()
        if final or original or action:
            code = header(block, "Status")
            found.append((original or final, action, code, header(block, "Diagnostic-Code")))
    returned = _returned(parts)
    failed = [one for one in found if one[1] == "failed"]
    delayed = [one for one in found if one[1] == "delayed"]
    if not failed and not delayed:
        return None
    worst = failed or delayed
    _, action, code, diagnostic = worst[0]
    is_permanent, subtype = _judge(code, diagnostic)
    return Report(
        "bounce" if failed else "delay",
        tuple(dict.fromkeys(one[0] for one in worst if one[0])),
        is_permanent=is_permanent and bool(failed),
        subtype=subtype,
        detail=" ".join(filter(None, (code, diagnostic)))[:500],
        returned=returned,
    )


def _complaint(feedback: Message, parts: list[Message]) -> Report:
    blocks = _blocks(feedback)
    fields = blocks[0] if blocks else feedback
    named = [address_of(str(value)) for value in fields.get_all("Original-Rcpt-To") or ()]
    return Report(
        "complaint",
        tuple(dict.fromkeys(filter(None, named))),
        feedback_type=header(fields, "Feedback-Type").casefold(),
        detail=header(fields, "User-Agent")[:200],
        returned=_returned(parts),
    )


def _free_text(message: Message, parts: list[Message]) -> Report | None:
    """A bounce in prose: believed where the returned mail shows our attempt and a code says what happened."""
    text = body(message).replace("\r\n", "\n")
    returned = _returned(parts)
    if not returned.attempt:
        # the mail stands in the text itself, behind a line that says so
        returned = _facts(HeaderParser(policy=compat32).parsestr(_from_headers_on(text)))
    found = _STATUS.search(text) or _REPLY_CODE.search(text)
    if not returned.attempt or found is None or found[1] == "2":
        return None
    is_permanent, subtype = _judge(found[0] if "." in found[0] else f"{found[1]}.0.0", text)
    named = header(message, "X-Failed-Recipients")
    recipients = tuple(filter(None, (address_of(one) for one in named.split(","))))
    detail = " ".join(text[max(0, found.start() - 60) : found.start() + 200].split())
    return Report(
        "bounce", recipients, is_permanent=is_permanent, subtype=subtype, detail=detail, returned=returned
    )


def _judge(code: str, diagnostic: str) -> tuple[bool, str]:
    """Whether a failure is for good, and what SES would call it."""
    found = _STATUS.search(code) or _STATUS.search(diagnostic)
    is_person_unknown = bool(_UNKNOWN_PERSON.search(diagnostic))
    if found is None:
        reply = _REPLY_CODE.search(diagnostic)
        return bool(reply and reply[1] == "5" and is_person_unknown), "General"
    family, subject, detail = found[1], found[2], found[3]
    if family != "5":
        return False, _SOFT.get(f"{subject}.{detail}", "General")
    if f"{subject}.{detail}" in _SOFT:
        return False, _SOFT[f"{subject}.{detail}"]
    if subject in ("6", "7") and not is_person_unknown:
        return False, "ContentRejected"
    return True, "NoEmail" if subject == "1" or is_person_unknown else "General"


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a report: the parser gives them as messages, odd ones as text."""
    payload = part.get_payload()
    if isinstance(payload, list):
        found = [one for one in payload if isinstance(one, Message)]
        if any(one.keys() for one in found):
            return [one for one in found if one.keys()] + _nested(found)
    text = content(part) or (payload if isinstance(payload, str) else "")
    parser = HeaderParser(policy=compat32)
    return [parser.parsestr(block) for block in re.split(r"\r?\n\r?\n", text) if block.strip()]


def _nested(found: list[Message]) -> list[Message]:
    """Fields of a report that came base64 encoded stand in the body of its first group."""
    texts = [one.get_payload() for one in found]
    parser = HeaderParser(policy=compat32)
    return [parser.parsestr(text) for text in texts if isinstance(text, str) and ":" in text]


def _returned(parts: list[Message]) -> Returned:
    """Ids of the mail that came back, whole or as headers only."""
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/rfc822":
            payload = part.get_payload()
            inner = payload[0] if isinstance(payload, list) and payload else None
            if isinstance(inner, Message):
                return _facts(inner)
        elif kind in ("text/rfc822-headers", "message/rfc822-headers"):
            return _facts(HeaderParser(policy=compat32).parsestr(_text_of(part)))
    return Returned()


def _text_of(part: Message) -> str:
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n".join(str(one) for one in payload)
    return content(part) or str(payload)


def _facts(returned: Message) -> Returned:
    ids = message_ids(header(returned, "Message-ID"))
    attempt = header(returned, "X-Pivotr-Attempt")[:64]
    return Returned(attempt, ids[0] if ids else "", address_in(returned, "To"))


def _from_headers_on(text: str) -> str:
    """The part of a text that begins with the header which all our mails carry, or those before it."""
    at = text.find("X-Pivotr-Attempt:")
    if at < 0:
        return ""
    before = text.rfind("\n\n", 0, at)
    return text[before + 2 if before >= 0 else 0 :].lstrip("\n")
