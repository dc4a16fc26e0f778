"""What an operator reads while an environment is deployed and taken down, on a scripted account."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from pivotr import wiring_deploy, wiring_doctor
from pivotr.domain.checkups import Line, failure, ok
from pivotr.ports.deployment import Change, Stack
from pivotr.settings import Settings
from tests.cli.conftest import Ended, Run
from tests.services.test_deploying import ACCOUNT, Scripted, deploying, event

TABLE = "AWS::DynamoDB::Table"
NEW = (Change("Add", "Leads", TABLE), Change("Add", "Queue", "AWS::SQS::Queue"))


class Looked:
    """The doctor of a deployment whose findings a test sets."""

    def __init__(self, *lines: Line) -> None:
        self.found = lines or (ok("api", "is well"),)

    def after_deployment(self, outputs: Mapping[str, str]) -> Iterator[Line]:
        yield from self.found


Deployer = Callable[..., Ended]


@pytest.fixture
def on(pivotr: Run, monkeypatch: pytest.MonkeyPatch) -> Deployer:
    """`on(world, *words)`: a command of an operator whose account is `world`; `answers` are typed."""

    def run(world: Scripted, *words: str, answers: str | None = None, looked: Looked | None = None) -> Ended:
        def connect(settings: Settings, **_: Any) -> Any:
            return deploying(world, env=settings.env)

        monkeypatch.setattr(wiring_deploy, "deploying", connect)
        monkeypatch.setattr(wiring_doctor, "deployed", lambda settings: looked or Looked())
        if answers is not None:
            monkeypatch.setattr("pivotr.cli.context.sys", Terminal(answers))
        return pivotr(*words, "--env", "dev")

    return run


class Terminal:
    """`sys` as the question sees it: somebody sits there and types."""

    def __init__(self, answers: str) -> None:
        self._answers = iter(answers.splitlines(keepends=True))

    @property
    def stdin(self) -> Terminal:
        return self

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return next(self._answers)

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


def test_a_first_deployment_says_where_what_and_what_right_it_gives(on: Deployer) -> None:
    world = Scripted(
        bootstrap_there=None,
        prepared=NEW,
        history=[[event("Leads", "CREATE_COMPLETE"), event("Queue", "CREATE_COMPLETE")]],
    )
    ended = on(world, "deploy", answers="y\ny\n")
    assert ended.code == 0, ended.err
    for told in (
        f"Account {ACCOUNT}, region ap-south-1, as arn:aws:iam::{ACCOUNT}:user/ops",
        f"The account {ACCOUNT} is not prepared for deployments to ap-south-1 yet.",
        "may do anything in this account (AdministratorAccess)",
        "Prepare it now? [y/N]",
        f"Deploy this to the account {ACCOUNT}? [y/N]",
        "2/2 Queue CREATE_COMPLETE",
        "pivotr-dev is deployed.",
        "1 of 1 checks found all in order.",
        "See all about it: pivotr doctor --env dev",
    ):
        assert told in ended.err
    assert world.done == [f"bootstrap {ACCOUNT}", "prepare", "execute", "keys"]
    assert [row.split() for row in ended.out.splitlines()[1:]] == [
        ["new", "DynamoDB", "Table", "Leads"], ["new", "SQS", "Queue", "Queue"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "done"), [("n\n", []), ("y\nn\n", [f"bootstrap {ACCOUNT}", "prepare", "discard"])]
)
def test_a_no_changes_nothing(on: Deployer, answers: str, done: list[str]) -> None:
    world = Scripted(bootstrap_there=None, prepared=NEW)
    ended = on(world, "deploy", answers=answers)
    assert (ended.code, world.done) == (1, done)
    assert ended.err.endswith("Nothing was changed.\n")


def test_tables_that_would_be_lost_are_in_red_and_in_the_question(
    on: Deployer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    world = Scripted(
        stack=Stack("pivotr-dev", "UPDATE_COMPLETE"),
        prepared=(Change("Modify", "Leads", TABLE, "pivotr-dev-leads", "True"),
                  Change("Modify", "Api", "AWS::Lambda::Function", "api", "Conditional")),
    )  # fmt: skip
    ended = on(world, "deploy", answers="n\n")
    assert "\x1b[31mThe table pivotr-dev-leads is replaced, with all that is in it.\x1b[0m" in ended.err
    assert f"Lose what is named in red, and deploy to the account {ACCOUNT}? [y/N]" in ended.err
    assert "Perhaps replaced: CloudFormation finds out" in ended.err


def test_ctrl_c_says_whether_cloudformation_goes_on(on: Deployer, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    world = Scripted(prepared=NEW)
    with monkeypatch.context() as building:
        building.setattr(world, "prepare", interrupted)
        ended = on(world, "deploy", "--yes")
    assert (ended.code, ended.err.splitlines()[-1]) == (130, "Interrupted. Nothing was deployed.")
    monkeypatch.setattr(world, "resource_count", interrupted)
    monkeypatch.setattr("pivotr.services.deploying.Deploying.perform", interrupted)
    ended = on(world, "deploy", "--yes")
    assert ended.code == 130
    assert ended.err.splitlines()[-1] == (
        "Interrupted here only: CloudFormation goes on by itself. See how far it is: pivotr outputs --env dev"
    )


def test_what_is_not_as_it_should_be_afterwards_is_told_and_the_deployment_stands(on: Deployer) -> None:
    looked = Looked(ok("table leads", "active"), failure("api", "It answers 500.", "Read its log."))
    world = Scripted(stack=Stack("pivotr-dev", "UPDATE_COMPLETE", outputs={"ApiUrl": "https://a.example"}))
    ended = on(world, "deploy", "--yes", looked=looked)
    assert ended.code == 1
    assert (
        "pivotr-dev was up to date.\n1 of 2 checks found all in order.\napi: It answers 500. Read its log.\n"
        in (ended.err)
    )
    assert "https://a.example" in ended.out
    found = json.loads(on(world, "deploy", "--yes", "--json", looked=looked).out)
    assert (found["worst"], found["changes"]) == ("failure", [])


def test_the_first_failed_resource_is_the_reason(on: Deployer) -> None:
    world = Scripted(prepared=NEW, ends_in="ROLLBACK_COMPLETE",
                     history=[[event("Leads", "CREATE_FAILED", "The quota of tables is 10", TABLE),
                               event("Queue", "CREATE_FAILED", "Resource creation cancelled")]])  # fmt: skip
    ended = on(world, "deploy", "--yes")
    assert ended.code == 6
    assert ended.err.splitlines()[-2:] == [
        f"Leads ({TABLE}) failed: The quota of tables is 10",
        "→ Nothing was deployed. Mend the cause, then run `pivotr deploy --env dev` again.",
    ]


def test_taking_down_says_what_goes_and_asks(on: Deployer) -> None:
    world = Scripted(stack=Stack("pivotr-dev", "UPDATE_COMPLETE"), ends_in="")
    ended = on(world, "destroy", answers="n\n")
    assert (ended.code, world.done) == (1, [])
    assert "Its tables go with it: all leads, campaigns and the log." in ended.err
    assert f"Delete pivotr-dev in the account {ACCOUNT}? [y/N]" in ended.err
    assert on(world, "destroy", "--yes").err.endswith("pivotr-dev is gone.\n")
    assert on(Scripted(), "destroy", "--yes").code == 3


def test_a_look_at_the_changes_needs_a_prepared_account(on: Deployer) -> None:
    world = Scripted(bootstrap_there=None, prepared=NEW)
    ended = on(world, "diff")
    assert (ended.code, ended.out, world.done) == (7, "", [])
    assert ended.err.endswith("→ Prepare them: pivotr bootstrap --env dev\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("deploy",), 6), (("diff",), 6), (("outputs",), 6), (("destroy",), 6), (("bootstrap",), 6),
        (("doctor",), 1), (("metrics", "show"), 6), (("leads", "list"), 6), (("campaign", "list"), 6),
        (("dlq", "list"), 6), (("secrets", "list"), 6),
    ],
)  # fmt: skip
def test_without_a_network_every_command_ends_in_one_sentence(
    pivotr: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int
) -> None:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00"), ("AWS_SECRET_ACCESS_KEY", "example"),
        ("HTTPS_PROXY", "http://127.0.0.1:1"), ("PIVOTR_CREATE_FEEDBACK", "true"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    ended = pivotr(*words, "--env", "dev")
    assert ended.code == code
    assert "There is no connection to" in ended.out + ended.err
    assert len(ended.err.splitlines()) <= 2
