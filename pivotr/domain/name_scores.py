"""How strongly a word speaks for a given name: one number per word, the logarithm of a likelihood ratio.

Positive: rather a given name; negative: rather a family, house or village name; 0: no idea. Words of the
lists have fixed weights, polite endings are looked through (Umeshbhai → Umesh), spelling variants are matched
by sound (Sreenivas ~ Srinivas), and the rest is judged by its letter groups, learnt from the lists themselves
(naive Bayes).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache
from math import exp, log, sqrt

from pivotr.domain.name_lists import LISTED, family_names, given_names, name_weights

#: Most that letter groups alone may say, in either direction.
GUESSED = 2.2
#: What a word written from a given name and a usual second part ("Ramkumar") says.
COMPOUND = 2.5
#: A word with a score beyond this on the family side is never greeted with.
FAMILY = -1.7

#: Score of what nobody is called: keys hit at random.
NOBODY = 5.0

#: Words whose odds are kept at hand: lead files repeat their words, and memory must not grow with their rows.
_KEPT = 8_192

_UNSPEAKABLE = re.compile(r"[b-df-hj-np-tv-xz]{3,}").fullmatch
_POLITE = re.compile(r"(.{3,})(?:bhai|ben|behn|bhau|garu|sinh|sinhji|saheb|(ji|tai))$").match
_SECOND = (
    "kumar", "kumari", "lal", "rao", "raje", "bai", "devi", "das", "babu", "lakshmi", "laxmi", "prasad",
    "raj", "amma", "appa", "aiah", "anna", "nath", "chand", "chandra", "krishna", "swamy", "samy", "reddy",
    "ram", "singh", "kutty", "moorthy", "murthy", "vel", "selvan", "selvi", "deep", "jeet", "jit", "preet",
    "inder", "pal",
)  # fmt: skip
#: Villages rather than compounds with Ram.
_PLACES = ("varam", "puram")
_SOUNDS = (
    ("ee", "i"), ("oo", "u"), ("ou", "u"), ("ow", "u"), ("ck", "k"), ("ph", "f"), ("ks", "x"),
    ("ae", "e"), ("ei", "i"), ("ai", "e"), ("ch", "C"), ("h", ""), ("w", "v"), ("z", "j"),
    ("y", "i"), ("q", "k"), ("c", "k"),
)  # fmt: skip
_DOUBLED = re.compile(r"(.)(?=\1)")


def score(word: str) -> float:
    """The score of one lower-case word, between -5 and 5."""
    known = name_weights().get(word)
    if known is not None:
        return known
    first, hyphen, _ = word.partition("-")
    if hyphen and first:  # both parts are of one kind: Anna-Maria, Mazumdar-Shaw
        return score(first)
    return -NOBODY if _UNSPEAKABLE(word) else _unlisted(word, name_weights())


def _unlisted(word: str, weights: dict[str, float]) -> float:
    polite = _POLITE(word)
    if polite:
        stem = weights.get(polite[1])
        if stem is None:  # some family names happen to end in -ji or -tai
            return _letters(word) + 1 if polite[2] else LISTED
        return LISTED if stem > FAMILY else stem
    if word.endswith(_SECOND) and not word.endswith(_PLACES) and _is_compound(word, weights):
        return COMPOUND
    heard = _by_sound().get(_sound(word))
    guess = _letters(word)
    return guess if heard is None else 0.7 * heard + 0.5 * guess


@lru_cache(maxsize=_KEPT)
def odds(word: str) -> float:
    """The score as odds: how many bearers have the word as given name for each that has it as family name."""
    return exp(score(word))


def is_listed(word: str) -> bool:
    """True for words that some list holds."""
    return word in name_weights()


@lru_cache(maxsize=_KEPT)
def is_known(word: str) -> bool:
    """True for words that some list tells something about: itself, an ending, a part, or how it sounds."""
    return (
        is_listed(word)
        or "-" in word
        or _POLITE(word) is not None
        or _sound(word) in _by_sound()
        or _is_compound(word, name_weights())
    )


@lru_cache(maxsize=_KEPT)
def given_part(word: str) -> str | None:
    """The given name of a given and a family name written as one ("amitsharma"); None for other words."""
    weights = name_weights()
    if word in weights:
        return None
    for at in range(3, len(word) - 3):
        if weights.get(word[:at], 0) > 1 and weights.get(word[at:].lstrip("-"), 0) < -3:
            return word[:at]
    return None


def _is_compound(word: str, weights: dict[str, float]) -> bool:
    """Two names written as one: the first part must be a known given name."""
    return any(
        word.endswith(ending) and len(word) > len(ending) + 2 and weights.get(word[: -len(ending)], 0) > 0.5
        for ending in _SECOND
    )


def _sound(words: str) -> str:
    """One word, or many apart by line ends, as they sound."""
    for spelling, sound in _SOUNDS:
        words = words.replace(spelling, sound)
    return _DOUBLED.sub("", words)


@cache
def _by_sound() -> dict[str, float]:
    weights = {word: weight for word, weight in name_weights().items() if len(word) > 3}
    heard: dict[str, list[float]] = {}
    for sound, weight in zip(_sound("\n".join(weights)).split("\n"), weights.values(), strict=True):
        heard.setdefault(sound, []).append(weight)
    return {sound: sum(several) / len(several) for sound, several in heard.items()}


def _groups(words: Iterable[str]) -> list[str]:
    """Letter groups of words: their ends, their starts (marked), and each three letters within."""
    framed = [f"^{word}$" for word in words]
    groups = [word[at : at + 3] for word in framed for at in range(2, len(word) - 4)]
    for many in (2, 3, 4, 5):
        long = [word for word in framed if len(word) > many + 2]
        groups += [word[-many - 1 :] for word in long]
        if many < 5:
            groups += [word[: many + 1] for word in long]
    return groups


@cache
def _group_weights() -> dict[str, float]:
    given, family = given_names(), family_names()
    seen_given, seen_family = Counter(_groups(given - family)), Counter(_groups(family - given))
    shift = log(len(family - given) / len(given - family))
    weights = {}
    for group, often in seen_given.items():
        other = seen_family.pop(group, 0)
        if often + other > 1:
            weights[group] = log((often + 0.8) / (other + 0.8)) + shift
    for group, often in seen_family.items():
        if often > 1:
            weights[group] = log(0.8 / (often + 0.8)) + shift
    return weights


def _letters(word: str) -> float:
    weights = _group_weights()
    found = [weights[group] for group in _groups((word,)) if group in weights]
    if not found:
        return 0.0
    # Neighbouring groups repeat each other's evidence, so their sum is damped by its root.
    return max(-GUESSED, min(GUESSED, sum(found) / sqrt(len(found))))
