"""Which word of a name is the one to greet with: initials, order of given and family name, leading names.

Every word brings the odds that it is a given name (`name_scores`); the usual orders bring theirs; the two are
multiplied, and the share of the winner is the confidence.
"""

from __future__ import annotations

import re
from math import exp
from typing import TypeAlias

from pivotr.domain.name_lists import given_names, leading_words, marker_words
from pivotr.domain.name_scores import FAMILY, given_part, is_listed, odds, score
from pivotr.domain.name_text import LONGEST, NameWords, Token, dotted, looks_like_domain, undotted

#: How often the family or house name stands first, as judged from lists of all India.
FAMILY_FIRST = 0.10
#: The same where a family title such as Reddy or Rao closes a name of three words.
FAMILY_FIRST_TITLED = 0.55
#: The same where an initial stands between the words ("Madhu N. Belur"): hardly ever.
FAMILY_FIRST_INITIAL = 0.02
#: How often the only full word is the given name: alone, behind initials, before initials.
ALONE, BEHIND_INITIALS, BEFORE_INITIALS = 0.72, 0.70, 0.93

#: Odds of the first of two words that, joined, are a listed given name ("Ram Mohan", "Naga Manikanta").
JOINED = exp(3.0)
#: A word behind a family name needs at least these odds: "Patel Kumar" names nobody.
REVERSED = exp(-1.1)
FAMILY_ODDS = exp(FAMILY)

_PLAIN = re.compile(r"[A-Za-z .]+(?:(?<=[A-Za-z])['-](?=[A-Za-z])[A-Za-z .]+)*").fullmatch
_VOWELS = frozenset("aeiouyAEIOUY")


#: The word to greet with as written (None: none is safe), a confidence between 0 and 1, and the reason.
Choice: TypeAlias = tuple[str | None, float, str]


def choose(name: NameWords) -> Choice:
    """The word of the name that its bearer is called by."""
    tokens, family_first = name
    for text, _, _ in tokens:
        if len(text) < 5 and (len(text) < 3 or text.isupper()):
            return _choose_among_initials(tokens, family_first=family_first)
    if len(tokens) == 1:
        return _alone(tokens[0], BEHIND_INITIALS if family_first else ALONE)
    return _led(tokens) or _ordered(tokens, _prior(tokens, usual=FAMILY_FIRST, comma=family_first))


def choose_plain(name: str) -> Choice | None:
    """The short way for names of letters, blanks and dots in which every word behind the titles is a name.

    None where a closer look is due; else the same answer as that of `choose`.
    """
    if len(name) > LONGEST or not _PLAIN(name):
        return None
    has_dots = "." in name
    words = (name.lower().replace(".", " ") if has_dots else name.lower()).split()
    start, last, leading = 0, len(words) - 1, leading_words()
    if not leading.marked.isdisjoint(words):
        titles = marker_words().titles
        while start < last and words[start] in titles:
            start += 1
        if not start or not leading.marked.isdisjoint(words[start:]):
            return None
    if start >= last or (has_dots and looks_like_domain(name)):
        return None
    tokens = dotted(name) if has_dots else undotted(name.split())
    if start:
        tokens = tokens[start:]
    for text, _, _ in tokens:
        if len(text) < 5 and (len(text) < 3 or text.isupper()):
            return _choose_among_initials(tokens, family_first=False)
    if last - start == 1 and (first := odds(words[start])) >= JOINED:
        return _surely_first(tokens[0][0], first, odds(words[last]), FAMILY_FIRST)
    return _ordered(tokens, _prior(tokens, usual=FAMILY_FIRST, comma=False))


def _surely_first(text: str, first: float, second: float, family_first: float) -> Choice:
    """The first of two words, which is surely given: no odds of the second word can outdo it."""
    usual = _usual(first, second, family_first)
    return text, usual / (usual + family_first * second), f"{text} is the first given name."


def _choose_among_initials(tokens: list[Token], *, family_first: bool) -> Choice:
    shouted, alone = None, len(tokens) == 1
    words: list[Token] = []
    kinds: list[bool] = []
    for token in tokens:
        size = len(token[0])
        if 1 < size < 5 and shouted is None:
            shouted = all(other.text.isupper() for other in tokens)
        initial = size == 1 or (size < 5 and _is_initial(token, shouted=bool(shouted), alone=alone))
        kinds.append(initial)
        if not initial and (not words or token[1] != "kr"):
            words.append(token)
    if not words:
        return (None, 0.0, "Only initials are left.")
    front, behind = kinds[0], kinds[-1]
    if len(words) == 1:
        return _alone(
            words[0], BEHIND_INITIALS if front or family_first else BEFORE_INITIALS if behind else ALONE
        )
    usual = FAMILY_FIRST / 2 if front else FAMILY_FIRST
    between = True in kinds and not front and not behind
    return _led(words) or _ordered(words, _prior(words, usual=usual, comma=family_first or between))


def _is_initial(token: Token, *, shouted: bool, alone: bool) -> bool:
    text, word, dotted = token
    if alone and len(text) > 2:
        return False
    if not alone and (word in leading_words().short or word == "kr"):
        return False
    if len(text) <= 2 and (dotted or not is_listed(word)):
        return True
    if text.isupper() and not _VOWELS.intersection(text):
        return True
    return text.isupper() and not shouted and len(text) <= 3 and not (is_listed(word) and score(word) > 0)


def _prior(words: list[Token], *, usual: float, comma: bool) -> float:
    """How often the family name stands first in names of this shape."""
    if comma:
        return FAMILY_FIRST_INITIAL
    if len(words) > 2 and usual == FAMILY_FIRST and words[-1].word in leading_words().title_names:
        return FAMILY_FIRST_TITLED
    return usual


def _led(words: list[Token]) -> Choice | None:
    """Names such as "Mohd Kaif" or "Syed Naseer": the name behind the leading one is the greeting."""
    leading = leading_words()
    if words[0][1] not in leading.all and words[1][1] not in leading.all:
        return None
    at = 0 if score(words[0].word) > FAMILY or words[0].word in leading.short else 1
    text, first, _ = words[at]
    if first not in leading.all:
        return None
    rest = [token for token in words[at + 1 :] if token.word not in leading.all]
    if rest and score(rest[0].word) > FAMILY:
        return (rest[0].text, 0.85, f"{text} stands before the name the person is called by.")
    if first in leading.full:
        return (text, 0.75, f"{text} is the only given name.")
    return (None, 0.0, "No given name is written out.") if at == 0 else None


def _ordered(words: list[Token], family_first: float) -> Choice:
    if len(words) == 2 and (first := odds(words[0][1])) >= JOINED:
        return _surely_first(words[0][0], first, odds(words[1][1]), family_first)
    texts = [word for _, word, _ in words]
    likely = list(map(odds, texts))
    listed = given_names()
    for at in range(len(words) - 1):
        if likely[at] >= JOINED or (word := texts[at]) + texts[at + 1] not in listed:
            continue
        if word not in marker_words().titles:
            if at == 0 and likely[0] < FAMILY_ODDS:
                both = f"{words[0].text} {words[1].text}"
                return (both, 0.85, f"{both} is one given name written apart.")
            likely[at] = JOINED
    weights = _weights(likely, family_first)
    best = weights.index(max(weights))
    text, word, _ = words[best]
    if likely[best] < (REVERSED if best else FAMILY_ODDS) and (best or is_listed(word)):
        return (None, 0.0, "Only family names are written out.")
    if best == 0:
        return (text, weights[0] / sum(weights), f"{text} is the first given name.")
    # Behind a family name the words may all be given names; the first of them is a fine greeting.
    sure = sum(weights[1:]) if likely[best] > 1.6 else weights[best]
    why = f"{words[0].text} reads as a family or house name; {text} is the given name."
    return (text, sure / sum(weights), why)


def _usual(first: float, second: float, family_first: float) -> float:
    """Weight of the usual order of two words; the second is a family name, now and then a given name."""
    return (1 - family_first) * first * (0.75 + 0.1 * second)


def _weights(likely: list[float], family_first: float) -> list[float]:
    """How likely each word is the given name: the usual order times the odds of the words."""
    if len(likely) == 2:
        weights = [_usual(likely[0], likely[1], family_first)]
    else:
        weights = [(1 - family_first) * likely[0] * (0.6 + 0.2 * likely[1])]
    for value in likely[1:]:
        weights.append(family_first * value)
        family_first *= 0.15 * min(1.0, 1 / value)
    return weights


def _alone(token: Token, usual: float) -> Choice:
    """The only full word: `usual` tells how often such a word is the given name."""
    text, word, _ = token
    if word in leading_words().short:
        return (None, 0.0, "No given name is written out.")
    likely = odds(word)
    if likely < FAMILY_ODDS and is_listed(word):
        return (None, 0.0, f"{text} is a family name, and no given name is written out.")
    part = given_part(word)
    if part is not None:
        return (part, 0.8, f"{text} is a given and a family name written as one word.")
    chance = usual / (1 - usual) * likely
    return (text, chance / (1 + chance), f"{text} is the only word written out.")
