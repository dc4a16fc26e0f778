"""Which word of a name is the one to greet with: initials, order of given and family name, leading names.

Every word brings the odds that it is a given name (`name_scores`); the usual orders bring theirs; the two are
multiplied, and the share of the winner is the confidence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pivotr.domain.name_lists import leading_words
from pivotr.domain.name_scores import FAMILY, is_listed, score
from pivotr.domain.name_text import NameWords, Token

#: How often the family or house name stands first, as judged from lists of all India.
FAMILY_FIRST = 0.10
#: The same where a family title such as Reddy or Rao closes a name of three words.
FAMILY_FIRST_TITLED = 0.35
#: The same where an initial stands between the words ("Madhu N. Belur"): hardly ever.
FAMILY_FIRST_INITIAL = 0.02
#: How often the only full word is the given name: alone, behind initials, before initials.
ALONE, BEHIND_INITIALS, BEFORE_INITIALS = 0.72, 0.70, 0.93

_VOWELS = frozenset("aeiouyAEIOUY")


@dataclass(frozen=True, slots=True)
class Choice:
    """The word to greet with, as written, with a confidence between 0 and 1 and the reason."""

    word: str | None
    confidence: float
    why: str


def choose(name: NameWords) -> Choice:
    """The word of the name that its bearer is called by."""
    shouted = all(token.text.isupper() for token in name.tokens)
    kinds = [_is_initial(token, shouted=shouted, alone=len(name.tokens) == 1) for token in name.tokens]
    words = [t.text for t, initial in zip(name.tokens, kinds, strict=True) if not initial]
    words = [word for at, word in enumerate(words) if at == 0 or word.casefold() != "kr"]
    if not words:
        return Choice(None, 0.0, "Only initials are left.")
    if len(words) > 1:
        led = _led(words)
        if led is not None:
            return led
        return _ordered(words, _prior(name, kinds, words))
    return _alone(words[0], front=kinds[0], behind=any(kinds) and not kinds[0], comma=name.family_first)


def _is_initial(token: Token, *, shouted: bool, alone: bool) -> bool:
    text = token.text
    if len(text) == 1:
        return True
    if len(text) > 4 or alone and len(text) > 2:
        return False
    word = text.casefold()
    if word in leading_words().short or word == "kr":
        return False
    if token.dotted and len(text) <= 2:
        return True
    if text.isupper() and not _VOWELS.intersection(text):
        return True
    return text.isupper() and not shouted and len(text) <= 3 and not (is_listed(word) and score(word) > 0)


def _prior(name: NameWords, kinds: list[bool], words: list[str]) -> float:
    if name.family_first or (any(kinds) and not kinds[0] and not kinds[-1]):
        return FAMILY_FIRST_INITIAL
    if kinds[0]:
        return FAMILY_FIRST / 2
    if len(words) > 2 and words[-1].casefold() in leading_words().title_names:
        return FAMILY_FIRST_TITLED
    return FAMILY_FIRST


def _led(words: list[str]) -> Choice | None:
    """Names such as "Mohd Kaif" or "Syed Naseer": the name behind the leading one is the greeting."""
    leading = leading_words()
    at = 0 if score(words[0].casefold()) > FAMILY or words[0].casefold() in leading.short else 1
    first = words[at].casefold()
    if first not in leading.full and first not in leading.short:
        return None
    rest = words[at + 1 :]
    if rest and score(rest[0].casefold()) > FAMILY:
        return Choice(rest[0], 0.85, f"{words[at]} stands before the name the person is called by.")
    if first in leading.full:
        return Choice(words[at], 0.75, f"{words[at]} is the only given name.")
    return Choice(None, 0.0, "No given name is written out.") if at == 0 else None


def _ordered(words: list[str], family_first: float) -> Choice:
    scores = [score(word.casefold()) for word in words]
    odds = [math.exp(value) for value in scores]
    follower = 0.75 + 0.1 * odds[1] if len(words) == 2 else 0.6 + 0.2 * odds[1]
    weights = [(1 - family_first) * odds[0] * follower]
    carried = family_first
    for value in odds[1:]:
        weights.append(carried * value)
        carried *= 0.4 * min(1.0, 1 / value)
    best = max(range(len(words)), key=lambda at: weights[at])
    share = weights[best] / sum(weights)
    word = words[best]
    if (is_listed(word.casefold()) and scores[best] < FAMILY) or (best and scores[best] < -0.5):
        return Choice(None, 0.0, "Only family names are written out.")
    if best == 0:
        return Choice(word, share, f"{word} is the first given name.")
    return Choice(word, share, f"{words[0]} reads as a family or house name; {word} is the given name.")


def _alone(word: str, *, front: bool, behind: bool, comma: bool) -> Choice:
    value = score(word.casefold())
    if is_listed(word.casefold()) and value < FAMILY:
        return Choice(None, 0.0, f"{word} is a family name, and no given name is written out.")
    usual = BEHIND_INITIALS if front or comma else BEFORE_INITIALS if behind else ALONE
    odds = usual / (1 - usual) * math.exp(value)
    where = "behind initials" if front or comma else "before initials" if behind else "alone"
    return Choice(word, odds / (1 + odds), f"{word} stands {where}.")
