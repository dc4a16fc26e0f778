"""`pivotr leads`."""

from __future__ import annotations

from pathlib import Path

import pytest

from pivotr.storage import import_runs
from tests.cli.operating import Operator, operator_in

LEADS = (
    "name,email,company\nAsha Rao,asha@rao.example,Rao Foods\nVikram Singh,v@singh.example,\nX,not mail,\n"
)


@pytest.fixture
def op(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    return operator_in(tmp_path, monkeypatch, capsys)


def test_an_import_tells_what_became_of_every_row(op: Operator) -> None:
    file = op.file("leads.csv", LEADS)
    done = op.json("leads", "import", file, "--list", "diwali", "--tag", "web", "--type", "warm",
                   "--source", "fair", "--basis", "consent", "--report", "rows.jsonl")  # fmt: skip
    assert len(done.pop("import_id")) == 17
    assert done == {
        "file": "leads.csv", "list": "diwali", "rows": 3, "accepted": 2, "updated": 0, "staged": 0,
        "duplicate": 0, "rejected": 1, "reasons": {"invalid_email": 1}, "warnings": {},
        "is_dry_run": False, "is_continued": False, "is_unfinished": False,
        "columns": {"email": "email", "full_name": "name", "company": "company"}, "variables": [],
        "sheet": "", "other_sheets": [],
    }  # fmt: skip
    assert (op.folder / "rows.jsonl").read_text().splitlines() == [
        '{"line": 2, "outcome": "accepted", "reason": "", "email": "asha@rao.example", '
        '"full_name": "Asha Rao", "first_name": "Asha", "company": "Rao Foods"}',
        '{"line": 3, "outcome": "accepted", "reason": "", "email": "v@singh.example", '
        '"full_name": "Vikram Singh", "first_name": "Vikram", "company": ""}',
        '{"line": 4, "outcome": "rejected", "reason": "invalid_email", '
        '"email": "not mail", "full_name": "X", "first_name": "", "company": "", '
        '"detail": "There is no @ sign."}',
    ]


def test_an_import_in_words(op: Operator) -> None:
    op.ok("leads", "import", op.file("leads.csv", LEADS), "--list", "diwali", "--dry-run")
    assert op.out.splitlines()[:7] == [
        "file       leads.csv", "list       diwali",
        "columns    email “email”, full name “name”, company “company”",
        "rows       3", "accepted   2", "duplicate  0", "rejected   1",
    ]  # fmt: skip
    assert op.err.splitlines() == [
        "1 row has an address that cannot be mailed.",
        "Nothing was written: this was a dry run.",
    ]
    assert not (op.folder / "home").exists()


def test_a_dry_run_beside_data_gives_the_report_of_the_real_one(op: Operator) -> None:
    op.ok("leads", "add", "asha@rao.example")
    rehearsed = op.json("leads", "import", op.file("leads.csv", LEADS), "--list", "diwali", "--dry-run")
    done = op.json("leads", "import", "leads.csv", "--list", "diwali")
    assert rehearsed | {"is_dry_run": False} == done
    assert (done["accepted"], done["duplicate"]) == (1, 1)


def test_the_report_tells_which_column_was_read_as_what(op: Operator) -> None:
    header = "Mail,Who,Where,a,b,c,d,e,f,g"
    file = op.file("leads.csv", f"{header}\nasha@rao.example,Asha Rao,Rao Foods,1,2,3,4,5,6,7\n")
    arguments = ("leads", "import", file, "--list", "diwali", "--map", "company=Where")
    op.ok(*arguments, "--dry-run")
    assert op.out.splitlines()[2] == (
        "columns    email “Mail”, company “Where”; “Who”, “a”, “b”, “c”, “d”, “e” and 2 more "
        "kept as variables"
    )
    done = op.json(*arguments, "--map", "full_name=2")
    assert done["columns"] == {"email": "Mail", "full_name": "Who", "company": "Where"}
    assert op.json("leads", "show", "asha@rao.example")["first_name"] == "Asha"


def test_ctrl_c_says_how_to_go_on(op: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    file, beat, left = op.file("leads.csv", LEADS), import_runs.beat, [1]

    def interrupted(*arguments: object) -> None:
        beat(*arguments)  # type: ignore[arg-type]
        if left and left.pop():
            raise KeyboardInterrupt

    monkeypatch.setattr(import_runs, "beat", interrupted)
    assert op.run("leads", "import", file, "--list", "diwali", "--report", "rows.jsonl") == 130
    assert op.err == (
        "Interrupted. Run the same command again: it goes on where it stopped, nothing comes twice.\n"
    )
    assert not (op.folder / "rows.jsonl").exists()
    op.ok("leads", "import", file, "--list", "diwali", "--report", "rows.jsonl")
    assert "An interrupted import of this file is finished now." in op.err
    assert "accepted   2" in op.out
    assert len(op.json("leads", "list")) == 2


@pytest.mark.parametrize(
    ("content", "arguments", "code", "said"),
    [
        (None, [], 3, "There is no file “leads.csv”."),
        ("", [], 2, "leads.csv is empty."),
        ("a,b\n1,2\n", [], 2, "leads.csv has no column of addresses."),
        (LEADS, ["--map", "email"], 2, "“email” is not --map Name=value."),
        (LEADS, ["--map", "email=Mail"], 2, "The file has no column “Mail”; its columns are: name, email,"),
        (LEADS, ["--map", "emial=email"], 2, "--map knows no role “emial”. Did you mean “email”?"),
        (LEADS, ["--list", "a b"], 2, "“a b” cannot name a list."),
        (LEADS, ["--report", "nowhere/rows.jsonl"], 2, "“nowhere/rows.jsonl” cannot be written:"),
    ],
)  # fmt: skip
def test_a_bad_import_is_one_sentence_a_hint_and_nothing_else(
    op: Operator, content: str | None, arguments: list[str], code: int, said: str
) -> None:
    if content is not None:
        op.file("leads.csv", content)
    assert op.run("leads", "import", "leads.csv", "--list", "diwali", *arguments) == code
    sentence, hint = op.err.splitlines()
    assert sentence.startswith(said)
    assert hint.startswith("→ ")
    assert op.out == ""
    assert op.json("leads", "list") == []


def test_a_directory_is_no_lead_file(op: Operator) -> None:
    assert op.run("leads", "import", str(op.folder), "--list", "diwali") == 2
    assert op.err.splitlines()[0] == f"“{op.folder}” is a directory, not a file."


def test_an_export_to_stdout_is_json_where_that_is_asked_for(op: Operator) -> None:
    op.ok("leads", "import", op.file("leads.csv", LEADS), "--list", "diwali")
    exported = op.json("leads", "export", "--out", "-")
    assert {one["Email"] for one in exported} == {one["email"] for one in op.json("leads", "list")}
    op.ok("suppress", "add", "bad@x.example")
    assert [one["email"] for one in op.json("suppress", "export")] == ["bad@x.example"]
    assert op.json("suppress", "export", "out.csv") == {"file": "out.csv", "suppressions": 1}


def test_an_empty_name_is_told_from_a_folder(op: Operator) -> None:
    assert op.run("leads", "import", "", "--list", "diwali") == 2
    assert op.err.splitlines()[1] == "→ Name a file; an empty name means this folder."


def test_a_dry_run_puts_known_leads_on_no_list(op: Operator) -> None:
    file = op.file("leads.csv", LEADS)
    op.ok("leads", "import", file, "--list", "diwali")
    op.ok("leads", "import", file, "--list", "spring", "--dry-run")
    assert "2 rows are known already.\n" in op.err
    assert "on the list" not in op.err
    op.ok("leads", "import", file, "--list", "spring")
    assert "2 rows are known already; they are on the list now.\n" in op.err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("leads export --out leads.pdf", "“leads.pdf” is neither a .csv nor a .xlsx file."),
        ("logs export --out log.txt", "“log.txt” is neither a .csv nor a .jsonl file."),
    ],
)
def test_an_export_names_the_file_that_it_cannot_write(op: Operator, command: str, said: str) -> None:
    assert op.run(*command.split()) == 2
    assert op.err.splitlines()[0] == said


def test_leads_are_listed_as_plain_text(op: Operator) -> None:
    op.ok("leads", "import", op.file("leads.csv", LEADS), "--list", "diwali")
    op.ok("leads", "stop", "asha@rao.example", "--reason", "called")
    assert op.ok("leads", "list", "--status", "replied") == (
        "EMAIL             FIRST NAME  NAME      COMPANY    STATUS   REASON\n"
        "asha@rao.example  Asha        Asha Rao  Rao Foods  replied  called\n"
    )
    assert [one["email"] for one in op.json("leads", "list", "--domain", "singh.example")] == [
        "v@singh.example"
    ]
    assert op.run("leads", "list", "--status", "happy") == 2
    assert op.run("leads", "list", "--list", "nowhere") == 3


def test_a_lead_is_added_corrected_shown_and_deleted(op: Operator) -> None:
    op.ok("leads", "add", "new@x.example", "--name", "Meera Iyer", "--list", "diwali", "--field", "City=Pune")
    assert op.err == "new@x.example is a lead now, greeted as Meera.\n"
    op.ok("leads", "update", "new@x.example", "--first-name", "Mira", "--company", "Iyer & Co")
    shown = op.json("leads", "show", "new@x.example")
    assert (shown["first_name"], shown["company"], shown["fields"]) == ("Mira", "Iyer & Co", {"City": "Pune"})
    assert (shown["lists"], shown["mails"], shown["corrected"]) == (["diwali"], [], ["company", "first_name"])
    facts = dict(line.split(maxsplit=1) for line in op.ok("leads", "show", "new@x.example").splitlines())
    assert (facts["greeting"], facts["status"], facts["lists"]) == ("Mira", "new", "diwali")
    assert [one["email"] for one in op.json("leads", "show", "x.example")] == ["new@x.example"]
    assert op.run("leads", "delete", "new@x.example") == 2
    assert "Add --yes." in op.err
    op.ok("leads", "delete", "new@x.example", "--yes")
    assert op.run("leads", "show", "new@x.example") == 3
    assert op.run("leads", "update", "new@x.example", "--company", "Y") == 3
    assert op.run("leads", "add", "nobody") == 2


def test_names_are_parsed_one_line_each(op: Operator) -> None:
    file = op.file("names.txt", "Dr. Asha Rao\n\nV Kohli\r\n")
    found = op.lines("leads", "parse-name", "K. R. Narayanan", "--file", file)
    assert [(one["name"], one["first_name"]) for one in found] == [
        ("K. R. Narayanan", "Narayanan"), ("Dr. Asha Rao", "Asha"), ("", None), ("V Kohli", None),
    ]  # fmt: skip
    assert all(set(one) == {"name", "first_name", "confidence", "why"} for one in found)
    assert op.run("leads", "parse-name") == 2
    assert op.run("leads", "parse-name", "--file", "nowhere.txt") == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_names_of_any_windows_text_file_answer_line_by_line(op: Operator, encoding: str) -> None:
    file = op.file("names.txt", "José Rao\r\n\r\n-Asha Rao\r\nA\x0bB\r\n".encode(encoding))
    found = op.lines("leads", "parse-name", "--file", file)
    assert [one["first_name"] for one in found] == ["José", None, "Asha", None]
    assert [one["name"] for one in found[:3]] == ["José Rao", "", "-Asha Rao"]


def test_a_file_without_names_gives_no_lines_and_a_workbook_is_refused(op: Operator) -> None:
    assert op.lines("leads", "parse-name", "--file", op.file("names.txt", "")) == []
    assert op.run("leads", "parse-name", "--file", op.file("n.txt", b"PK\x03\x04rest of a workbook\n")) == 2
    assert "workbook" in op.err
    assert "Save it as text" in op.err


def test_addresses_are_checked_one_line_each(op: Operator) -> None:
    found = op.lines("leads", "check-email", "Asha@Rao.Example", "nobody")
    assert found == [
        {"address": "Asha@Rao.Example", "verdict": "valid", "normalized": "asha@rao.example", "reason": ""},
        {"address": "nobody", "verdict": "invalid", "normalized": "", "reason": "There is no @ sign."},
    ]
    assert "perhaps a@gmail.com was meant" in op.ok("leads", "check-email", "a@gmial.com")
    assert op.lines("leads", "check-email", "a@gmial.com")[0]["reason"] == "perhaps a@gmail.com was meant"


@pytest.mark.parametrize(
    ("coding", "end"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("utf-16", "\r\n"), ("utf-16", "\n")]
)
def test_a_file_of_addresses_gives_a_line_for_each_of_its_lines(op: Operator, coding: str, end: str) -> None:
    given = [
        "asha@rao.example",
        "",
        "  ",
        "-x@rao.example",
        "a\u2028b",
        "\u0985@x.example",
        "\x00",
        "c@d.example",
    ]
    found = op.lines("leads", "check-email", "--file", op.file("all.txt", end.join(given).encode(coding)))
    assert [one["address"] for one in found] == given
    assert [one["verdict"] == "valid" for one in found] == [
        True,
        False,
        False,
        True,
        False,
        False,
        False,
        True,
    ]
