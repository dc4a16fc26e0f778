"""One mail as bytes: what is previewed is what is tested is what is sent (promise P9).

CRLF between lines, ASCII only, no line over 76 characters but those with one long word. Nothing that a lead
or a template says can end a header: every value becomes one line before it is written.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from email.utils import format_datetime

from pivotr.domain.chance import base32
from pivotr.domain.header_texts import (
    checked_message_id,
    mailboxes,
    tokens,
    unstructured,
)
from pivotr.domain.texts import body_text, one_line
from pivotr.errors import InvalidInput

#: Headers that may be added: ours, and those that providers read. All others are written here or not at all.
_EXTRA = re.compile(r"X-[A-Za-z0-9-]{1,60}|Feedback-ID|Auto-Submitted|List-ID", re.IGNORECASE)
_LINK = re.compile(r"https?://[!-;=?-~]+")
_MAILTO = re.compile(r"mailto:[!-;=?-~]+")
#: RFC 5322, 2.1.1: no line over 998 characters; a link stands on a line of its own.
_LONGEST_LINK = 900
_LITERAL = re.compile(r"(?:[!-<>-~ \t]*[!-<>-~])?")
_QUOTED = [f"={byte:02X}" for byte in range(256)]
for _byte in (*range(33, 61), *range(62, 127), 9, 32):
    _QUOTED[_byte] = chr(_byte)
_QUOTED_BLANK = {" ": "=20", "\t": "=09"}


def compose(
    *,
    sender_name: str,
    sender_address: str,
    to_name: str,
    to_address: str,
    subject: str,
    text: str,
    date: datetime,
    message_id: str,
    html: str | None = None,
    reply_to: str = "",
    cc: Iterable[str] = (),
    unsubscribe_url: str = "",
    unsubscribe_mailto: str = "",
    in_reply_to: str = "",
    references: Iterable[str] = (),
    extra_headers: Mapping[str, str] | None = None,
) -> bytes:
    """The whole mail, the same bytes for the same arguments in every process.

    `date` is aware, in the zone that the mail shall show; `message_id` has the sender's domain; `references`
    are the ids of the mails before, oldest first. An https link adds the one-click header of RFC 8058.
    Raises InvalidInput for an address, id, link or header name that cannot be written as it is.
    """
    identity = checked_message_id(message_id)
    copies = [("", address) for address in cc]
    lines = [
        mailboxes("From", [(sender_name, sender_address)]),
        mailboxes("To", [(to_name, to_address)]),
        *([mailboxes("Cc", copies)] if copies else []),
        *([mailboxes("Reply-To", [("", reply_to)])] if reply_to else []),
        unstructured("Subject", subject),
        f"Date: {_date(date)}",
        f"Message-ID: {identity}",
        *_thread(in_reply_to, references),
        *_way_out(unsubscribe_url, unsubscribe_mailto),
        *(_extra(name, value) for name, value in (extra_headers or {}).items()),
        "MIME-Version: 1.0",
        *_body(text, html, identity),
    ]
    return "\r\n".join(lines).encode("ascii")


def message_id(domain: str, *parts: str) -> str:
    """A message id that depends on the parts only: `<…@domain>`, 120 bits. Raises InvalidInput."""
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=15).digest()
    return checked_message_id(f"<{base32(digest)}@{domain}>")


def _date(instant: datetime) -> str:
    if instant.utcoffset() is None:
        raise ValueError("the date of a mail needs a time zone")
    return format_datetime(instant.replace(microsecond=0))


def _thread(in_reply_to: str, references: Iterable[str]) -> list[str]:
    """The headers that make a follow-up part of a conversation."""
    answered = [checked_message_id(in_reply_to)] if in_reply_to else []
    before = dict.fromkeys(checked_message_id(reference) for reference in references)
    ids = [*(one for one in before if one not in answered), *answered]
    return [*(f"In-Reply-To: {one}" for one in answered), *([tokens("References", ids)] if ids else [])]


def _way_out(url: str, mailto: str) -> list[str]:
    """List-Unsubscribe (RFC 2369) and, with https, the one-click header (RFC 8058)."""
    targets = []
    if url:
        targets.append(_target(url, _LINK, "an http link"))
    if mailto:
        targets.append(_target(mailto, _MAILTO, "a mailto link"))
    lines = (
        [tokens("List-Unsubscribe", [f"{one}," for one in targets[:-1]] + targets[-1:])] if targets else []
    )
    if url.startswith("https://"):
        lines.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    return lines


def _target(link: str, shape: re.Pattern[str], kind: str) -> str:
    if len(link) > _LONGEST_LINK or shape.fullmatch(link) is None:
        raise InvalidInput(f"“{one_line(link)[:80]}” cannot be the way out: it is not {kind}.")
    return f"<{link}>"


def _extra(name: str, value: str) -> str:
    if _EXTRA.fullmatch(name) is None:
        raise InvalidInput(f"“{one_line(name)[:80]}” is no header that can be added to a mail.")
    return unstructured(name, value)


def _body(text: str, html: str | None, identity: str) -> list[str]:
    """The lines from Content-Type to the end; the boundary is derived from the message id."""
    if html is None:
        return _part("text/plain", text)
    boundary = f"=_{base32(hashlib.blake2b(identity.encode(), digest_size=15).digest())}"
    return [
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        "",
        f"--{boundary}",
        *_part("text/plain", text),
        f"--{boundary}",
        *_part("text/html", html),
        f"--{boundary}--",
        "",
    ]


def _part(kind: str, text: str) -> list[str]:
    """One part in the shorter of both encodings, quoted-printable when equal; ends in an empty line."""
    content = body_text(text).strip("\n") + "\n"
    raw = content.replace("\n", "\r\n").encode()
    encoding, lines = "quoted-printable", _quoted_lines(content)
    if sum(map(len, lines)) > -(-len(raw) // 3) * 4:
        encoded = base64.b64encode(raw).decode()
        encoding, lines = "base64", [encoded[at : at + 76] for at in range(0, len(encoded), 76)]
    return [
        f'Content-Type: {kind}; charset="utf-8"',
        f"Content-Transfer-Encoding: {encoding}",
        "",
        *lines,
        "",
    ]


def _quoted_lines(content: str) -> list[str]:
    """RFC 2045, 6.7: lines of at most 76 characters; a blank at the end and a leading From are encoded."""
    lines: list[str] = []
    for line in content.removesuffix("\n").split("\n"):
        if _LITERAL.fullmatch(line) and not line.startswith("From "):
            breaks = range(0, len(line) - 76, 75)
            lines += [f"{line[at : at + 75]}=" for at in breaks]
            lines.append(line[len(breaks) * 75 :])
            continue
        symbols = [_QUOTED[byte] for byte in line.encode()]
        if symbols and symbols[-1] in (" ", "\t"):
            symbols[-1] = _QUOTED_BLANK[symbols[-1]]
        if line.startswith("From "):
            symbols[0] = "=46"
        room, current = 76, ""
        for number, symbol in enumerate(symbols, 1):
            # The last symbol may use the place that a soft line break would need.
            if len(current) + len(symbol) > room - (number < len(symbols)):
                lines.append(current + "=")
                current = ""
            current += symbol
        lines.append(current)
    return lines
