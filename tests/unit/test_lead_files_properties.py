"""Whatever the bytes: no lead file raises anything but a plain refusal, and every row is accounted for."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pivotr.domain.lead_files.row import Row
from pivotr.domain.lead_files.rows import read_leads, unique
from pivotr.errors import InvalidInput

LEADS = Path(__file__).parents[1] / "data" / "leads"
SAMPLES = [path.read_bytes() for path in sorted(LEADS.iterdir()) if path.suffix != ".json"]
CELL = st.text(max_size=12) | st.sampled_from(["a@x.com", '"', "a,b", "x\ny", "", "Email", "=1+1", " ", "é"])
NAME = CELL.filter(lambda text: "@" not in text)
TABLE = st.lists(st.lists(CELL, max_size=5), max_size=8)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])


def read(data: bytes) -> list[Row]:
    """All rows, every part of them looked at; none where the file is refused with a sentence."""
    try:
        found = list(unique(read_leads(io.BytesIO(data))))
    except InvalidInput as refusal:
        return [] if refusal.sentence and refusal.hint else pytest.fail("a refusal that explains nothing")
    for row in found:
        assert isinstance(row.full_name + row.given_name + row.company + row.raw_email, str)
        assert all(row.fields.values())
        assert bool(row.email) == (row.problem in ("", "duplicate_email"))
        assert bool(row.detail) == bool(row.problem)
    outcomes = Counter(row.problem or "accepted" for row in found)
    assert sum(outcomes.values()) == len(found)
    assert [row.record for row in found] == list(range(1, len(found) + 1))
    assert [row.line for row in found] == sorted({row.line for row in found})
    accepted = [row.email for row in found if not row.problem]
    assert len(accepted) == len(set(accepted))
    return found


@given(st.binary(max_size=300))
def test_noise(data: bytes) -> None:
    read(data)
    read(b"Name,Email\n" + data)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(TABLE, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n", "\r"]), ENCODINGS, st.integers(0, 400))
def test_generated_dialects_cut_anywhere(
    table: list[list[str]], delimiter: str, end: str, encoding: str, cut: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow(["Name", "Email", "Company"])
    for cells in table:
        writer.writerow([cell.encode("utf-8", "replace").decode() for cell in cells])
    data = text.getvalue().encode(encoding, "replace")
    read(data)
    read(data[:cut])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SAMPLES), st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 255)), max_size=20))
def test_samples_with_bytes_changed(sample: bytes, changes: list[tuple[int, int]]) -> None:
    data = bytearray(sample)
    for at, byte in changes:
        data[at % len(data)] = byte
    read(bytes(data))


@given(
    st.lists(
        st.tuples(st.from_regex(r"[a-z]{1,6}[0-9]{0,3}", fullmatch=True), NAME),
        min_size=1, max_size=20, unique_by=lambda pair: pair[0],
    ),
    st.sampled_from(",;\t|"),
)  # fmt: skip
def test_every_well_written_lead_is_found(pairs: list[tuple[str, str]], delimiter: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["Full Name", "Work Email"])
    for local, name in pairs:
        writer.writerow([name, f"{local}@kaveri.example.com"])
    found = read(text.getvalue().encode("utf-8", "replace"))
    assert [row.email for row in found] == [f"{local}@kaveri.example.com" for local, _ in pairs]
