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


def test_lint_fails_on_errors_and_when_strict_on_warnings(op: Operator) -> None:
    make(op, "Click here {now|now} {{FirstName}}\n")
    assert op.run("template", "lint", "intro") == 0
    assert op.run("template", "lint", "intro", "--strict", "--json") == 1
    assert '"passes": false' in op.out
