"""Which column holds what: header words of many exporters and languages, or the operator's own mapping."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from pivotr.domain.texts import did_you_mean
from pivotr.errors import InvalidInput

#: What `--map` can name besides a variable of the operator's own.
MAPPABLE = ("email", "full_name", "first_name", "middle_name", "last_name", "company")

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ADDRESS_WORD = 2
_ALTERNATIVES = re.compile(r"[/|()]|\bor\b", re.IGNORECASE)
#: A longer cell is no name of a column that several words describe.
_LONGEST_TITLE = 60
_COLUMN_NUMBER = re.compile(r"(?:column )?([1-9]\d{0,3})")


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions (0 = first cell) of what a lead is made of; None where the file has no such column.

    `emails` come in the order in which they are tried. `custom` are all others, with their names.
    """

    header: tuple[str, ...]
    emails: tuple[int, ...]
    full_name: int | None = None
    first_name: int | None = None
    middle_name: int | None = None
    last_name: int | None = None
    company: int | None = None
    custom: tuple[tuple[int, str], ...] = ()
    #: How surely this is a header: two for each known word, one for each that merely looks like one.
    words: int = field(default=0, compare=False)

    @property
    def roles(self) -> dict[str, str]:
        """What is read as what: role → name of its column."""
        places = {
            "email": self.emails[0] if self.emails else None,
            **{role: getattr(self, role) for role in MAPPABLE[1:]},
        }
        return {role: self._name(at) for role, at in places.items() if at is not None}

    def _name(self, at: int) -> str:
        return (self.header[at] if at < len(self.header) else "") or f"Column {at + 1}"

    @property
    def width(self) -> int:
        """Cells of a full row, trailing columns without a name left out."""
        return len(self.header)


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """The form in which header words are compared: `E-Mail*` → `e mail`, `WorkEmail` → `work email`."""
    spread = unicodedata.normalize("NFKC", _CAMEL.sub(" ", text)).casefold()
    signs = "".join(
        char
        for char in unicodedata.normalize("NFD", spread)
        if not "\u0300" <= char <= "\u036f" and unicodedata.category(char) != "Cf"
    )
    words = "".join(" " if unicodedata.category(char)[0] in "PSZC" else char for char in signs)
    return unicodedata.normalize("NFC", " ".join(words.split()))


@cache
def _table() -> dict[str, Any]:
    text = (files("pivotr") / "data" / "header_words.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@cache
def _known() -> dict[str, str]:
    """Normal form → role. The e-mail words stand in `_email_words`."""
    words: dict[str, str] = {}
    for role in ("other", "company", "last_name", "middle_name", "first_name", "full_name"):
        words.update(dict.fromkeys(map(normal, _table()[role]), role))
    return words


@cache
def _email_words() -> dict[str, int]:
    return {normal(word): rank for rank, words in enumerate(_table()["email"]) for word in words}


def email_rank(text: str) -> int | None:
    """How early a column of this name is asked for the address (0 = first); None when it holds none."""
    word = normal(text)
    known = _email_words().get(word)
    if known is not None:
        return known
    parts = word.split()
    if not 0 < len(parts) <= 5 or not set(parts) & set(_table()["email_words"]):
        return None
    return None if set(parts) & set(_table()["not_email_words"]) else len(_table()["email"])


@lru_cache(maxsize=4096)
def _role(name: str) -> str | None:
    """What a column of this name holds, address aside; None where no word of the table tells, or two differ.

    `Company / Organisation` says one thing twice, and `Person - Organization` whose.
    """
    if (known := _known().get(normal(name))) or len(name) > _LONGEST_TITLE:
        return known
    parts = [name, *_ALTERNATIVES.split(name)]
    found = {role for part in parts if (role := _known().get(_without_fillers(normal(part))))}
    return found.pop() if len(found) == 1 else None


def _without_fillers(word: str) -> str:
    first, _, rest = word.partition(" ")
    return _without_fillers(rest) if rest and first in _table()["filler_words"] else word


def may_hold_address(text: str) -> bool:
    """False for a column whose name says that its addresses are not the lead's ("Contact owner")."""
    word = normal(text)
    return _known().get(word) != "other" and not set(word.split()) & set(_table()["others_words"])


def recognise(names: Sequence[str], mapping: Mapping[str, str], width: int = 0) -> Columns:
    """The columns of a header row; `emails` is empty when no column is named like an address.

    `mapping` is role or variable → header name or number of the column, and wins over every word. `width`
    is that of the widest row, where rows are wider than the header.
    Raises InvalidInput when `mapping` names a column that the file does not have.
    """
    header = [_shown(name) for name in names]
    while header and not header[-1]:
        header.pop()
    chosen = mapped(header, mapping, max(width, len(names)))
    taken = set(chosen.values())
    roles: dict[str, int] = {role: at for role, at in chosen.items() if role in MAPPABLE}
    ranks: list[tuple[int, int]] = []
    # a number says nothing about whether this row is the header
    words = _ADDRESS_WORD * sum(1 for name in mapping.values() if not is_number(name))
    for at, name in enumerate(header):
        if at in taken or not name:
            continue
        rank = email_rank(name)
        role = _role(name)
        if rank is not None:
            ranks.append((rank, at))
            words += 2 if normal(name) in _email_words() else 1
        elif role:
            words += 2 if normal(name) in _known() else 1
            if role != "other" and role not in roles:
                roles[role] = at
    # what the operator names is asked for the address alone: no other column was meant
    emails = [roles.pop("email")] if "email" in roles else [at for _, at in sorted(ranks)]
    _untangle_names(header, roles)
    used = {*emails[:1], *roles.values()}
    titles = {at: variable for variable, at in chosen.items() if variable not in MAPPABLE}
    return Columns(
        header=tuple(header),
        emails=tuple(emails),
        custom=custom_columns(header, used, titles),
        words=words,
        **roles,
    )


def _untangle_names(header: list[str], roles: dict[str, int]) -> None:
    """German "Vorname, Name": there "Name" is the last name. A lone "Nom" or "Nombre" is all of it."""
    present = roles.keys() & {"full_name", "first_name", "last_name"}
    moves = {
        ("first_name", "full_name"): ("full_name", "last_name", ("name",)),
        ("last_name",): ("last_name", "full_name", ("nom",)),
        ("first_name",): ("first_name", "full_name", ("nombre", "nome")),
    }
    source, target, words = moves.get(tuple(sorted(present)), ("", "", ()))
    if source and normal(header[roles[source]]) in words:
        roles[target] = roles.pop(source)


def role_of(key: str) -> str:
    """The role that the left side of a mapping means; what is none is the name of a variable."""
    word = normal(key).replace(" ", "_")
    return "full_name" if word == "name" else word if word in MAPPABLE else key


def is_number(name: str) -> bool:
    """True where a mapping names a column by its number, as `3` or `Column 3`."""
    return _COLUMN_NUMBER.fullmatch(normal(name)) is not None


def mapped(header: Sequence[str], mapping: Mapping[str, str], width: int) -> dict[str, int]:
    """Role or variable → position of its column, of `width` columns in all. Raises InvalidInput."""
    normals = [normal(name) for name in header]
    found: dict[str, int] = {}
    for key, name in mapping.items():
        wanted = normal(name)
        number = _COLUMN_NUMBER.fullmatch(wanted)
        if role_of(key) not in MAPPABLE and (meant := did_you_mean(role_of(key), MAPPABLE)):
            raise InvalidInput(
                f"--map knows no role “{key}”.{meant}",
                hint=f"Roles are {', '.join(MAPPABLE)}; any other word names a variable.",
            )
        if wanted in normals:
            found[role_of(key)] = normals.index(wanted)
        elif number and int(number[1]) <= width:
            found[role_of(key)] = int(number[1]) - 1
        else:
            shown = ", ".join(name for name in header if name) or "none"
            raise InvalidInput(
                f"The file has no column “{name}”; its columns are: {shown[:300]}.",
                hint="--map takes the name of a column as the file writes it, or its number.",
            )
    return found


def custom_columns(
    header: Sequence[str], used: set[int], titles: Mapping[int, str]
) -> tuple[tuple[int, str], ...]:
    """Position and name of every column that holds neither address, name nor company."""
    named: dict[str, int] = {}
    for at, name in enumerate(header):
        if at in used or not (name or at in titles):
            continue
        title = base = titles.get(at, name)
        copy = 2
        while title in named:
            title, copy = f"{base} {copy}", copy + 1
        named[title] = at
    return tuple((at, title) for title, at in named.items())


def _shown(name: str) -> str:
    return " ".join("".join(char for char in name if unicodedata.category(char) != "Cf").split())
