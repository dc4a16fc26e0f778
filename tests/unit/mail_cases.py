"""Twelve mails whose exact bytes are kept in tests/data/mails, one file each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

KOLKATA = datetime(2026, 11, 24, 14, 43, 5, 123456, tzinfo=ZoneInfo("Asia/Kolkata"))
PLAIN: dict[str, Any] = {
    "sender_name": "Ravi Menon",
    "sender_address": "ravi@pivot.example",
    "to_name": "Asha Rao",
    "to_address": "asha@acme.example",
    "subject": "A question about Acme",
    "text": "Hi Asha,\n\nshall we talk?\n\nRavi\n",
    "date": KOLKATA,
    "message_id": "<m1@pivot.example>",
}

#: Name of the golden file → arguments of `compose`.
CASES: dict[str, dict[str, Any]] = {
    "plain": PLAIN,
    "bare-addresses": PLAIN | {"sender_name": "", "to_name": "", "subject": "", "text": ""},
    "devanagari": PLAIN
    | {"sender_name": "रवि मेनन", "to_name": "श्री आशा राव", "subject": "नमस्ते आशा जी"}
    | {"text": "नमस्ते आशा जी,\n\nक्या हम बात कर सकते हैं?\n"},
    "emoji": PLAIN
    | {"subject": "Tea ☕ at five? 👩‍👩‍👧‍👦", "to_name": "Asha 🌸", "text": "See you ☕ = soon\n"},
    "long-ascii-subject": PLAIN | {"subject": "one question about invoices and " * 8 + "x" * 90},
    "long-mixed-subject": PLAIN | {"subject": "Zürich – " + "grüße aus Köln " * 12},
    "quoted-names": PLAIN
    | {"sender_name": 'Menon, Ravi "RM" \\ Pivot', "to_name": "K. R. Narayanan (Retd.) <x@y.example>"},
    "long-lines": PLAIN
    | {"text": "x" * 2000 + "\n" + "रुपया " * 30
       + "\ntrailing blank \ntab\t\nFrom the start\n.\n..\n=3D\n--\nmore " * 3},
    "html": PLAIN
    | {"html": '<p>Hi Asha,</p>\n<p><a href="https://acme.example/?a=1&amp;b=2">₹500</a></p>\n'
       + "<p>x</p>" * 200},
    "way-out": PLAIN
    | {
        "unsubscribe_url": "https://u.example/u/" + "t" * 160,
        "unsubscribe_mailto": "mailto:stop@pivot.example?subject=unsubscribe%20abc",
        "reply_to": "replies@pivot.example",
        "cc": ["boss@pivot.example", "crm+" + "x" * 50 + "@pivot.example"],
        "extra_headers": {"X-Pivotr-Mail": "c1.l1.1.20261124T091305123Z-ab", "Feedback-ID": "c1:pivotr"},
        "date": datetime(2026, 3, 1, 9, 5, tzinfo=UTC),
    },
    "way-out-by-mail": PLAIN | {"unsubscribe_mailto": "mailto:stop@pivot.example"},
    "follow-up": PLAIN
    | {
        "subject": "Re: A question about Acme",
        "message_id": "m2@pivot.example",
        "in_reply_to": "<0109018f-000003@ap-south-1.amazonses.com>",
        "references": [f"<0109018f-{number:06d}@ap-south-1.amazonses.com>" for number in range(4)],
        "html": "<p>नमस्ते</p>",
    },
}  # fmt: skip
