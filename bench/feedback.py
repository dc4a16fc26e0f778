"""F16: a provider event from the queue, read to the last address, against two bare `json.loads`.

The events have the shape that SES's event publishing gives them through SNS: the envelope, the headers of
the mail and its tags. A bare reader needs two `json.loads` before it knows anything.
Run: `python -m bench.feedback`.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from pivotr.domain.feedback import parse_body

_RECIPIENT = "jane.doe@customer.example"
_HEADERS = {
    "From": "Acme Sales <sales@acme.example>",
    "To": _RECIPIENT,
    "Subject": "A short note about invoices",
    "Reply-To": "sales@acme.example",
    "List-Unsubscribe": "<https://u.acme.example/u/3f9c1d7ab23f9c1d7ab23f9c1d7ab2>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "quoted-printable",
}
_MAIL = {
    "timestamp": "2026-11-24T09:13:05.123Z",
    "source": "Acme Sales <sales@acme.example>",
    "sourceArn": "arn:aws:ses:ap-south-1:123456789012:identity/acme.example",
    "sendingAccountId": "123456789012",
    "messageId": "0109019a7c19be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
    "destination": [_RECIPIENT],
    "headersTruncated": False,
    "headers": [{"name": name, "value": value} for name, value in _HEADERS.items()],
    "commonHeaders": {
        "from": ["Acme Sales <sales@acme.example>"],
        "replyTo": ["sales@acme.example"],
        "to": [_RECIPIENT],
        "messageId": "0109019a7c19be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
        "subject": "A short note about invoices",
    },
    "tags": {
        "ses:source-tls-version": ["TLSv1.3"],
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": ["pivotr-dev"],
        "ses:source-ip": ["192.0.2.1"],
        "ses:from-domain": ["acme.example"],
        "ses:caller-identity": ["pivotr-dev-send-email"],
        "campaign": ["diwali-outreach"],
        "lead": ["lq2x3y4z5a6b7c2d3e4f5g6h7i"],
        "sender": ["s4t5u6v7w2x3y4z5a"],
        "step": ["1"],
        "attempt": ["20261124T091305123Z-0a1b2c3d4e5f6071"],
    },
}
_AT = "2026-11-24T09:13:09.500Z"
_PARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "Delivery": (
        "delivery",
        {
            "timestamp": _AT,
            "processingTimeMillis": 546,
            "recipients": [_RECIPIENT],
            "smtpResponse": "250 2.0.0 OK 1764000789 d9443c01a7336-29b5b1c6f3esi - gsmtp",
            "remoteMtaIp": "192.0.2.27",
            "reportingMTA": "a8-70.smtp-out.amazonses.com",
        },
    ),
    "Bounce": (
        "bounce",
        {
            "feedbackId": "0109019a7c1a0001-33322211-cccc-cccc-cccc-ddddaaaa068a-000000",
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {
                    "emailAddress": _RECIPIENT,
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 The account that you tried to reach does not exist",
                }
            ],
            "timestamp": _AT,
            "reportingMTA": "dns; a8-70.smtp-out.amazonses.com",
        },
    ),
    "Complaint": (
        "complaint",
        {
            "feedbackId": "0109019a7c1a0002-33322211-cccc-cccc-cccc-ddddaaaa068a-000000",
            "complainedRecipients": [{"emailAddress": _RECIPIENT}],
            "timestamp": _AT,
            "userAgent": "Yahoo!-Mail-Feedback/2.0",
            "complaintFeedbackType": "abuse",
            "arrivalDate": _AT,
        },
    ),
    "Send": ("send", {}),
}


def _body(kind: str) -> str:
    name, part = _PARTS[kind]
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": "arn:aws:sns:ap-south-1:123456789012:ses-events",
            "Subject": "Amazon SES Email Event Notification",
            "Message": json.dumps({"eventType": kind, "mail": _MAIL, name: part}),
            "Timestamp": _AT,
            "SignatureVersion": "1",
            "Signature": "i6sOux83LR/bqeT5E9bCs1UwNECoqwruUW/7Zs4uKDXO96Zw4pMS2PxvG" * 5,
            "SigningCertURL": "https://sns.ap-south-1.amazonaws.com/SimpleNotificationService-f3ecfb72.pem",
            "UnsubscribeURL": "https://sns.ap-south-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:x",
        }
    )


def _two_loads(body: str) -> Any:
    return json.loads(json.loads(body)["Message"])


def _cpu_ratio(body: str, rounds: int = 60, repeats: int = 40) -> tuple[float, float]:
    """CPU seconds of one parse, and how many times longer two loads take; in turns, to be fair."""
    ours: list[float] = []
    ratios: list[float] = []
    for _ in range(rounds):
        bare = _cpu(_two_loads, body, repeats)
        parsed = _cpu(parse_body, body, repeats)
        ours.append(parsed / repeats)
        ratios.append(bare / parsed)
    return statistics.median(ours), statistics.median(ratios)


def _cpu(read: Callable[[str], Any], body: str, repeats: int) -> float:
    begin = time.process_time()
    for _ in range(repeats):
        read(body)
    return time.process_time() - begin


def measure() -> list[dict[str, object]]:
    """Rows of figure F16: one for each kind of event, and their mean."""
    rows: list[dict[str, object]] = []
    ratios: list[float] = []
    for kind in _PARTS:
        seconds, ratio = _cpu_ratio(_body(kind))
        ratios.append(ratio)
        rows.append(_row(f"parse of {kind}", round(seconds * 1e6, 1), "µs of cpu", ""))
        rows.append(_row(f"parse of {kind} against two json.loads", round(ratio, 2), "× as fast", ""))
    mean = statistics.fmean(ratios)
    return [*rows, _row("parse of an event against two json.loads", round(mean, 2), "× as fast", "≥ 1")]


def _row(what: str, value: float, unit: str, goal: str) -> dict[str, object]:
    return {"figure": "F16", "what": what, "value": value, "unit": unit, "goal": goal}


if __name__ == "__main__":
    for row in measure():
        print(row)
