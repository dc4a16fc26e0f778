"""The text of a file in pieces that end where a line ends, whatever its encoding or damage."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

#: Bytes read at a time; a few of these are all of a file that memory ever holds.
CHUNK = 1 << 16
#: A line longer than this (in bytes or characters) is cut: no lead has one.
MAX_LINE = 1 << 23


def text_chunks(head: bytes, file: BinaryIO, encoding: str) -> Iterator[str]:
    """The text of `head` and the rest of `file`; every piece but the last ends with a line end.

    No byte is refused: what is not UTF-8 is read as Windows-1252 line by line, NULs and the end mark of old
    systems are dropped, a character cut off by the end of the file is left out.
    """
    if encoding == "utf-8":
        pieces: Iterator[str] = map(_utf8, _whole_lines(head, file))
    else:
        pieces = _decoded(head, file, encoding)
    for piece in pieces:
        text = piece.replace("\x00", "") if "\x00" in piece else piece
        yield text.replace("\x1a", "") if "\x1a" in text else text


def _whole_lines(head: bytes, file: BinaryIO) -> Iterator[bytes]:
    rest = head
    while more := file.read(CHUNK):
        rest += more
        cut = rest.rfind(b"\n") + 1 or rest.rfind(b"\r", 0, -1) + 1
        if cut or len(rest) > MAX_LINE:
            cut = cut or len(rest)
            yield rest[:cut]
            rest = rest[cut:]
    if rest:
        yield rest


def _utf8(piece: bytes) -> str:
    try:
        return piece.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(_line(line) for line in piece.splitlines(keepends=True))


def _line(line: bytes) -> str:
    try:
        text, used = codecs.utf_8_decode(line, "strict", False)
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")
    if used == len(line) or used + 3 >= len(line) > 3 and not text.isascii():
        return text
    return line.decode("cp1252", "replace")


def _decoded(head: bytes, file: BinaryIO, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    rest = decoder.decode(head)
    while more := file.read(CHUNK):
        rest += decoder.decode(more)
        cut = rest.rfind("\n") + 1 or rest.rfind("\r", 0, -1) + 1
        if cut or len(rest) > MAX_LINE:
            cut = cut or len(rest)
            yield rest[:cut]
            rest = rest[cut:]
    if rest:
        yield rest
