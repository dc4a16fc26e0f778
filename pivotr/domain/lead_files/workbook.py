"""Workbooks (.xlsx and its relatives): the sheet that holds the leads, and its rows."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, BinaryIO

from pivotr.domain.lead_files.layout import PREVIEW, Layout, find_layout
from pivotr.domain.lead_files.row import text_of
from pivotr.domain.lead_files.unreadable import UnreadableFile
from pivotr.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class SheetFound:
    """The sheet with the leads: its name, where they are in it, and the row number of its first row.

    `others` are the names of visible sheets with addresses that are not read.
    """

    name: str
    layout: Layout
    first: int
    sheet: Any
    others: tuple[str, ...] = ()

    def rows(self) -> Iterator[tuple[int, Sequence[object]]]:
        """Row number in the sheet (1 = first) and cells of all rows that are not blank, header included."""
        return (row for row in enumerate(self.sheet.iter_rows(), start=self.first) if any(row[1]))


def open_workbook(head: bytes, file: BinaryIO, mapping: Mapping[str, str]) -> SheetFound:
    """The visible sheet that holds the most leads. Hidden sheets are left out: nobody meant them.

    The whole compressed file is in memory while it is read, the cells of one sheet in compact form.
    Raises UnreadableFile, and InvalidInput when `mapping` names a column that no sheet has.
    """
    book = _book(io.BytesIO(head + file.read()))
    found: list[SheetFound] = []
    complaint: InvalidInput | None = None
    is_blank = True
    for metadata in book.sheets_metadata:
        if not str(metadata.visible).endswith(".Visible") or not str(metadata.typ).endswith(".WorkSheet"):
            continue
        sheet = _sheet(book, metadata.name)
        if sheet is None or sheet.start is None:
            continue
        rows = [[text_of(cell) for cell in row] for row in islice(sheet.iter_rows(), PREVIEW)]
        is_blank = is_blank and not any(any(map(str.strip, row)) for row in rows)
        try:
            layout = find_layout(rows, mapping)
        except InvalidInput as error:
            complaint = error
            continue
        if layout:
            found.append(SheetFound(metadata.name, layout, sheet.start[0] + 1, sheet))
    if found:
        best = max(found, key=lambda sheet: sheet.layout.score)
        others = (sheet.name for sheet in found if sheet is not best and sheet.layout.addresses)
        return replace(best, others=tuple(others))
    if complaint:
        raise complaint
    if is_blank:
        raise UnreadableFile("empty_file", "The workbook holds no rows on a visible sheet.")
    raise UnreadableFile("no_email_column", "No visible sheet of the workbook has a column of addresses.")


def _book(file: BinaryIO) -> Any:
    # imported here: only who imports a workbook pays for it
    from python_calamine import CalamineWorkbook  # noqa: PLC0415

    try:
        return CalamineWorkbook.from_filelike(file)
    except Exception as error:
        raise _unsupported() from error
    except BaseException as error:  # a panic of the Rust library is not an Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise _unsupported() from error


def _sheet(book: Any, name: str) -> Any:
    try:
        return book.get_sheet_by_name(name)
    except Exception:  # a sheet that cannot be read must not hide the others
        return None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        return None


def _unsupported() -> UnreadableFile:
    return UnreadableFile(
        "unsupported_format",
        "The workbook cannot be read: it is damaged, protected by a password, or of another kind.",
    )
