"""One row of a lead file: its address is settled when it is read, everything else when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Literal, NamedTuple, TypeAlias

from pivotr.domain.address_cells import visible
from pivotr.domain.lead_files.columns import Columns

RowProblem: TypeAlias = Literal["", "missing_email", "invalid_email", "unreadable_row", "duplicate_email"]

#: No name of a person or company, and no field, holds one; in a mail it would be one.
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")


class Row(NamedTuple):
    """One record of a lead file.

    `line` is the line of the text (or row of the sheet) on which the record begins, 1 = first of the file.
    `record` counts the records below the header, 1 = first; blank lines are no records. `email` is in normal
    form, and empty where `problem` is not, except for "duplicate_email". `detail` explains the problem.
    """

    line: int
    record: int
    email: str
    problem: RowProblem
    detail: str
    cells: Sequence[object]
    columns: Columns

    @property
    def raw_email(self) -> str:
        """What the file holds where the address should be: the first such cell that is not blank."""
        cells = (self._cell(at) for at in self.columns.emails)
        return next((cell for cell in cells if cell.strip()), "")

    @property
    def given_name(self) -> str:
        """The cell of the first name column; empty where there is none."""
        return self._text(self.columns.first_name)

    @property
    def full_name(self) -> str:
        """First, middle and last name joined, or the name column, or the name beside the address."""
        columns = self.columns
        given, last = self._text(columns.first_name), self._text(columns.last_name)
        if not given and not last and (full := self._text(columns.full_name)):
            return full
        middle = self._text(columns.middle_name)
        if given and last:
            if last.casefold().startswith(given.casefold() + " "):
                return last  # a column "Name" that holds it all, beside one with the first name
            return f"{given} {middle} {last}" if middle else f"{given} {last}"
        full = self._text(columns.full_name)
        joined = " ".join(name for name in (given, middle, last) if name)
        return full or joined or _name_beside(self.raw_email)

    @property
    def company(self) -> str:
        """The cell of the company column; empty where there is none."""
        return self._text(self.columns.company)

    @property
    def fields(self) -> dict[str, str]:
        """All other cells that are not blank, by the names of their columns."""
        text = self._text
        return {name: value for at, name in self.columns.custom if (value := text(at))}

    def _text(self, at: int | None) -> str:
        return "" if at is None else _tidy(self._cell(at))

    def _cell(self, at: int | None) -> str:
        if at is None or at >= len(self.cells):
            return ""
        cell = self.cells[at]
        return cell if isinstance(cell, str) else text_of(cell)


def text_of(cell: object) -> str:
    """The text of a cell of a workbook: whole numbers without a point, instants in ISO form.

    A number of a telephone column is a float in the file: 9820000000.0 means "9820000000".
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _tidy(text: str) -> str:
    if not text:
        return text
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(visible(text).translate(_CONTROLS).split())


def _name_beside(cell: str) -> str:
    """The name in "Asha Rao <asha@rao.example.com>", or before round brackets."""
    text = visible(cell)
    name, bracket, _ = text.partition("<" if "<" in text else "(")
    name = name.strip(" \"'\t,;")
    return name if bracket and "@" not in name else ""
