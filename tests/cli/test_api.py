"""`pivotr api` where its extra is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_a_missing_extra_is_told_with_its_command_and_nothing_is_made(
    pivotr: Run, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    told = pivotr("api", "serve")
    assert (told.code, told.out) == (7, "")
    assert told.err == "The server of the API is not installed.\n→ Install it: pip install 'pivotr[api]'\n"
    assert not own_home.exists()
