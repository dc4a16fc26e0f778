"""Exports: whatever a cell holds, no spreadsheet takes it for a formula, and nothing is lost."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from pivotr.domain.exports import COLUMNS, csv_line, neutral, rows
from pivotr.domain.leads import Lead

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def test_what_begins_a_formula_gets_an_apostrophe() -> None:
    for text in ("=1+1", "+91 98", "-5", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"):  # noqa: RUF001
        assert neutral(text) == f"'{text}"
    for text in ("", "Asha", "1=1", " =1", "'=1", "a@b.example"):
        assert neutral(text) == text


@given(TEXTS, TEXTS, st.dictionaries(TEXTS, TEXTS, max_size=3))
def test_every_cell_is_safe_and_reads_back(name: str, company: str, fields: dict[str, str]) -> None:
    lead = Lead(id="l1", email="a@x.example", full_name=name, company=company, fields=fields)
    text = "".join(csv_line(row) for row in rows([lead], sorted(fields)))
    header, row = csv.reader(io.StringIO(text, newline=""))
    assert not [cell for cell in (*header, *row) if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert header == [*COLUMNS, *map(neutral, sorted(fields))]
    found = dict(zip(header, row, strict=True))
    assert [cell.removeprefix("'") for cell in row[len(COLUMNS) :]] == [
        fields[name].removeprefix("'") for name in sorted(fields)
    ]
    assert "Email" in fields or found["Email"] == "a@x.example"


def test_a_lead_without_a_field_has_an_empty_cell() -> None:
    lead = Lead(id="l1", email="a@x.example", tags=frozenset({"web", "fair"}), line=3)
    header, row = rows([lead], ["City"])
    found = dict(zip(header, row, strict=True))
    assert (found["City"], found["Tags"], found["Line"]) == ("", "fair web", "3")
