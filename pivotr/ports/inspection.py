"""What `pivotr doctor` can see of a deployed environment: facts, without a judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SesAccount:
    """SES's own view of the account. `suppresses`: reasons for which it keeps addresses on its own list."""

    is_production: bool
    is_sending: bool
    enforcement: str
    max_24_hours: float
    sent_24_hours: float
    suppresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class SesIdentity:
    """An address or domain that mails come from. `dkim` is SES's word, such as SUCCESS or PENDING."""

    is_verified: bool
    dkim: str


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """An SQS queue: visibility in seconds, receives before the dead letters (0: it has none), its policy."""

    arn: str
    visibility: int
    max_receive: int
    policy: str


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A DynamoDB table."""

    status: str
    indexes: frozenset[str]
    recovers: bool
    is_protected: bool


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """A Lambda: its state, and the executions that are reserved for it (None: none are)."""

    state: str
    reserved: int | None


class Inspector(Protocol):
    """Looks at one environment and changes nothing. All raise Unavailable, Misconfigured, Rejected."""

    def ses_account(self) -> SesAccount:
        """SES in this region."""
        ...

    def ses_identity(self, identity: str) -> SesIdentity | None:
        """An address or domain; None where SES does not know it."""
        ...

    def event_kinds(self, configuration_set: str) -> frozenset[str] | None:
        """Kinds of events that a configuration set reports (SES's words); None where there is no such set."""
        ...

    def queue(self, name_or_url: str) -> QueueFacts | None:
        """A queue; None where there is none."""
        ...

    def table(self, name: str) -> TableFacts | None:
        """A table; None where there is none."""
        ...

    def function(self, name: str) -> FunctionFacts | None:
        """A function; None where there is none."""
        ...

    def event_sources(self, function: str) -> tuple[tuple[str, str], ...]:
        """What feeds a function: ARN and state (Enabled, Disabled, …) of each source."""
        ...

    def alarms(self, prefix: str) -> Mapping[str, str]:
        """Alarms whose names begin so, with their states: OK, ALARM, INSUFFICIENT_DATA."""
        ...

    def subscriptions(self, topic: str) -> tuple[tuple[str, bool], ...]:
        """Who hears of alarms, and whether they have confirmed it."""
        ...

    def has_secret(self, name: str) -> bool:
        """Whether a secret is there."""
        ...

    def now(self) -> datetime:
        """What time it is at AWS, to the second."""
        ...

    def answer_of(self, url: str) -> int:
        """HTTP status of an address; 0 where nothing answers."""
        ...
