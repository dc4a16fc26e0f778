"""Leads as rows of a table for other programs. No cell can be taken for a formula.

Spreadsheets run what begins with = + - @, TAB or CR (OWASP, "CSV Injection"), in East Asian editions the
full-width signs as well; such a cell gets an apostrophe before it, which spreadsheets read as "this is text".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from pivotr.domain.leads import Lead

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001

#: Columns of every export; custom fields follow. Header words that an import recognises where it may.
COLUMNS = (
    "Email", "Full Name", "First Name", "Company", "Status", "Reason", "Type", "Tags", "Source", "Basis",
    "Verdict", "Verdict Flags", "Verified At", "Last Mailed At", "Flags", "Created At", "Import", "Line",
)  # fmt: skip


def neutral(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def rows(leads: Iterable[Lead], fields: Sequence[str]) -> Iterator[list[str]]:
    """The header, then one row a lead; `fields` are the custom fields that get a column."""
    yield [neutral(name) for name in (*COLUMNS, *fields)]
    for lead in leads:
        values = (
            lead.email, lead.full_name, lead.first_name, lead.company, lead.status, lead.reason,
            lead.type or "", " ".join(sorted(lead.tags)), lead.source, lead.basis, lead.verdict,
            " ".join(sorted(lead.verdict_flags)), lead.verified_at, lead.mailed_at,
            " ".join(sorted(lead.flags)), lead.created_at, lead.import_id, str(lead.line or ""),
        )  # fmt: skip
        yield [neutral(value) for value in (*values, *(lead.fields.get(name, "") for name in fields))]


def csv_line(row: Sequence[str]) -> str:
    """A row as a line of CSV (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text).writerow(row)
    return text.getvalue()
