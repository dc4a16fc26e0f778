"""`pivotr metrics show`: the funnel by any group, on screens, as CSV, JSON and a picture."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path

import pytest

from pivotr.cli.console import Console
from pivotr.cli.metrics_views import bar, show_funnel, sparkline
from pivotr.domain.funnels import funnel
from pivotr.domain.guard import Levels
from tests.cli.conftest import Run

ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def sent(pivotr: Run, ready: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A campaign of two steps over two lists, all of whose first mails have left: two good, one bounced."""
    more = tmp_path / "more.csv"
    more.write_text(
        "name,email\nMeera Joshi,bounce@simulator.amazonses.com\nAsha Rao,asha@rao.example\n",
        encoding="utf-8",
    )
    assert pivotr("leads", "import", str(more), "--list", "fair").code == 0
    created = pivotr(
        "campaign", "create", "Diwali outreach", "--template", "intro", "--sender", "sales@acme.example",
        "--list", "diwali", "--list", "fair", "--window", "always", "--gap", "0",
    )  # fmt: skip
    assert created.code == 0, created.err
    campaign = created.out.strip()
    assert pivotr("campaign", "start", campaign, "--yes").code == 0
    ran = pivotr("run", "--until-idle")
    assert ran.code == 0, ran.err
    return campaign


def rows(pivotr: Run, *words: str) -> dict[str, dict[str, str]]:
    ended = pivotr("metrics", "show", "--csv", *words)
    assert ended.code == 0, ended.err
    return {row["name"]: row for row in csv.DictReader(io.StringIO(ended.out))}


@pytest.mark.slow
def test_every_group_adds_up_to_the_counters(
    pivotr: Run, sent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_campaign = rows(pivotr, "--by", "campaign")["Diwali outreach"]
    counted = {name: by_campaign[name] for name in ("sent", "delivered", "bounced")}
    assert counted == {"sent": "3", "delivered": "2", "bounced": "1"}
    for group in ("day", "sender", "domain", "step"):
        found = rows(pivotr, "--by", group, "--campaign", sent)
        for name, count in counted.items():
            assert sum(int(row[name]) for row in found.values()) == int(count), (group, name)
    assert rows(pivotr, "--by", "sender")["sales@acme.example"]["bounced_rate"] == "0.333333"
    assert rows(pivotr, "--by", "step")["step 1"]["sent"] == "3"
    assert rows(pivotr, "--by", "domain")["rao.example"]["delivered"] == "1"
    lists = rows(pivotr, "--by", "list")
    assert (lists["diwali"]["sent"], lists["fair"]["sent"]) == ("2", "2"), "who is on both counts for both"
    assert rows(pivotr, "--since", "2999-01-01", "--by", "sender") == {}

    shown = pivotr("metrics", "show")
    assert sent in shown.out
    assert "BOUNCED %" in shown.out
    assert not set(shown.out) & set("█▁▏"), "bars are for terminals"
    funnel = json.loads(pivotr("metrics", "show", "--by", "day", "--json").out)
    assert funnel["total"]["rates"]["bounced"] == pytest.approx(1 / 3)
    assert funnel["lines"]["bounce_stop"] == 0.05

    monkeypatch.setenv("FORCE_COLOR", "1")
    for room, has_bars in (("72", False), ("80", True)):
        monkeypatch.setenv("COLUMNS", room)
        drawn = ANSI.sub("", pivotr("metrics", "show").out)
        assert re.search(rf"^{sent} +3 +3 +2 +1 \(33.33 %\) ", drawn, re.MULTILINE), "one line a campaign"
        assert ("█" in drawn) == has_bars
        assert max(map(len, drawn.splitlines())) <= int(room)
    monkeypatch.delenv("FORCE_COLOR")

    chart = tmp_path / "report.png"
    assert pivotr("metrics", "show", "--by", "day", "--png", str(chart)).code == 0
    assert chart.read_bytes().startswith(b"\x89PNG\r\n")
    refused = pivotr("metrics", "show", "--png", str(tmp_path / "no" / "where.png"))
    assert (refused.code, "cannot be written" in refused.err) == (2, True)
    assert pivotr("metrics", "audit").code == 0


@pytest.mark.slow
def test_what_cannot_be_counted(pivotr: Run, own_home: Path) -> None:
    assert "day, campaign" in pivotr("metrics", "show", "--by", "colour").err
    assert pivotr("metrics", "show", "--since", "yesterday").code == 2
    assert pivotr("metrics", "show", "--by", "list").err == "Nothing is counted yet.\n"
    assert pivotr("metrics", "show", "--png", "x.png").code == 2
    assert pivotr("metrics", "show", "--campaign", "nobody").code == 3


def test_charts_are_an_extra(pivotr: Run, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    ended = pivotr("metrics", "show", "--png", "x.png")
    assert (ended.code, ended.err) == (
        7, 'Charts need matplotlib.\n→ Install it with: pip install "pivotr[charts]"\n',
    )  # fmt: skip


def test_bars_and_sparklines() -> None:
    assert (bar(8, 8), bar(4, 8), bar(0, 8), bar(0, 0)) == ("████████", "████", "", "")
    assert bar(1, 16) == "▌"
    assert sparkline([0, 4, 8]) == "▁▅█"
    assert sparkline([]) == ""


def test_a_sparkline_has_a_place_for_days_without_mails(capsys: pytest.CaptureFixture[str]) -> None:
    counts = [("2026-11-20", 4), ("2026-11-23", 8)]
    found = funnel("day", [(day, day, {"sent": sent}) for day, sent in counts], Levels())
    out = Console(sys.stdout, sys.stderr, environ={"FORCE_COLOR": "1", "COLUMNS": "80"})
    show_funnel(out, found)
    assert "sent ▅▁▁█ 2026-11-20 to 2026-11-23" in capsys.readouterr().out
