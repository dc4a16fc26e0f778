"""What kind of file this is, by its bytes and never by its name, and how its text is encoded."""

from __future__ import annotations

import codecs
import re
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["text", "workbook", "empty", "unsupported"]

#: Bytes that are looked at before anything is decided.
HEAD = 1 << 16

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and .xlsx behind a password
_FOREIGN = (
    b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\x00", b"MM\x00*", b"\x1f\x8b",
    b"BZh", b"7z\xbc\xaf", b"Rar!", b"\x7fELF", b"MZ", b"SQLite format 3", b"{\\rtf", b"PAR1", b"\xfd7zXZ",
)  # fmt: skip
_SHORT_MARKS = (b"BM", b"MZ", b"BZh", b"PAR1")  # a text may begin so; only bytes that no text has decide
_MARKUP = re.compile(
    r"\s*(?:<(?:!doctype|html|head|body|table|\?xml|svg|script|style|meta)\b|<!--|BEGIN:V|[\[{]\s*[\[{\"])",
    re.IGNORECASE,
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_TEXT_CONTROLS = b"\t\n\r\x00\x0b\x0c\x1a"
_CONTROLS = bytes(byte for byte in range(32) if byte not in _TEXT_CONTROLS)


def kind_of(head: bytes) -> Kind:
    """The kind of a file whose first bytes are `head`; "workbook" is any that calamine may know."""
    if not head.strip(b'\x00 \t\r\n\x1a\xef\xbb\xbf\xff\xfe,;|"'):
        return "empty"
    if head.startswith((*_ZIP, _OLE)):
        return "workbook"
    encoding, mark = encoding_of(head)
    if not mark and encoding == "utf-8":
        head = head.rstrip(b"\x00")  # where a disk was full, or power was lost, a text ends in these
        strange = len(head) - len(head.translate(None, _CONTROLS + b"\x00"))
        certain = head.startswith(tuple(sign for sign in _FOREIGN if sign not in _SHORT_MARKS))
        if certain or (head.startswith(_SHORT_MARKS) and strange) or strange * 10 > len(head):
            return "unsupported"
    text = head[mark : mark + 4096].decode(encoding, "replace")
    return "unsupported" if _MARKUP.match(text) else "text"


def encoding_of(head: bytes) -> tuple[str, int]:
    """The encoding of a text and the length of its byte order mark in bytes.

    "utf-8" means UTF-8 as far as it goes: a line that is not is read as Windows-1252 (see `text_chunks`).
    UTF-16 without a mark is known by its zero bytes: every ASCII character has one, always on the same side.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    even, odd = head[0::2], head[1::2]
    zeros_even, zeros_odd = even.count(0), odd.count(0)
    if zeros_odd * 5 > len(odd) and zeros_even * 20 <= zeros_odd:
        return "utf-16-le", 0
    if zeros_even * 5 > len(even) and zeros_odd * 20 <= zeros_even:
        return "utf-16-be", 0
    return "utf-8", 0
