"""The word lists behind the greeting, read once from `pivotr/data/names`; each file notes its source.

A file holds words apart by blanks; `#` starts a comment line, `[section]` a section.
Weights are explained in `name_scores`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

GIVEN_FILES = ("given_north", "given_west_east", "given_south", "given_arabic_european", "given_more")
FAMILY_FILES = (
    "surnames_north",
    "surnames_west_east",
    "surnames_south",
    "surnames_arabic",
    "surnames_more",
    "places",
)

#: Weight of a word that only one kind of list knows (e^3.5 is about 33 : 1), and of a word that both know.
LISTED, LISTED_AS_BOTH = 3.5, 0.4

# A plain path: the resource reader of the standard library takes longer to import than all lists to read.
_FOLDER = Path(__file__).parents[1] / "data" / "names"


@dataclass(frozen=True, slots=True)
class MarkerWords:
    """Words that are no names but tell what a cell holds, all in lower case and without dots."""

    titles: frozenset[str]
    #: Words that belong to the title behind them ("Asst. Prof."), and are none without it.
    before_titles: frozenset[str]
    #: Titles of two words, each written with a hyphen here ("Bharat Ratna").
    awards: frozenset[str]
    degrees: frozenset[str]
    kin: frozenset[str]
    employers: frozenset[str]
    polite: frozenset[str]
    fillers: frozenset[str]
    late: frozenset[str]
    #: Words that mean the same before a courtesy ("Lt. Shri"), and a rank before others ("Lt. Col.").
    late_in_front: frozenset[str]
    courtesies: frozenset[str]
    #: Words that show that a cell holds no living person, with the kind: late, organisation, filler, phrase.
    refused: dict[str, str]
    #: Words behind which no part of the person's name stands.
    turns: frozenset[str]
    #: All of these words: a name without any of them needs no second look.
    all: frozenset[str]


@dataclass(frozen=True, slots=True)
class LeadingWords:
    """Leading names in full, leading abbreviations and respect names, and titles that close a name."""

    full: frozenset[str]
    short: frozenset[str]
    title_names: frozenset[str]
    #: Words that are a given name only together with the next one ("Abdul Rashid").
    halves: frozenset[str]
    all: frozenset[str]
    #: These and all marker words: a name without any of them is nothing but names.
    marked: frozenset[str]


@dataclass(frozen=True, slots=True)
class ScriptWords:
    """The same for names in Indian and Arabic scripts."""

    titles: frozenset[str]
    leading: frozenset[str]
    late: frozenset[str]
    letters: frozenset[str]
    surnames: frozenset[str]
    fillers: frozenset[str]


def _lines(name: str) -> list[str]:
    text = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _sections(name: str) -> dict[str, frozenset[str]]:
    found: dict[str, list[str]] = {}
    section = ""
    for line in _lines(name):
        if line.startswith("["):
            section = line.strip("[]")
        else:
            found.setdefault(section, []).extend(line.split())
    return {key: frozenset(words) for key, words in found.items()}


@cache
def given_names() -> frozenset[str]:
    """Words known as given names, lower case."""
    return frozenset(word for name in GIVEN_FILES for line in _lines(name) for word in line.split())


@cache
def family_names() -> frozenset[str]:
    """Words known as family, house or village names, lower case."""
    return frozenset(word for name in FAMILY_FILES for line in _lines(name) for word in line.split())


@cache
def either_names() -> dict[str, float]:
    """Words that are both, with the logarithm of (bearers as given name / bearers as family name)."""
    return {word: float(weight) for word, weight in (line.split() for line in _lines("either"))}


@cache
def name_weights() -> dict[str, float]:
    """Every listed word with its weight: above 0 rather a given name, below 0 rather a family name."""
    given, family = given_names(), family_names()
    return (
        dict.fromkeys(given, LISTED)
        | dict.fromkeys(family, -LISTED)
        | dict.fromkeys(given & family, LISTED_AS_BOTH)
        | either_names()
    )


@cache
def marker_words() -> MarkerWords:
    """Titles, tails and words of organisations."""
    tails, titles = _sections("tails"), _sections("titles")
    others = _sections("organisations") | _sections("words")
    trades = others["organisations"] | others["roles"] | others["things"] | others["brands"]
    trades |= tails["professions"] - name_weights().keys()
    trades |= {f"{word}s" for word in trades if len(word) > 3} - name_weights().keys()
    kinds = {
        "late": tails["late"],
        "organisation": trades,
        "filler": others["fillers"],
        "phrase": others["function words"] | others["phrases"],
    }
    awards = frozenset(award.partition("-")[0] for award in titles["awards"])
    every = frozenset[str]().union(
        titles["titles"], titles["before titles"], awards, *tails.values(), *kinds.values()
    )
    return MarkerWords(
        titles=titles["titles"],
        before_titles=titles["before titles"],
        awards=titles["awards"],
        degrees=tails["degrees"] | tails["professions"],
        kin=tails["kin"],
        employers=tails["places"],
        polite=tails["suffixes"],
        fillers=others["fillers"],
        late=tails["late"],
        late_in_front=tails["late in front"],
        courtesies=titles["courtesies"],
        refused={word: kind for kind, words in kinds.items() for word in words},
        turns=tails["kin"] | tails["places"] | {"of"},
        all=every,
    )


@cache
def leading_words() -> LeadingWords:
    """Names that stand before the name a person is called by, and family titles that close a name."""
    found = _sections("titles")
    full, short = found["leading names"], found["leading abbreviations"]
    halves = found["first halves"]
    return LeadingWords(
        full,
        short,
        title_names=found["title names"],
        halves=halves,
        all=full | short,
        marked=full | short | halves | marker_words().all,
    )


@cache
def script_words() -> ScriptWords:
    """Titles, letters and family names of other scripts."""
    found = _sections("scripts")
    return ScriptWords(
        found["titles"],
        found["leading names"],
        found["late"],
        found["letters"],
        found["surnames"],
        found["fillers"],
    )
