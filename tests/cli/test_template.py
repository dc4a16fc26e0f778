"""`pivotr template`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.operating import Operator, operator_in


@pytest.fixture
def op(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    return operator_in(tmp_path, monkeypatch, capsys)


def make(op: Operator, text: str = "Dear {{FirstName|friend}},\n") -> None:
    op.ok("template", "create", "intro", "--subject", "Hello", "--body-file", op.file("intro.txt", text))


def test_a_template_is_made_listed_and_shown(op: Operator) -> None:
    make(op)
    assert op.err.splitlines()[0] == "Template intro, version 1, is ready."
    (row,) = op.json("template", "list")
    assert (row["id"], row["version"], row["subject"], row["actor"]) == ("intro", 1, "Hello", "meena")
    shown = op.json("template", "show", "intro")
    assert (shown["text"], shown["versions"]) == ("Dear {{FirstName|friend}},\n", [1])
    assert op.ok("template", "show", "intro").endswith("subject   Hello\n\nDear {{FirstName|friend}},\n")


def test_editing_in_the_editor_makes_the_next_version(op: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    make(op)
    monkeypatch.setenv("EDITOR", "sed -i s/Dear/Hi/")
    op.ok("template", "edit", "intro")
    assert op.err.splitlines()[0] == "Template intro, version 2, is ready."
    assert op.ok("template", "diff", "intro") == (
        "--- intro@1\n+++ intro@2\n@@ -1,3 +1,3 @@\n Subject: Hello\n \n"
        "-Dear {{FirstName|friend}},\n+Hi {{FirstName|friend}},\n"
    )
    op.ok("template", "edit", "intro")
    assert op.err == "Nothing is different: no new version.\n"
    monkeypatch.setenv("EDITOR", "false")
    assert op.run("template", "edit", "intro") == 2
    monkeypatch.setenv("EDITOR", "/nowhere/editor")
    assert op.run("template", "edit", "intro") == 2
    assert [one["version"] for one in op.json("template", "list")] == [2]


def test_an_edit_that_is_refused_is_not_lost(op: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    make(op)
    monkeypatch.setenv("EDITOR", "sed -i s/Dear/{{Nobody}}/")
    assert op.run("template", "edit", "intro") == 2
    assert "there is no variable Nobody" in op.err
    kept = op.err.strip().rpartition("--draft ")[2]
    assert Path(kept).read_text() == "Subject: Hello\n\n{{Nobody}} {{FirstName|friend}},\n"
    assert Path(kept).stat().st_mode & 0o077 == 0
    monkeypatch.setenv("EDITOR", "sed -i s/{{Nobody}}/Hi/")
    op.ok("template", "edit", "intro", "--draft", kept)
    assert op.json("template", "show", "intro")["text"] == "Hi {{FirstName|friend}},\n"
    assert op.run("template", "edit", "intro", "--draft", kept, "--subject", "Other") == 2
    Path(kept).unlink()


def test_who_edits_does_not_undo_what_somebody_else_made_meanwhile(
    op: Operator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make(op)

    def other_hand(text: str) -> str:
        op.ok("template", "edit", "intro", "--subject", "Theirs")
        return text + "mine\n"

    monkeypatch.setattr("pivotr.cli.editor.edited", other_hand)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert op.run("template", "edit", "intro") == 4
    assert op.err.startswith("Somebody else has just made version 2 of “intro”.")
    assert op.json("template", "show", "intro")["subject"] == "Theirs"


def test_html_is_edited_with_the_text(op: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    page = op.file("intro.html", "<p>Dear {{FirstName|friend}}</p>")
    op.ok("template", "create", "page", "--subject", "Hello", "--html-file", page)
    monkeypatch.setenv("EDITOR", "sed -i s/Dear/Hi/")
    op.ok("template", "edit", "page")
    shown = op.json("template", "show", "page")
    assert (shown["text"], shown["html"]) == ("", "<p>Hi {{FirstName|friend}}</p>")
    monkeypatch.setenv("EDITOR", "sed -i '$a\\'")  # as editors do: a line end at the end of the file
    op.ok("template", "edit", "page")
    assert op.err == "Nothing is different: no new version.\n"
    monkeypatch.setenv("EDITOR", "sed -i '/^---/,$c A text'")
    op.ok("template", "edit", "page")
    shown = op.json("template", "show", "page")
    assert (shown["text"].strip(), shown["html"]) == ("A text", None)


def test_a_faulty_edit_makes_no_version(op: Operator) -> None:
    make(op)
    assert op.run("template", "edit", "intro", "--body-file", op.file("bad.txt", "Dear\n{a|b")) == 2
    assert "line 2" in op.err
    assert op.json("template", "show", "intro")["versions"] == [1]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["create", "intro", "--subject", "Hello"], 2, "The template has no body."),
        (["create", "intro", "--subject", "Hello", "--body-file", "nowhere.txt"], 3, "There is no file"),
        (
            ["create", "my intro", "--subject", "Hello", "--body-file", "intro.txt"],
            2,
            "“my intro” cannot name",
        ),
        (["create", "other", "--subject", "{Hello", "--body-file", "intro.txt"], 2, "Subject"),
        (["create", "other", "--subject", "Hi {{Frist}}", "--body-file", "intro.txt"], 2, "Subject"),
        (
            ["create", "intro", "--subject", "Hello", "--body-file", "intro.txt"],
            4,
            "There is a template “intro”",
        ),
        (["show", "nowhere"], 3, "There is no template “nowhere”."),
        (["show", "intro", "--version", "7"], 3, "Template “intro” has no version 7."),
        (["diff", "intro"], 2, "Template “intro” has no version before 1."),
        (["preview"], 2, "Name a template, or give a --text."),
        (["preview", "intro", "--text", "x"], 2, "Name a template, or give a --text."),
        (["preview", "--text", "{{FirstName}}", "--var", "Company=X"], 2, "There is no value for FirstName"),
        (["preview", "--text", "x", "--count", "0"], 2, "The count must lie between"),
        (["preview", "intro", "--lead", "nobody@x.example"], 3, "There is no lead"),
    ],
)
def test_bad_input_is_one_sentence_and_a_hint(
    op: Operator, arguments: list[str], code: int, said: str
) -> None:
    make(op)
    assert op.run("template", *arguments) == code
    assert op.out == ""
    assert op.err.startswith(said)
    assert len(op.err.splitlines()) == 2
    assert op.json("template", "show", "intro")["versions"] == [1]


def test_a_preview_for_a_lead_says_how_to_try_what_the_mailbox_will_give(op: Operator) -> None:
    op.ok("leads", "add", "asha@rao.example", "--name", "Asha Rao")
    op.ok(
        "template", "create", "signed", "--subject", "Hi", "--body-file", op.file("s.txt", "{{SenderName}}")
    )
    asked = ("template", "preview", "signed", "--lead", "asha@rao.example")
    assert op.run(*asked) == 2
    assert op.err.splitlines()[1].startswith('→ Try one with --var "SenderName=…"')
    assert op.ok(*asked, "--var", "SenderName=Acme Sales").endswith("Acme Sales\n")


def test_a_text_is_previewed_without_any_template(op: Operator) -> None:
    found = op.lines(
        "template", "preview", "--text", "{a|b} {{FirstName}}", "--var", "FirstName=Asha", "--count", "20"
    )
    assert len(found) == 20
    assert {one["text"] for one in found} == {"a Asha", "b Asha"}
    assert {tuple(one) for one in found} == {("subject", "text", "variant")}
    assert op.lines("template", "preview", "--text", "{{Who}}", "--var", "Who={x|y}")[0]["text"] == "{x|y}"
    assert op.lines("template", "preview", "--text", "")[0]["text"] == ""


def test_a_template_is_previewed_with_the_data_of_a_lead(op: Operator) -> None:
    make(op)
    op.ok("leads", "add", "asha@rao.example", "--name", "Asha Rao")
    assert (
        op.ok("template", "preview", "intro", "--lead", "asha@rao.example")
        == "Subject  Hello\n\nDear Asha,\n"
    )


def test_warnings_are_counted_when_a_version_is_made(op: Operator) -> None:
    make(op, "Click here {now|now}\n")
    assert "2 warnings: pivotr template lint intro" in op.err


def test_files_are_linted_without_being_stored(op: Operator) -> None:
    faulty = op.file("bad.txt", "Dear {{Frist}},\n{a|b")
    assert op.run("template", "lint", "--body-file", faulty, "--subject", "Hello", "--strict") == 1
    assert "error     text 1:6" in op.out
    assert "error     text 2:1" in op.out
    assert op.run("template", "lint", "--text", "Hello {you|reader},", "--subject", "Hi", "--strict") == 0
    assert op.run("template", "lint", "--text", "x", "--subject", "Hi", "--html-file", faulty) == 1
    assert op.run("template", "lint") == 2
    assert "pivotr template lint --text" in op.err
    assert op.json("template", "list") == []


def test_who_sees_the_values_of_an_example_is_told(op: Operator) -> None:
    make(op)
    op.ok("template", "preview", "intro")
    assert "an example's" in op.err
    op.ok("template", "preview", "intro", "--var", "FirstName=Ravi")
    assert op.err == ""
    op.ok("template", "preview", "--text", "no variable")
    assert op.err == ""


def test_lint_fails_on_errors_and_when_strict_on_warnings(op: Operator) -> None:
    make(op, "Click here {now|now} {{FirstName}}\n")
    assert op.run("template", "lint", "intro") == 0
    assert op.run("template", "lint", "intro", "--strict", "--json") == 1
    assert '"passes": false' in op.out
