"""From a laptop to an account: `pivotr transfer`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pivotr import names
from pivotr.cli.main import main
from pivotr.storage.schema import TABLES
from pivotr.wiring import connect
from tests.aws.operating import ENVIRON, SETTINGS, deployed
from tests.aws.resources import make_clients


class Laptop:
    """A person at a keyboard with data on this machine and an account that is new."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, *words: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        code = main(words)
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def ok(self, *words: str) -> str:
        code, out, err = self.run(*words)
        assert code == 0, err
        return out

    def json(self, *words: str) -> Any:
        return json.loads(self.ok(*words, "--json"))


@pytest.fixture
def laptop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Laptop]:
    monkeypatch.chdir(tmp_path)
    for name, value in (ENVIRON | {"PIVOTR_ENV": "local", "PIVOTR_HOME": str(tmp_path / "home")}).items():
        monkeypatch.setenv(name, value)
    with deployed(make_clients()):
        yield Laptop(capsys)


def begun(laptop: Laptop) -> str:
    """A campaign of which one mail has left; returns its id."""
    Path("leads.csv").write_text("name,email\nAsha Rao,asha@rao.example\nVijay,vijay@iyer.example\n")
    Path("intro.txt").write_text("Hello {{FirstName|there}}\n")
    laptop.ok("sender", "add", "Acme <sales@acme.example>")
    laptop.ok("leads", "import", "leads.csv", "--list", "diwali")
    laptop.ok("suppress", "add", "never@rao.example")
    laptop.ok("template", "create", "intro", "--subject", "Hi", "--body-file", "intro.txt")
    laptop.ok("settings", "set", "footer.address", "Acme, Pune")
    campaign = str(
        laptop.json(
            "campaign", "create", "Diwali", "--template", "intro", "--sender", "sales@acme.example",
            "--list", "diwali", "--window", "always", "--gap", "3600",
        )["id"]
    )  # fmt: skip
    laptop.ok("campaign", "start", campaign)
    laptop.ok("run", "--for", "1")
    assert laptop.json("metrics", "show", "--campaign", campaign)["totals"]["sent"] == 1
    return campaign


@pytest.mark.slow
def test_everything_moves_and_goes_on_there_only(laptop: Laptop) -> None:
    campaign = begun(laptop)
    told = laptop.json("transfer", "--to", "dev", "--yes")
    assert told["paused"] == [campaign]
    assert (told["items"][names.LEADS], told["items"][names.SUPPRESSIONS]) == (2, 1)

    here, there = (
        connect(SETTINGS.model_copy(update={"env": "local", "home": Path("home").absolute()})),
        connect(SETTINGS),
    )
    for spec in TABLES:
        pages = (one.ports.table.scan(spec.name, limit=1000).items for one in (here, there))
        mine, theirs = (
            {str(item): item for item in items if item.get("key") != "transfer"} for items in pages
        )
        assert mine.keys() == theirs.keys() or spec.name == names.CAMPAIGNS, spec.name
    here.ports.close()

    # found by address, so the keys are the same; who had the mail is known; the counters agree
    states = {
        laptop.json("leads", "show", who, "--env", "dev")["status"]
        for who in ("asha@rao.example", "vijay@iyer.example")
    }
    assert states == {"sent", "queued"}
    assert laptop.run("metrics", "audit", "--env", "dev")[0] == 0
    assert laptop.json("suppress", "check", "never@rao.example", "--env", "dev")["suppressed"]

    code, _, err = laptop.run("campaign", "resume", campaign)
    assert code == 4
    assert "moved: its leads and log are in dev since" in err
    assert laptop.run("campaign", "resume", campaign, "--env", "dev")[0] == 4
    laptop.ok("campaign", "resume", campaign, "--acknowledge", "--env", "dev")


@pytest.mark.slow
def test_an_interrupted_transfer_goes_on_and_a_second_one_is_refused(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(laptop)
    with monkeypatch.context() as patched:
        from pivotr.adapters.aws.dynamodb import DynamoTable
        from pivotr.errors import Unavailable

        whole = DynamoTable.put

        def put(table: DynamoTable, name: str, item: dict[str, Any], **words: Any) -> None:
            if name == names.TEMPLATES:
                raise Unavailable("The network is gone.")
            whole(table, name, item, **words)

        patched.setattr(DynamoTable, "put", put)
        assert laptop.run("transfer", "--to", "dev", "--yes")[0] == 6
    assert laptop.json("transfer", "--to", "dev", "--yes")["items"][names.TEMPLATES] == 1
    assert laptop.run("metrics", "audit", "--env", "dev")[0] == 0
    code, _, err = laptop.run("transfer", "--to", "dev", "--yes")
    assert code == 4
    assert err.startswith("The environment dev has had this data since")


@pytest.mark.slow
def test_nothing_is_mixed_or_moved_elsewhere(laptop: Laptop) -> None:
    assert laptop.run("transfer", "--to", "dev", "--yes")[0] == 3
    laptop.ok("leads", "add", "asha@rao.example")
    assert laptop.run("transfer", "--to", "dev")[0] == 2  # nobody to ask
    laptop.ok("leads", "add", "other@rao.example", "--env", "dev")
    code, _, err = laptop.run("transfer", "--to", "dev", "--yes")
    assert (code, err.splitlines()[0]) == (
        4,
        "The environment dev has data of its own; two environments cannot be made one.",
    )
    assert laptop.run("leads", "show", "asha@rao.example", "--env", "dev")[0] == 3
    assert laptop.run("transfer", "--to", "local", "--yes")[0] == 2
    assert laptop.run("transfer", "--to", "mars", "--yes")[0] == 7
