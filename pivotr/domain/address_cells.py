"""What a cell of a lead file may hold around an address: blanks, marks, brackets, names, further addresses.

Text work only: which of the pieces is an address is decided in `addresses`. A doubtful repair is not made: a
wrong address is worse than none, so "Ima Fool@iana.org" gives no piece and "amit@zoho,com" no repaired dot.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

#: A cell longer than this is no list of addresses; looking closer would only cost time.
MAX_CELL = 4096

_INVISIBLE_MARKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_ASCII_BLANKS = {9: " ", 11: " ", 12: " ", 13: "\n"}
#: What is cut off at the ends: blanks, line ends, and control characters, which inside a cell are damage.
_ENDS = "".join(map(chr, (*range(33), *range(127, 160))))
_JOINERS = frozenset("\u200c\u200d")
_PAIRS = {"<": ">", "[": "]", "(": ")", "{": "}", '"': '"', "'": "'", "`": "`", "“": "”", "‘": "’", "«": "»"}
_PREFIX = re.compile(r"(?:mailto|smtp|e-?mail|mail)\s*:\s*(?://)?", re.IGNORECASE)
_LINK = re.compile(r"[=+@-]*\s*HYPERLINK\s*\(", re.IGNORECASE)
_QUOTED = re.compile(r'"([^"]*)"')
_AS_TEXT = re.compile(r'="(.*)"', re.DOTALL)
_NAMED = re.compile(r'(?:"[^"]*"|[^<>"]*)\s*<\s*([^<>]+?)\s*>')
_IN_ROUND_BRACKETS = re.compile(r"[^@()<>]*\s\(\s*([^()<>\s]+@[^()<>\s]+)\s*\)")
_ANGLED = re.compile(r"<\s*([^<>\s]+@[^<>\s]+)\s*>")
_HARD = re.compile(r"[;\n|]|:::|\s/\s")
_JOINING_WORDS = frozenset(("and", "or", "und", "oder", "et", "ou", "y", "e", "&", "/", "+", "-"))
_PHONE = re.compile(r"[+(]?\d[\d\s()./-]{5,}")


def visible(text: str) -> str:
    """The text without characters that cannot be seen, every kind of blank a plain space, ends trimmed.

    Line ends become `\\n`. Joiners beside letters of Indian and Arabic scripts stay: they mean something.
    """
    if text.isascii():
        return text.replace("\r\n", "\n").translate(_ASCII_BLANKS).strip(_ENDS)
    kept: list[str] = []
    for at, char in enumerate(text):
        category = unicodedata.category(char)
        if category == "Zs" or char in "\t\v\f":
            kept.append(" ")
        elif char in "\r\n\x85\u2028\u2029":
            kept.append("\n")
        elif char in _JOINERS:
            if not text[max(at - 1, 0)].isascii() and at or not text[at + 1 : at + 2].isascii():
                kept.append(char)
        elif category != "Cf" and not ("\ufe00" <= char <= "\ufe0f" or char in _INVISIBLE_MARKS):
            kept.append(char)
    return "".join(kept).strip(_ENDS)


def _is_typed_full_width(text: str) -> bool:
    return "＠" in text and not any(char.isascii() and char.isalnum() for char in text)


def unwrapped(text: str) -> str:
    """The text without `mailto:`, a matching pair of brackets or quotes, and trailing separators."""
    for _ in range(4):
        before = text
        text = text.rstrip(" ;,\n").lstrip(" ;,\n")
        if len(text) > 2 and _PAIRS.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
            text = text[1:-1]
        if prefix := _PREFIX.match(text):
            text = text[prefix.end() :].partition("?")[0]
        if text == before:
            break
    if text.startswith("'"):  # Excel's mark for "this is text"; also how exports defuse a formula
        text = text[1:]
    return text[:-1] if text.endswith(".") and not text.endswith("..") else text


def whole(cell: str) -> str:
    """The one address that the cell as a whole may be, without what surrounds it; cell already `visible`."""
    if _is_typed_full_width(cell):
        cell = unicodedata.normalize("NFKC", cell)
    if as_text := _AS_TEXT.fullmatch(cell):
        cell = as_text[1]
    cell = cell.rstrip(" ;,\n")
    if cell.endswith(">") and (named := _NAMED.fullmatch(cell)):
        cell = named[1]
    elif cell.endswith(")") and (bracketed := _IN_ROUND_BRACKETS.fullmatch(cell)):
        cell = bracketed[1]
    return unwrapped(cell)


def parts(cell: str) -> Iterator[str]:
    """The pieces of a cell that holds several addresses, in order; nothing where the cell does not look so.

    Every piece between separators must hold an "@" (or be a telephone number): else the separator may stand
    inside a misspelt address, and half of an address can be somebody else's.
    """
    if len(cell) > MAX_CELL or "@" not in cell:
        return
    if _LINK.match(cell):
        yield from (unwrapped(text) for text in _QUOTED.findall(cell) if "@" in text)
        return
    if cell.rstrip(" ;,\n").endswith(">") and (angled := _ANGLED.findall(cell)):
        yield from (unwrapped(text) for text in angled)
        return
    for piece in _all_addressed(_HARD.split(unwrapped(cell))):
        for finer in (piece.split(","), piece.split("/"), _words(piece)):
            if len(finer) > 1 and (found := _all_addressed(finer)):
                yield from (whole(text) for text in found)
                break
        else:
            yield whole(piece)


def _words(piece: str) -> list[str]:
    return [word for word in piece.split() if word.casefold() not in _JOINING_WORDS]


def _all_addressed(pieces: list[str]) -> list[str]:
    filled = [piece.strip() for piece in pieces if piece.strip()]
    addressed = [piece for piece in filled if "@" in piece]
    others = [piece for piece in filled if "@" not in piece]
    return addressed if all(_PHONE.fullmatch(piece) for piece in others) else []
