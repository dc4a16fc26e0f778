"""Commands through the API, as an operator without table access has them: their machine keeps nothing."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from pivotr import settings, wiring, wiring_remote
from pivotr.api.answers.leads import ImportAnswer
from pivotr.api.examples import EXAMPLES
from pivotr.api_client.signing import AwsSignature, Bearer
from pivotr.domain.intake import ImportOptions
from pivotr.domain.reports import ImportReport
from pivotr.errors import LimitReached
from pivotr.remote.imports import Imports
from pivotr.remote.nouns import RemoteNoun
from tests.api.serving import serving
from tests.cli.operating import Operator, operator_in

#: Parameters of services that no command gives.
UNUSED = {"revision", "base", "is_time_up", "at", "reason"}
REFUSED = "This needs the tables themselves; the API does not offer it."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder behind the API."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    """`pivotr api serve` in a process of its own, with its own data."""
    environ = {**os.environ, "PIVOTR_HOME": str(home), "PIVOTR_ENV": "local"}
    with serving(home, environ) as url:
        yield url


@pytest.fixture
def operator(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Operator]:
    """Somebody whose commands go through the API; afterwards their own home is still not there."""
    someone = operator_in(tmp_path, monkeypatch, capsys)
    monkeypatch.setenv("PIVOTR_API_URL", url)
    yield someone
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_a_campaign_from_a_file_to_its_end(operator: Operator, home: Path) -> None:
    leads = operator.file(
        "leads.csv", "email,name\nasha@rao.example,Asha Rao\nvijay@iyer.example,Vijay Iyer\n"
    )
    text = operator.file("intro.txt", "{Hi|Hello} {{FirstName|there}}, a question.")
    foreseen = operator.json("leads", "import", leads, "--list", "fair", "--basis", "consent", "--dry-run")
    assert (foreseen["accepted"], foreseen["is_dry_run"]) == (2, True)
    done = operator.json("leads", "import", leads, "--list", "fair", "--basis", "consent")
    assert (done["rows"], done["accepted"]) == (2, 2)
    assert done["import_id"] in operator.ok("leads", "import", "list")
    assert operator.json("leads", "import", "show", done["import_id"])["state"] == "done"
    operator.ok("template", "create", "intro", "--subject", "A question", "--body-file", text)
    operator.ok("sender", "add", "Meena <sales@acme.example>", "--ramp", "20+10..80", "--gap", "60-180")
    made = operator.json(
        "campaign", "create", "Fair", "--template", "intro", "--step", "intro+3d", "--sender",
        "sales@acme.example", "--list", "fair", "--window", "mon-fri 09:30-17:30 Asia/Kolkata", "--cap", "80",
        "--tag", "vip",
    )  # fmt: skip
    assert made["status"] == "draft"
    assert [step["delay_days"] for step in made["steps"]] == [0, 3]
    assert made["filters"]["tags"] == ["vip"]
    operator.run("campaign", "check", "Fair")
    assert "may start  no" in operator.out
    assert operator.run("campaign", "start", "fair") == 2
    operator.ok("campaign", "abort", made["id"])

    real = operator.json(
        "campaign", "create", "Second", "--template", "intro", "--sender", "sales@acme.example",
        "--list", "fair", "--window", "always",
    )["id"]  # fmt: skip
    assert "asha@rao.example" in operator.ok("campaign", "preview", real)
    assert operator.json("campaign", "forecast", "second")["mails"] == 2
    assert operator.json("campaign", "update", "second", "--cap", "70", "--role", "skip")["cap"] == 70
    operator.ok("campaign", "start", "second")
    assert "At most 20 mails a day." in operator.err
    shown = operator.ok("campaign", "show", "second")
    assert "running" in shown
    assert "sales@acme.example  next mail" in shown
    assert operator.json("campaign", "explain", "second", "asha@rao.example")["status"] == "new"
    assert operator.json("campaign", "pause", "second")["status"] == "paused"
    assert operator.json("campaign", "resume", "second")["status"] == "running"
    assert [one["name"] for one in operator.json("campaign", "list")] == ["Second", "Fair"]
    operator.ok("metrics", "show")
    assert "mails today" in operator.out
    assert operator.json("metrics", "show", "--campaign", "second")["status"] == "running"
    assert operator.json("metrics", "show", "--by", "day")["rows"] == []
    environ = {**os.environ, "PIVOTR_HOME": str(home), "PIVOTR_API_URL": "", "PIVOTR_ENV": "local"}
    run = [sys.executable, "-m", "pivotr", "run", "--for", "2"]
    subprocess.run(run, env=environ, cwd=home, check=True, capture_output=True)
    assert "waiting" in operator.ok("campaign", "show", "second"), "with leads that wait it is told as well"
    assert operator.json("campaign", "abort", "second")["status"] == "aborted"


@pytest.mark.slow
def test_leads_lists_and_suppressions(operator: Operator) -> None:
    operator.ok("leads", "add", "tara@devi.example", "--name", "Tara Devi", "--list", "people",
                "--tag", "vip", "--field", "City=Pune")  # fmt: skip
    operator.ok("leads", "add", "uma@devi.example", "--list", "people")
    assert {"name": "people", "leads": 2, "is_whole": True} in operator.json("list", "list")
    first = operator.json("list", "show", "people", "--limit", "1")
    second = operator.json("list", "show", "people", "--limit", "1", "--cursor", first["cursor"])
    assert len({one["members"][0]["email"] for one in (first, second)}) == 2
    assert operator.json("leads", "update", "tara@devi.example", "--first-name", "T.")["first_name"] == "T."
    found = operator.json("leads", "list", "--list", "people", "--domain", "devi.example")
    assert {one["email"] for one in found} == {"tara@devi.example", "uma@devi.example"}
    shown = operator.json("leads", "show", "tara@devi.example")
    assert (shown["lists"], shown["fields"], shown["tags"]) == (["people"], {"City": "Pune"}, ["vip"])
    assert len(operator.json("leads", "show", "@devi.example")) == 2
    assert operator.json("leads", "stop", "uma@devi.example")["status"] == "replied"
    assert "corrected" in operator.ok("logs", "show", "--lead", "tara@devi.example")
    operator.ok("suppress", "add", "@stop.example", "--source", "letter")
    assert operator.json("suppress", "check", "ann@stop.example")["suppressed"]
    assert "@stop.example" in operator.ok("suppress", "list")
    operator.ok("suppress", "remove", "@stop.example")
    assert not operator.json("suppress", "check", "ann@stop.example")["suppressed"]
    operator.ok("leads", "delete", "uma@devi.example", "--yes")
    operator.ok("leads", "erase", "tara@devi.example", "--yes")
    assert operator.run("leads", "show", "tara@devi.example") == 3


@pytest.mark.slow
def test_templates_senders_settings_and_dead_letters(operator: Operator) -> None:
    text = operator.file("note.txt", "Hello {{Nickname}}")
    newer = operator.file("newer.txt", "Hello {Asha|Tara}")
    assert operator.run("template", "create", "note", "--subject", "A note", "--body-file", text) == 2
    assert "Nickname" in operator.err
    operator.ok("template", "create", "note", "--subject", "A note", "--body-file", newer)
    assert operator.json("template", "edit", "note", "--subject", "Another", "--note", "why")["version"] == 2
    shown = operator.json("template", "show", "note", "--version", "1")
    assert (shown["subject"], shown["versions"]) == ("A note", [1, 2])
    assert "variants" in operator.ok("template", "lint", "note")
    assert "note" in operator.ok("template", "list")
    operator.ok("sender", "add", "info@acme.example", "--cap", "40", "--zone", "Asia/Kolkata")
    assert operator.json("sender", "update", "info@acme.example", "--gap", "60-90")["gap"]["maximum"] == 90
    assert operator.json("sender", "update", "info@acme.example", "--gap", "none")["gap"] is None
    operator.ok("sender", "pause", "info@acme.example")
    assert "paused" in operator.ok("sender", "show", "info@acme.example")
    operator.ok("sender", "resume", "info@acme.example")
    listed = {one["address"]: one for one in operator.json("sender", "list")}
    assert listed["info@acme.example"]["cap_today"] == 40
    operator.ok("settings", "set", "account.cap", "120")
    assert operator.ok("settings", "get", "account.cap").strip() == "120"
    assert "PIVOTR_API_URL" in operator.ok("settings", "list")
    queue = operator.json("dlq", "list")[0]["queue"]
    assert operator.json("dlq", "peek", queue) == []
    assert operator.json("dlq", "redrive", queue)["redriven"] == 0
    assert operator.json("dlq", "purge", queue)["purged"] == 0


@pytest.mark.slow
def test_errors_have_the_sentence_hint_and_code_of_the_command(operator: Operator) -> None:
    assert operator.run("campaign", "show", "nowhere") == 3
    assert "There is no campaign “nowhere”." in operator.err
    assert "pivotr campaign list" in operator.err
    assert operator.run("settings", "set", "account.cap", "many") == 2
    assert operator.run("leads", "add", "not an address") == 2
    tall = operator.file("tall.csv", b"email\n" + b"a@b.example\n" * 400_000)
    assert operator.run("leads", "import", tall, "--list", "tall") == 5
    assert "4,194,304 bytes" in operator.err
    assert operator.run("sender", "add", "x@acme.example", "--cap", "0") == 2
    assert "at least 1" in operator.err


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        "run", "doctor", "api serve", "campaign clone nowhere", "leads staged show",
        "logs show --campaign ALL", "metrics show --by domain", "suppress export", "template diff note",
        "secrets list", "leads export --out leads.csv", "replies list",
        "sender add a@acme.example --cc b@acme.example",
    ],
)  # fmt: skip
def test_what_the_api_does_not_offer_is_refused_in_one_sentence(operator: Operator, command: str) -> None:
    if command.startswith("campaign clone"):
        text = operator.file("t.txt", "Hello")
        operator.run("template", "create", "clone-me", "--subject", "A", "--body-file", text)
        operator.run("sender", "add", "clone@acme.example")
        operator.run("leads", "add", "clone@lead.example", "--list", "clones")
        made = operator.json("campaign", "create", "Cloned", "--template", "clone-me", "--sender",
                             "clone@acme.example", "--list", "clones", "--window", "always")  # fmt: skip
        command = f"campaign clone {made['id']}"
    assert operator.run(*command.split()) == 7
    assert REFUSED in operator.err
    assert "Unset PIVOTR_API_URL" in operator.err


def test_nobody_at_the_address_is_told_with_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    operator = operator_in(tmp_path, monkeypatch, capsys)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setenv("PIVOTR_API_URL", "http://127.0.0.1:9")
    assert operator.run("campaign", "list") == 6
    assert "http://127.0.0.1:9 cannot be reached" in operator.err
    assert "PIVOTR_API_URL" in operator.err
    monkeypatch.setenv("PIVOTR_API_URL", "127.0.0.1:9")
    assert operator.run("campaign", "list") == 7
    assert "api_url is wrong: it must begin with https:// or http://." in operator.err
    assert not (tmp_path / "home").exists()


class Unhurried:
    """An API without a background, whose time is up after two rows each time."""

    def __init__(self) -> None:
        self.imports = self
        self.sent = 0

    def send_content(self, content: bytes, name: str, *_: object, **__: object) -> ImportAnswer:
        self.sent += 2
        report = ImportReport.model_validate(
            {**EXAMPLES["ImportAnswer"]["report"], "rows": self.sent, "is_unfinished": self.sent < 6}
        )
        return ImportAnswer(report=report, upload=None)


def test_a_file_that_takes_longer_is_sent_again_until_it_is_done() -> None:
    seen: list[int] = []
    behind = Imports(Unhurried(), lambda: datetime.now(UTC))  # type: ignore[arg-type]
    report = behind.run(BytesIO(b"email"), "leads.csv", ImportOptions(list="fair"), on_chunk=seen.append)
    assert (report.rows, report.is_unfinished, seen) == (6, False, [2, 4])
    with pytest.raises(LimitReached, match="rehearse more than 2 rows"):
        Imports(Unhurried(), lambda: datetime.now(UTC)).run(  # type: ignore[arg-type]
            BytesIO(b"email"), "leads.csv", ImportOptions(list="fair"), is_dry_run=True
        )


@pytest.mark.slow
def test_the_address_may_be_that_of_the_routes(
    operator: Operator, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIVOTR_API_URL", f"{url}/api/")
    operator.ok("settings", "get", "account.cap")


def test_requests_are_signed_where_the_api_asks_for_it() -> None:
    def signer(environ: dict[str, str], **given: str) -> object:
        return wiring_remote.signer_of(settings.from_env(given), environ)

    assert signer({}) is None
    assert isinstance(signer({}, PIVOTR_ENV="production"), AwsSignature)
    assert isinstance(signer({}, PIVOTR_API_AUTH="iam"), AwsSignature)
    assert signer({}, PIVOTR_ENV="production", PIVOTR_API_AUTH="jwt") is None
    assert isinstance(signer({"PIVOTR_API_TOKEN": "t"}, PIVOTR_ENV="production"), Bearer)


def test_methods_are_called_as_those_of_the_services_are(tmp_path: Path) -> None:
    """A command must not need to know which of the two it has: same names, same parameters."""
    local = wiring.connect(settings.from_env({"PIVOTR_HOME": str(tmp_path)}), {})
    remote = wiring_remote.connect_remote(settings.from_env({"PIVOTR_API_URL": "http://127.0.0.1:9"}), {})
    nouns = {name: one for name, one in vars(remote).items() if isinstance(one, RemoteNoun)}
    assert len(nouns) > 15
    for name, noun in nouns.items():
        own = type(getattr(local, name))
        for method, function in inspect.getmembers(type(noun), inspect.isfunction):
            if method.startswith("_"):
                continue
            here, there = (_parameters(one) for one in (function, getattr(own, method)))
            if "**" not in here:
                assert there - here <= UNUSED, f"{name}.{method}"
                assert here <= there, f"{name}.{method}"
    local.ports.close()


def _parameters(function: Callable[..., object]) -> set[str | int]:
    """The names that callers use, and how many parameters are given without one."""
    found = inspect.signature(function).parameters.values()
    named = {one.name for one in found if one.kind is one.KEYWORD_ONLY}
    extra = {"**" for one in found if one.kind is one.VAR_KEYWORD}
    return {*named, *extra, sum(one.kind is one.POSITIONAL_OR_KEYWORD for one in found)}
