"""One command line at a time, in this process, in a home of its own; everything that it writes is kept."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pivotr.cli.main import main


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder and home; no variable of the developer's machine has a say."""
    for name in list(os.environ):
        if name.startswith(("PIVOTR_", "AWS_", "MYEMAILVERIFIER_")) or name in ("FORCE_COLOR", "TERM"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    monkeypatch.setenv("PIVOTR_HOME", str(home))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LOGNAME", "tester")
    monkeypatch.chdir(tmp_path)
    return home


@pytest.fixture
def pivotr(monkeypatch: pytest.MonkeyPatch) -> Run:
    """`pivotr(*words)`: runs the command and returns how it ended."""

    def run(*words: str, stdin: str = "", encoding: str = "utf-8") -> Ended:
        out, err = io.BytesIO(), io.BytesIO()
        streams = [io.TextIOWrapper(raw, encoding=encoding, write_through=True) for raw in (out, err)]
        monkeypatch.setattr(sys, "stdout", streams[0])
        monkeypatch.setattr(sys, "stderr", streams[1])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = main(words)
        return Ended(code, out.getvalue().decode(encoding), err.getvalue().decode(encoding))

    return run


@pytest.fixture
def ready(pivotr: Run, tmp_path: Path) -> None:
    """A sender, a list of two leads and a template."""
    leads = tmp_path / "leads.csv"
    leads.write_text(
        "name,email\nAsha Rao,asha@rao.example\nVijay Iyer,vijay@iyer.example\n", encoding="utf-8"
    )
    body = tmp_path / "intro.txt"
    body.write_text("Hello {{FirstName}},\n\nGood day.\n", encoding="utf-8")
    for words in (
        ("sender", "add", "Acme Sales <sales@acme.example>"),
        ("leads", "import", str(leads), "--list", "diwali"),
        ("template", "create", "intro", "--subject", "Hi {{FirstName}}", "--body-file", str(body)),
        ("settings", "set", "footer.address", "Acme Ltd, 1 MG Road, Pune"),
    ):
        ended = pivotr(*words)
        assert ended.code == 0, ended.err


@pytest.fixture
def draft(pivotr: Run, ready: None) -> str:
    """The id of a draft that may send at any time, as fast as it can."""
    ended = pivotr(
        "campaign", "create", "Diwali outreach", "--template", "intro", "--sender", "sales@acme.example",
        "--list", "diwali", "--window", "always", "--gap", "0",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    return ended.out.strip()
