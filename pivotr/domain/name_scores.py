"""How strongly a word speaks for a given name: one number per word, the logarithm of a likelihood ratio.

Positive: rather a given name; negative: rather a family, house or village name; 0: no idea. Words of the lists have
fixed weights, polite endings are looked through (Umeshbhai → Umesh), spelling variants are matched by sound
(Sreenivas ~ Srinivas), and the rest is judged by its letter groups, learnt from the lists themselves (naive Bayes).
"""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache

from pivotr.domain.name_lists import either_names, family_names, given_names

#: Weight of a word that only one kind of list knows: e^3.5 is about 33 : 1.
LISTED = 3.5
#: Most that letter groups alone may say, in either direction.
GUESSED = 2.2
#: A word with a score beyond this on the family side is never greeted with.
FAMILY = -1.7

_POLITE = re.compile(r"(.{3,})(?:bhai|ben|behn|tai|bhau|garu|sinh|sinhji|saheb|ji)$")
_SECOND = (
    "kumar", "kumari", "lal", "rao", "raje", "bai", "devi", "das", "babu", "lakshmi", "laxmi", "prasad", "raj",
    "amma", "appa", "aiah", "anna", "nath", "chand", "chandra", "krishna", "swamy", "samy", "reddy", "ram", "singh",
    "kutty", "moorthy", "murthy", "vel", "selvan", "selvi", "deep", "jeet", "jit", "preet", "inder", "pal",
)  # fmt: skip
_SOUNDS = (
    ("aa", "a"), ("ee", "i"), ("oo", "u"), ("ou", "u"), ("ow", "u"), ("th", "t"), ("dh", "d"), ("bh", "b"), ("gh", "g"),
    ("kh", "k"), ("ph", "f"), ("jh", "j"), ("sh", "s"), ("ck", "k"), ("ks", "x"), ("c", "k"), ("kh", "c"), ("w", "v"),
    ("z", "j"), ("y", "i"), ("q", "k"), ("ae", "e"), ("ei", "i"), ("ai", "e"), ("h", ""),
)  # fmt: skip
_DOUBLED = re.compile(r"(.)\1+")


@lru_cache(maxsize=65_536)
def score(word: str) -> float:
    """The score of one lower-case word, between -5 and 5."""
    known = _listed(word)
    if known is not None:
        return known
    if _POLITE.match(word):
        return LISTED
    compound = _compound(word)
    if compound is not None:
        return compound
    heard = _by_sound().get(_sound(word))
    guess = _letters(word)
    return guess if heard is None else 0.7 * heard + 0.5 * guess


def is_listed(word: str) -> bool:
    """True for words that some list holds."""
    return _listed(word) is not None


def _listed(word: str) -> float | None:
    weight = either_names().get(word)
    if weight is not None:
        return weight
    as_given, as_family = word in given_names(), word in family_names()
    if as_given and as_family:
        return 0.4
    if as_given:
        return LISTED
    return -LISTED if as_family else None


def _compound(word: str) -> float | None:
    """Two names written as one: the first part must be a known given name."""
    for ending in _SECOND:
        if len(word) > len(ending) + 2 and word.endswith(ending):
            first = _listed(word[: -len(ending)])
            if first is not None and first > 0.5:
                return 2.5
    return None


def _sound(word: str) -> str:
    for spelling, sound in _SOUNDS:
        word = word.replace(spelling, sound)
    return _DOUBLED.sub(r"\1", word)


@cache
def _by_sound() -> dict[str, float]:
    heard: dict[str, list[float]] = {}
    for word in given_names() | family_names() | either_names().keys():
        weight = _listed(word)
        if weight is not None and len(word) > 3:
            heard.setdefault(_sound(word), []).append(weight)
    return {key: sum(weights) / len(weights) for key, weights in heard.items()}


def _groups(word: str) -> list[str]:
    ends = [f"{word[-size:]}$" for size in range(2, 6) if len(word) > size]
    starts = [f"^{word[:size]}" for size in range(2, 5) if len(word) > size]
    inner = [word[at : at + 3] for at in range(1, len(word) - 3)]
    return ends + starts + inner


@cache
def _group_weights() -> dict[str, float]:
    counts: dict[str, list[int]] = {}
    sides = [given_names() - family_names(), family_names() - given_names()]
    for side, words in enumerate(sides):
        for word in words:
            for group in _groups(word):
                counts.setdefault(group, [0, 0])[side] += 1
    totals = [len(words) for words in sides]
    return {
        group: math.log((seen[0] + 0.8) / (totals[0] + 1.6)) - math.log((seen[1] + 0.8) / (totals[1] + 1.6))
        for group, seen in counts.items()
        if seen[0] + seen[1] >= 2
    }


def _letters(word: str) -> float:
    weights = _group_weights()
    found = [weights[group] for group in _groups(word) if group in weights]
    if not found:
        return 0.0
    # Neighbouring groups repeat each other's evidence, so their sum is damped by its root.
    total = sum(found) / math.sqrt(len(found))
    return max(-GUESSED, min(GUESSED, total))
