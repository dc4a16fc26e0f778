"""What a text takes of a terminal, and what of it may get there."""

from __future__ import annotations

import re

#: Control characters, C1 included, and the marks that reverse the direction of a line.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(value: object) -> str:
    """A value as one line of text without control characters; None is empty, truth is yes or no."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _CONTROLS.sub(" ", str(value))


def width(text: str) -> int:
    """Columns that a text takes on a terminal: wide East Asian letters two, combining marks none."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
