"""Names in Indian, Arabic and other scripts: titles, letters written out, family names, the first name."""

from __future__ import annotations

import re
from functools import lru_cache

from pivotr.domain.name_lists import script_words
from pivotr.domain.name_order import Choice
from pivotr.domain.name_text import NameWords
from pivotr.domain.name_tokens import KEPT

_IDEOGRAPH = re.compile("[\u2e80-\u2fdf\u31c0-\u31ef\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


#: Beyond the Latin blocks: up to U+024F, and Latin Extended Additional.
_BEYOND = re.compile("[^\u0000-\u024f\u1e00-\u1eff]")


@lru_cache(maxsize=KEPT)
def is_other_script(text: str) -> bool:
    """True when the text has a letter that is not Latin."""
    return any(map(str.isalpha, _BEYOND.findall(text)))


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
    if len(given) > 1 and given[0] in known.leading:
        return (given[1], 0.8, f"{given[0]} stands before the name the person is called by.")
    return (given[0], 0.8, f"{given[0]} is the first given name.")


@lru_cache(maxsize=KEPT)
def _letters(word: str) -> int:
    """Base letters of a word: "மு" is one letter with its vowel sign, and so an initial."""
    # A Chinese name is one character long; every other script writes a single letter only as an initial.
    if _IDEOGRAPH.search(word):
        return 2
    return sum(map(str.isalpha, word))
