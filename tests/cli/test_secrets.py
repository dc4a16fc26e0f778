"""Secrets of this machine: told apart, never shown, and kept by the operator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def views(text: str) -> dict[str, dict[str, object]]:
    return {view["name"]: view for view in json.loads(text)}


def test_the_list_tells_what_is_there_and_where_it_is_read_from(
    pivotr: Run, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = views(pivotr("secrets", "list", "--json").out)
    assert {name: view["is_set"] for name, view in before.items()} == {
        "myemailverifier": False,
        "mailbox": False,
        "keys": False,
    }
    monkeypatch.setenv("MYEMAILVERIFIER_API_KEY", "key-in-a-variable")
    (tmp_path / ".env").write_text("PIVOTR_IMAP_PASSWORD=password-in-a-file\n", encoding="utf-8")
    pivotr("sender", "add", "Acme Sales <sales@acme.example>")
    (tmp_path / "leads.csv").write_text("email\nasha@rao.example\n", encoding="utf-8")
    pivotr("leads", "import", "leads.csv", "--list", "diwali")
    said = pivotr("secrets", "list", "--json").out
    after = views(said)
    assert after["myemailverifier"]["home"] == "variable MYEMAILVERIFIER_API_KEY"
    assert after["myemailverifier"]["age_days"] is None
    assert (after["mailbox"]["home"], after["mailbox"]["age_days"]) == (".env", 0)
    assert (after["keys"]["is_set"], after["keys"]["home"]) == (True, str(own_home / "pivotr.key"))
    shown = said + pivotr("secrets", "list").out
    assert "key-in-a-variable" not in shown
    assert "password-in-a-file" not in shown
    for key in json.loads((own_home / "pivotr.key").read_text())["unsubscribe"]:
        assert key not in shown


def test_on_this_machine_a_secret_is_not_taken(pivotr: Run) -> None:
    ended = pivotr("secrets", "set", "myemailverifier", stdin="very-secret\n")
    assert ended.code == 2
    assert "MYEMAILVERIFIER_API_KEY" in ended.err
    assert "--env dev" in ended.err
    assert "very-secret" not in ended.err


def test_a_secret_that_nobody_knows_is_not_found(pivotr: Run) -> None:
    ended = pivotr("secrets", "set", "nonsense", stdin="x\n")
    assert ended.code == 3
    assert "pivotr secrets list" in ended.err
