"""From the bytes of a cell to the words of a name: invisible signs, titles, tails and cells that hold no person."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from pivotr.domain.name_lists import MarkerWords, marker_words

#: No name that a person would be greeted with is longer than this many characters.
LONGEST = 160

_PLAIN = re.compile(r"[A-Za-z]+(?: [A-Za-z]+)*").fullmatch
_LATE = re.compile(
    r"(?<![a-z])(?:late|deceased|expired|swargiya|swargeeya|swargvasi)(?![a-z])", re.IGNORECASE
)
_MACHINE = re.compile(r"\{\{|%\w+%|^\s*[=#]\w|https?:|www\.|mailto:", re.IGNORECASE)
_BRACKETED = re.compile(r"\([^()]*\)?|\[[^\[\]]*\]?|<[^<>]*>?|\{[^{}]*\}?")
_QUOTED = re.compile(r"\s[\"“”'‘][^\"“”']+[\"“”'’](?=\s|$)")
_ADDRESS = re.compile(r"\S@\S")
_TAIL = re.compile(
    r"\s+(?:[-–—]+|/+|:)(?:\s|$)|[|•·–—;#:]|//|--|\s&\s+family\b|\s(?:wife|son|daughter|husband) of\s"
)
_EDGES = " \t'\"`´*~_-–—!?…\\“”‘’,.:;+=^°"
_BLANKS = re.compile(r"[\s_\\]+")
_WORD_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the name as written, and whether a dot followed it."""

    text: str
    dotted: bool = False


@dataclass(frozen=True, slots=True)
class NameWords:
    """The words of one person's name; `family_first` when a comma said that the family name came first."""

    tokens: tuple[Token, ...]
    family_first: bool = False


def read_cell(name: str) -> NameWords | str:
    """The words of the name in a cell, or one sentence on why the cell holds no name to greet with."""
    if _PLAIN(name) and len(name) <= LONGEST:
        return _words([name])
    text = visible(name[: 4 * LONGEST])
    if not text:
        return "The cell holds no letters."
    if len(text) > LONGEST or len(name) > 4 * LONGEST:
        return "The text is too long for a name."
    if _LATE.search(text):
        return "The person is marked as late."
    if _MACHINE.search(text):
        return "The cell holds an address or a formula, not a name."
    if text.casefold().strip("().") in marker_words().fillers:
        return "The cell holds a filler, not a name."
    text = _QUOTED.sub(" ", _BRACKETED.sub(" ", text)).strip(_EDGES)
    if _ADDRESS.search(text):
        return "The cell holds an e-mail address, not a name."
    head = _before_kin(_TAIL.split(text, maxsplit=1)[0].strip(_EDGES))
    if "&" in head or "/" in head:
        return "The cell names more than one person, or a company."
    return _words([part for part in head.split(",") if part.strip(_EDGES)])


def visible(name: str) -> str:
    """The text without control signs, emoji, half characters and other invisible things; blanks made plain."""
    if not (name.isascii() and name.isprintable()):
        joined = unicodedata.normalize("NFKC", name)
        name = "".join(_shown(joined, at) for at in range(len(joined)))
    return _BLANKS.sub(" ", name).strip()


def _shown(text: str, at: int) -> str:
    sign = text[at]
    if sign.isascii() or sign.isalpha():
        return sign if sign.isprintable() else " "
    kind = unicodedata.category(sign)
    if kind == "Cf":  # joiners shape letters of Indian scripts; everywhere else they only hide
        between = sign in "\u200c\u200d" and 0 < at < len(text) - 1
        return sign if between and ord(text[at - 1]) > 0x8FF and ord(text[at + 1]) > 0x8FF else ""
    if kind in ("Mn", "Mc"):
        return "" if 0xFE00 <= ord(sign) <= 0xFE0F else sign
    return " " if kind[0] in "CSZ" else sign


def _before_kin(text: str) -> str:
    """What stands before "s/o", "alias", "@", "at" and the like."""
    markers = marker_words()
    words = text.split()
    for at, word in enumerate(words):
        plain = word.casefold().strip(".,")
        if at > 0 and (plain in markers.kin or (plain in markers.employers and word.islower())):
            return " ".join(words[:at])
    return text


def _words(parts: list[str]) -> NameWords | str:
    if not parts:
        return "The cell holds no name."
    markers = marker_words()
    first = _tokens(parts[0])
    if len(parts) == 1:
        return _checked(_stripped(first, markers), markers, family_first=False)
    second = _tokens(parts[1])
    if any(token.text.casefold() in ("pvt", "ltd", "limited", "llp", "inc") for token in second):
        return "The cell holds a company, not a person."
    rest = _stripped(second, markers)
    titled = len(rest) < len(second) and bool(rest) and second[0].text.casefold() in markers.titles
    family = _stripped(first, markers)
    is_person = bool(rest) and not any(_is_marker(token, markers) for token in rest)
    if is_person and (titled or len(family) == 1):
        return _checked([*rest, *family], markers, family_first=True)
    return _checked(family, markers, family_first=False)


def _is_marker(token: Token, markers: MarkerWords) -> bool:
    word = token.text.casefold()
    return word in markers.organisations or word in markers.degrees or word in markers.fillers


def _tokens(part: str) -> list[Token]:
    found: list[Token] = []
    for chunk in part.split():
        if found and "." in chunk and chunk.replace(".", "").casefold() in marker_words().degrees:
            found.append(Token(chunk.replace(".", "")))
            continue
        pieces = chunk.split(".")
        for at, piece in enumerate(pieces):
            text = piece.strip(_EDGES)
            if text and _WORD_LETTERS.search(text):
                found.append(Token(text, dotted=at < len(pieces) - 1))
    return found


def _stripped(tokens: list[Token], markers: MarkerWords) -> list[Token]:
    """Without titles in front, and without degrees and polite words behind."""
    start, end = 0, len(tokens)
    while start < end and _title(tokens[start]) in markers.titles:
        start += 1
    while end - start > 1 and _is_tail(tokens[end - 1], markers):
        end -= 1
    kept = tokens[start:end]
    return [
        t
        for at, t in enumerate(kept)
        if at == 0 or t.text.casefold() not in markers.polite or t.text.isupper()
    ]


def _title(token: Token) -> str:
    return token.text.casefold().replace("'", "").replace("’", "")


def _is_tail(token: Token, markers: MarkerWords) -> bool:
    word = token.text.casefold()
    if word in markers.degrees:
        return len(word) > 2 or not token.text.istitle() or word in ("jr", "sr")
    return word in ("retd", "retired", "rtd") or word in markers.polite


def _checked(tokens: list[Token], markers: MarkerWords, *, family_first: bool) -> NameWords | str:
    if not tokens:
        return "Nothing but a title or a filler is left."
    for token in tokens:
        word = token.text.casefold()
        if word in markers.organisations:
            return "The cell holds a company, a role or a department, not a person."
        if word in markers.fillers:
            return "The cell holds a filler, not a name."
        if word in markers.function_words and not (token.text.isupper() and len(word) == 2):
            return "The cell holds a phrase, not a name."
        if any(sign.isdigit() for sign in word):
            return "Letters and digits are mixed, as in a user name."
    return NameWords(tuple(tokens), family_first)
