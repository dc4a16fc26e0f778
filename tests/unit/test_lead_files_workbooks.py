"""Workbooks that are odd or damaged: none ends the process, whatever it asks the library to do."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from pivotr.domain.lead_files.rows import read_leads, unique
from pivotr.domain.lead_files.unreadable import UnreadableFile

#: Two leads, written by xlwt: sectors of 512 bytes, the table of chains in the sector that the header names.
OLD = (Path(__file__).parents[1] / "data" / "workbooks" / "old.xls").read_bytes()
PEOPLE = [("Asha Rao", "asha@rao.example.com", "Rao Foods"), ("Bo Li", "bo@li.example.com", "")]


def read(data: bytes) -> list[tuple[str, str, str]]:
    rows = unique(read_leads(io.BytesIO(data)))
    return [(row.full_name, row.email, row.company) for row in rows if not row.problem]


def book(*far: tuple[int, int], has_dimension: bool = True) -> bytes:
    """A workbook with the two people and a cell at each of some places far away."""
    whole = io.BytesIO()
    with Workbook(whole) as made:
        sheet = made.add_worksheet()
        for number, row in enumerate([("Name", "Email", "Company"), *PEOPLE]):
            sheet.write_row(number, 0, row)
        for place in far:
            sheet.write_string(*place, "x")
    if has_dimension:
        return whole.getvalue()
    bare = io.BytesIO()
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(bare, "w") as target:
        for name in source.namelist():
            target.writestr(name, re.sub(rb"<dimension[^>]*>", b"", source.read(name)))
    return bare.getvalue()


def with_table(entry: int, value: int) -> bytes:
    """The old workbook with one entry of its table of chains changed."""
    (sector,) = struct.unpack_from("<I", OLD, 76)
    data = bytearray(OLD)
    struct.pack_into("<I", data, (sector + 1) * 512 + 4 * entry, value)
    return bytes(data)


@pytest.mark.parametrize("has_dimension", [True, False])
def test_a_cell_in_the_last_row_and_column_is_refused_not_given_the_memory(*, has_dimension: bool) -> None:
    with pytest.raises(UnreadableFile, match="far away") as caught:
        read(book((1_048_575, 16_383), has_dimension=has_dimension))
    assert caught.value.problem == "unsupported_format"
    with pytest.raises(UnreadableFile, match="far away"):
        read(book((1, 16_383), (40_000, 0), has_dimension=has_dimension))


@pytest.mark.parametrize("has_dimension", [True, False])
def test_a_stray_cell_that_costs_little_is_no_harm(*, has_dimension: bool) -> None:
    assert read(book((1, 16_383), has_dimension=has_dimension)) == PEOPLE
    assert read(book((20_000, 0), has_dimension=has_dimension)) == PEOPLE


def test_an_old_workbook_is_read() -> None:
    assert read(OLD) == PEOPLE


@pytest.mark.parametrize(
    "data",
    [
        with_table(5, 2), with_table(7, 7), with_table(7, 0), with_table(3, 4000),
        OLD[:3000], OLD[:4600], OLD[:100],
    ],
    ids=["circle", "itself", "met", "nowhere", "cut", "cut at the table", "a stub"],
)  # fmt: skip
def test_an_old_workbook_whose_chains_are_damaged_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(data)
    assert caught.value.problem == "unsupported_format"
