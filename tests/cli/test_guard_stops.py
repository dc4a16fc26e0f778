"""A guard stop as its operator meets it: what the run says, who is told, and how sending goes on."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run

#: Some more may have left before the third came back.
BOUNCED = r"\d+ of \d+ mails bounced permanently"


@pytest.fixture
def alarms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file to which the operator's own program writes each alarm."""
    told = tmp_path / "alarms.txt"
    program = tmp_path / "tell.py"
    program.write_text(
        f"import sys\nopen({str(told)!r}, 'a').write(sys.argv[-1] + '\\n' + sys.stdin.read() + '\\n')\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PIVOTR_NOTIFY_COMMAND", f"'{sys.executable}' '{program}'")
    return told


@pytest.fixture
def stopped(pivotr: Run, ready: None, alarms: Path, tmp_path: Path) -> str:
    """The id of a campaign whose mails all bounce; the run has ended."""
    rows = "".join(f"bounce+{number}@simulator.amazonses.com\n" for number in range(20))
    (tmp_path / "bad.csv").write_text("email\n" + rows, encoding="utf-8")
    (tmp_path / "plain.txt").write_text("Good day.\n", encoding="utf-8")
    body = ("--subject", "Hi", "--body-file", str(tmp_path / "plain.txt"))
    assert pivotr("template", "create", "plain", *body).code == 0
    assert pivotr("leads", "import", str(tmp_path / "bad.csv"), "--list", "bad").code == 0
    campaign = create(pivotr, "Bought", "bad")
    assert pivotr("campaign", "start", campaign).code == 0
    ended = pivotr("run", "--until-idle")
    assert ended.code == 0, ended.err
    assert re.search(rf"{campaign} is paused \(guard: {BOUNCED}", ended.out)
    return campaign


def create(pivotr: Run, name: str, list_name: str) -> str:
    ended = pivotr(
        "campaign", "create", name, "--template", "plain", "--sender", "sales@acme.example",
        "--list", list_name, "--window", "always", "--gap", "0",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    return ended.out.strip()


@pytest.mark.slow
def test_a_run_and_an_explanation_say_how_a_stopped_campaign_goes_on(
    pivotr: Run, stopped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = f"When the cause is mended: pivotr campaign resume {stopped} --acknowledge"
    waiting = json.loads(pivotr("leads", "list", "--status", "queued", "--json").out)[0]["email"]
    why = json.loads(pivotr("campaign", "explain", stopped, waiting, "--json").out)["next"]
    assert why[0].endswith(f"%. {command}")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    ended = pivotr("run", "--until-idle")
    assert f"\nStopped.\nBought is paused. {command}\n" in ended.out


@pytest.mark.slow
def test_a_stop_is_told_before_the_run_leaves_and_ends_only_by_an_operator(
    pivotr: Run, stopped: str, alarms: Path
) -> None:
    assert re.match(rf"Pivotr has stopped all sending\n{BOUNCED}", alarms.read_text(encoding="utf-8"))
    shown = pivotr("metrics", "show")
    assert "guard        has stopped all sending" in shown.out
    assert "pivotr campaign resume ID --acknowledge" in shown.err

    told = f"When the cause is mended: pivotr campaign resume {stopped} --acknowledge\n"
    assert pivotr("campaign", "show", stopped).err == told

    assert pivotr("campaign", "abort", stopped).code == 0
    other = create(pivotr, "Diwali", "diwali")
    refused = pivotr("campaign", "start", other)
    assert refused.code == 4
    assert re.match(f"The guard has stopped all sending: {BOUNCED}", refused.err)
    assert f"pivotr campaign start {other} --acknowledge" in refused.err
    assert pivotr("campaign", "start", other, "--acknowledge").code == 0
    shown = pivotr("metrics", "show")
    assert "sending goes on; the next bounce or complaint stops it" in shown.out
    log = pivotr("logs", "show", "--campaign", "ALL").out
    assert re.search(f"An operator let sending go on: {BOUNCED}.* tester$", log, re.MULTILINE)
    assert f"{other} is completed" in pivotr("run", "--until-idle").out


@pytest.mark.slow
def test_a_start_names_the_mailbox_that_stands_still(pivotr: Run, ready: None, tmp_path: Path) -> None:
    (tmp_path / "plain.txt").write_text("Good day.\n", encoding="utf-8")
    body = ("--subject", "Hi", "--body-file", str(tmp_path / "plain.txt"))
    assert pivotr("template", "create", "plain", *body).code == 0
    campaign = create(pivotr, "Diwali", "diwali")
    assert pivotr("sender", "pause", "sales@acme.example").code == 0
    started = pivotr("campaign", "start", campaign)
    assert "No sender of it is open, so nothing leaves yet." in started.err
    assert "Open it with: pivotr sender resume sales@acme.example\n" in started.err
