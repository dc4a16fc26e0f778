"""`pivotr leads`: past imports, rows that wait, exports, checks of a list, erasure."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from tests.cli.operating import Operator, operator_in

LEADS = (
    "name,email,company,Phone\nAsha Rao,asha@rao.example,=1+1,+91 98200\n"
    "Team Sales,sales@shop.example,Shop,\n"
    "Ravi Iyer,ravi@gmial.com,,\nMeera अय्यर,meera@x.example,,\nNobody,,,\n"
)


@pytest.fixture
def op(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    return operator_in(tmp_path, monkeypatch, capsys)


def imported(op: Operator, *options: str) -> str:
    """Import the leads; the id of the import."""
    done = op.json("leads", "import", op.file("leads.csv", LEADS), "--list", "diwali", *options)
    return str(done["import_id"])


def test_one_row_and_many_are_told_in_grammar(op: Operator) -> None:
    text = "email\n\na@x.example\na@x.example\nnobody\nnothing\n,\ninfo@y.example\n"
    op.ok("leads", "import", op.file("l.csv", text), "--list", "diwali")
    assert op.err.splitlines() == [
        "2 rows have an address that cannot be mailed.",
        "1 row came earlier in this file.",
        "1 row has a role address, as info@.",
        "2 rows will be greeted without a name.",
    ]


def test_the_same_file_again_tells_only_what_is_new(op: Operator) -> None:
    text = "name,email\nAnn Lee,ann@x.example\n,info@gmial.com\n"
    file = op.file("l.csv", text)
    op.ok("leads", "import", file, "--list", "diwali")
    assert len(op.err.splitlines()) == 3
    op.ok("leads", "import", file, "--list", "diwali")
    assert op.err == "2 rows are known already; they are on the list now.\n"
    op.ok("leads", "import", file, "--list", "diwali", "--update")
    assert op.err.splitlines()[0] == "2 rows were known and are refreshed."


def test_a_row_waits_once_however_often_its_file_comes(op: Operator) -> None:
    file = op.file("l.csv", "name,email\nAnn Lee,ann@gmial.com\n,info@x.example\n")
    op.ok("leads", "import", file, "--list", "diwali", "--stage")
    assert op.err.splitlines()[:2] == [
        "1 row waits for a look: misspelt domain.",
        "1 row waits for a look: role address, no name to greet by.",
    ]
    assert op.err.splitlines()[2:] == ["See what waits: pivotr leads staged show"]
    again = op.json("leads", "import", file, "--list", "diwali", "--stage")
    assert (again["staged"], again["duplicate"], again["reasons"]) == (0, 2, {"waiting": 2})
    op.ok("leads", "import", file, "--list", "diwali", "--stage", "--dry-run")
    assert op.err.splitlines()[0] == "2 rows wait for a look already."
    assert len(op.json("leads", "staged", "show")) == 2
    assert op.json("leads", "import", file, "--list", "spring", "--stage")["staged"] == 2


def test_imports_are_listed_shown_and_taken_back(op: Operator) -> None:
    key = imported(op)
    assert op.ok("leads", "import", "list").splitlines()[1].split()[0] == key
    assert [run["import_id"] for run in op.json("leads", "import", "list")] == [key]
    facts = dict(line.split(maxsplit=1) for line in op.ok("leads", "import", "show", key).splitlines())
    assert (facts["file"], facts["accepted"], facts["by"]) == ("leads.csv", "4", "meena")
    assert op.run("leads", "import", "undo", key) == 2
    assert "Add --yes." in op.err
    op.ok("leads", "import", "undo", key, "--yes")
    assert op.err == "4 leads and 4 places on the list are taken back.\n"
    assert op.json("leads", "list") == []
    assert op.json("leads", "import", "show", key)["state"] == "undone"
    assert op.run("leads", "import", "undo", key, "--yes") == 4
    assert op.run("leads", "import", "show", "i-none") == 3


def test_a_file_that_is_called_like_a_verb_can_be_imported(op: Operator) -> None:
    op.file("list", LEADS)
    assert op.json("leads", "import", "./list", "--list", "diwali")["accepted"] == 4


def test_an_import_needs_a_list(op: Operator) -> None:
    assert op.run("leads", "import", op.file("leads.csv", LEADS)) == 2
    assert op.err.splitlines()[0] == "Option --list is missing."
    assert op.json("leads", "import", "leads.csv", "--dry-run")["accepted"] == 4
    assert not (op.folder / "home" / "pivotr.db").exists()


def test_sheets_that_are_not_read_are_named(op: Operator) -> None:
    path = op.folder / "book.xlsx"
    with Workbook(str(path)) as book:
        for name, people in (("Pune", ["a", "b", "c"]), ("Agra", ["d"]), ("Notes", [])):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["Name", "Email"])
            for at, one in enumerate(people, start=1):
                sheet.write_row(at, 0, [one, f"{one}@x.example"])
    done = op.json("leads", "import", "book.xlsx", "--list", "diwali", "--dry-run")
    assert (done["sheet"], done["other_sheets"], done["rows"]) == ("Pune", ["Agra"], 3)
    assert "sheet      Pune" in op.ok("leads", "import", "book.xlsx", "--list", "diwali", "--dry-run")
    assert op.err.splitlines()[0].startswith("Sheet “Agra” holds leads too")


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty_file"), ("Name,City\nA,Pune\n", "no_email_column"), ("%PDF-1.7\n", "unsupported_format")],
)
def test_a_file_without_leads_says_why_in_a_word_for_programs(op: Operator, text: str, code: str) -> None:
    assert op.run("leads", "import", op.file("x.csv", text), "--list", "diwali", "--json") == 2
    assert json.loads(op.err)["error"]["code"] == code


def test_rows_that_wait_are_put_right_and_taken_in(op: Operator) -> None:
    key = imported(op, "--stage")
    waiting = op.json("leads", "staged", "show")
    assert [(row["id"], row["warnings"]) for row in waiting] == [
        (f"{key}:3", ["role", "no_greeting"]), (f"{key}:4", ["typo_domain"]),
    ]  # fmt: skip
    op.ok("leads", "staged", "fix", "4", "--email", "ravi@gmail.com")
    assert op.err == "ravi@gmail.com is put right and is clean now.\n"
    op.ok("leads", "staged", "fix", "3", "--first-name", "Sunita", "--company", "Shop Ltd")
    assert op.err == "sales@shop.example is put right, but: role.\n"
    assert "none: clean" in op.ok("leads", "staged", "show", "--import", key)
    op.ok("leads", "staged", "approve", "--clean")
    assert op.err == "1 row became a lead.\n1 row still waits.\n"
    assert op.run("leads", "staged", "discard", "3") == 2
    op.ok("leads", "staged", "discard", "3", "--yes")
    assert op.json("leads", "staged", "show") == []
    assert sorted(lead["email"] for lead in op.json("leads", "list")) == [
        "asha@rao.example", "meera@x.example", "ravi@gmail.com",
    ]  # fmt: skip


def test_the_list_of_imports_tells_what_waited(op: Operator) -> None:
    key = imported(op, "--stage")
    op.ok("leads", "staged", "approve", "4")
    heading, row = op.ok("leads", "import", "list").splitlines()
    assert heading.split()[-3:] == ["STAGED", "APPROVED", "BY"]
    assert row.split()[-3:] == ["2", "1", "meena"]
    told = op.ok("leads", "import", "show", key)
    assert "approved  1\nwaiting   1\n" in told
    op.ok("leads", "staged", "discard", "3", "--yes")
    assert "approved   1\ndiscarded  1\nwaiting    0\n" in op.ok("leads", "import", "show", key)


def test_a_domain_shows_people_and_mails_but_not_their_fields(op: Operator) -> None:
    imported(op)
    one, domain = op.ok("leads", "show", "asha@rao.example"), op.ok("leads", "show", "rao.example")
    assert "field Phone" in one
    assert domain.splitlines() == [
        "email     asha@rao.example", "name      Asha Rao", "greeting  Asha", "company   =1+1",
        "status    new", "lists     diwali", "mails     none so far",
    ]  # fmt: skip
    assert op.err == "All that is known of one of them: pivotr leads show ADDRESS\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["approve"], 2, "Which rows?"),
        (["show", "--import", "i-none"], 3, "There is no import “i-none”."),
        (["show", "--list", "summer"], 3, "There is no list “summer”."),
        (["approve", "3", "--all"], 2, "Which rows?"),
        (["discard"], 2, "Which rows?"),
        (["fix", "99", "--company", "X"], 3, "No row of line 99 waits."),
        (["fix", "3"], 2, "Nothing to change."),
        ([], 2, "“staged” needs one of: show, fix, approve, discard."),
        (["look"], 2, "“staged” needs one of: show, fix, approve, discard."),
    ],
)
def test_a_choice_of_rows_must_be_clear(op: Operator, words: list[str], code: int, said: str) -> None:
    imported(op, "--stage")
    assert op.run("leads", "staged", *words) == code
    assert op.err.splitlines()[0] == said
    assert len(op.json("leads", "staged", "show")) == 2


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_an_export_holds_every_lead_and_no_formula(op: Operator) -> None:
    imported(op)
    op.ok("leads", "export", "--out", "out.csv")
    assert op.err == "out.csv holds 4 leads.\n"
    data = (op.folder / "out.csv").read_bytes()
    assert not data.startswith(b"\xef\xbb\xbf")
    found = {row["Email"]: row for row in table(data.decode())}
    assert found["asha@rao.example"]["Company"] == "'=1+1"
    assert found["asha@rao.example"]["Phone"] == "'+91 98200"
    assert found["meera@x.example"]["Full Name"] == "Meera अय्यर"
    assert len(found) == 4
    if os.name == "posix":
        assert stat.S_IMODE((op.folder / "out.csv").stat().st_mode) == 0o600


def test_an_export_for_excel_is_marked_or_a_workbook(op: Operator) -> None:
    imported(op)
    op.ok("leads", "export", "--out", "out.csv", "--bom")
    assert (op.folder / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfEmail,")
    assert op.json("leads", "export", "--out", "out.xlsx")["leads"] == 4
    header, *rows = (
        CalamineWorkbook.from_path(str(op.folder / "out.xlsx")).get_sheet_by_name("Leads").to_python()
    )
    found = {row[0]: dict(zip(header, row, strict=True)) for row in rows}
    assert (found["asha@rao.example"]["Company"], found["meera@x.example"]["Full Name"]) == (
        "'=1+1", "Meera अय्यर",
    )  # fmt: skip
    assert sorted(one.name for one in op.folder.glob("*out*")) == ["out.csv", "out.xlsx"]


def test_an_export_is_filtered_and_can_be_imported_again(op: Operator) -> None:
    imported(op, "--tag", "web")
    op.ok("leads", "add", "own@x.example", "--tag", "call")
    op.ok("leads", "stop", "own@x.example")
    op.ok("leads", "verify", "--list", "diwali")

    def emails(*options: str) -> list[str]:
        return sorted(row["Email"] for row in table(op.ok("leads", "export", "--out", "-", *options)))

    assert len(emails()) == 5
    assert emails("--status", "replied") == emails("--tag", "call") == ["own@x.example"]
    assert emails("--verdict", "none") == ["own@x.example"]
    assert len(emails("--list", "diwali", "--verdict", "valid")) == 4
    assert emails("--until", "2020-01-01") == []
    assert len(emails("--since", "2020-01-01")) == 5
    op.file("again.csv", op.ok("leads", "export", "--out", "-", "--list", "diwali"))
    again = op.json("leads", "import", "again.csv", "--list", "spring")
    assert (again["rows"], again["duplicate"]) == (4, 4)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 2), (["--out", "leads.txt"], 2), (["--out", "nowhere/leads.csv"], 2),
        (["--out", "nowhere/leads.xlsx"], 2), (["--out", "l.csv", "--status", "happy"], 2),
        (["--out", "l.csv", "--verdict", "good"], 2), (["--out", "l.csv", "--since", "yesterday"], 2),
        (["--out", "l.csv", "--since", "2027-01-02", "--until", "2027-01-01"], 2),
        (["--out", "l.csv", "--list", "nowhere"], 3), (["--out", "l.csv", "--campaign", "nowhere"], 3),
    ],
)  # fmt: skip
def test_an_export_that_cannot_be_leaves_no_file(op: Operator, options: list[str], code: int) -> None:
    imported(op)
    assert op.run("leads", "export", *options) == code
    assert len(op.err.splitlines()) == 2
    assert sorted(one.name for one in op.folder.iterdir()) == ["home", "leads.csv"]


def test_a_list_is_checked_once(op: Operator) -> None:
    imported(op)
    assert op.json("leads", "verify", "--list", "diwali")["checked"] == 4
    op.ok("leads", "verify", "--list", "diwali")
    assert op.err.splitlines()[-1] == "Every lead of the list has a fresh verdict."
    assert op.json("leads", "show", "asha@rao.example")["verdict"] == "valid"
    assert op.run("leads", "verify", "--list", "nowhere") == 3
    assert op.run("leads", "verify") == 2


def test_a_person_is_erased_after_a_yes(op: Operator) -> None:
    imported(op)
    op.ok("suppress", "add", "asha@rao.example")
    assert op.run("leads", "erase", "asha@rao.example") == 2
    assert op.json("leads", "show", "asha@rao.example")["full_name"] == "Asha Rao"
    done = op.json("leads", "erase", "asha@rao.example", "--yes")
    assert (done["was_lead"], done["lists"], done["is_suppressed"]) == (True, 1, True)
    assert op.run("leads", "show", "asha@rao.example") == 3
    assert op.json("suppress", "check", "asha@rao.example")["suppressed"] is True
    home = (op.folder / "home").rglob("*")
    assert not any(b"asha@rao" in one.read_bytes() for one in home if one.is_file())
    assert op.run("leads", "erase", "stranger@x.example", "--yes") == 3


def test_a_row_report_is_for_its_owner_and_replaces_an_old_one_only_when_it_is_whole(
    op: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(op, "--report", "rows.jsonl")
    report = op.folder / "rows.jsonl"
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    whole = report.read_text(encoding="utf-8")

    def full(*_given: object, **_words: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pivotr.cli.line_files.json.dumps", full)
        assert op.run("leads", "import", "leads.csv", "--list", "spring", "--report", "rows.jsonl") == 2
    assert "“rows.jsonl” cannot be written: No space left on device." in op.err
    assert report.read_text(encoding="utf-8") == whole
    assert not list(op.folder.glob(".*.part"))
