"""Delimited text as records: csv.reader at full speed, and a way back when a quote is never closed.

A quote that was opened by mistake, or by a file cut in the middle, would swallow every row up to the next
quote. A record over several lines is therefore looked at twice: where the lines inside it are rows of their
own, only its first line is given up and reading goes on with the second.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, TypeAlias

from pivotr.domain.addresses import normalise

#: The line on which a record begins (1 = first line of the file) and its cells.
Record: TypeAlias = tuple[int, list[str]]

if TYPE_CHECKING:
    from _csv import Reader

#: A cell with more line ends than this is a quote that was never closed.
MAX_RECORD_LINES = 1000
#: Characters of a damaged line that are looked at; below csv.field_size_limit().
MAX_CELLS = 1 << 16


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the cells of a text are told apart. `nested`: each line is one quoted cell, a whole row."""

    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None
    skip_blanks: bool = False
    nested: bool = False

    def records(self, lines: Iterable[str], *, strict: bool = False) -> Reader:
        """A csv.reader over lines with their line ends."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            skipinitialspace=self.skip_blanks,
            strict=strict,
        )

    def cells(self, line: str) -> list[str]:
        """The cells of one line as if no quote had a meaning."""
        return next(csv.reader([line.rstrip("\r\n")], delimiter=self.delimiter, quoting=csv.QUOTE_NONE), [])


class BrokenRecord(list[str]):
    """The cells of a record that was damaged; the last one may be cut off."""

    reason: str = "A quote is opened in this row and never closed."


class CutRecord(BrokenRecord):
    """The cells of the last record of a file that ends without a line end; a good file may end so, too."""

    reason = "The file ends in the middle of this row."


def records(chunks: Iterable[str], dialect: Dialect) -> Iterator[Record]:
    """The records of a text that comes in pieces of whole lines. Raises nothing, whatever the text.

    A blank line is an empty record. What is held in memory is two pieces, the records of one of them, and one
    unfinished record.
    """
    return chain.from_iterable(_batches(chunks, dialect))


def _batches(chunks: Iterable[str], dialect: Dialect) -> Iterator[Iterable[Record]]:
    first, width = 1, 0
    carried: list[str] = []
    pieces = iter(chunks)
    chunk = next(pieces, "")
    while chunk:
        following = next(pieces, "")
        lines = carried + list(io.StringIO(chunk, newline=""))
        used, simple = len(lines), _one_line_each(lines, dialect)
        if simple:
            width = len(simple[-1]) or width
            yield zip(count(first), simple)  # noqa: B905 - no row is touched by the interpreter here
        else:
            found, used, width = _of_lines(lines, first, width, dialect, is_last=not following)
            yield found
        first += used
        carried = lines[used:]
        chunk = following


def _one_line_each(lines: list[str], dialect: Dialect) -> list[list[str]]:
    """The records where each is one whole line, as nearly everywhere; else nothing: then look closely."""
    last = lines[-1]
    if not last.endswith(("\n", "\r")):
        return []
    try:
        found = list(dialect.records(lines))
    except csv.Error:
        return []
    is_open = dialect.quote in last and _problem([last], found[-1], 0, dialect)
    return found if len(found) == len(lines) and not is_open else []


def unnested(found: Iterable[Record], dialect: Dialect) -> Iterator[Record]:
    """The records of a text whose lines were quoted as a whole: `"Asha Rao,""asha@rao.in"",Rao Foods"`."""
    for line, cells in found:
        text = dialect.delimiter.join(cells).replace("\n", " ").replace("\r", " ")
        yield line, next(dialect.records([text[:MAX_CELLS]]), [])


def _of_lines(
    lines: list[str], first: int, width: int, dialect: Dialect, *, is_last: bool
) -> tuple[list[Record], int, int]:
    """The records of some lines, how many of the lines they take, and the usual number of cells."""
    found: list[Record] = []
    start, total = 0, len(lines)
    while start < total:
        reader = dialect.records(lines[start:] if start else lines)
        done, problem = start, ""
        try:
            for cells in reader:
                end = start + reader.line_num
                if end - done > 1 or end == total:
                    problem = _problem(lines[done:end], cells, width, dialect)
                    if problem == "open" and not is_last and end - done <= MAX_RECORD_LINES:
                        return found, done, width
                    if problem:
                        break
                    is_cut = end == total and is_last and not lines[-1].endswith(("\n", "\r"))
                    found.append((first + done, CutRecord(cells) if is_cut else cells))
                else:
                    width = len(cells) or width
                    found.append((first + done, cells))
                done = end
        except csv.Error:  # a cell beyond csv.field_size_limit(): an open quote, or no table at all
            problem = "open"
        if not problem:
            break
        broken, used = _saved(lines[done : start + reader.line_num], width, dialect, problem)
        found.append((first + done, broken))
        start = done + used
    return found, total, width


def _problem(lines: list[str], cells: list[str], width: int, dialect: Dialect) -> str:
    """Is the record of these lines "open" (its last quote never closed) or has it "swallowed" other rows?"""
    if not any(dialect.quote in line for line in lines):
        return ""
    probe = dialect.records([*lines, "\n"])
    next(probe, None)
    if probe.line_num > len(lines):
        return "open"
    if len(lines) == 1:
        return ""
    inside = lines[1:]
    try:
        next(dialect.records(lines, strict=True), None)
        if len(cells) == width:
            return ""
        inside = [line for line in inside if line.count(dialect.quote) % 2 == 0]
    except csv.Error:
        pass
    return "swallowed" if _holds_rows(inside, width, dialect) else ""


def _holds_rows(lines: list[str], width: int, dialect: Dialect) -> bool:
    """Is one of the lines a row of its own: as many cells as usual, one of them an address?"""
    for line in lines:
        if "@" not in line or len(line) > MAX_CELLS:
            continue
        for cells in (next(dialect.records([line]), []), dialect.cells(line)):
            if len(cells) > 1 and len(cells) == (width or len(cells)) and any(map(normalise, cells)):
                return True
    return False


def _saved(lines: list[str], width: int, dialect: Dialect, problem: str) -> tuple[BrokenRecord, int]:
    """What can be saved of a broken record, and how many of its lines that takes."""
    line = lines[0]
    cells = [cell.strip().strip(dialect.quote) for cell in dialect.cells(line[:MAX_CELLS])]
    if line.endswith(("\n", "\r")) and len(cells) == width:
        cells.append("")  # the row is whole but for its quote
    is_one_line = problem == "swallowed" or len(lines) > MAX_RECORD_LINES
    if not is_one_line:
        is_one_line = _holds_rows(lines[1:], width, dialect)
    return BrokenRecord(cells), 1 if is_one_line else len(lines)
