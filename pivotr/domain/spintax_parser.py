"""The grammar of templates: text to nodes, with every fault at its place.

    {a|b}              a group: one of its options, nested to any depth
    {{Name}}           a variable, where Name is known
    {{Name|fallback}}  … with what stands in its place when the value is empty
    \\{ \\| \\} \\\\        a brace, a pipe or a backslash as text; any other backslash is text already
    <style>…</style>   taken as it is, braces and all

A plain } outside of all groups closes a \\{ before it and is text as well.

Two braces that do not hold the name of a variable are two nested groups. Nothing here recurses: the depth
of a template is limited by memory alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import TypeAlias

#: One option of a group, or a whole template: plain text where it can be, else its nodes.
Option: TypeAlias = "str | tuple[Node, ...]"
Node: TypeAlias = "str | Slot | Group"

#: Faults after this many are not collected: the first ones explain the rest.
_MAX_FAULTS = 100

_TOKEN = re.compile(r"\\[{}|\\]|[{}|]|<style\b.*?</style\s*>", re.IGNORECASE | re.DOTALL)
_TWO_BRACES = re.compile(r"\{\{[ \t]*([^{}|\\\n]{1,80}?)[ \t]*(\||\}\})")
_UNCOUNTED = re.compile(r"[\s_.\-]+")
_SENTENCE_MARK = re.compile(r"[.,;:!?…।\"“”()]")
_COMPOUND = re.compile(r"[A-Za-z][a-z]+(?:[A-Z][a-z]*)+|\w*_\w*")
#: Names that other tools give to what a lead has: nobody means them as the text of an option.
_NAMES_ELSEWHERE = frozenset({"name", "firstname", "lastname", "surname", "fname", "lname", "companyname"})


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Slot:
    """A place for the value of a variable; `fallback` None: there is none; `index` counts the variables."""

    index: int
    name: str
    fallback: Option | None
    offset: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Group:
    """Alternatives, at least one; `offset` is where the group opens in the source."""

    options: tuple[Option, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at an offset of the source, in one sentence, and what helps."""

    offset: int
    sentence: str
    hint: str = ""


@dataclass(slots=True)
class Parsed:
    """Nodes of a text, names of the variables in order of first use, and all faults in order of place."""

    nodes: tuple[Node, ...] = ()
    variables: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True)
class _Frame:
    """A group that is still open; `name` follows two braces and ends in a pipe: a variable perhaps."""

    offset: int
    name: str = ""
    options: list[Option] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)


@lru_cache(maxsize=1024)
def name_key(name: str) -> str:
    """What makes two names of a variable the same: case, blanks, `_`, `-` and `.` do not count."""
    return _UNCOUNTED.sub("", name).casefold()


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both counted from 1, columns in characters."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def parse(text: str, variables: Collection[str] = ()) -> Parsed:
    """The nodes of a text in which `variables` are known; with none known, every brace belongs to a group."""
    return _Parser(text, variables).run()


class _Parser:
    """One walk over the tokens with a stack of open groups."""

    def __init__(self, text: str, variables: Collection[str]) -> None:
        self._text = text
        self._known: dict[str, str] = {}
        for name in variables:
            self._known.setdefault(name_key(name), name)
        self._open = [_Frame(0)]
        self._indexes: dict[str, int] = {}
        #: Escaped braces that are open outside of all groups: a plain } then closes them, as text.
        self._escaped = 0
        self._faults: list[Fault] = []

    def run(self) -> Parsed:
        """Parse the whole text."""
        text, place = self._text, 0
        while token := _TOKEN.search(text, place):
            start, mark = token.start(), token[0]
            if start > place:
                self._add(text[place:start])
            if mark == "{":
                place = self._opens(start)
            elif mark == "}":
                place = self._closes(start)
            elif mark == "|" and len(self._open) > 1:
                self._next_option()
                place = start + 1
            else:
                self._add(mark[1] if mark[0] == "\\" else mark)
                if len(self._open) == 1:
                    self._escaped = max(0, self._escaped + (mark == "\\{") - (mark == "\\}"))
                place = token.end()
        self._add(text[place:])
        for frame in self._open[1:]:
            self._fault(frame.offset, "this { is never closed.", "Close it with }, or write \\{ for a brace.")
        nodes = _sealed(self._open[0].nodes)
        self._faults.sort(key=lambda fault: fault.offset)
        whole = ((nodes,) if nodes else ()) if isinstance(nodes, str) else nodes
        return Parsed(whole, list(self._indexes), self._faults)

    def _add(self, node: Node) -> None:
        if node != "":
            self._open[-1].nodes.append(node)

    def _next_option(self) -> None:
        frame = self._open[-1]
        frame.options.append(_sealed(frame.nodes))
        frame.nodes = []

    def _opens(self, start: int) -> int:
        """Take a `{`; answer where to read on."""
        token = _TWO_BRACES.match(self._text, start) if self._known else None
        if token is None:
            self._open.append(_Frame(start))
            return start + 1
        name = token[1]
        if token[2] == "|":
            self._open.append(_Frame(start))
            self._open.append(_Frame(start + 1, name))
            return start + 2
        known = self._known.get(name_key(name))
        if known is not None:
            self._add(self._slot(known, None, start))
            return token.end()
        if self._is_meant_as_variable(name, start, token.end()):
            self._unknown(name, start)
            return token.end()
        self._open.append(_Frame(start))
        return start + 1

    def _closes(self, start: int) -> int:
        """Take a `}`; answer where to read on."""
        if len(self._open) == 1 and self._escaped:
            self._escaped -= 1
            self._add("}")
            return start + 1
        if len(self._open) == 1:
            self._fault(start, "this } closes nothing.", "Remove it, or write \\} for a brace.")
            return start + 1
        self._next_option()
        frame = self._open.pop()
        if frame.name and self._text.startswith("}", start + 1):
            known = self._known.get(name_key(frame.name))
            if known is not None:
                self._open.pop()
                self._add(self._slot(known, _fallback(frame), frame.offset - 1))
                return start + 2
            if self._is_typo(frame.name):
                self._unknown(frame.name, frame.offset - 1)
        self._add(Group(tuple(frame.options), frame.offset))
        return start + 1

    def _slot(self, name: str, fallback: Option | None, offset: int) -> Slot:
        return Slot(self._indexes.setdefault(name, len(self._indexes)), name, fallback, offset)

    def _is_meant_as_variable(self, name: str, start: int, end: int) -> bool:
        """True for two braces around something like a name; a third pair around them speaks for groups."""
        nested = self._text[start - 1 : start] == "{" and self._text[end : end + 1] == "}"
        if nested:
            return self._is_typo(name)
        return _SENTENCE_MARK.search(name) is None and len(name.split()) <= 3

    def _is_typo(self, name: str) -> bool:
        """True where nobody can have meant the text itself, as in `{{FristName|there}}`."""
        key = name_key(name)
        if key in _NAMES_ELSEWHERE or _COMPOUND.fullmatch(name):
            return True
        return bool(get_close_matches(key, self._known, 1, 0.8))

    def _unknown(self, name: str, offset: int) -> None:
        nearest = get_close_matches(name_key(name), self._known, 1, 0.5)
        hint = f"Did you mean {self._known[nearest[0]]}?" if nearest else "Known: " + _listed(self._known)
        self._fault(offset, f"there is no variable {name}.", f"{hint} A group has single braces: {{a|b}}.")

    def _fault(self, offset: int, sentence: str, hint: str) -> None:
        if len(self._faults) < _MAX_FAULTS:
            self._faults.append(Fault(offset, sentence, hint))


def _listed(known: dict[str, str]) -> str:
    names = list(known.values())
    return ", ".join(names[:12]) + (" …" if len(names) > 12 else ".")


def _fallback(frame: _Frame) -> Option:
    """What follows the name: one text, or several of which one is chosen."""
    rest = tuple(frame.options[1:])
    return rest[0] if len(rest) == 1 else (Group(rest, frame.offset),)


def _sealed(nodes: Sequence[Node]) -> Option:
    """Nodes with neighbouring texts joined; a text alone is a string."""
    sealed: list[Node] = []
    texts: list[str] = []
    for node in nodes:
        if isinstance(node, str):
            texts.append(node)
            continue
        if texts:
            sealed.append("".join(texts))
            texts.clear()
        sealed.append(node)
    if not sealed:
        return "".join(texts)
    if texts:
        sealed.append("".join(texts))
    return tuple(sealed)
