"""The mail seam: one mail, one attempt, one outcome; and what the provider allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail ready to leave: bare addresses for the envelope, the exact MIME bytes (CRLF), tags for events.

    Tag names and values are ASCII letters, digits, `_` and `-` only (SES).
    """

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the mail; `message_id` is its id, without angle brackets."""

    message_id: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Surely not sent, and no fault of this lead: throttled, never connected, or the quota is used up."""

    reason: Literal["throttled", "unreachable", "quota"]
    text: str


@dataclass(frozen=True, slots=True)
class AccountRefused:
    """Surely not sent: the account, its set-up, or this sender (`scope`) is refused; no lead is at fault."""

    scope: Literal["account", "sender"]
    text: str


@dataclass(frozen=True, slots=True)
class RecipientRejected:
    """Surely not sent: this mail or its recipient is refused for good."""

    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether the mail went out."""

    text: str


Outcome: TypeAlias = Accepted | NotSent | AccountRefused | RecipientRejected | Unknown


@dataclass(frozen=True, slots=True)
class Quota:
    """What the provider allows in a rolling 24 h and how much of it is used; mails per second."""

    max_24_hours: float
    sent_24_hours: float
    max_per_second: float


class Mailer(Protocol):
    """Sends mails. `send` never raises for what a provider can answer: every end is an Outcome."""

    def send(self, mail: Mail) -> Outcome:
        """Try exactly once."""
        ...

    def quota(self) -> Quota | None:
        """The provider's present quota; None where it has none. Raises Unavailable."""
        ...
