"""Workbooks that would end the process: odd and damaged ones, found before the library reads them.

calamine allocates the whole rectangle between the first and the last cell of a sheet, and follows the chains
of sectors of an old .xls wherever they lead. A stray cell in the last row and column asks for 500 GB, a chain
that runs in a circle for ever more: the system ends the process, and no `except` helps.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from io import BytesIO
from typing import IO

from pivotr.domain.lead_files.compound_file import is_tangled

#: Cells of a rectangle that is given whatever is in it: half a gigabyte. A stray cell in the last row is not
#: rare.
_HARMLESS = 20_000_000
#: A larger one is refused where fewer than one of so many cells is there.
_SPARSE = 50
#: A sheet of more bytes holds some ten thousand rows.
_LARGE = 4 << 20
#: What a workbook may unpack to.
_MAX_BYTES = 1 << 32
_BLOCK = 1 << 20
#: No reference of a cell is longer: what a block may cut in two.
_OVERLAP = 32

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_DIMENSION = re.compile(rb'dimension\b[^>]*\bref="[A-Z]{1,3}\d{1,7}:([A-Z]{1,3})(\d{1,7})"')
_ROW = re.compile(rb'row r="(\d{1,7})"')
#: Letters of a column → how many columns have at most so many; the widest first.
_WIDTHS = ((re.compile(rb' r="[A-Z]{3}\d'), 16_384), (re.compile(rb' r="[A-Z]{2}\d'), 702))


def harm(data: bytes) -> str:
    """Why a workbook must not be opened; empty where it may be, and for what the library itself refuses."""
    if not data.startswith(b"PK"):
        return "it is damaged" if is_tangled(data) else ""
    try:
        with zipfile.ZipFile(BytesIO(data)) as book:
            parts = book.infolist()
            if sum(part.file_size for part in parts) > _MAX_BYTES:
                return "it unpacks to more than 4 GB"
            for part in parts:
                if _SHEET.fullmatch(part.filename):
                    with book.open(part) as sheet:
                        if _is_sparse(sheet, part.file_size):
                            return "a cell stands far away from all others, at the end of a sheet"
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError):
        pass
    return ""


def _is_sparse(sheet: IO[bytes], size: int) -> bool:
    """True for a sheet whose few cells lie far apart.

    One that says itself how small it is is believed. A large one that does not was written by a program, row
    by row: stray cells come from hands, and looking for them would cost a fifth of the reading.
    """
    block = sheet.read(_BLOCK)
    told = _DIMENSION.search(block[:4096])
    if int(told[2]) * _column(told[1]) <= _HARMLESS if told else size > _LARGE:
        return False
    rows, width, cells = 0, 26, 0
    while block:
        cells += block.count(b' r="')
        if last := _ROW.search(block, max(block.rfind(b'row r="'), 0)):
            rows = max(rows, int(last[1]))
        width = max([width, *(columns for letters, columns in _WIDTHS if letters.search(block))])
        more = sheet.read(_BLOCK)
        block = block[-_OVERLAP:] + more if more else b""
    area = rows * width
    return area > _HARMLESS and cells * _SPARSE < area


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
