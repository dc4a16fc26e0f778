"""`pivotr sandbox` on a stand-in for the emulator: a small server that tells what it was started with."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from pivotr.adapters import sandbox_state
from pivotr.adapters.sandbox_state import Emulator
from pivotr.errors import Misconfigured
from pivotr.settings import load
from pivotr.wiring_sandbox import located
from tests.cli.conftest import Run

SERVER = """
import http.server, json, os
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"edition": os.environ["MINISTACK_EDITION"], "environ": dict(os.environ)}).encode()
        self.send_response(200); self.end_headers(); self.wfile.write(body)
    def log_message(self, *words): pass
http.server.HTTPServer((os.environ["BIND_HOST"], int(os.environ["GATEWAY_PORT"])), Page).serve_forever()
"""


def stand_in(folder: Path, program: str) -> str:
    """An executable that behaves like a Python whose `-m ministack` is this program."""
    source = folder / "server.py"
    source.write_text(program)
    command = folder / "python"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{source}"\n')
    command.chmod(0o755)
    return str(command)


@pytest.fixture
def up(pivotr: Run, tmp_path: Path, own_home: Path) -> Iterator[Emulator]:
    ended = pivotr("sandbox", "up", "--python", stand_in(tmp_path, SERVER))
    assert ended.code == 0, ended.err
    found = sandbox_state.noted(own_home)
    assert found is not None
    yield found
    pivotr("sandbox", "down")


@pytest.mark.slow
def test_up_status_down(pivotr: Run, up: Emulator, own_home: Path) -> None:
    shown = pivotr("sandbox", "status", "--json")
    assert json.loads(shown.out) == {"url": up.url, "pid": up.pid, "checks_rights": False}
    assert located(load(os.environ, flags={"env": "sandbox"})).endpoint_url == up.url

    again = pivotr("sandbox", "up")
    assert again.code == 4
    assert up.url in again.err

    assert pivotr("sandbox", "down").err == "The sandbox is down.\n"
    assert not up.is_answering()
    assert not sandbox_state.state_file(own_home).exists()
    assert pivotr("sandbox", "status").code == 3
    assert pivotr("sandbox", "down").err == "The sandbox was not running.\n"


@pytest.mark.slow
def test_nothing_of_the_caller_reaches_it(
    pivotr: Run, tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYEMAILVERIFIER_API_KEY", "secret-1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-2")
    assert pivotr("sandbox", "up", "--enforce-iam", "--python", stand_in(tmp_path, SERVER)).code == 0
    found = sandbox_state.noted(own_home)
    assert found is not None
    with urllib.request.urlopen(found.url) as answer:
        given = json.load(answer)["environ"]
    assert pivotr("sandbox", "down", "--forget").code == 0
    assert not {value for value in given.values() if "secret" in value}
    assert given["BIND_HOST"] == "127.0.0.1"
    assert given["IOT_MTLS_ENABLED"] == "0"
    assert given["AUTH"] == "true"
    assert not (own_home / "sandbox" / "state").exists()


@pytest.mark.slow
def test_an_emulator_that_does_not_come_up_says_why(pivotr: Run, tmp_path: Path, own_home: Path) -> None:
    ended = pivotr("sandbox", "up", "--python", stand_in(tmp_path, "raise SystemExit('no such module')"))
    assert ended.code == 6
    assert "did not come up: no such module" in ended.err
    assert sandbox_state.noted(own_home) is None


def test_a_note_of_an_emulator_that_is_gone_is_not_believed(pivotr: Run, own_home: Path) -> None:
    own_home.mkdir(parents=True)
    sandbox_state.note(own_home, Emulator(port=1, pid=os.getpid(), token="of another day"))
    assert pivotr("sandbox", "status").code == 3
    ended = pivotr("sandbox", "down")  # this very process bears the noted id, and lives on
    assert ended.err == "The sandbox was not running.\n"


def test_the_environment_sandbox_needs_it(own_home: Path) -> None:
    with pytest.raises(Misconfigured, match="does not run"):
        located(load(os.environ, flags={"env": "sandbox"}))
    other = load(os.environ, flags={"env": "dev"})
    assert located(other) is other


def test_a_rehearsal_asks_no_paid_verifier_unless_it_is_told_to(own_home: Path) -> None:
    assert load(os.environ, flags={"env": "sandbox"}).verifier == "syntax"
    assert load({**os.environ, "PIVOTR_VERIFIER": "myemailverifier"}, flags={"env": "sandbox"}).verifier == (
        "myemailverifier"
    )
    assert load(os.environ, flags={"env": "dev"}).verifier == "myemailverifier"


def test_verifying_a_domain_needs_the_sandbox(pivotr: Run) -> None:
    ended = pivotr("sandbox", "verify", "acme.example")
    assert (ended.code, ended.out) == (7, "")
    assert "pivotr sandbox up" in ended.err
