"""Headers, addresses and a person's own words in a raw mail, whatever its sender's program made of them."""

from __future__ import annotations

import re
from email.header import decode_header
from email.message import Message

from pivotr.domain.html_texts import text_from_html

_LIMIT = 8000
_ID = re.compile(r"<([^<>\s]{3,250})>")
_ADDRESS = re.compile(r"[^\s<>\"(),:;\[\]\\]{1,64}@[^\s<>\"(),:;\[\]\\@]{1,255}")
#: Lines from which on a mail only repeats an older one, in the languages that mail programs speak here.
_QUOTE_BEGINS = re.compile(
    r"^\s*(?:"
    r"-{2,}\s*(?:original message|original-nachricht|ursprüngliche nachricht|forwarded message|reply message)"
    r"|_{8,}\s*$"
    r"|on\b.{4,200}\bwrote\s*:"
    r"|am\b.{4,200}\bschrieb\b.{0,80}:"
    r"|le\b.{4,200}\ba écrit\s*:"
    r"|el\b.{4,200}\bescribió\s*:"
    r"|il\b.{4,200}\bha scritto\s*:"
    r"|(?:from|von|de|da)\s*:\s.{3,200}"
    r"|\*from:\*"
    r"|sent from my \w+|get outlook for \w+"
    r"|-- ?$"
    r")",
    re.IGNORECASE,
)
_SPLIT_ATTRIBUTION = re.compile(r"^\s*(?:on|am|le|el|il)\b.{4,160}$", re.IGNORECASE)


def header(message: Message, name: str) -> str:
    """A header as one line of text, its encoded words decoded; empty where it is missing."""
    wanted = name.lower()
    value = next((str(one) for key, one in message.raw_items() if key.lower() == wanted), "")
    # bytes beyond ASCII come as halves of surrogate pairs: programs that send them mean UTF-8
    text = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if "=?" in text:
        text = _decoded(text)
    return " ".join(text.encode("utf-8", "replace").decode().split())[:_LIMIT]


def _decoded(text: str) -> str:
    try:
        parts = decode_header(text)
    except (ValueError, LookupError):
        return text
    pieces: list[str] = []
    for part, charset in parts:
        if isinstance(part, str):
            pieces.append(part)
            continue
        try:
            pieces.append(part.decode(charset or "ascii", "replace"))
        except LookupError:
            pieces.append(part.decode("utf-8", "replace"))
    return "".join(pieces)


def address_in(message: Message, name: str) -> str:
    """The last address of a header in lower case: names before it may look like one."""
    found = _ADDRESS.findall(header(message, name))
    return found[-1].lower() if found else ""


def address_of(text: str) -> str:
    """The address of `rfc822; Jane@x.example` or `Jane <jane@x.example>` in lower case; empty without one."""
    found = _ADDRESS.findall(text.partition(";")[2] or text)
    return found[-1].lower() if found else ""


def message_ids(text: str) -> list[str]:
    """The ids in angle brackets of a header, in their order."""
    return _ID.findall(text)


def body(message: Message) -> str:
    """The text of a mail: its first plain part, else that of its first HTML part."""
    html = ""
    for part in message.walk():
        kind = part.get_content_type()
        if part.get_content_maintype() == "multipart" or part.get_filename():
            continue
        if kind == "text/plain" and (text := content(part)).strip():
            return text[:_LIMIT]
        if kind == "text/html" and not html:
            html = content(part)
    return text_from_html(html)[:_LIMIT] if html else ""


def content(part: Message) -> str:
    """The decoded text of one part, with marks for bytes that its charset cannot read."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset() or "utf-8"
    try:
        return payload.decode(charset, "replace")
    except (LookupError, ValueError):
        return payload.decode("utf-8", "replace")


def own_words(message: Message) -> str:
    """What a person has written above what they quote, without their signature."""
    lines = body(message).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: list[str] = []
    for number, line in enumerate(lines):
        if _QUOTE_BEGINS.match(line):
            break
        following = lines[number + 1].strip() if number + 1 < len(lines) else ""
        # "On Tue, 24 Nov 2026 at 09:13 Acme Sales <…>" broken before its last word
        if _SPLIT_ATTRIBUTION.match(line) and re.search(
            r"(?:wrote|schrieb|écrit|escribió|scritto)\s*:$", following
        ):
            break
        if line.lstrip().startswith((">", "|>")):
            continue
        kept.append(line.rstrip())
    return "\n".join(kept).strip()
