"""The right first name for a greeting, from the full name of a lead; silence where no name is safe.

The rules in plain words and what they reach are in docs/names.md. Nothing but the first name leaves this
module: no guess about gender, religion or caste is made or kept.
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from pivotr.domain.name_order import Choice, choose, choose_plain
from pivotr.domain.name_scripts import choose_in_script, is_other_script
from pivotr.domain.name_text import read_cell

#: Below this confidence a name is not offered at all.
FLOOR = 0.65

_TEXT = itemgetter(0)
_PIECES = re.compile(r"[^\W\d_]+(?:[^\W\d_]|\w)*")
_INNER_CAPITAL = re.compile(r"(?:Mc|Mac)[A-Z][a-z]+").fullmatch


class ParsedName(NamedTuple):
    """The first name to greet with (None: none is safe), a confidence from 0 to 1, and one plain sentence."""

    first_name: str | None
    confidence: float
    why: str


def parse_name(name: str) -> ParsedName:
    """The name that the person is called by. Never raises; the same text always gives the same answer."""
    word, confidence, why = choose_plain(name) or _closer_look(name)
    if word is None:
        return ParsedName(None, 0.0, why)
    if confidence < FLOOR:
        return ParsedName(None, round(confidence, 3), "It is unsure which word is the given name.")
    # the tuple's own constructor and round() cost half a microsecond more, for each of a million rows
    return tuple.__new__(ParsedName, (title_case(word), int(confidence * 1000 + 0.5) / 1000, why))


def _closer_look(name: str) -> Choice:
    cell = read_cell(name)
    if isinstance(cell, str):
        return None, 0.0, cell
    if name.isascii() or not any(map(is_other_script, map(_TEXT, cell.tokens))):
        return choose(cell)
    return choose_in_script(cell)


def greeting(name: str, threshold: float = FLOOR) -> str:
    """The first name when its confidence reaches the threshold, else "": the template's fallback is used."""
    parsed = parse_name(name)
    return parsed.first_name if parsed.first_name is not None and parsed.confidence >= threshold else ""


@lru_cache(maxsize=8_192)
def title_case(word: str) -> str:
    """Title case part by part ("anna-maria" → "Anna-Maria"); scripts without case stay."""
    if _INNER_CAPITAL(word):
        return word
    if word.isascii() and word.isalpha():
        return word.capitalize()
    return _PIECES.sub(lambda piece: piece[0][:1].upper() + piece[0][1:].lower(), word)
