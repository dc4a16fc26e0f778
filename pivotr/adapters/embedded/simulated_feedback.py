"""What SES would report about a mail: its mailbox simulator, and a settable share of addresses.

Bodies have the form of SES event publishing (`eventType`), not wrapped by SNS. The simulator's addresses are
those of the SES developer guide, "Using the mailbox simulator"; a label (`bounce+x@…`) changes nothing.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from typing import Any

from pivotr.domain.chance import seeded_unit
from pivotr.domain.instants import to_text
from pivotr.ports.mailer import Mail

SIMULATOR = "simulator.amazonses.com"

#: SES cuts the headers of an event at 10 KB and says so in `headersTruncated`.
MAX_HEADER_BYTES = 10_240

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REPORTER = "outbox.pivotr.invalid"
_ACCOUNT = "000000000000"

# What becomes of a recipient: delivered, bounced, suppressed, complained.
_SIMULATED = {"bounce": "bounced", "suppressionlist": "suppressed", "complaint": "complained"}
_UNKNOWN_USER = {"status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
_SUPPRESSED = {
    "status": "5.1.1",
    "diagnosticCode": "Amazon SES did not send the message to this address because it is on the suppression "
    "list for your account.",
}


def bodies(
    mail: Mail, message_id: str, now_ms: int, *, bounce_share: float, complaint_share: float
) -> list[str]:
    """The JSON texts of all events of a mail, in the order in which SES would report them."""
    at = to_text(_EPOCH + timedelta(milliseconds=now_ms))
    fates: dict[str, list[str]] = {}
    for recipient in mail.recipients:
        fates.setdefault(_fate(recipient, bounce_share, complaint_share), []).append(recipient)
    complained = fates.get("complained", [])
    delivered = fates.get("delivered", []) + complained
    about = _mail(mail, message_id, at)
    events: list[dict[str, Any]] = []
    if delivered:
        events.append({"eventType": "Delivery", "delivery": _delivery(delivered, at)})
    for fate, subtype, reason in (
        ("bounced", "General", _UNKNOWN_USER),
        ("suppressed", "OnAccountSuppressionList", _SUPPRESSED),
    ):
        if fate in fates:
            bounce = _bounce(fates[fate], subtype, reason, f"{message_id}-{fate}", at)
            events.append({"eventType": "Bounce", "bounce": bounce})
    if complained:
        complaint = _complaint(complained, f"{message_id}-complained", at)
        events.append({"eventType": "Complaint", "complaint": complaint})
    return [json.dumps({**event, "mail": about}) for event in events]


def _fate(recipient: str, bounce_share: float, complaint_share: float) -> str:
    local, _, domain = recipient.lower().rpartition("@")
    if domain == SIMULATOR:
        return _SIMULATED.get(local.partition("+")[0], "delivered")
    if seeded_unit("outbox", "bounce", recipient.lower()) < bounce_share:
        return "bounced"
    if seeded_unit("outbox", "complaint", recipient.lower()) < complaint_share:
        return "complained"
    return "delivered"


def _delivery(recipients: list[str], at: str) -> dict[str, Any]:
    return {
        "timestamp": at,
        "processingTimeMillis": 0,
        "recipients": recipients,
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": _REPORTER,
    }


def _bounce(
    recipients: list[str], subtype: str, reason: dict[str, str], feedback_id: str, at: str
) -> dict[str, Any]:
    return {
        "bounceType": "Permanent",
        "bounceSubType": subtype,
        "bouncedRecipients": [
            {"emailAddress": recipient, "action": "failed", **reason} for recipient in recipients
        ],
        "timestamp": at,
        "feedbackId": feedback_id,
        "reportingMTA": f"dsn; {_REPORTER}",
    }


def _complaint(recipients: list[str], feedback_id: str, at: str) -> dict[str, Any]:
    return {
        "complainedRecipients": [{"emailAddress": recipient} for recipient in recipients],
        "timestamp": at,
        "feedbackId": feedback_id,
        "complaintSubType": None,
        "userAgent": "Pivotr outbox",
        "complaintFeedbackType": "abuse",
        "arrivalDate": at,
    }


def _mail(mail: Mail, message_id: str, at: str) -> dict[str, Any]:
    headers, is_cut = _headers(mail.data)
    common: dict[str, Any] = {"from": _values(headers, "from"), "to": _values(headers, "to")}
    common["messageId"] = message_id
    common["subject"] = next(iter(_values(headers, "subject")), "")
    return {
        "timestamp": at,
        "source": mail.sender,
        "sendingAccountId": _ACCOUNT,
        "messageId": message_id,
        "destination": list(mail.recipients),
        "headersTruncated": is_cut,
        "headers": headers,
        "commonHeaders": common,
        "tags": {
            "ses:configuration-set": ["outbox"],
            "ses:source-ip": ["127.0.0.1"],
            "ses:from-domain": [mail.sender.rpartition("@")[2]],
            "ses:caller-identity": ["pivotr"],
            **{name: [value] for name, value in mail.tags.items()},
        },
    }


def _headers(data: bytes) -> tuple[list[dict[str, str]], bool]:
    """Unfolded headers in their order, and whether some were left out for their size."""
    headers: list[dict[str, str]] = []
    size = 0
    for name, raw in BytesHeaderParser().parsebytes(data).items():
        value = " ".join(str(raw).split())
        size += len(name) + len(value.encode())
        if size > MAX_HEADER_BYTES:
            return headers, True
        headers.append({"name": name, "value": value})
    return headers, False


def _values(headers: list[dict[str, str]], name: str) -> list[str]:
    return [header["value"] for header in headers if header["name"].lower() == name]
