"""What readers and filters mind in the words of a mail: links, subjects, scored phrases."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

#: Public link shorteners: the reader cannot see where they lead, and block lists name them.
SHORTENERS = frozenset(
    {"bit.ly", "bl.ink", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "j.mp", "lnkd.in", "ow.ly", "rb.gy"}
    | {"rebrand.ly", "s.id", "shorturl.at", "shrtco.de", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd"}
)
#: Mail programs on phones show some 40 to 70 characters of a subject.
LONGEST_SUBJECT = 70

_LINK = re.compile(r"\bhttps?://([a-z0-9.-]+)", re.IGNORECASE)
_BARE_LINK = re.compile(r"(?<![\w./@-])([a-z0-9-]+\.[a-z]{2,3})/\w", re.IGNORECASE)
_MARKS = re.compile(r"[{}|]")
_FAKE_REPLY = re.compile(r"\s*(?:re|fwd?|aw)\s*:", re.IGNORECASE)


def links_in(source: str) -> Iterator[tuple[int, str, str]]:
    """Offset, code and sentence for each link that hides its target or goes over plain http."""
    for match in _LINK.finditer(source):
        host = match[1].lower().removeprefix("www.").rstrip(".")
        if host in SHORTENERS:
            yield match.start(), "short-link", f"{host} hides where the link leads: write the full address."
        elif match[0].lower().startswith("http:"):
            yield match.start(), "http-link", "This link is not encrypted: write https."
    for match in _BARE_LINK.finditer(source):
        if match[1].lower() in SHORTENERS:
            sentence = f"{match[1].lower()} hides where the link leads: write the full address."
            yield match.start(), "short-link", sentence


def subject_remarks(longest: str, source: str) -> Iterator[tuple[int, str, str]]:
    """Offset, code and sentence for what is wrong with a subject; `longest` is the longest of its results."""
    if not source.strip():
        yield (
            0,
            "no-subject",
            "There is no subject: only a follow-up may go without, it takes that of step 1.",
        )
    if len(longest) > LONGEST_SUBJECT:
        sentence = f"The subject can have {len(longest)} characters: phones show {LONGEST_SUBJECT}."
        yield 0, "long-subject", sentence
    if _FAKE_REPLY.match(source):
        yield 0, "fake-reply", "A first mail that says Re: or Fwd: deceives, and some laws forbid it."
    letters = re.sub(r"\{\{.*?\}\}|[^A-Za-z]", "", source)
    if len(letters) > 5 and letters.isupper():
        yield 0, "shouting", "The subject is all capitals."
    if source.count("!") > 1:
        yield source.index("!"), "shouting", "The subject has more than one exclamation mark."


def words_in(source: str, words: Collection[str], *, text: str | None = None) -> Iterator[tuple[int, str]]:
    """Offset and word for those that stand in the source, whole and in any case, each once.

    `text` is what a reader sees of a source with marks, such as HTML.
    """
    plain = " ".join(_MARKS.sub(" ", (source if text is None else text).casefold()).replace("’", "'").split())
    for word in words:
        if word not in plain or not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", plain):
            continue
        apart = r"(?:[\s{}|]|<[^>]*>)+".join(re.escape(part).replace("'", "['’]") for part in word.split())
        place = re.search(rf"(?<!\w){apart}(?!\w)", source, re.IGNORECASE)
        yield (place.start() if place else 0), word
