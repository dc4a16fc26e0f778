"""What a deployment sees of an account of AWS: the stack, its prepared changes, what happens to it.

Not one of the five ports: nothing of a campaign passes here, and there is one implementation. It is apart
from it so that the judgements can be told without AWS (docs/decisions/0013).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Stack:
    """One CloudFormation stack: its state in CloudFormation's word, outputs by key."""

    name: str
    status: str
    reason: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    is_protected: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One resource of a prepared change set.

    `replacement`: whether an update makes a new one in its place; CloudFormation does not always know.
    """

    action: Literal["Add", "Modify", "Remove", "Import", "Dynamic"]
    resource: str
    kind: str
    physical: str = ""
    replacement: Literal["", "True", "False", "Conditional"] = ""


@dataclass(frozen=True, slots=True)
class StackEvent:
    """What CloudFormation did to a resource, or to the stack itself, which bears its own name."""

    id: str
    at: datetime
    resource: str
    kind: str
    status: str
    reason: str = ""


class Stacks(Protocol):
    """The stacks of one account and region. All raise Unavailable, NoAnswer, Misconfigured, Rejected."""

    def find(self, name: str) -> Stack | None:
        """A stack as it is now; None where there is none."""
        ...

    def changes(self, name: str, change_set: str) -> tuple[Change, ...]:
        """What a prepared change set would do; empty where it would do nothing."""
        ...

    def execute(self, name: str, change_set: str) -> None:
        """Begin with a prepared change set."""
        ...

    def discard(self, name: str, change_set: str) -> None:
        """Throw a prepared change set away, and with it a stack that only exists for it."""
        ...

    def events(self, name: str, since: datetime) -> tuple[StackEvent, ...]:
        """What happened at or after an instant, oldest first."""
        ...

    def resource_count(self, name: str) -> int:
        """How many resources a stack has."""
        ...

    def protect(self, name: str, *, is_protected: bool) -> None:
        """Switch termination protection."""
        ...

    def delete(self, name: str) -> None:
        """Begin to delete a stack."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the credentials belong to."""

    account: str
    arn: str


@dataclass(frozen=True, slots=True)
class Concurrency:
    """Lambda executions at once: the account's limit, those reserved for nobody, those our functions hold."""

    limit: int
    unreserved: int
    ours: Mapping[str, int] = field(default_factory=dict)


class Account(Protocol):
    """One account in one region. All raise Unavailable, NoAnswer, Misconfigured, Rejected."""

    def identity(self) -> Identity:
        """Who we are to AWS."""
        ...

    def bootstrap_version(self) -> int | None:
        """The version of what `cdk bootstrap` left; None where it has not been done."""
        ...

    def concurrency(self, functions: tuple[str, ...]) -> Concurrency:
        """Limits of Lambda, and what these functions have reserved."""
        ...

    def reserve(self, function: str, executions: int) -> None:
        """Reserve executions for a function."""
        ...

    def tables(self, prefix: str) -> tuple[str, ...]:
        """Names of tables that begin so."""
        ...

    def forget_logs(self, functions: tuple[str, ...]) -> None:
        """Remove the log groups that late invocations of deleted functions have made anew."""
        ...


class Toolkit(Protocol):
    """The CDK: what it needs of this machine, and the steps that it does best."""

    def check(self) -> None:
        """Whether the CDK, Node and the settings are fit for a synth. Raises Misconfigured, InvalidInput."""
        ...

    def synth(self) -> Path:
        """The cloud assembly of the environment; nothing is asked of AWS. Raises Misconfigured."""
        ...

    def bootstrap(self, account: str) -> None:
        """Make in an account and region what every deployment by the CDK needs. Raises Rejected."""
        ...

    def prepare(self, assembly: Path, change_set: str, *, adopts: bool) -> None:
        """Upload the packages and prepare a change set. `adopts` takes over existing resources of our names.

        Raises Rejected.
        """
        ...

    def roll_back(self, assembly: Path) -> None:
        """Finish a roll-back that got stuck. Raises Rejected."""
        ...
