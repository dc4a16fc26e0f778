"""Which word of a name is the one to greet with: initials, order of given and family name, leading names.

Every word brings the odds that it is a given name (`name_scores`); the usual orders bring theirs; the two are
multiplied, and the share of the winner is the confidence.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import exp
from typing import TypeAlias

from pivotr.domain.name_lists import given_names, leading_words, marker_words
from pivotr.domain.name_scores import FAMILY, given_part, is_known, is_listed, odds
from pivotr.domain.name_text import LONGEST, NameWords, looks_like_domain
from pivotr.domain.name_tokens import KEPT, Token

#: How often the family or house name stands first, as judged from lists of all India.
FAMILY_FIRST = 0.10
#: The same where a family title such as Reddy or Rao closes a name of three words.
FAMILY_FIRST_TITLED = 0.55
#: The same where an initial stands between the words ("Madhu N. Belur"): hardly ever.
FAMILY_FIRST_INITIAL = 0.02
#: How often the only full word is the given name: alone, behind initials, before initials.
ALONE, BEHIND_INITIALS, BEFORE_INITIALS = 0.72, 0.70, 0.93
#: The same for a word alone that no list tells anything about: a brand, a role or a slip of the keys as well.
ALONE_UNKNOWN = 0.4

#: Odds of the first of two words that, joined, are a listed given name ("Ram Mohan", "Naga Manikanta").
JOINED = exp(3.0)
#: A word behind a family name needs at least these odds: "Patel Kumar" names nobody.
REVERSED = exp(-1.1)
FAMILY_ODDS = exp(FAMILY)
#: Below these odds a word is no given name, whether or not a list holds it.
NEVER = exp(-4.0)

# Latin letters with accents written as one sign are as plain as those without.
_PLAIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ .]+(?:(?<=[A-Za-z])['-](?=[A-Za-z])[A-Za-zÀ-ÖØ-öø-ÿ .]+)*").fullmatch
#: What a word between blanks is: a name in full, an initial, a title, several words with dots, anything else.
_NAME, _INITIAL, _TITLE, _DOTTED, _OTHER = range(5)
ONLY_FAMILY = "Only family names are written out."
_VOWELS = frozenset("aeiouyAEIOUY")


#: The word to greet with as written (None: none is safe), a confidence between 0 and 1, and the reason.
Choice: TypeAlias = tuple[str | None, float, str]


def choose(name: NameWords) -> Choice:
    """The word of the name that its bearer is called by."""
    tokens, family_first = name
    if not leading_words().halves.isdisjoint([word for _, word, _ in tokens]):
        tokens = _whole(tokens)
    for text, _, _ in tokens:
        if len(text) < 5 and (len(text) < 3 or text.isupper()):
            return _choose_among_initials(tokens, family_first=family_first)
    if len(tokens) == 1:
        return _alone(tokens[0], BEHIND_INITIALS if family_first else ALONE)
    order = FAMILY_FIRST_INITIAL if family_first else _usual_order(tokens)
    return _led(tokens) or _ordered(tokens, [odds(word) for _, word, _ in tokens], order)


def _whole(tokens: list[Token]) -> list[Token]:
    """ "Abdul" and "Rashid" as one word: the first half alone would be half a name."""
    halves, whole = leading_words().halves, tokens[:1]
    for token in tokens[1:]:
        text, word, _ = whole[-1]
        if word in halves and len(token.text) > 2 and odds(token.word) > FAMILY_ODDS:
            whole[-1] = Token(f"{text} {token.text}", word)
        else:
            whole.append(token)
    return whole


def choose_plain(name: str) -> Choice | None:
    """The short way for names of letters, blanks and dots in which every word behind the titles is a name.

    None where a closer look is due; else the same answer as that of `choose`.
    """
    if len(name) > LONGEST:
        return None
    tokens: list[Token] = []
    likely: list[float] = []
    has_initials = False
    for kind, each, token in map(_look, name.split()):
        if kind == _NAME:
            pass
        elif kind == _INITIAL:
            has_initials = True
        elif kind == _TITLE and not tokens:
            continue
        elif kind == _DOTTED and not looks_like_domain(name):
            return choose_plain(name.replace(".", ". "))
        else:
            return None
        tokens.append(token)
        likely.append(each)
    if len(tokens) < 2:
        return None
    if has_initials:
        return _choose_among_initials(tokens, family_first=False)
    return _ordered(tokens, likely, _usual_order(tokens))


@lru_cache(maxsize=KEPT)
def _look(text: str) -> tuple[int, float, Token]:
    """What a word between blanks is, its odds, and the word without the dot behind it."""
    stem = text.removesuffix(".")
    token = Token(stem, stem.lower(), stem is not text)
    if not _PLAIN(stem) or "-" in stem or stem.endswith("'s"):
        return _OTHER, 0.0, token
    if "." in stem:
        return _DOTTED, 0.0, token
    if token.word in leading_words().marked:
        markers = marker_words()
        plain = token.word in markers.titles and token.word not in markers.late_in_front
        return _TITLE if plain else _OTHER, 0.0, token
    short = len(stem) < 3 or (len(stem) < 5 and stem.isupper())
    return _INITIAL if short else _NAME, odds(token.word), token


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
    if family_first or (True in kinds and not front and not behind):
        order = FAMILY_FIRST_INITIAL
    else:
        order = FAMILY_FIRST / 2 if front else _usual_order(words)
    return _led(words) or _ordered(words, [odds(word) for _, word, _ in words], order)


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
    return text.isupper() and not shouted and len(text) <= 3 and not (is_listed(word) and odds(word) > 1)


def _usual_order(words: list[Token]) -> float:
    """How often the family name stands first in names of this shape."""
    if len(words) > 2 and words[-1][1] in leading_words().title_names:
        return FAMILY_FIRST_TITLED
    return FAMILY_FIRST


def _led(words: list[Token]) -> Choice | None:
    """Names such as "Mohd Kaif" or "Syed Naseer": the name behind the leading one is the greeting."""
    leading = leading_words()
    if words[0][1] not in leading.all and words[1][1] not in leading.all:
        return None
    at = 0 if odds(words[0].word) > FAMILY_ODDS or words[0].word in leading.short else 1
    text, first, _ = words[at]
    if first not in leading.all:
        return None
    rest = [token for token in words[at + 1 :] if token.word not in leading.all]
    if rest and odds(rest[0].word) > FAMILY_ODDS:
        return (rest[0].text, 0.85, f"{text} stands before the name the person is called by.")
    if first in leading.full:
        return (text, 0.75, f"{text} is the only given name.")
    return (None, 0.0, "No given name is written out.") if at == 0 else None


def _ordered(words: list[Token], likely: list[float], family_first: float) -> Choice:
    """The given name among words without initials; `likely` has the odds of each."""
    if likely[0] < JOINED and (both := _written_apart(words, likely)):
        return both, 0.85, f"{both} is one given name written apart."
    if len(likely) == 2:  # the second is a family name, now and then a given name
        first, second = likely
        front, best, most = (1 - family_first) * first * (0.75 + 0.1 * second), 1, family_first * second
        every = front + most
    else:
        front, best, most, every = _weights(likely, family_first)
    if front >= most:
        if likely[0] < FAMILY_ODDS and (likely[0] < NEVER or is_listed(words[0][1])):
            return None, 0.0, ONLY_FAMILY
        text = words[0][0]
        return text, front / every, f"{text} is the first given name."
    if likely[best] < REVERSED:
        return None, 0.0, ONLY_FAMILY
    # Behind a family name the words may all be given names; the first of them is a fine greeting.
    sure, text = every - front if likely[best] > 1.6 else most, words[best][0]
    return text, sure / every, f"{words[0][0]} reads as a family or house name; {text} is the given name."


def _written_apart(words: list[Token], likely: list[float]) -> str:
    """A given name whose first half alone reads as a family name; other halves of one get its odds."""
    listed = given_names()
    for at in range(len(words) - 1):
        word = words[at][1]
        if likely[at] >= JOINED or word + words[at + 1][1] not in listed or word in marker_words().titles:
            continue
        if at == 0 and likely[0] < FAMILY_ODDS:
            return f"{words[0][0]} {words[1][0]}"
        likely[at] = JOINED
    return ""


def _weights(likely: list[float], family_first: float) -> tuple[float, int, float, float]:
    """How likely each of three or more words is the given name: the usual order times the odds of the words.

    The weight of the first word, the best of the others and its weight, and the sum of all weights.
    """
    front = every = (1 - family_first) * likely[0] * (0.6 + 0.2 * likely[1])
    best, most = 1, 0.0
    for at in range(1, len(likely)):
        value = likely[at]
        weight = family_first * value
        every += weight
        if weight > most:
            best, most = at, weight
        family_first *= 0.15 / value if value > 1 else 0.15
    return front, best, most, every


def _alone(token: Token, usual: float) -> Choice:
    """The only full word: `usual` tells how often such a word is the given name."""
    text, word, _ = token
    if word in leading_words().short:
        return (None, 0.0, "No given name is written out.")
    likely = odds(word)
    if usual == ALONE and text.isupper() and len(text) <= 5 and not is_known(word):
        return (None, 0.0, f"{text} reads as an abbreviation.")
    if likely < FAMILY_ODDS and is_listed(word):
        return (None, 0.0, f"{text} is a family name, and no given name is written out.")
    part = given_part(word)
    if part is not None:
        return (part, 0.8, f"{text} is a given and a family name written as one word.")
    if usual == ALONE and not is_known(word):
        usual = ALONE_UNKNOWN
    chance = usual / (1 - usual) * likely
    return (text, chance / (1 + chance), f"{text} is the only word written out.")
