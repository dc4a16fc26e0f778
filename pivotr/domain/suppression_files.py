"""Suppressions in a file: an address or @domain a line, and where the file says so the reason."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import NamedTuple, get_args

from pivotr.domain.suppression import Reason

_MARKS = ",;\t"


class Line(NamedTuple):
    """A line that is not blank: without an address `target` is empty, without a reason it is "import"."""

    number: int
    target: str
    reason: Reason


def read_lines(lines: Iterable[str]) -> Iterator[Line]:
    """The lines of a CSV text. The first cell with an @ counts; a first line without any names the columns.

    Each line stands for itself, so that one open quote does not swallow the addresses behind it. The column
    `reason` is believed as far as the reason is one of ours: what a person asked for stays asked for.
    """
    column, mark = -1, ","
    for number, line in enumerate(lines, start=1):
        if number == 1:
            mark = max(_MARKS, key=line.count)
        cells = _cells(line.rstrip("\r\n"), mark)
        target = next((cell for cell in cells if "@" in cell), "")
        if number == 1 and not target:
            names = [cell.casefold() for cell in cells]
            column = names.index("reason") if "reason" in names else -1
        elif target or any(cells):
            said = cells[column] if 0 <= column < len(cells) else ""
            yield Line(number, target, _reason(said))


def _cells(line: str, mark: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=mark), [])
    except csv.Error:  # a cell larger than any address
        cells = [line]
    return [cell.strip() for cell in cells]


def _reason(said: str) -> Reason:
    lowered = said.casefold()
    return next((reason for reason in get_args(Reason) if reason == lowered), "import")
