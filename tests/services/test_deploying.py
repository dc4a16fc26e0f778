"""What a deployment says before, while and after: judged on a scripted CloudFormation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pivotr import names
from pivotr.cli.exit_codes import exit_code
from pivotr.errors import Conflict, LimitReached, Misconfigured, NotFound, PivotrError, Rejected, Unavailable
from pivotr.ports.deployment import Change, Concurrency, Identity, Stack, StackEvent
from pivotr.services.deploying import Deploying, Progress
from pivotr.settings import Settings

ACCOUNT = "123456789012"
AT = datetime(2026, 11, 22, tzinfo=UTC)


def event(resource: str, status: str, reason: str = "", kind: str = "AWS::Lambda::Function") -> StackEvent:
    return StackEvent(f"{resource}-{status}", AT, resource, kind, status, reason)


@dataclass
class Scripted:
    """Stacks, Account and Toolkit whose answers a test sets; `done` tells what was asked of them."""

    stack: Stack | None = None
    history: list[list[StackEvent]] = field(default_factory=list)
    ends_in: str = "CREATE_COMPLETE"
    prepared: tuple[Change, ...] = ()
    tables_there: tuple[str, ...] = ()
    unreserved: int = 1000
    limit: int = 1000
    held: Mapping[str, int] = field(default_factory=dict)
    bootstrap_there: int | None = 33
    done: list[str] = field(default_factory=list)
    outages: int = 0
    _told: list[StackEvent] = field(default_factory=list)

    def find(self, name: str) -> Stack | None:
        if self.outages:
            self.outages -= 1
            raise Unavailable("CloudFormation is busy.")
        if "execute" in self.done or "delete" in self.done:
            if self.history:
                self._told += self.history.pop(0)
                return Stack(name, "UPDATE_IN_PROGRESS")
            return Stack(name, self.ends_in) if self.ends_in else None
        return self.stack

    def changes(self, name: str, change_set: str) -> tuple[Change, ...]:
        return self.prepared

    def execute(self, name: str, change_set: str) -> None:
        self.done.append("execute")

    def discard(self, name: str, change_set: str) -> None:
        self.done.append("discard")

    def events(self, name: str, since: datetime) -> tuple[StackEvent, ...]:
        return tuple(self._told)

    def resource_count(self, name: str) -> int:
        return 3

    def protect(self, name: str, *, is_protected: bool) -> None:
        self.done.append(f"protect {is_protected}")

    def delete(self, name: str) -> None:
        self.done.append("delete")

    def identity(self) -> Identity:
        return Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ops")

    def bootstrap_version(self) -> int | None:
        return self.bootstrap_there

    def concurrency(self, functions: tuple[str, ...]) -> Concurrency:
        return Concurrency(self.limit, self.unreserved, self.held)

    def reserve(self, function: str, executions: int) -> None:
        self.done.append(f"reserve {function} {executions}")

    def tables(self, prefix: str) -> tuple[str, ...]:
        return self.tables_there

    def forget_logs(self, functions: tuple[str, ...]) -> None:
        self.done.append("forget logs")

    def check(self) -> None:
        return

    def synth(self) -> Path:
        return Path("assembly")

    def bootstrap(self, account: str) -> None:
        self.done.append(f"bootstrap {account}")

    def prepare(self, assembly: Path, change_set: str, *, adopts: bool) -> None:
        self.done.append("prepare and adopt" if adopts else "prepare")

    def roll_back(self, assembly: Path) -> None:
        self.done.append("roll back")


class StillClock:
    def now(self) -> datetime:
        return AT

    def sleep(self, seconds: float) -> None:
        return

    def token(self) -> str:
        return "0" * 16


def deploying(world: Scripted, **fields: object) -> Deploying:
    settings = Settings.model_validate({"env": "dev", "create_feedback": True, **fields})
    return Deploying(
        settings=settings, stacks=world, account=world, toolkit=world, clock=StillClock(),
        ensure_keys=lambda: world.done.append("keys") is None,
    )  # fmt: skip


def stack(status: str, **fields: object) -> Stack:
    return replace(Stack("pivotr-dev", status), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("world", "fields", "kind", "code", "told"),
    [
        (Scripted(), {"account": "210987654321"}, Misconfigured, 7, (ACCOUNT, "AWS_PROFILE")),
        (Scripted(limit=10, unreserved=10), {}, LimitReached, 5, ("allows 10", "--no-reserved-concurrency")),
        (Scripted(limit=150, unreserved=150), {}, LimitReached, 5, ("reserve 51", "Service Quotas")),
        (Scripted(tables_there=("pivotr-dev-leads",)), {}, Conflict, 4, ("pivotr-dev-leads is still there",
         "--adopt")),
        (Scripted(stack=stack("CREATE_COMPLETE", outputs={"LeadsTableName": "pivotr-dev-leads"})), {},
         Conflict, 4, ("pivotr-dev-leads has been deleted by hand", "point-in-time recovery")),
        (Scripted(stack=stack("UPDATE_IN_PROGRESS")), {}, Conflict, 4, ("Somebody else", "Wait")),
        (Scripted(stack=stack("DELETE_IN_PROGRESS")), {}, Conflict, 4, ("Somebody else", "Wait")),
        (Scripted(stack=stack("UPDATE_ROLLBACK_FAILED")), {}, Conflict, 4, ("roll-back", "--rollback")),
        (Scripted(stack=stack("ROLLBACK_FAILED")), {}, Conflict, 4, ("could not be cleaned up",
         "pivotr destroy")),
        (Scripted(stack=stack("DELETE_FAILED"), _told=[event("Leads", "DELETE_FAILED", "it is protected",
         "AWS::DynamoDB::Table")]), {}, Conflict, 4, ("Leads (AWS::DynamoDB::Table: it is protected)",
         "pivotr destroy")),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_is_one_sentence_and_a_hint(
    world: Scripted, fields: dict[str, object], kind: type[PivotrError], code: int, told: tuple[str, str]
) -> None:
    sentence, hint = told
    needed = sum(spec.concurrency for spec in names.FUNCTIONS)
    with pytest.raises(kind) as raised:
        deploying(world, **fields).look()
    assert sentence.replace("51", str(needed)) in raised.value.sentence
    assert hint in raised.value.hint
    assert exit_code(raised.value) == code
    assert not world.done


@pytest.mark.parametrize(
    "status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE"]
)
def test_states_that_can_be_deployed_from(status: str) -> None:
    assert deploying(Scripted(stack=stack(status))).look().stack is not None


def test_what_our_own_functions_hold_counts_as_free() -> None:
    needed = sum(spec.concurrency for spec in names.FUNCTIONS)
    world = Scripted(stack=stack("UPDATE_COMPLETE"), unreserved=100, limit=100 + needed, held={"f": needed})
    assert deploying(world).look()
    small = Scripted(limit=10, unreserved=10)
    assert deploying(small, reserved_concurrency=False).look()


def test_tables_left_behind_are_adopted_when_asked() -> None:
    world = Scripted(tables_there=("pivotr-dev-leads",), prepared=(Change("Import", "Leads", "T"),))
    work = deploying(world)
    assert work.look(adopts=True)
    plan = work.plan(adopts=True)
    assert world.done == ["prepare and adopt"]
    assert [fate for fate, _ in plan.told] == ["adopted"]


def test_an_abandoned_change_set_is_thrown_away_first() -> None:
    world = Scripted(stack=stack("REVIEW_IN_PROGRESS"), prepared=(Change("Add", "A", "T"),))
    deploying(world).plan()
    assert world.done == ["discard", "prepare"]


def test_lost_tables_are_named_and_come_first() -> None:
    table = "AWS::DynamoDB::Table"
    world = Scripted(
        stack=stack("UPDATE_COMPLETE"),
        prepared=(
            Change("Add", "New", "AWS::SQS::Queue"),
            Change("Modify", "Leads", table, "pivotr-dev-leads", "True"),
            Change("Modify", "Logs", table, "pivotr-dev-logs", "False"),
            Change("Remove", "Work", table, "pivotr-dev-work"),
        ),
    )
    plan = deploying(world).plan()
    assert [fate for fate, _ in plan.told] == ["deleted", "replaced", "changed", "new"]
    assert plan.losses == [
        "The table pivotr-dev-work is deleted, with all that is in it.",
        "The table pivotr-dev-leads is replaced, with all that is in it.",
    ]


def test_progress_counts_resources_and_the_first_failure_is_the_reason() -> None:
    world = Scripted(
        prepared=(Change("Add", "A", "T"), Change("Add", "B", "T")),
        history=[
            [event("A", "CREATE_IN_PROGRESS"), event("A", "CREATE_COMPLETE")],
            [event("B", "CREATE_FAILED", "Resource creation cancelled"),
             event("C", "CREATE_FAILED", "The quota is 10"), event("D", "CREATE_FAILED", "Later one")],
        ],
        ends_in="ROLLBACK_COMPLETE",
    )  # fmt: skip
    work = deploying(world)
    plan = work.plan()
    seen: list[Progress] = []
    with pytest.raises(Rejected) as raised:
        keep(seen, work.perform(plan))
    assert [step.done for step in seen] == [0, 1, 1, 1, 1]
    assert raised.value.sentence == "C (AWS::Lambda::Function) failed: The quota is 10"
    assert "Nothing was deployed" in raised.value.hint
    assert exit_code(raised.value) == 6


def keep(seen: list[Progress], steps: Iterator[Progress]) -> None:
    """Put each step into `seen` as it comes: what is raised afterwards must not lose it."""
    for step in steps:
        seen.append(step)


def test_watching_outlives_a_busy_hour_of_cloudformation() -> None:
    world = Scripted(prepared=(Change("Add", "A", "T"),), history=[[event("A", "CREATE_COMPLETE")]])
    work = deploying(world)
    plan = work.plan()
    world.outages = 10
    assert [step.done for step in work.perform(plan)] == [1]
    world.done.clear()
    plan = work.plan()
    world.outages = 100
    with pytest.raises(Unavailable):
        list(work.perform(plan))


def test_nothing_to_change_leaves_no_change_set() -> None:
    world = Scripted(stack=stack("UPDATE_COMPLETE"))
    assert not deploying(world).plan().changes
    assert world.done == ["prepare", "discard"]


def test_a_protected_stack_is_unlocked_and_its_late_logs_go_with_it() -> None:
    world = Scripted(stack=stack("UPDATE_COMPLETE", is_protected=True), ends_in="")
    list(deploying(world).destroy())
    assert world.done == ["protect False", "delete", "forget logs"]
    with pytest.raises(NotFound):
        deploying(Scripted()).stack_to_destroy()


def test_only_the_emulator_is_told_what_its_template_said() -> None:
    world = Scripted(stack=stack("CREATE_COMPLETE"))
    deploying(world).settle()
    assert world.done == ["keys"]
    emulator = Scripted(stack=Stack("pivotr-sandbox", "CREATE_COMPLETE"))
    deploying(emulator, env="sandbox").settle()
    assert f"reserve pivotr-sandbox-send-email {names.SEND_EMAIL.concurrency}" in emulator.done


def test_a_stuck_roll_back_is_finished_and_nothing_else() -> None:
    world = Scripted(stack=stack("UPDATE_ROLLBACK_FAILED"))
    deploying(world).roll_back()
    assert world.done == ["roll back"]
    with pytest.raises(Conflict):
        deploying(Scripted(stack=stack("UPDATE_COMPLETE"))).roll_back()
