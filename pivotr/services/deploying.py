"""Deploy an environment to AWS: look around, prepare, carry out and watch, tidy up; take it down again."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pivotr import names
from pivotr.domain import preflight, stack_states
from pivotr.errors import Conflict, NotFound, Rejected, Unavailable
from pivotr.ports.clock import Clock
from pivotr.ports.deployment import Account, Change, Concurrency, Identity, Stack, StackEvent, Stacks, Toolkit
from pivotr.settings import Settings
from pivotr.storage.schema import TABLES

#: Seconds between two looks at CloudFormation; the emulator is quicker than that.
_PACE = {"sandbox": 0.2}
_ELSEWHERE = 2.0
#: So many looks in a row may fail before we give up watching.
_PATIENCE = 15
CHANGE_SET = "pivotr"


#: What becomes of a resource, the worst first.
Fate = Literal["new", "adopted", "changed", "perhaps replaced", "replaced", "deleted"]
FATES: tuple[Fate, ...] = ("deleted", "replaced", "perhaps replaced", "changed", "adopted", "new")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a deployment would find."""

    identity: Identity
    stack: Stack | None
    bootstrap: int | None
    concurrency: Concurrency
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a deployment would do; `is_first` where nothing of the environment is there yet."""

    changes: tuple[Change, ...]
    is_first: bool
    assembly: Path

    @property
    def told(self) -> list[tuple[Fate, Change]]:
        """Each change with its fate in words, the worst first."""
        return sorted(
            ((fate_of(one), one) for one in self.changes),
            key=lambda pair: (FATES.index(pair[0]), pair[1].kind, pair[1].resource),
        )

    @property
    def losses(self) -> list[str]:
        """A sentence for each table whose content would be gone."""
        return [
            f"The table {one.physical or one.resource} is {fate}, with all that is in it."
            for fate, one in self.told
            if one.kind.startswith("AWS::DynamoDB::") and FATES.index(fate) < FATES.index("changed")
        ]


def fate_of(change: Change) -> Fate:
    """A change in one word."""
    if change.action in ("Add", "Import"):
        return "new" if change.action == "Add" else "adopted"
    if change.action == "Remove":
        return "deleted"
    if change.replacement == "True":
        return "replaced"
    return "perhaps replaced" if change.replacement == "Conditional" else "changed"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far CloudFormation is: resources done, of how many, and what it does right now."""

    done: int
    total: int
    event: StackEvent


@dataclass
class _Watch:
    """What has been seen of a run of CloudFormation."""

    stack: str
    seen: set[str]
    finished: set[str] = field(default_factory=set)
    failure: StackEvent | None = None

    def take(self, event: StackEvent) -> bool:
        """Note an event; False where it was known."""
        if event.id in self.seen:
            return False
        self.seen.add(event.id)
        if event.resource == self.stack:
            return True
        if event.status.endswith("_COMPLETE") and "ROLLBACK" not in event.status:
            self.finished.add(event.resource)
        if event.status.endswith("_FAILED") and self.failure is None and "ancel" not in event.reason:
            self.failure = event
        return True


class Deploying:
    """One environment in one account."""

    def __init__(
        self,
        *,
        settings: Settings,
        stacks: Stacks,
        account: Account,
        toolkit: Toolkit,
        clock: Clock,
        ensure_keys: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._stacks = stacks
        self._account = account
        self._toolkit = toolkit
        self._clock = clock
        self._ensure_keys = ensure_keys
        self._name = names.stack(settings.env)

    def look(self, *, adopts: bool = False) -> Surroundings:
        """Everything that a deployment depends on, judged. Raises Misconfigured, LimitReached, Conflict."""
        self._toolkit.check()
        identity = self.identity()
        stack = self._stacks.find(self._name)
        if stack is not None:
            self._check_state(stack)
        found = Surroundings(
            identity=identity,
            stack=stack,
            bootstrap=self._account.bootstrap_version(),
            concurrency=self._account.concurrency(self._functions),
            tables=self.tables_left(),
        )
        if self._settings.reserved_concurrency:
            preflight.check_concurrency(
                sum(spec.concurrency for spec in names.FUNCTIONS),
                limit=found.concurrency.limit,
                unreserved=found.concurrency.unreserved,
                held=sum(found.concurrency.ours.values()),
            )
        outputs = stack.outputs if stack is not None else {}
        made = {names.table_output(spec.name, "Name"): spec.name for spec in TABLES}
        preflight.check_tables(
            believed=[outputs[key] for key in made if key in outputs],
            present=found.tables,
            is_there=stack is not None and stack.status in stack_states.SETTLED,
            adopts=adopts,
        )
        return found

    @property
    def keeps_tables(self) -> bool:
        """Whether the tables outlive their stack."""
        return self._settings.env == "production"

    @property
    def region(self) -> str:
        """Where it is deployed."""
        return self._settings.region

    def identity(self) -> Identity:
        """Who the credentials belong to. Raises Misconfigured for another account than the settings name."""
        identity = self._account.identity()
        preflight.check_account(self._settings.account, identity.account)
        return identity

    def bootstrap(self, account: str) -> None:
        """Make what every deployment by the CDK needs."""
        self._toolkit.bootstrap(account)

    def plan(self, *, adopts: bool = False) -> Plan:
        """Build the stack, upload its packages and let CloudFormation say what would change."""
        stack = self._stacks.find(self._name)
        if stack is not None and stack.status == stack_states.ABANDONED:
            self._stacks.discard(self._name, CHANGE_SET)
        assembly = self._toolkit.synth()
        self._toolkit.prepare(assembly, CHANGE_SET, adopts=adopts)
        changes = self._stacks.changes(self._name, CHANGE_SET)
        is_first = stack is None or stack.status not in stack_states.SETTLED
        if not changes:
            self.discard()
        return Plan(changes, is_first, assembly)

    def discard(self) -> None:
        """Throw the prepared changes away."""
        self._stacks.discard(self._name, CHANGE_SET)

    def perform(self, plan: Plan) -> Iterator[Progress]:
        """Carry a plan out and tell each step. Raises Rejected with the reason of the first failure."""
        watch = self._watch()
        self._stacks.execute(self._name, CHANGE_SET)
        status = yield from self._follow(watch, len(plan.changes))
        if not stack_states.is_good_end(status):
            raise _failure(watch.failure, status)

    def settle(self) -> Stack:
        """What is left to do once CloudFormation is done; returns the stack as it is."""
        if self._settings.env == "sandbox" and self._settings.reserved_concurrency:
            # the emulator does not read it from a template, and then holds to it when it is set by a call
            for spec in names.FUNCTIONS:
                self._account.reserve(names.physical(self._settings.env, spec.name), spec.concurrency)
        self._ensure_keys()
        return self.stack()

    def stack(self) -> Stack:
        """The stack as it is. Raises NotFound."""
        found = self._stacks.find(self._name)
        if found is None or found.status in stack_states.EMPTY | {stack_states.ABANDONED}:
            raise NotFound(
                f"The environment {self._settings.env} is not deployed.",
                hint=f"Deploy it with: pivotr deploy --env {self._settings.env}",
            )
        return found

    def roll_back(self) -> None:
        """Finish a roll-back that got stuck. Raises Conflict where none did."""
        found = self._stacks.find(self._name)
        if found is None or found.status != "UPDATE_ROLLBACK_FAILED":
            raise Conflict(
                f"There is no roll-back to finish: the stack {self._name} is "
                f"{found.status if found else 'not there'}.",
                hint="Deploy with: pivotr deploy",
            )
        self._toolkit.roll_back(self._toolkit.synth())

    def stack_to_destroy(self) -> Stack:
        """The stack, in whatever state it ended. Raises NotFound, Conflict while somebody works on it."""
        found = self._stacks.find(self._name)
        if found is None:
            raise NotFound(
                f"The environment {self._settings.env} is not deployed to {self.region}.",
                hint="There is nothing to take down, unless it is in another region: PIVOTR_REGION.",
            )
        if not stack_states.is_end(found.status):
            self._check_state(found)
        return found

    def destroy(self) -> Iterator[Progress]:
        """Delete the stack and tell each step. Raises NotFound, Conflict, Rejected."""
        if self.stack_to_destroy().is_protected:
            self._stacks.protect(self._name, is_protected=False)
        total = self._stacks.resource_count(self._name)
        watch = self._watch()
        self._stacks.delete(self._name)
        status = yield from self._follow(watch, total)
        if status:
            raise _failure(watch.failure, status)
        self._account.forget_logs(self._functions)

    def tables_left(self) -> tuple[str, ...]:
        """Tables of the environment that are still there."""
        return self._account.tables(names.physical(self._settings.env, ""))

    @property
    def _functions(self) -> tuple[str, ...]:
        return tuple(names.physical(self._settings.env, spec.name) for spec in names.FUNCTIONS)

    def _check_state(self, stack: Stack) -> None:
        """Raise Conflict where the state of a stack forbids a deployment."""
        if stack_states.obstacle(stack.status, stack.name) is None:
            return
        failed = ""
        if stack.status.endswith("_FAILED"):
            past = [event for event in self._past() if event.status.endswith("_FAILED")]
            last = next((event for event in reversed(past) if event.resource != stack.name), None)
            failed = f"{last.resource} ({last.kind}: {last.reason})" if last else ""
        found = stack_states.obstacle(stack.status, stack.name, failed)
        if found is not None:
            raise Conflict(found.sentence, hint=found.hint)

    def _past(self) -> tuple[StackEvent, ...]:
        return self._stacks.events(self._name, datetime.min.replace(tzinfo=UTC))

    def _watch(self) -> _Watch:
        return _Watch(self._name, {event.id for event in self._past()})

    def _follow(self, watch: _Watch, total: int) -> Generator[Progress, None, str]:
        """Tell what happens until it is over; returns the last state, empty once the stack is gone."""
        troubles = 0
        while True:
            try:
                stack = self._stacks.find(self._name)
                events = self._past() if stack is not None else ()
                troubles = 0
            except Unavailable:
                troubles += 1
                if troubles > _PATIENCE:
                    raise
                stack, events = None, ()
            for event in events:
                if watch.take(event):
                    yield Progress(len(watch.finished), total, event)
            if not troubles and (stack is None or stack_states.is_end(stack.status)):
                return stack.status if stack is not None else ""
            self._clock.sleep(_PACE.get(self._settings.env, _ELSEWHERE))


def _failure(event: StackEvent | None, status: str) -> Rejected:
    """What made CloudFormation fail: the first failed resource, not what was cancelled after it."""
    if event is None:
        return Rejected(f"The deployment ended in {status}.", hint=stack_states.aftermath(status))
    return Rejected(
        f"{event.resource} ({event.kind}) failed: {event.reason or status}",
        hint=stack_states.aftermath(status),
    )
