"""Names in Indian, Arabic and other scripts: titles, letters written out, family names, the first name."""

from __future__ import annotations

import unicodedata

from pivotr.domain.name_lists import script_words
from pivotr.domain.name_order import Choice
from pivotr.domain.name_text import NameWords


def is_other_script(text: str) -> bool:
    """True when the text has a letter that is not Latin."""
    return any(_is_foreign(ord(sign)) and sign.isalpha() for sign in text)


def _is_foreign(code: int) -> bool:
    """Beyond the Latin blocks (up to U+024F, and Latin Extended Additional)."""
    return code > 0x24F and not 0x1E00 <= code <= 0x1EFF


def choose_in_script(name: NameWords) -> Choice:
    """The word to greet with; confidence is lower than for Latin letters because the lists are shorter."""
    known = script_words()
    words = [token.text for token in name.tokens]
    if any(word in known.late for word in words):
        return (None, 0.0, "The person is marked as late.")
    while words and words[0] in known.titles:
        words = words[1:]
    full = [word for word in words if word not in known.letters and _letters(word) > 1]
    if any(word in known.fillers for word in full):
        return (None, 0.0, "The cell holds a filler, not a name.")
    given = [word for word in full if word not in known.surnames]
    if not given:
        return (None, 0.0, "No given name is written out.")
    return (given[0], 0.8, f"{given[0]} is the first given name.")


def _letters(word: str) -> int:
    """Base letters of a word: "மு" is one letter with its vowel sign, and so an initial."""
    # A Chinese name is one character long; every other script writes a single letter only as an initial.
    if any("CJK" in unicodedata.name(sign, "") for sign in word):
        return 2
    return sum(1 for sign in word if unicodedata.category(sign)[0] == "L")
