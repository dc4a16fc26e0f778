"""P10 through the whole import: every row of any file has exactly one outcome, and the store agrees."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pivotr.domain.intake import ImportOptions
from pivotr.domain.reports import OUTCOMES, ImportReport, RowResult
from pivotr.errors import InvalidInput
from pivotr.services import imports
from tests.services.house import House

LEADS = Path(__file__).parents[1] / "data" / "leads"
SAMPLES = sorted(path.name for path in LEADS.iterdir() if path.suffix != ".json")

ADDRESS = st.sampled_from(
    ["a@x.example", "A@X.example ", "b@x.example", "info@shop.example", "c@gmial.com", "gone@x.example",
     "known@x.example", "", "nobody", "d@", "mailto:e@x.example", "f@x.example; g@x.example", "v@y.example"]
)  # fmt: skip
NAME = st.sampled_from(
    ["Asha Rao", "V Kohli", "Team Sales", "", "SHARMA, Priya", "=1+1", '"', "x\ny", "\x00"]
)
DIALECT = st.tuples(
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
ROWS = st.lists(st.tuples(NAME, ADDRESS), max_size=25)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_becomes_exactly_its_expected_leads(house: House, name: str) -> None:
    expected = json.loads((LEADS / f"{name}.expected.json").read_text(encoding="utf-8"))
    report = house.take((LEADS / name).read_bytes())
    either = {lead["email"] for lead in expected.get("either", [])}
    stored = {
        lead.email: (lead.full_name, lead.company)
        for lead in house.services.leads.find()
        if lead.email not in either
    }
    assert stored == {lead["email"]: (lead["name"], lead["company"]) for lead in expected["imported"]}
    reasons = [row.reason.partition(":")[0] for row in house.rows if row.outcome in ("rejected", "duplicate")]
    assert reasons == [row["reason"] for row in expected["rejected"]]
    assert report.rows == len(house.rows) == report.accepted + report.duplicate + report.rejected
    assert report.reasons == dict(Counter(reasons))


def accounted(report: ImportReport, rows: list[RowResult]) -> None:
    """P10, and that the report, the rows and their reasons tell the same."""
    assert report.adds_up
    assert len(rows) == report.rows
    counts = Counter(row.outcome for row in rows)
    assert {name: getattr(report, name) for name in OUTCOMES} == {name: counts[name] for name in OUTCOMES}
    assert [row.line for row in rows] == sorted({row.line for row in rows})
    assert all(row.reason for row in rows if row.outcome != "accepted")
    assert sum(report.reasons.values()) == sum(bool(row.reason) for row in rows)


def prepared() -> House:
    """One known lead, one suppressed address, one suppressed domain."""
    house = House()
    house.take("email\nknown@x.example\n", "older")
    house.services.suppressions.add("gone@x.example")
    house.services.suppressions.add("@y.example")
    return house


def text_of(rows: list[tuple[str, str]], delimiter: str, end: str) -> str:
    lines = [f"Name{delimiter}Email{end}"]
    for name, email in rows:
        quoted = [f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in (name, email)]
        lines.append(delimiter.join(quoted) + end)
    return "".join(lines)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(ROWS, DIALECT, st.booleans(), st.booleans(), st.integers(0, 900))
def test_any_file_is_accounted_for_and_stored_as_told(
    rows: list[tuple[str, str]], dialect: tuple[str, str, str], is_update: bool, is_staged: bool, cut: int
) -> None:
    delimiter, end, encoding = dialect
    whole = text_of(rows, delimiter, end).encode(encoding)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(imports, "CHUNK", 4)
        for data in (whole, whole[: len(whole) - cut] if cut < len(whole) else whole[:cut]):
            house = prepared()
            try:
                foreseen = house.take(data, is_update=is_update, is_staged=is_staged, is_dry_run=True)
            except InvalidInput:
                house.file.close()
                continue
            told = house.rows
            report = house.take(data, is_update=is_update, is_staged=is_staged)
            accounted(report, house.rows)
            assert house.rows == told
            assert foreseen.model_copy(update={"is_dry_run": False}) == report
            leads = {lead.email for lead in house.services.leads.find()}
            accepted = {row.email for row in house.rows if row.outcome == "accepted"}
            assert leads == accepted | {"known@x.example"}
            assert len(accepted) == report.accepted
            assert len(house.services.staging.rows()) == report.staged
            assert not leads & {"gone@x.example", "v@y.example"}
            members = house.list_sizes().get("diwali", 0)
            assert members == len(leads & {row.email for row in house.rows if row.outcome != "rejected"})
            again = house.take(data, is_update=is_update, is_staged=is_staged)
            accounted(again, house.rows)
            assert again.accepted == 0
            house.file.close()


@settings(max_examples=25, deadline=None)
@given(ROWS.filter(bool), st.booleans(), st.integers(1, 6))
def test_an_import_that_ends_early_is_finished_with_the_same_account(
    rows: list[tuple[str, str]], is_staged: bool, ends_after: int
) -> None:
    data = text_of(rows, ",", "\n").encode()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(imports, "CHUNK", 4)
        house, other = prepared(), prepared()
        chunks = 0

        def stop(_: int) -> None:
            nonlocal chunks
            chunks += 1
            if chunks == ends_after:
                raise KeyboardInterrupt

        try:
            house.services.imports.run(
                io.BytesIO(data), "leads.csv", ImportOptions(list="diwali", is_staged=is_staged),
                on_chunk=stop,
            )  # fmt: skip
        except (KeyboardInterrupt, InvalidInput):
            pass
        else:
            return
        try:
            report = house.take(data, is_staged=is_staged)
        except InvalidInput:
            return
        expected = other.take(data, is_staged=is_staged)
        assert house.rows == other.rows
        changes = {"is_continued": True, "import_id": report.import_id}
        assert report == expected.model_copy(update=changes)
        house.file.close()
        other.file.close()
