"""Text that strangers wrote, made safe for a mail: no controls, no half characters, no turned order.

And what somebody may have meant who wrote a name that is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

# Line and paragraph separators count as controls. Directional marks, embeddings, overrides and isolates
# (Unicode Annex 9) can make an address or a name read as another one; the joiners
# U+200C and U+200D stay, since Indian scripts and emoji need them.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DIRECTION = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
#: A part of a name tells which one is meant from so many letters on.
_TELLING = 3
_LINE_END = re.compile(r"\r\n?|[\x85\u2028\u2029\x0b\x0c]")


def one_line(text: str) -> str:
    """A value as one line: controls and runs of blanks become one blank, directional controls go."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = _DIRECTION.sub("", _CONTROL.sub(" ", _SURROGATE.sub("\ufffd", text)))
    return " ".join(text.split())


def many_lines(text: str) -> str:
    """A value that may have lines, as a signature: `\\n` between them, no other control but the tab."""
    text = _DIRECTION.sub("", body_text(text))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def body_text(text: str) -> str:
    """A whole body: `\\n` between lines, no control but the tab; directional marks of the author stay."""
    return _CONTROL_BUT_LINES.sub("", _LINE_END.sub("\n", _SURROGATE.sub("\ufffd", text)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question that names the nearest of the known words, to be put behind a sentence; empty for none.

    Where none is near: the first that holds the word as a part, as somebody writes who knows half of a name.
    """
    folded = {one.casefold(): one for one in known}
    meant = word.strip().casefold()
    near = get_close_matches(meant, folded, n=1, cutoff=0.7)
    if not near and len(meant) >= _TELLING:
        near = [one for one in folded if meant in one]
    return f" Did you mean “{folded[near[0]]}”?" if near else ""
