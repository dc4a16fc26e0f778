"""From a text to its words: each as written and folded, with the dots and capitals that tell initials."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from pivotr.domain.name_lists import marker_words
from pivotr.domain.name_scores import is_listed, odds

#: Words that are kept at hand: lead files repeat theirs.
KEPT = 8_192
#: Signs that are no part of a name at either end of a word.
EDGES = " \t'\"`´*~_-–—!?…\\“”‘’,.:;+=^°"
#: Parts of European family names that are written as one word with the next.
_PREFIXES = ("Mc", "Mac", "De", "Di", "Du", "La", "Le", "Fitz", "Van", "Von", "D", "O")

_DOTTED = re.compile(r"([^ .,]+)(\.?)").findall
_GLUED = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+")
_LETTER = re.compile(r"[^\W\d_]")


class Token(NamedTuple):
    """One word of the name as written, the same folded to lower case, and whether a dot followed it."""

    text: str
    word: str
    dotted: bool = False


@lru_cache(maxsize=KEPT)
def _token(text: str, dotted: bool = False) -> Token:  # noqa: FBT001, FBT002 - mapped over words
    return Token(text, text.lower(), dotted)


def undotted(texts: list[str]) -> list[Token]:
    """The words of a tidy name without dots."""
    return list(map(_token, texts))


def dotted(name: str) -> list[Token]:
    """The words of a tidy name such as "K. R. Narayanan" or "D.K.Shivakumar"."""
    return [_token(text, dot != "") for text, dot in _DOTTED(name)]


def tokens_of(part: str) -> list[Token]:
    """The words of a part of any text; words written as one are taken apart."""
    found: list[Token] = []
    for chunk in part.split():
        if chunk.isalpha():
            found += _apart(chunk)
        elif chunk[-1] == "." and (stem := chunk[:-1]).isalpha():
            found.append(_folded(stem, True))
        elif (
            found and "." in chunk and (joined := chunk.replace(".", "")).casefold() in marker_words().degrees
        ):
            found.append(_folded(joined))
        else:
            found += _pieces(chunk)
    return found


@lru_cache(maxsize=KEPT)
def _folded(text: str, dotted: bool = False) -> Token:  # noqa: FBT001, FBT002 - called for every word
    return Token(text, text.casefold(), dotted)


@lru_cache(maxsize=KEPT)
def _apart(chunk: str) -> tuple[Token, ...]:
    """The words of "KRNarayanan" or "RameshKumar"; one word where it is a name as it stands."""
    parts = _GLUED.findall(chunk)
    if len(parts) < 2 or "".join(parts) != chunk or parts[0] in _PREFIXES:
        return (_folded(chunk),)
    if is_listed(chunk.casefold()) and odds(parts[0].casefold()) < 1:
        return (_folded(chunk),)
    # Capitals in a row are initials, one word each: "KR" apart from a name would be Kumar, shortened.
    return tuple(_folded(word) for part in parts for word in (part if part.isupper() else (part,)))


@lru_cache(maxsize=KEPT)
def _pieces(chunk: str) -> tuple[Token, ...]:
    """The words of "D.K.Shivakumar": each piece that has a letter, with its dot remembered."""
    pieces = [piece.strip(EDGES) for piece in chunk.split(".")]
    found: list[Token] = []
    for at, piece in enumerate(pieces):
        if not _LETTER.search(piece):
            continue
        found += _apart(piece) if piece.isalpha() else (_folded(piece),)
        if at < len(pieces) - 1:
            found[-1] = _folded(found[-1].text, True)
    return tuple(found)
