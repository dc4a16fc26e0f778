"""`pivotr campaign forecast` and `explain` as an operator sees them."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run


def test_forecast_without_a_campaign_is_a_plain_table_when_piped(pivotr: Run) -> None:
    window = "daily 00:00-24:00 Asia/Kolkata"
    ended = pivotr("campaign", "forecast", "--leads", "100", "--cap", "40", "--gap", "60", "--window", window)
    assert ended.code == 0, ended.err
    assert "leads       100\nmails       100 on 3 days\n" in ended.out
    assert "limited by  the campaign's daily cap\n" in ended.out
    rows = [line.split() for line in ended.out.split("\n\n")[1].splitlines()]
    assert rows[0] == ["DAY", "MAILS", "LIMITED", "BY"]
    assert [row[1:] for row in rows[1:]] == [["40", "cap"], ["40", "cap"], ["20", "leads"]]


def test_forecast_as_json(pivotr: Run) -> None:
    ended = pivotr(
        "campaign", "forecast", "--leads", "1000", "--ramp", "20+10..50", "--invalid", "10", "--json"
    )
    found = json.loads(ended.out)
    assert (found["leads"], found["mails"], found["skipped"], found["limit"]) == (
        1000,
        900,
        100,
        "sender cap",
    )
    assert found["finish"]["early"] <= found["finish"]["middle"] <= found["finish"]["late"]
    assert found["cost"]["ses"] == pytest.approx(0.09)


def test_forecast_of_a_draft_and_of_what_it_could_be(pivotr: Run, draft: str) -> None:
    ended = pivotr("campaign", "forecast", draft, "--json")
    assert json.loads(ended.out)["mails"] == 2
    slower = pivotr("campaign", "forecast", draft, "--cap", "1", "--json")
    assert [day["mails"] for day in json.loads(slower.out)["days"]] == [1, 1]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ((), 2, "A forecast is about a campaign or about a number of leads."),
        (("nobody",), 3, "There is no campaign “nobody”."),
        (("--leads", "5", "--gap", "x"), 2, "“x” is not a gap."),
        (("--leads", "5", "--cap", "1", "--senders", "2"), 2, "A cap of 1 mails a day cannot be shared"),
    ],
)  # fmt: skip
def test_refusals(pivotr: Run, words: tuple[str, ...], code: int, sentence: str) -> None:
    ended = pivotr("campaign", "forecast", *words)
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith(sentence)


def test_a_campaign_that_is_over_has_no_forecast(pivotr: Run, draft: str) -> None:
    assert pivotr("campaign", "abort", draft, "--yes").code == 0
    ended = pivotr("campaign", "forecast", draft)
    assert ended.code == 4
    assert "is aborted: nothing more is to be expected of it." in ended.err


def test_explain_tells_why_and_what_next(pivotr: Run, draft: str) -> None:
    ended = pivotr("campaign", "explain", draft, "asha@rao.example")
    assert ended.code == 0
    assert ended.out == (
        "lead   asha@rao.example\n"
        "state  new\n"
        "\nWhy\n  The campaign has not been started.\n"
        f"\nNext\n  Start it and it is enrolled: pivotr campaign start {draft}\n"
    )
    found = json.loads(pivotr("campaign", "explain", draft, "asha@rao.example", "--json").out)
    assert found["status"] == "new"
    assert pivotr("campaign", "explain", draft, "who@rao.example").code == 3


@pytest.mark.parametrize("words", [("--senders", "2"), ("--ramp", "20+10..80"), ("--follow-up", "3")])
def test_what_a_campaign_has_itself_goes_with_figures_only(
    pivotr: Run, draft: str, words: tuple[str, str]
) -> None:
    ended = pivotr("campaign", "forecast", draft, *words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"{words[0]} goes with --leads: a campaign has its own.\n→ pivotr campaign")


def test_a_campaign_that_is_over_names_what_shows_its_figures(pivotr: Run, draft: str) -> None:
    pivotr("campaign", "start", draft)
    pivotr("campaign", "abort", draft)
    ended = pivotr("campaign", "forecast", draft)
    assert ended.code == 4
    hint = ended.err.splitlines()[1]
    assert hint == f"→ See what it did: pivotr metrics show --campaign {draft}"
    assert pivotr(*hint.partition("pivotr ")[2].split()).code == 0
