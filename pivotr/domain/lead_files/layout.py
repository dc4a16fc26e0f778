"""Where the leads are in a table: the row of the header, or none, and the columns below it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from pivotr.domain.addresses import normalise
from pivotr.domain.lead_files.columns import Columns, email_rank, may_hold_address, recognise
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
    found = _under_header(rows, mapping)
    if found and found.addresses:
        return found
    by_content = _by_content(rows)
    if by_content and found:
        # a column is named like an address but is empty, and another one is full of addresses
        if by_content.header_at == found.header_at:
            emails = (*found.columns.emails, *by_content.columns.emails)
            return replace(
                found, columns=replace(found.columns, emails=emails), addresses=by_content.addresses
            )
        return by_content if by_content.addresses > 1 or found.columns.words < 2 else found
    return by_content or found


def _under_header(rows: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> Layout | None:
    best: Layout | None = None
    complaint: InvalidInput | None = None
    for at, row in enumerate(rows[:MAX_PREAMBLE]):
        if not any(map(str.strip, row)) or (best and best.addresses and _holds_address(row)):
            continue
        if not mapping and not any(email_rank(cell) is not None for cell in row if len(cell) < 80):
            continue
        if _holds_address(row):
            continue
        try:
            columns = recognise(row, mapping)
        except InvalidInput as error:
            complaint = complaint or error
            continue
        if columns.emails and (best is None or columns.words > best.columns.words):
            best = Layout(at, columns, _count(rows[at + 1 :], columns.emails))
    if best is None and mapping:
        best = _by_number(rows, mapping)
        if best is None and complaint:
            raise complaint
    return best


def _by_number(rows: Sequence[Sequence[str]], mapping: Mapping[str, str]) -> Layout | None:
    """A file without a header whose columns the operator names by their numbers."""
    if not all(name.strip().isdigit() for name in mapping.values()):
        return None
    width = max(map(len, rows), default=0)
    columns = recognise([f"Column {at + 1}" for at in range(width)], mapping)
    return Layout(-1, columns, _count(rows, columns.emails)) if columns.emails else None


def _by_content(rows: Sequence[Sequence[str]]) -> Layout | None:
    """The column in which most cells are addresses, with the row above as header if it looks like one."""
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
    likely = [column for column, count in counts.items() if _is_mostly(count, filled[column], firsts[column])]
    if not likely:
        return None
    header_at = _header_above(rows, min(firsts[at] for at in likely), likely)
    if header_at >= 0:
        likely = [at for at in likely if may_hold_address("".join(rows[header_at][at : at + 1]))]
        if not likely:
            return None
    column = max(likely, key=lambda at: (counts[at], -at))
    guessed = _guessed(rows[firsts[column] :], column)
    columns = recognise(rows[header_at], {}) if header_at >= 0 else guessed
    if not columns.words:
        names = tuple(name or header for name, header in zip_longest(columns.header, guessed.header))
        custom = tuple((at, names[at]) for at, _ in guessed.custom)
        columns = replace(guessed, header=names[: columns.width], custom=custom)
    columns = replace(columns, emails=(column,))
    custom = tuple((at, name) for at, name in columns.custom if at != column)
    columns = replace(columns, custom=custom)
    return Layout(header_at, _without(columns, column), counts[column])


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


def _header_above(rows: Sequence[Sequence[str]], first: int, likely: Sequence[int]) -> int:
    filled = [at for at in range(first) if any(map(str.strip, rows[at]))]
    for at in reversed(filled):
        row = rows[at]
        if recognise(row, {}).words and not _holds_address(row):
            return at
    if not filled:
        return -1
    # the only row above the first address, all words: a header in a language that the table does not know
    row = [cell.strip() for cell in rows[filled[0]]]
    is_named = all(_LETTERS.fullmatch(cell) for cell in row if cell)
    return (
        filled[0] if is_named and len(filled) == 1 and any("".join(row[at : at + 1]) for at in likely) else -1
    )


def _guessed(rows: Sequence[Sequence[str]], email: int) -> Columns:
    """Names and company of a file without a header, by what the cells look like."""
    width = max(map(len, rows))
    texts = [[cell.strip() for cell in column] for column in zip_longest(*rows, fillvalue="")]
    wordy = [at for at, cells in enumerate(texts) if at != email and _is_wordy(cells)]
    before = [at for at in wordy if at < email]
    roles: dict[str, int] = {}
    if len(before) == 2 and before[1] - before[0] == 1 and all(_is_one_word(texts[at]) for at in before):
        roles = {"first_name": before[0], "last_name": before[1]}
    elif wordy:
        roles = {"full_name": wordy[0]}
    rest = [at for at in wordy if at not in roles.values()]
    if rest:
        roles["company"] = rest[0]
    header = tuple(f"Column {at + 1}" for at in range(width))
    used = {email, *roles.values()}
    custom = tuple((at, name) for at, name in enumerate(header) if at not in used)
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
