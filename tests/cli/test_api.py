"""`pivotr api serve` that cannot begin: one sentence, and nothing is made."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pivotr.settings import from_env
from tests.cli.conftest import Run


def test_a_missing_extra_is_told_with_its_command_and_nothing_is_made(
    pivotr: Run, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    told = pivotr("api", "serve")
    assert (told.code, told.out) == (7, "")
    assert told.err == "The server of the API is not installed.\n→ Install it: pip install 'pivotr[api]'\n"
    assert not own_home.exists()


@pytest.mark.parametrize("given", ["foo", "*", "https://x.example/page", "console.acme.example"])
def test_an_origin_that_no_page_has_is_refused(
    pivotr: Run, own_home: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    told = pivotr("api", "serve", "--cors", given)
    assert told.code == 2
    assert f"“{given}” is no origin, such as https://console.acme.example." in told.err
    assert not own_home.exists()
    monkeypatch.setenv("PIVOTR_API_ORIGINS", given)
    told = pivotr("settings", "list")
    assert told.code == 7
    assert f"“{given}” is no origin" in told.err


def test_origins_are_written_as_browsers_name_them() -> None:
    given = {"PIVOTR_API_ORIGINS": "https://Console.acme.example/,http://localhost:5173"}
    assert from_env(given).api_origins == ("https://console.acme.example", "http://localhost:5173")


def test_a_host_that_is_not_this_machine_is_told_with_what_helps(pivotr: Run) -> None:
    told = pivotr("api", "serve", "--host", "203.0.113.9")
    assert told.code == 2
    assert "Nobody can listen on 203.0.113.9, port 8000" in told.err
    assert "Leave --host out" in told.err
