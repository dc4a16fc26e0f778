"""Where the leads are in a table: the row of the header, or none, and the columns below it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from pivotr.domain.addresses import normalise
from pivotr.domain.lead_files.columns import (
    MAPPABLE,
    Columns,
    custom_columns,
    email_rank,
    is_number,
    mapped,
    may_hold_address,
    normal,
    recognise,
    role_of,
)
from pivotr.errors import InvalidInput

#: Rows of a file that are looked at to find its layout.
PREVIEW = 200
#: A header stands within this many rows; before it come titles, notes, filters.
MAX_PREAMBLE = 60

_LETTERS = re.compile(r"[^\W\d_][^\d@/\\:=<>]*")


@dataclass(frozen=True, slots=True)
class Layout:
    """The header is row number `header_at` of the preview (-1 = the file has none)."""

    header_at: int
    columns: Columns
    #: Addresses found in the preview below the header.
    addresses: int

    @property
    def score(self) -> tuple[int, int]:
        """Greater where the table is better understood: to choose between delimiters and between sheets."""
        return (2 * self.columns.words + min(self.addresses, 20), self.addresses)


def find_layout(rows: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> Layout | None:
    """The best reading of the first rows of a table, or None when no column holds addresses.

    Raises InvalidInput when `mapping` names a column that no row has.
    """
    found, complaint = _under_header(rows, mapping)
    if found and (found.addresses or "email" in map(role_of, mapping)):
        return found
    try:
        by_content = _by_content(rows, mapping)
    except InvalidInput as error:
        raise complaint or error from None  # the first row names the columns
    if by_content and found:
        # a column is named like an address but is empty, and another one is full of addresses
        if by_content.header_at == found.header_at:
            emails = (*found.columns.emails, *by_content.columns.emails)
            return replace(
                found, columns=replace(found.columns, emails=emails), addresses=by_content.addresses
            )
        return by_content if by_content.addresses > 1 or found.columns.words < 2 else found
    if complaint and not by_content and not found:
        raise complaint
    return by_content or found


def _under_header(
    rows: Sequence[Sequence[str]], mapping: Mapping[str, str]
) -> tuple[Layout | None, InvalidInput | None]:
    """The best header with a column of addresses, and what the first row lacks that has no such column."""
    best: Layout | None = None
    complaint: InvalidInput | None = None
    width = max(map(len, rows), default=0)
    for at, row in enumerate(rows[:MAX_PREAMBLE]):
        if not any(map(str.strip, row)) or (best and best.addresses and _holds_address(row)):
            continue
        if not mapping and not any(email_rank(cell) is not None for cell in row if len(cell) < 80):
            continue
        if _holds_address(row):
            continue
        try:
            columns = recognise(row, mapping, width)
        except InvalidInput as error:
            complaint = complaint or error
            continue
        if columns.emails and columns.words and (best is None or columns.words > best.columns.words):
            best = Layout(at, columns, _count(rows[at + 1 :], columns.emails))
    return best, complaint


def _by_content(rows: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> Layout | None:
    """The column in which most cells are addresses, or the operator's choice by number; with the row above
    as header if it looks like one. Raises InvalidInput where the header lacks a column of `mapping`."""
    counts: dict[int, int] = {}
    filled: dict[int, int] = {}
    firsts: dict[int, int] = {}
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell.strip():
                filled[column] = filled.get(column, 0) + 1
                if "@" in cell and normalise(cell):
                    counts[column] = counts.get(column, 0) + 1
                    firsts.setdefault(column, at)
    asked = _asked_for(rows, mapping)
    likely = [column for column, count in counts.items() if _is_mostly(count, filled[column], firsts[column])]
    likely = likely if asked is None else [asked]
    if not likely:
        return None
    header_at = _header_above(rows, min(firsts.get(at, 1) for at in likely), likely, mapping)
    if header_at >= 0 and asked is None:
        likely = [at for at in likely if may_hold_address("".join(rows[header_at][at : at + 1]))]
        if not likely:
            return None
    column = max(likely, key=lambda at: (counts.get(at, 0), -at))
    columns = _named(rows, header_at, firsts.get(column, 0), column, mapping)
    custom = tuple((at, name) for at, name in columns.custom if at != column)
    columns = replace(columns, emails=(column,), custom=custom)
    return Layout(header_at, _without(columns, column), counts.get(column, 0))


def _asked_for(rows: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> int | None:
    """The column that the operator names by number as the one of the addresses."""
    numbers = {key: name for key, name in mapping.items() if role_of(key) == "email" and is_number(name)}
    return mapped((), numbers, max(map(len, rows), default=0)).get("email")


def _named(
    rows: Sequence[Sequence[str]], header_at: int, first: int, email: int, mapping: Mapping[str, str]
) -> Columns:
    """The columns by the words of the header; by what they hold where there is none, or its words are
    unknown."""
    width = max(map(len, rows))
    if header_at < 0:
        _refuse_names(rows[first], mapping)
        return _guessed(rows[first:], email, mapping)
    columns = recognise(rows[header_at], mapping, width)
    if columns.words:
        return columns
    guessed = _guessed(rows[first:], email, mapping)
    names = tuple(name or header for name, header in zip_longest(columns.header, guessed.header))
    titles = {at: name for at, name in guessed.custom if name != guessed.header[at]}
    custom = tuple((at, titles.get(at, names[at])) for at, _ in guessed.custom)
    return replace(guessed, header=names[: columns.width], custom=custom)


def _refuse_names(row: Sequence[str], mapping: Mapping[str, str]) -> None:
    """Without a header columns have numbers only."""
    for name in mapping.values():
        if not is_number(name):
            shown = ", ".join(f"{at + 1} ({cell.strip()})" for at, cell in enumerate(row))
            raise InvalidInput(
                f"The file has no header, so no column “{name}”; its columns are: {shown[:300]}.",
                hint="Name a column by its number, as --map company=3.",
            )


def _is_mostly(count: int, filled: int, preamble: int) -> bool:
    return count * 2 >= filled - min(preamble, filled // 2)


def _without(columns: Columns, column: int) -> Columns:
    """The columns with no name or company where the addresses are ("Contact" may hold either)."""
    return replace(
        columns,
        full_name=_other(columns.full_name, column),
        first_name=_other(columns.first_name, column),
        last_name=_other(columns.last_name, column),
        company=_other(columns.company, column),
    )


def _other(at: int | None, column: int) -> int | None:
    return None if at == column else at


def _header_above(
    rows: Sequence[Sequence[str]], first: int, likely: Sequence[int], mapping: Mapping[str, str]
) -> int:
    wanted = {normal(name) for name in mapping.values() if not is_number(name)}
    filled = [at for at in range(first) if any(map(str.strip, rows[at]))]
    for at in reversed(filled):
        row = rows[at]
        is_known = recognise(row, {}).words or wanted & set(map(normal, row))
        if is_known and not _holds_address(row):
            return at
    if not filled:
        return -1
    # the only row above the first address, all words: a header in a language that the table does not know
    row = [cell.strip() for cell in rows[filled[0]]]
    is_named = all(_LETTERS.fullmatch(cell) for cell in row if cell)
    return (
        filled[0] if is_named and len(filled) == 1 and any("".join(row[at : at + 1]) for at in likely) else -1
    )


def _guessed(rows: Sequence[Sequence[str]], email: int, mapping: Mapping[str, str]) -> Columns:
    """Names and company of a file without a header: as the operator says, else by what cells look like."""
    width = max(map(len, rows))
    header = tuple(f"Column {at + 1}" for at in range(width))
    chosen = mapped(header, mapping, width)
    texts = [[cell.strip() for cell in column] for column in zip_longest(*rows, fillvalue="")]
    wordy = [at for at, cells in enumerate(texts) if at != email and _is_wordy(cells)]
    before = [at for at in wordy if at < email]
    looks: dict[str, int] = {}
    if len(before) == 2 and before[1] - before[0] == 1 and all(_is_one_word(texts[at]) for at in before):
        looks = {"first_name": before[0], "last_name": before[1]}
    elif wordy:
        looks = {"full_name": wordy[0]}
    rest = [at for at in wordy if at not in looks.values()]
    if rest:
        looks["company"] = rest[0]
    is_named = bool(chosen.keys() & {"full_name", "first_name", "last_name"})
    roles = {
        role: at
        for role, at in looks.items()
        if at not in chosen.values() and not (is_named and role.endswith("_name"))
    }
    roles |= {role: at for role, at in chosen.items() if role in MAPPABLE}
    roles.pop("email", None)
    titles = {at: variable for variable, at in chosen.items() if variable not in MAPPABLE}
    custom = custom_columns(header, {email, *roles.values()}, titles)
    return Columns(header=header, emails=(email,), custom=custom, **roles)


def _is_wordy(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and sum(1 for cell in filled if _LETTERS.fullmatch(cell)) * 5 >= len(filled) * 4


def _is_one_word(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return sum(1 for cell in filled if " " not in cell) * 5 >= len(filled) * 4


def _holds_address(row: Sequence[str]) -> bool:
    return any("@" in cell and normalise(cell) for cell in row)


def _count(rows: Sequence[Sequence[str]], emails: Sequence[int]) -> int:
    return sum(
        1 for row in rows if any(at < len(row) and "@" in row[at] and normalise(row[at]) for at in emails)
    )
