"""`pivotr doctor` on this machine, and on a deployment that a test makes up."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pivotr import names
from pivotr.domain.checkups import worst
from pivotr.errors import Misconfigured, Unavailable
from pivotr.ports.deployment import Concurrency, Identity, Stack
from pivotr.ports.domains import MailRecords
from pivotr.ports.inspection import FunctionFacts, QueueFacts, SesAccount, SesIdentity, TableFacts
from pivotr.services.doctor import Doctor
from pivotr.services.doctor_deployed import EVENT_KINDS, DeployedDoctor
from pivotr.settings import Settings
from pivotr.storage.schema import table
from tests.cli.conftest import Run

BOTH = frozenset({"BOUNCE", "COMPLAINT"})
PRODUCTION = Settings.model_validate({"env": "production", "public_url": "https://u.acme.example"})
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SNS = '{"Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}}]}'


def test_a_new_home_is_well(pivotr: Run) -> None:
    ended = pivotr("doctor")
    assert ended.code == 0
    assert "mails go to the outbox" in ended.out
    found = json.loads(pivotr("doctor", "--json").out)
    assert found["worst"] == "ok"
    assert {"version", "file", "disk", "mailer"} == {one["subject"] for one in found["findings"]}


def test_what_is_wrong_at_home_is_told_with_its_remedy(
    pivotr: Run, ready: None, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_home / "pivotr.key").chmod(0o644)
    ended = pivotr("doctor")
    assert ended.code == 1
    assert f"chmod 600 {own_home / 'pivotr.key'}" in ended.err
    (own_home / "pivotr.key").chmod(0o600)
    assert pivotr("doctor").code == 0
    monkeypatch.setenv("PIVOTR_MAILER", "smtp")
    monkeypatch.setenv("PIVOTR_SMTP_PORT", "1")
    ended = pivotr("doctor")
    assert ended.code == 1
    assert "127.0.0.1:1 does not answer" in ended.out


def test_a_file_that_is_no_data_file(pivotr: Run, own_home: Path) -> None:
    own_home.mkdir(parents=True)
    (own_home / "pivotr.db").write_text("a letter")
    ended = pivotr("doctor")
    assert ended.code == 1
    assert "is damaged or is not a data file" in ended.out


def test_a_data_file_of_which_a_page_is_damaged(pivotr: Run, ready: None, own_home: Path) -> None:
    with (own_home / "pivotr.db").open("r+b") as file:
        file.seek(file.seek(0, os.SEEK_END) // 2)
        file.write(b"x" * 60_000)
    ended = pivotr("doctor")
    assert ended.code == 1
    assert re.search(r"FAILURE +file +The data file \S+ is damaged", ended.out)


def test_a_data_file_of_a_newer_version(pivotr: Run, ready: None, own_home: Path) -> None:
    connection = sqlite3.connect(own_home / "pivotr.db")
    connection.execute("PRAGMA user_version=9")
    connection.close()
    ended = pivotr("doctor")
    assert ended.code == 1
    assert re.search(r"FAILURE +file +This data file was written by a newer Pivotr", ended.out)


def test_the_key_file_is_missed_only_where_there_are_leads(pivotr: Run, own_home: Path) -> None:
    assert pivotr("sender", "add", "sales@acme.example").code == 0
    assert not (own_home / "pivotr.key").exists()
    assert "key file" not in pivotr("doctor").out
    assert pivotr("leads", "add", "asha@rao.example", "--list", "vip").code == 0
    (own_home / "pivotr.key").unlink()
    ended = pivotr("doctor")
    assert ended.code == 1
    assert "pivotr.key is not there: the leads in the data file cannot be found without it." in ended.out


class Deployed:
    """A healthy deployment; a test changes what it is about."""

    def __init__(self) -> None:
        self.ses = SesAccount(True, True, "HEALTHY", 50_000, 10, BOTH)
        self.of_identity: SesIdentity | None = SesIdentity(True, "SUCCESS")
        self.kinds: frozenset[str] | None = EVENT_KINDS
        self.of_queue: QueueFacts | None = QueueFacts("arn", 180, 5, SNS)
        self.recovers = True
        self.is_protected = True
        self.reserved: int | None = None
        self.sources: tuple[tuple[str, str], ...] = (("arn", "Enabled"),)
        self.rings: dict[str, str] = {"pivotr-production-errors": "OK"}
        self.heard: tuple[tuple[str, bool], ...] = (("ops@acme.example", True),)
        self.is_set = True
        self.at = NOW
        self.health = 200
        self.stack: Stack | None = Stack(
            "pivotr-production",
            "UPDATE_COMPLETE",
            outputs={names.OUTPUT_CONFIGURATION_SET: "events", names.OUTPUT_ALERT_TOPIC: "topic"},
        )
        self.bootstrap: int | None = 33
        self.records = MailRecords(True, True, True, "reject")
        self.broken = False

    def find(self, name: str) -> Stack | None:
        return self.stack

    def identity(self) -> Identity:
        return Identity("123456789012", "arn:aws:iam::123456789012:user/ops")

    def bootstrap_version(self) -> int | None:
        return self.bootstrap

    def concurrency(self, functions: tuple[str, ...]) -> Concurrency:
        if self.broken:
            raise Unavailable("Lambda is busy.")
        return Concurrency(1000, 1000)

    def ses_account(self) -> SesAccount:
        return self.ses

    def ses_identity(self, identity: str) -> SesIdentity | None:
        return self.of_identity

    def event_kinds(self, configuration_set: str) -> frozenset[str] | None:
        return self.kinds

    def queue(self, name_or_url: str) -> QueueFacts | None:
        return self.of_queue

    def table(self, name: str) -> TableFacts | None:
        spec = table(name.removeprefix("pivotr-production-"))
        return TableFacts("ACTIVE", frozenset(i.name for i in spec.indexes), self.recovers, self.is_protected)

    def function(self, name: str) -> FunctionFacts | None:
        found = next(spec for spec in names.FUNCTIONS if name.endswith(spec.name))
        return FunctionFacts("Active", self.reserved or found.concurrency)

    def event_sources(self, function: str) -> tuple[tuple[str, str], ...]:
        return self.sources

    def alarms(self, prefix: str) -> Mapping[str, str]:
        return self.rings

    def subscriptions(self, topic: str) -> tuple[tuple[str, bool], ...]:
        return self.heard

    def has_secret(self, name: str) -> bool:
        return self.is_set

    def now(self) -> datetime:
        return self.at

    def answer_of(self, url: str) -> int:
        return self.health

    def look_up(self, domains: Sequence[str], *, seconds: float) -> Mapping[str, MailRecords]:
        return dict.fromkeys(domains, self.records)


class StillClock:
    def now(self) -> datetime:
        return NOW

    def sleep(self, seconds: float) -> None:
        return

    def token(self) -> str:
        return "0" * 16


def deployed(world: Deployed, clock: StillClock | None = None) -> DeployedDoctor:
    return DeployedDoctor(
        settings=PRODUCTION, inspector=world, stacks=world, clock=clock or StillClock(),  # type: ignore[arg-type]
        api_url=lambda outputs: "https://api.acme.example",
    )  # fmt: skip


def judged(world: Deployed, settings: Settings = PRODUCTION) -> dict[str, tuple[str, str]]:
    """Subject → level and advice of all that is not well."""
    lines = list(
        Doctor(
            settings=settings, inspector=world, account=world, domains=world,  # type: ignore[arg-type]
            clock=StillClock(), senders=lambda: ["sales@acme.example"], deployed=deployed(world).lines,
        ).lines()
    )  # fmt: skip
    assert worst(lines) == max((one.level for one in lines), key=("ok", "warning", "failure").index)
    return {one.subject: (one.level, one.advice) for one in lines if one.level != "ok"}


def test_a_healthy_deployment_has_nothing_to_mend() -> None:
    assert judged(Deployed()) == {}


def test_in_a_rehearsal_an_identity_is_verified_by_our_own_command() -> None:
    world, sandbox = Deployed(), Settings(env="sandbox")
    world.of_identity = SesIdentity(True, "NOT_STARTED")
    assert "identity sales@acme.example" not in judged(world, sandbox)
    world.of_identity = None
    assert judged(world, sandbox)["identity sales@acme.example"] == (
        "failure", "pivotr sandbox verify acme.example",
    )  # fmt: skip


class Waited(StillClock):
    """A clock whose sleeps bring a world further."""

    def __init__(self, world: Deployed, *, well_after: int) -> None:
        self.world = world
        self.sleeps, self.well_after = 0, well_after

    def sleep(self, seconds: float) -> None:
        self.sleeps += 1
        if self.sleeps >= self.well_after:
            self.world.health = 200


def test_after_a_deployment_what_it_made_is_looked_at_and_nothing_else() -> None:
    world = Deployed()
    world.is_set, world.heard, world.ses = False, (), SesAccount(False, False, "SHUTDOWN", 1, 0, BOTH)
    assert world.stack is not None
    found = list(deployed(world).after_deployment(world.stack.outputs))
    assert {one.level for one in found} == {"ok"}
    subjects = {one.subject.split()[0] for one in found}
    queues = {spec.name for spec in names.QUEUES}
    assert subjects == {*queues, "table", "function", "alarms", "api"}
    world.reserved, world.sources, world.rings = 99, (), {"pivotr-production-errors": "ALARM"}
    found = list(deployed(world).after_deployment(world.stack.outputs))
    assert {one.subject for one in found if one.level == "failure"} == {
        "alarm", "function send-email", "function verify-email", "function process-feedback",
    }  # fmt: skip


def test_who_may_deploy_and_not_look_is_warned() -> None:
    class Closed(Deployed):
        def table(self, name: str) -> TableFacts | None:
            raise Misconfigured("DynamoDB refuses DescribeTable: access denied")

    found = [one for one in deployed(Closed()).after_deployment({}) if one.level != "ok"]
    assert [(one.subject, one.level) for one in found] == [("tables", "warning")]
    assert judged(Closed())["tables"][0] == "failure"


@pytest.mark.parametrize(("well_after", "level"), [(3, "ok"), (10_000, "failure")])
def test_an_api_that_was_just_made_is_given_half_a_minute(well_after: int, level: str) -> None:
    world = Deployed()
    assert world.stack is not None
    world.health = 0
    clock = Waited(world, well_after=well_after)
    *_, api = deployed(world, clock).after_deployment(world.stack.outputs)
    assert (api.subject, api.level) == ("api", level)
    assert clock.sleeps == min(well_after, 10)


@pytest.mark.parametrize(
    ("change", "subject", "level", "advice"),
    [
        ({"at": NOW + timedelta(minutes=4)}, "clock", "failure", "NTP"),
        ({"bootstrap": None}, "bootstrap", "failure", "pivotr bootstrap"),
        ({"broken": True}, "concurrency", "failure", ""),
        ({"ses": SesAccount(True, False, "SHUTDOWN", 1, 0, BOTH)}, "ses",
         "failure", "support"),
        ({"ses": SesAccount(True, True, "PROBATION", 1, 0, BOTH)}, "ses",
         "warning", "Pause"),
        ({"ses": SesAccount(False, True, "HEALTHY", 200, 0, BOTH)}, "ses access",
         "warning", "production access"),
        ({"ses": SesAccount(True, True, "HEALTHY", 1, 0, frozenset({"BOUNCE"}))}, "ses suppression",
         "warning", "COMPLAINT"),
        ({"of_identity": None}, "identity sales@acme.example", "failure", "create-email-identity"),
        ({"of_identity": SesIdentity(True, "PENDING")}, "identity sales@acme.example", "warning", "CNAME"),
        ({"records": MailRecords(True, True, False)}, "dns acme.example", "warning", "reputation.md"),
        ({"stack": None}, "stack", "failure", "pivotr deploy"),
        ({"kinds": None}, "events", "failure", "PIVOTR_CONFIGURATION_SET"),
        ({"kinds": EVENT_KINDS - {"COMPLAINT"}}, "events", "failure", "destination"),
        ({"of_queue": None}, "sending-queue", "failure", "pivotr deploy"),
        ({"of_queue": QueueFacts("arn", 30, 5, SNS)}, "feedback-queue", "warning", "VisibilityTimeout=60"),
        ({"of_queue": QueueFacts("arn", 180, 0, SNS)}, "feedback-queue", "warning", "maxReceiveCount 5"),
        ({"of_queue": QueueFacts("arn", 180, 5, "")}, "feedback-queue", "failure", "sns.amazonaws.com"),
        ({"recovers": False}, "table leads", "warning", "pivotr deploy"),
        ({"is_protected": False}, "table leads", "warning", "pivotr deploy"),
        ({"reserved": 99}, "function send-email", "warning", "pivotr deploy"),
        ({"sources": (("arn", "Disabled"),)}, "function send-email", "failure", "trigger"),
        ({"is_set": False}, "secret myemailverifier", "failure", "pivotr secrets set"),
        ({"rings": {"pivotr-production-errors": "ALARM"}}, "alarm", "failure", "operations.md"),
        ({"heard": (("ops@acme.example", False),)}, "alerts", "warning", "link"),
        ({"heard": ()}, "alerts", "warning", "PIVOTR_ALERT_EMAIL"),
        ({"health": 500}, "api", "failure", "CloudWatch"),
    ],
)  # fmt: skip
def test_each_trouble_is_a_line_with_its_remedy(
    change: dict[str, object], subject: str, level: str, advice: str
) -> None:
    world = Deployed()
    for name, value in change.items():
        setattr(world, name, value)
    found = judged(world)
    assert found[subject][0] == level
    assert advice in found[subject][1]
