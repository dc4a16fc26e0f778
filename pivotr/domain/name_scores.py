"""How strongly a word speaks for a given name: one number per word, the logarithm of a likelihood ratio.

Positive: rather a given name; negative: rather a family, house or village name; 0: no idea. Words of the
lists have fixed weights, polite endings are looked through (Umeshbhai → Umesh), spelling variants are matched
by sound (Sreenivas ~ Srinivas), and the rest is judged by its letter groups, learnt from the lists themselves
(naive Bayes).
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache, lru_cache
from math import exp, log, sqrt

from pivotr.domain.name_lists import either_names, family_names, given_names

#: Weight of a word that only one kind of list knows: e^3.5 is about 33 : 1.
LISTED = 3.5
#: Most that letter groups alone may say, in either direction.
GUESSED = 2.2
#: A word with a score beyond this on the family side is never greeted with.
FAMILY = -1.7

#: Words whose odds are kept at hand: lead files repeat their words, and memory must not grow with their rows.
_KEPT = 8_192

_POLITE = re.compile(r"(.{3,})(?:bhai|ben|behn|tai|bhau|garu|sinh|sinhji|saheb|ji)$")
_SECOND = (
    "kumar", "kumari", "lal", "rao", "raje", "bai", "devi", "das", "babu", "lakshmi", "laxmi", "prasad",
    "raj", "amma", "appa", "aiah", "anna", "nath", "chand", "chandra", "krishna", "swamy", "samy", "reddy",
    "ram", "singh", "kutty", "moorthy", "murthy", "vel", "selvan", "selvi", "deep", "jeet", "jit", "preet",
    "inder", "pal",
)  # fmt: skip
_SOUNDS = (
    ("ee", "i"), ("oo", "u"), ("ou", "u"), ("ow", "u"), ("ck", "k"), ("ph", "f"), ("ks", "x"),
    ("ae", "e"), ("ei", "i"), ("ai", "e"), ("ch", "C"), ("h", ""),
)  # fmt: skip
_LETTER_SOUNDS = str.maketrans("wzyqc", "vjikk")
_DOUBLED = re.compile(r"(.)\1+")


@lru_cache(maxsize=_KEPT)
def score(word: str) -> float:
    """The score of one lower-case word, between -5 and 5."""
    known = _listed(word)
    if known is not None:
        return known
    polite = _POLITE.match(word)
    if polite:
        stem = _listed(polite[1])
        return LISTED if stem is None or stem > FAMILY else stem
    compound = _compound(word)
    if compound is not None:
        return compound
    heard = _by_sound().get(_sound(word))
    guess = _letters(word)
    return guess if heard is None else 0.7 * heard + 0.5 * guess


@lru_cache(maxsize=_KEPT)
def odds(word: str) -> float:
    """The score as odds: how many bearers have the word as given name for each that has it as family name."""
    return exp(score(word))


@lru_cache(maxsize=_KEPT)
def is_listed(word: str) -> bool:
    """True for words that some list holds."""
    return _listed(word) is not None


@lru_cache(maxsize=_KEPT)
def given_part(word: str) -> str | None:
    """The given name of a given and a family name written as one ("amitsharma"); None for other words."""
    if is_listed(word):
        return None
    for at in range(3, len(word) - 3):
        first, second = _listed(word[:at]), _listed(word[at:])
        if first is not None and second is not None and first > 1 and second < -3:
            return word[:at]
    return None


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
    return _DOUBLED.sub(r"\1", word.translate(_LETTER_SOUNDS))


@cache
def _by_sound() -> dict[str, float]:
    heard: dict[str, list[float]] = {}
    either = either_names()
    sides = ((given_names(), LISTED), (family_names(), -LISTED), (either.keys(), 0.0))
    for words, weight in sides:
        for word in words:
            if len(word) > 3:
                heard.setdefault(_sound(word), []).append(either.get(word, weight))
    return {key: sum(weights) / len(weights) for key, weights in heard.items()}


def _groups(word: str) -> list[str]:
    """Letter groups of a word: its ends, its starts (marked), and each three letters within."""
    framed, size = f"^{word}$", len(word)
    groups = [framed[-many - 1 :] for many in (2, 3, 4, 5) if size > many]
    groups += [framed[: many + 1] for many in (2, 3, 4) if size > many]
    groups += [word[at : at + 3] for at in range(1, size - 3)]
    return groups


@cache
def _group_weights() -> dict[str, float]:
    given, family = given_names(), family_names()
    seen_given = Counter(group for word in given - family for group in _groups(word))
    seen_family = Counter(group for word in family - given for group in _groups(word))
    shift = log(len(family - given) / len(given - family))
    return {
        group: log((seen_given[group] + 0.8) / (seen_family[group] + 0.8)) + shift
        for group in seen_given.keys() | seen_family.keys()
        if seen_given[group] + seen_family[group] >= 2
    }


def _letters(word: str) -> float:
    weights = _group_weights()
    found = [weights[group] for group in _groups(word) if group in weights]
    if not found:
        return 0.0
    # Neighbouring groups repeat each other's evidence, so their sum is damped by its root.
    total = sum(found) / sqrt(len(found))
    return max(-GUESSED, min(GUESSED, total))
