"""Read the rows of any lead file: `for row in unique(read_leads(file))`."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, BinaryIO

from pivotr.domain.address_cells import visible
from pivotr.domain.addresses import PLAIN_LENGTH, is_plain, is_plain_local, judge
from pivotr.domain.lead_files.columns import Columns
from pivotr.domain.lead_files.delimited import BrokenRecord, CutRecord, records, unnested
from pivotr.domain.lead_files.detection import HEAD, encoding_of, kind_of
from pivotr.domain.lead_files.dialects import find_dialect
from pivotr.domain.lead_files.layout import Layout
from pivotr.domain.lead_files.row import Row, RowProblem, text_of
from pivotr.domain.lead_files.text_chunks import text_chunks
from pivotr.domain.lead_files.unreadable import UnreadableFile
from pivotr.domain.lead_files.workbook import open_workbook

_DOMAINS_KEPT = 10_000
_NO_ADDRESS = "The row has no address."
_Numbered = Iterable[tuple[int, Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class LeadFile:
    """A lead file that is understood and can be read once: iterate over its rows.

    `encoding` and `delimiter` are empty for a workbook, `sheet` for a text. `other_sheets` are those of a
    workbook that hold leads too and are not read.
    """

    columns: Columns
    encoding: str
    delimiter: str
    sheet: str
    _rows: Iterator[Row]
    other_sheets: tuple[str, ...] = ()

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns as the file writes them; "Column 1" … where it has no header."""
        return self.columns.header

    def __iter__(self) -> Iterator[Row]:
        return self._rows


def read_leads(file: BinaryIO, *, name: str = "", mapping: Mapping[str, str] | None = None) -> LeadFile:
    """Understand a lead file and hand out its rows, one at a time, from the file's present position on.

    `name` is for sentences only; the bytes decide what is read. `mapping` is role (`email`, `full_name`,
    `first_name`, `middle_name`, `last_name`, `company`) or any variable → name or number of a column.
    Raises UnreadableFile when no row can be a lead, InvalidInput when `mapping` names an unknown column.
    """
    head = file.read(HEAD)
    while 0 < len(head) < HEAD and (more := file.read(HEAD - len(head))):
        head += more
    shown = name or "The file"
    kind = kind_of(head)
    if kind == "empty":
        raise UnreadableFile("empty_file", f"{shown} is empty.")
    if kind == "unsupported":
        raise UnreadableFile("unsupported_format", f"{shown} is neither a table of text nor a workbook.")
    if kind == "workbook":
        found = open_workbook(head, file, mapping or {})
        rows = _rows(found.rows(), found.layout, found.first + found.layout.header_at)
        return _checked(shown, LeadFile(found.layout.columns, "", "", found.name, rows, found.others))
    encoding, mark = encoding_of(head)
    return _checked(shown, _read_text(head[mark:], file, encoding, mapping or {}, shown))


def unique(rows: Iterable[Row]) -> Iterator[Row]:
    """The same rows, those whose address came before marked `duplicate_email`.

    Remembers about 100 bytes for each address: two keyed 64-bit hashes of it, not the text. Two addresses of
    a million share both once in 10^26 files.
    """
    seen: set[int] = set()
    add, known = seen.add, 0
    for row in rows:
        if email := row[2]:
            add(hash(email) << 64 ^ hash(email + "/"))
            if len(seen) == known:
                yield row._replace(problem="duplicate_email", detail="The address came earlier in this file.")
                continue
            known += 1
        yield row


def _checked(shown: str, leads: LeadFile) -> LeadFile:
    """The same file, once it is known that it holds at least one row."""
    rows = iter(leads)
    first = next(rows, None)
    if first is None:
        raise UnreadableFile("empty_file", f"{shown} holds a header but no rows.")
    return replace(leads, _rows=chain((first,), rows))


def _read_text(
    head: bytes, file: BinaryIO, encoding: str, mapping: Mapping[str, str], shown: str
) -> LeadFile:
    chunks = text_chunks(head, file, encoding)
    first = next(chunks, "")
    skipped = 0
    if separator := re.match(r'\s*"?sep=(.)"?,*[ \t]*(?:\r\n|\n|\r|\Z)', first, re.IGNORECASE):
        skipped = len(io.StringIO(first[: separator.end()], newline="").readlines())
        first = first[separator.end() :]
    found = find_dialect(first, separator[1] if separator else "", mapping)
    if found is None:
        if not visible(first).strip(',;|" \n'):
            raise UnreadableFile("empty_file", f"{shown} is empty.")
        raise UnreadableFile("no_email_column", f"{shown} has no column of addresses.")
    dialect, layout, header_line = found
    found_records = records(chain((first,), chunks), dialect)
    numbered: _Numbered = unnested(found_records, dialect) if dialect.nested else found_records
    if skipped:
        numbered = ((line + skipped, cells) for line, cells in numbered)
        header_line += skipped
    rows = _rows(numbered, layout, header_line)
    return LeadFile(layout.columns, encoding, dialect.delimiter, "", rows)


def _rows(numbered: _Numbered, layout: Layout, header_line: int) -> Iterator[Row]:
    """The rows below the header line. The fast path is a plain address in the first column of addresses."""
    columns = layout.columns
    email_at, width = columns.emails[0], columns.width
    record, new, plain, plain_local, is_ragged = 0, tuple.__new__, is_plain, is_plain_local, False
    domains: set[str] = set()  # that were plain: of thousands of leads, most share theirs with others
    for line, cells in numbered:
        if line <= header_line:
            continue
        if cells.__class__ is list:
            if len(cells) < width:
                is_ragged = True
            raw = cells[email_at] if len(cells) > email_at else None
            if raw.__class__ is str and raw.isascii():
                email = raw.strip().lower()
                local, _, domain = email.partition("@")
                if len(email) <= PLAIN_LENGTH and (
                    (domain in domains and plain_local(local)) or _is_new(email, domain, domains, plain)
                ):
                    record += 1
                    yield new(Row, (line, record, email, "", "", cells, columns))
                    continue
        row = _careful(line, record + 1, cells, columns, is_ragged=is_ragged)
        if row:
            record += 1
            yield row


def _is_new(email: str, domain: str, domains: set[str], plain: Callable[[str], object]) -> bool:
    if not plain(email):
        return False
    if len(domains) < _DOMAINS_KEPT:
        domains.add(domain)
    return True


def _careful(
    line: int, record: int, cells: Sequence[Any], columns: Columns, *, is_ragged: bool
) -> Row | None:
    """The row of any record, or None for a blank one.

    A row of nothing but separators is padding, unless it is exactly as wide as the header: then an exporter
    wrote a contact of which it knows nothing, and the row is accounted for.
    """
    texts = [cell if isinstance(cell, str) else text_of(cell) for cell in cells]
    if not any(text and visible(text) for text in texts):
        is_contact = len(texts) == columns.width > 1
        return Row(line, record, "", "missing_email", _NO_ADDRESS, cells, columns) if is_contact else None
    damage, sure = "", len(texts)
    if isinstance(cells, BrokenRecord) and not (
        isinstance(cells, CutRecord) and (is_ragged or sure >= columns.width)
    ):
        damage, sure = cells.reason, sure - 1
    reason = ""
    for at in columns.emails:
        if at < sure and texts[at]:
            verdict = judge(texts[at])
            if verdict.normalized:
                return Row(line, record, verdict.normalized, "", "", cells, columns)
            reason = reason or (verdict.reason if visible(texts[at]) else "")
    if damage:
        return Row(line, record, "", "unreadable_row", damage, cells, columns)
    if any(texts[columns.width :]):
        told = f"The row has {sure} cells, the header {columns.width}, and no address stands where it should."
        return Row(line, record, "", "unreadable_row", told, cells, columns)
    problem: RowProblem = "invalid_email" if reason else "missing_email"
    return Row(line, record, "", problem, reason or _NO_ADDRESS, cells, columns)
