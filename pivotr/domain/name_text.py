"""From a cell to the words of a name: invisible signs, titles, tails, and cells that hold no person."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from pivotr.domain.name_lists import MarkerWords, marker_words
from pivotr.domain.name_scores import is_listed, odds
from pivotr.domain.name_tokens import EDGES, KEPT, Token, dotted, tokens_of, undotted

_REFUSED = {
    "late": "The person is marked as late.",
    "organisation": "The cell holds a company, a role or a department, not a person.",
    "filler": "The cell holds a filler, not a name.",
    "phrase": "The cell holds a phrase, not a name.",
}
#: Signs that a name may hold besides letters: apostrophes, hyphens, and the joiners of Indian scripts.
_WITHIN = "'’ʼ-‐\u200c\u200d"
_SEVERAL = "The cell names more than one person, or a company."
_LOST = "Letters of the name were lost in its encoding."
_LONG = "The text is too long for a name."
_RELATIVES = ("wife", "son", "daughter", "husband", "mother", "father")

#: "Ramesh's father", "Haldiram's".
_POSSESSIVE = ("'s", "’s")

_LEGAL_FORMS = frozenset(("pvt", "ltd", "limited", "llp", "inc"))

#: No name that a person would be greeted with is longer than this many characters.
LONGEST = 160

_WORDS = re.compile(r"[^\W\d_]+")
_MACHINE = re.compile(
    r"\{\{|%\w+%|^\s*[=#]\w|https?:|www\.|mailto:|^\S+\.(?:com|in|org|net|co|io)$", re.IGNORECASE
)
_TIDY = re.compile(r"[A-Za-z .,]+(?:(?<=[A-Za-z])['-](?=[A-Za-z])[A-Za-z .,]+)*").fullmatch
_DOMAIN = re.compile(r"\.(?:com|in|org|net|co|io)$", re.IGNORECASE).search
_ODD = re.compile(r"[{%=#:/.]")
_BREAK = re.compile(r"[|•·–—;#:/&-]")
_OPENING = re.compile(r"[(\[<{\"“”'‘]")
_BRACKETED = re.compile(r"\([^()]*\)?|\[[^\[\]]*\]?|<[^<>]*>?|\{[^{}]*\}?")
_QUOTED = re.compile(r"\s[\"“”'‘][^\"“”']+[\"“”'’](?=\s|$)")
_ADDRESS = re.compile(r"\S@\S")
_TAIL = re.compile(r"\s+(?:[-–—]+|/+|:)(?:\s|$)|[|•·–—;#:]|//|--|\s&\s+family\b")
_APOSTROPHES = re.compile("['’]")
_LOSSES = re.compile(r"\w\ufffd|\ufffd\w")
#: First signs of UTF-8 read as Windows-1252, with what follows them there and in no name.
_MISREAD = re.compile("[ÃÂÄÅâà][\u00a0-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
_BLANKS = re.compile(r"[\s_\\+]+")


class NameWords(NamedTuple):
    """The words of one person's name; `family_first` when a comma said that the family name came first."""

    tokens: list[Token]
    family_first: bool = False


def read_cell(name: str) -> NameWords | str:
    """The words of the name in a cell, or one sentence on why the cell holds no name to greet with."""
    if len(name) > 4 * LONGEST:
        return _LONG
    if not _TIDY(name) or looks_like_domain(name):
        if "\ufffd" in name and _LOSSES.search(name):
            return _LOST
        text = visible(name)
        if not _TIDY(text) or "." in text[-4:-1]:
            return _unwanted(text) or _read_text(text)
        name = text
    return _read_tidy(name)


def _read_tidy(name: str) -> NameWords | str:
    # Most cells hold letters, blanks, dots and commas only: words that are no names are looked up at once.
    markers, words = marker_words(), name.lower().replace(".", " ").replace(",", " ").split()
    if _is_late(words, markers):
        return _REFUSED["late"]
    start, last = 0, len(words) - 1
    while start < last and words[start] in markers.titles:
        start += 1
    signs = "," in name or "-" in name or "'s" in name
    if start >= last or signs or not markers.all.isdisjoint(words[start:]):
        return _words((name if markers.turns.isdisjoint(words) else _before_kin(name)).split(","))
    tokens = dotted(name) if "." in name else undotted(name.split())
    return tuple.__new__(NameWords, (tokens[start:] if start else tokens, False))


def _is_late(words: list[str], markers: MarkerWords) -> bool:
    """True for "Late Shri Mohan Lal" and for "Lt. Shri Mohan Lal", which is no lieutenant."""
    if not markers.late.isdisjoint(words):
        return True
    front, behind = words[:1], words[1:2]
    return not (markers.late_in_front.isdisjoint(front) or markers.courtesies.isdisjoint(behind))


def looks_like_domain(name: str) -> bool:
    """True for "sharma.com"."""
    return "." in name[-4:-1] and _DOMAIN(name) is not None


def _unwanted(text: str) -> str:
    """Why the text as a whole is no name; empty where it may be one."""
    markers, folded = marker_words(), text.casefold()
    if not text:
        return "The cell holds no letters."
    if len(text) > LONGEST:
        return _LONG
    if _is_late(_WORDS.findall(folded), markers):
        return _REFUSED["late"]
    if _ODD.search(text) and _MACHINE.search(text):
        return "The cell holds an address or a formula, not a name."
    return _REFUSED["filler"] if folded.strip("().") in markers.fillers else ""


def _read_text(text: str) -> NameWords | str:
    if _OPENING.search(text):
        text = _QUOTED.sub(" ", _BRACKETED.sub(" ", text))
    if "@" in text and _ADDRESS.search(text):
        return "The cell holds an e-mail address, not a name."
    text = text.strip(EDGES)
    if _BREAK.search(text):
        text, sign, tail = _at_tail(text)
        if sign == "/" and _is_given(tail):
            return _SEVERAL
    head = _before_kin(text) if "/" in text or "@" in text else text
    if "&" in head or "/" in head:
        head, _, post = head.partition(",")
        if "&" in head or "/" in head or not _tells_post(post):
            return _SEVERAL
    return _read_tidy(head) if _TIDY(head) else _words(_before_kin(head).split(","))


def _at_tail(text: str) -> tuple[str, str, str]:
    """What stands before the first sign that ends a name, the sign, and what follows."""
    found = _TAIL.search(text)
    if found is None:
        return text, "", ""
    return text[: found.start()].strip(EDGES), found[0].strip(), text[found.end() :]


def _is_given(text: str) -> bool:
    """True where the text starts with a listed given name: "Vijay / Ajay" are two persons."""
    word = text.casefold().split()[:1]
    return bool(word) and is_listed(word[0]) and odds(word[0]) > 1


def _tells_post(text: str) -> bool:
    """True for "Founder & CEO", which may follow a person's name."""
    refused = marker_words().refused
    return any(refused.get(word) == "organisation" for word in _WORDS.findall(text.casefold()))


def visible(name: str) -> str:
    """The text without control signs, emoji, half characters and other invisible things; plain blanks."""
    if not (name.isascii() and name.isprintable()):
        joined = _mended(name) if _MISREAD.search(name) else name
        joined = unicodedata.normalize("NFKC", joined)
        name = _unusual().sub(lambda sign: _shown(joined, sign.start()), joined)
    return _BLANKS.sub(" ", name).strip()


def _mended(name: str) -> str:
    """ "JosÃ©" is José whose UTF-8 was read as Windows-1252; empty when letters were lost on the way."""
    try:
        return name.encode("cp1252").decode()
    except UnicodeError:
        return ""


@cache
def _unusual() -> re.Pattern[str]:
    """What must be looked at singly: neither letter, digit, plain sign nor a vowel sign of Indian scripts."""
    signs = map(chr, range(0x900, 0xE00))
    vowels = "".join(sign for sign in signs if unicodedata.category(sign) in ("Mn", "Mc"))
    return re.compile(rf"[^\w -~{vowels}]")


def _shown(text: str, at: int) -> str:
    sign = text[at]
    if sign.isascii() or sign.isalpha():
        return sign if sign.isprintable() else " "
    kind = unicodedata.category(sign)
    if kind == "Cf":  # joiners shape letters of Indian scripts; everywhere else they only hide
        between = sign in "\u200c\u200d" and 0 < at < len(text) - 1
        return sign if between and ord(text[at - 1]) > 0x8FF and ord(text[at + 1]) > 0x8FF else ""
    if kind in ("Mn", "Mc"):
        return "" if 0xFE00 <= ord(sign) <= 0xFE0F else sign
    return " " if kind[0] in "CSZ" else sign


def _before_kin(text: str) -> str:
    """What stands before "s/o", "alias", "@", "at" and the like."""
    markers = marker_words()
    words = text.split()
    if markers.turns.isdisjoint(text.casefold().split()):
        return text
    for at, word in enumerate(words):
        plain = word.casefold().strip(".,")
        if at > 0 and (plain in markers.kin or (plain in markers.employers and word.islower())):
            return " ".join(words[:at])
        if at > 0 and plain == "of" and words[at - 1].casefold() in _RELATIVES:
            return " ".join(words[: at - 1])
    return text


def _words(parts: list[str]) -> NameWords | str:
    if len(parts) > 1:
        parts = [part for part in parts if part.isalpha() or part.strip(EDGES)]
    if not parts:
        return "The cell holds no name."
    markers = marker_words()
    family = _stripped(tokens_of(parts[0]), markers)
    if len(parts) == 1:
        return _refusal(family) or NameWords(family)
    second = tokens_of(parts[1])
    given = _stripped(second, markers)
    words = [word for _, word, _ in given]
    if not markers.refused.keys().isdisjoint(words):
        if not _LEGAL_FORMS.isdisjoint(words):
            return _REFUSED["organisation"]
    elif given and markers.degrees.isdisjoint(words):
        titled = len(given) < len(second) and second[0].word in markers.titles
        if titled or (len(family) == 1 and _likelier(given[0], family[0])):
            whole = given + family
            return _refusal(whole) or NameWords(whole, family_first=True)
    return _refusal(family) or NameWords(family)


def _likelier(second: Token, first: Token) -> bool:
    """True when the word behind the comma is the likelier given name, or an initial."""
    return len(second.text) == 1 or odds(second.word) > odds(first.word)


def _stripped(tokens: list[Token], markers: MarkerWords) -> list[Token]:
    """Without titles in front, and without degrees and polite words behind."""
    words = [word for _, word, _ in tokens]
    if markers.all.isdisjoint(words) and (not words or words[0].isalpha()):
        return tokens
    start, end = 0, len(tokens)
    while start < end:
        if "-".join(words[start : start + 2]) in markers.awards:
            start += 2
            continue
        before = 1 if words[start] in markers.before_titles and start + 1 < end else 0
        if not _is_title(words[start + before], markers):
            break
        start += 1 + before
    while end - start > 1 and _is_tail(tokens[end - 1], markers):
        end -= 1
    kept = tokens[start:end]
    if markers.polite.isdisjoint([word for _, word, _ in kept[1:]]):
        return kept
    return kept[:1] + [t for t in kept[1:] if t.word not in markers.polite or t.text.isupper()]


def _is_title(word: str, markers: MarkerWords) -> bool:
    return word in markers.titles or (not word.isalpha() and _APOSTROPHES.sub("", word) in markers.titles)


def _is_tail(token: Token, markers: MarkerWords) -> bool:
    word = token.word
    if word in markers.degrees:
        return len(word) > 2 or not token.text.istitle() or word in ("jr", "sr")
    return word in markers.polite


@lru_cache(maxsize=KEPT)
def _is_of_letters(word: str) -> bool:
    """True for a word of letters and the few signs that names hold."""
    return word.isalpha() or all(
        sign.isalpha() or sign in _WITHIN or unicodedata.category(sign)[0] == "M" for sign in word
    )


@lru_cache(maxsize=KEPT)
def _is_odd(word: str) -> bool:
    """True for a word that may be no name: of the lists of such words, of one letter only, or with signs."""
    return word in marker_words().refused or not word.isalpha() or word == word[0] * len(word)


def _refusal(tokens: list[Token]) -> str:
    """Why these words are nobody to greet; empty where they may be a name."""
    if not tokens:
        return "Nothing but a title or a filler is left."
    if not any(map(_is_odd, [word for _, word, _ in tokens])):
        return ""
    return next(filter(None, (_oddity(token, first=at == 0) for at, token in enumerate(tokens))), "")


def _oddity(token: Token, *, first: bool) -> str:
    """Why this word is no name; empty where it may be one."""
    text, word, _ = token
    kind = _kind(word)
    # Two capitals behind a name are initials ("Mahesh IT"), in front of it a word ("HR Team").
    if kind and (len(word) > 2 or (first if kind == "organisation" else not text.isupper())):
        return _REFUSED[kind]
    if len(word) > 2 and word == word[0] * len(word):
        return _REFUSED["filler"]
    if word.endswith(_POSSESSIVE) and len(word) > 3:
        return _REFUSED["phrase"]
    return "" if _is_of_letters(word) else "Letters are mixed with digits or signs, as in a user name."


def _kind(word: str) -> str:
    """The kind of a word that is no name, or that has one as a part ("T-Series")."""
    refused = marker_words().refused
    if "-" not in word or word in refused:
        return refused.get(word, "")
    return next((refused[part] for part in word.split("-") if len(part) > 2 and part in refused), "")
