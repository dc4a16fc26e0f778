"""The frame of the command line: help, version, options anywhere, the one boundary for errors, exit codes."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest

from pivotr import errors
from pivotr.cli import context
from pivotr.cli.console import Console
from pivotr.cli.exit_codes import EXIT_CODES, exit_code
from pivotr.cli.main import root
from pivotr.cli.named_commands import addressed
from pivotr.cli.overview import COMMANDS, OPTIONS
from pivotr.ports.table import ConditionFailed, TransactionCancelled
from tests.cli.conftest import Run


def all_errors(kind: type[errors.PivotrError] = errors.PivotrError) -> list[type[errors.PivotrError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in all_errors(child))]


def test_every_error_has_an_exit_code() -> None:
    raised = [kind.__new__(kind) for kind in all_errors()]
    codes = {type(error).__name__: exit_code(error) for error in raised}
    assert len(raised) > 8
    assert all(1 <= code <= 7 for code in codes.values())


def test_the_table_of_exit_codes() -> None:
    told = {kind.__name__: code for kind, code in EXIT_CODES.items()}
    assert told == {
        "PivotrError": 1, "InvalidInput": 2, "NotFound": 3, "Conflict": 4, "LimitReached": 5,
        "Rejected": 6, "Unavailable": 6, "Misconfigured": 7,
    }  # fmt: skip
    assert exit_code(ConditionFailed(None)) == exit_code(TransactionCancelled(())) == 4
    assert exit_code(errors.NoAnswer("Nobody knows.")) == 6


def test_nothing_at_all_shows_the_help(pivotr: Run) -> None:
    bare, asked = pivotr(), pivotr("--help")
    assert (bare.code, bare.err) == (asked.code, asked.err) == (0, "")
    assert bare.out == asked.out
    assert bare.out.startswith("Usage: pivotr [OPTIONS] COMMAND [ARGS]...\n")
    assert all(f"\n  {name} " in bare.out for name in COMMANDS)


def test_the_overview_names_every_option_of_the_root() -> None:
    command = root()
    with command.make_context("pivotr", [], resilient_parsing=True) as ctx:
        declared = {", ".join(sorted(param.opts, key=len)) for param in command.get_params(ctx)}
    assert declared == {name.removesuffix(" NAME") for name in OPTIONS}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(pivotr: Run, name: str) -> None:
    ended = pivotr(name, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"Usage: pivotr {name} [OPTIONS]")
    assert "--json" in ended.out


def test_version(pivotr: Run) -> None:
    ended = pivotr("--version")
    assert (ended.code, ended.out, ended.err) == (0, "pivotr 0.1.0\n", "")


def test_an_unknown_command_is_a_usage_error_with_a_guess(pivotr: Run) -> None:
    ended = pivotr("campain", "list")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "There is no command “campain”. Did you mean “campaign”?\n→ See: pivotr --help\n"


def test_an_unknown_option_is_a_usage_error(pivotr: Run) -> None:
    ended = pivotr("sender", "list", "--colour")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith("→ See: pivotr sender list --help\n")
    assert "--colour" in ended.err


def test_a_noun_alone_shows_its_commands_as_a_usage_error(pivotr: Run) -> None:
    ended = pivotr("sender")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Usage: pivotr sender [OPTIONS] COMMAND [ARGS]...\n")


@pytest.mark.parametrize(
    "words", [("--json", "sender", "list"), ("sender", "--json", "list"), ("sender", "list", "--json")]
)
def test_json_is_understood_anywhere(pivotr: Run, words: tuple[str, ...]) -> None:
    ended = pivotr(*words)
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out) == []


@pytest.mark.parametrize("words", ["nope", "leads list --limit x", "leads list --nope", "leads show"])
def test_a_wrong_command_line_is_told_as_json_too(pivotr: Run, words: str) -> None:
    for arguments in ([*words.split(), "--json"], ["--json", *words.split()]):
        ended = pivotr(*arguments)
        assert (ended.code, ended.out) == (2, "")
        assert json.loads(ended.err)["error"]["code"] == "usage"


def test_an_error_as_json_goes_to_stderr_and_leaves_stdout_empty(pivotr: Run) -> None:
    ended = pivotr("campaign", "show", "nobody", "--json")
    assert (ended.code, ended.out) == (3, "")
    assert json.loads(ended.err) == {
        "error": {
            "code": "not_found",
            "message": "There is no campaign “nobody”.",
            "hint": "See all with: pivotr campaign list",
        }
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("See all with: pivotr leads list", "See all with: pivotr leads list --env dev"),
        ("Run `pivotr doctor`, then wait.", "Run `pivotr doctor --env dev`, then wait."),
        ("See why: pivotr metrics show. Then: pivotr campaign resume ID",
         "See why: pivotr metrics show --env dev. Then: pivotr campaign resume ID --env dev"),
        ('Set it: pivotr settings set footer.address "Acme Ltd, Pune"',
         'Set it: pivotr settings set footer.address "Acme Ltd, Pune" --env dev'),
        ("Import it: pivotr leads import my.leads.csv --list a\nThen look.",
         "Import it: pivotr leads import my.leads.csv --list a --env dev\nThen look."),
        ("Start it with: pivotr sandbox up", "Start it with: pivotr sandbox up"),
        ("Set it: pivotr secrets set x --env production", "Set it: pivotr secrets set x --env production"),
        ("See: pivotr leads list --help", "See: pivotr leads list --help"),
        ("pip install 'pivotr[deploy]'", "pip install 'pivotr[deploy]'"),
    ],
)  # fmt: skip
def test_a_recommended_command_reaches_the_environment_that_was_asked_about(text: str, told: str) -> None:
    assert addressed(text, "dev") == told
    assert addressed(text, None) == text


def test_hints_carry_the_environment_on(pivotr: Run) -> None:
    assert "pivotr campaign list --env local\n" in pivotr("campaign", "show", "x", "--env", "local").err
    ended = pivotr("--env", "local", "campaign", "show", "x", "--json")
    assert json.loads(ended.err)["error"]["hint"].endswith("pivotr campaign list --env local")
    assert "pivotr campaign list\n" in pivotr("campaign", "show", "x").err


def test_an_unknown_environment_is_a_matter_of_configuration(pivotr: Run) -> None:
    ended = pivotr("sender", "list", "--env", "moon")
    assert (ended.code, ended.out) == (7, "")
    assert ended.err == ("There is no environment “moon”.\n→ Use one of: local, sandbox, dev, production.\n")


@pytest.mark.parametrize(
    ("raised", "code", "told"),
    [
        (KeyError("oops"), 1, "Something went wrong that should not: KeyError: 'oops'\n"
                              "→ Run again with -v for the trace.\n"),
        (KeyboardInterrupt(), 130, "\n"),
        (BrokenPipeError(), 0, ""),
        (errors.LimitReached("The day is full.", hint="Wait for tomorrow."), 5,
         "The day is full.\n→ Wait for tomorrow.\n"),
    ],
)  # fmt: skip
def test_whatever_a_command_raises_becomes_a_sentence_and_a_code(
    pivotr: Run, monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, told: str
) -> None:
    def fail() -> None:
        raise raised

    monkeypatch.setattr("pivotr.cli.sender.services", fail)
    ended = pivotr("sender", "list")
    assert (ended.code, ended.out, ended.err) == (code, "", told)


def test_verbose_shows_the_trace(pivotr: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise KeyError("oops")

    monkeypatch.setattr("pivotr.cli.sender.services", fail)
    ended = pivotr("sender", "list", "-v")
    assert ended.code == 1
    assert ended.err.startswith("Traceback (most recent call last):")


def test_output_survives_a_stream_that_knows_only_ascii(pivotr: Run) -> None:
    added = pivotr("sender", "add", "Aśok Café <a@acme.example>", encoding="ascii")
    shown = pivotr("sender", "show", "a@acme.example", encoding="ascii")
    as_json = pivotr("sender", "show", "a@acme.example", "--json", encoding="ascii")
    assert (added.code, shown.code, as_json.code) == (0, 0, 0)
    assert "A?ok Caf?" in shown.out
    assert json.loads(as_json.out)["name"] == "Aśok Café"


def test_a_name_cannot_control_the_terminal(pivotr: Run) -> None:
    pivotr("sender", "add", "a@acme.example", "--name", "Evil\x1b[2J\u202eName")
    ended = pivotr("sender", "list")
    assert "\x1b" not in ended.out
    assert "\u202e" not in ended.out


def test_a_yes_is_needed_where_nobody_can_be_asked(monkeypatch: pytest.MonkeyPatch, pivotr: Run) -> None:
    def sure() -> None:
        context.confirm("Really?", yes=False)

    monkeypatch.setattr("pivotr.cli.sender.services", sure)
    ended = pivotr("sender", "list")
    assert (ended.code, ended.err) == (2, "This needs a yes, and there is nobody to ask.\n→ Add --yes.\n")


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("Yes\n", 0), ("\n", 1), ("no\n", 1)])
def test_a_question_is_asked_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, pivotr: Run, answer: str, code: int
) -> None:
    def sure() -> None:
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
        context.confirm("Really?", yes=False)
        raise SystemExit if code else errors.PivotrError("went on")

    monkeypatch.setattr("pivotr.cli.sender.services", sure)
    ended = pivotr("sender", "list", stdin=answer)
    expected = "Really? [y/N] " + ("Nothing was changed.\n" if code else "went on\n")
    assert ended.err == expected


def test_tables_are_drawn_on_a_terminal_without_reading_markup(
    pivotr: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    pivotr("sender", "add", "a@acme.example", "--name", "[bold]Asha[/bold]")
    monkeypatch.setenv("FORCE_COLOR", "1")
    drawn = pivotr("sender", "list").out
    assert "[bold]Asha[/bold]" in drawn
    assert "───" in drawn
    assert "\x1b[3" not in drawn


def test_long_facts_are_broken_between_words_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    name = "a" * 50
    facts = [("guard", "3 of 53 mails bounced permanently: over the limit of 5 %."), ("id", name)]
    piped, drawn = io.StringIO(), io.StringIO()
    Console(piped, io.StringIO(), environ={}).facts(facts)
    Console(drawn, io.StringIO(), environ={"FORCE_COLOR": "1", "NO_COLOR": "1"}).facts(facts)
    assert piped.getvalue().splitlines() == [f"guard  {facts[0][1]}", f"id     {name}"]
    assert drawn.getvalue().splitlines() == [
        "guard  3 of 53 mails bounced permanently:",
        "       over the limit of 5 %.",
        f"id     {name}",
    ]


def test_a_drawn_table_breaks_no_address_and_leaves_out_what_has_no_room(
    pivotr: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "complaint@simulator.amazonses.com"
    pivotr("leads", "add", address, "--name", "Wolfeschlegelstein", "--company", "Unabbreviated")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    narrow = pivotr("leads", "list").out
    assert "email" in narrow
    assert address in narrow
    assert "reason" not in narrow
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", narrow).splitlines())) <= 80
    monkeypatch.setenv("COLUMNS", "120")
    assert "reason" in pivotr("leads", "list").out


def test_names_of_settings_stay_whole_on_a_terminal(pivotr: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    drawn = pivotr("settings", "list").out
    for name in ("guard.sender.complaint.floor", "bounces.unproven_cap", "outbox_complaint_share"):
        assert any(line.startswith(f"{name} ") for line in drawn.splitlines()), name


def test_talk_is_broken_between_words_but_for_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")

    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    talk = Screen()
    out = Console(io.StringIO(), talk, environ={"NO_COLOR": "1"})
    out.note("One of five mails was reported as spam; sending stops at two.")
    out.note("Next: pivotr leads import leads.csv --list NAME")
    assert talk.getvalue().splitlines() == [
        "One of five mails was reported as spam;",
        "sending stops at two.",
        "Next: pivotr leads import leads.csv --list NAME",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("list show x --limit abc", "Invalid value for '--limit': it must be a whole number."),
        ("list show x --limit 0", "Invalid value for '--limit': it must be at least 1."),
        ("list show x --limit 1000", "Invalid value for '--limit': it must be at most 100."),
        ("run --for soon", "Invalid value for '--for': it must be a number."),
        (
            "leads add a@b.example --type mild",
            "Invalid value for '--type': 'mild' is not one of 'cold', 'warm', 'hot'.",
        ),
        ("campaign settle x y", "Missing option '--as'. Choose from: sent, failed, again."),
        ("leads show", "Missing argument 'ADDRESS'."),
    ],
)
def test_a_wrong_value_is_told_in_words_of_ours(pivotr: Run, words: str, said: str) -> None:
    ended = pivotr(*words.split())
    assert (ended.code, ended.out, ended.err.split("\n")[0]) == (2, "", said)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PIVOTR_SMTP_PORT", "abc", "The setting smtp_port is wrong: it must be a whole number."),
        ("PIVOTR_SMTP_PORT", "99999", "The setting smtp_port is wrong: it must be at most 65535."),
        ("PIVOTR_MAILER", "post", "The setting mailer is wrong: it must be 'outbox', 'smtp' or 'ses'."),
        ("PIVOTR_CREATE_FEEDBACK", "8", "The setting create_feedback is wrong: it must be true or false."),
    ],
)
def test_a_wrong_setting_is_told_in_words_of_ours(
    pivotr: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    ended = pivotr("list", "list")
    assert (ended.code, ended.out) == (7, "")
    assert ended.err == f"{said}\n→ Set it with {name} or in pivotr.toml.\n"


def test_a_file_where_the_data_folder_should_be_is_named(
    pivotr: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocking = tmp_path / "home"
    blocking.write_text("I am a file.")
    monkeypatch.setenv("PIVOTR_HOME", str(blocking / "deeper"))
    ended = pivotr("list", "list")
    assert (ended.code, ended.out) == (7, "")
    assert ended.err.startswith(f"{blocking} is a file, and the data file needs a folder there: ")


def test_the_overview_fits_a_narrow_terminal(pivotr: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = pivotr("--help").out.splitlines()
    assert max(map(len, lines[3:])) <= 60
    told = "\n".join(lines)
    assert "  run        Send: drive the embedded environment in the\n             foreground." in told
