"""The mail seam: one mail, one attempt, one outcome; and what the provider allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    """What the provider allows in a rolling 24 h and how much of it is used, in recipients; mails per second.

    `is_production` False: the provider sends to its account's own addresses only (the sandbox of SES).
    `is_sending` False: it takes no mail of this account. `enforcement` is its own word about the account's
    reputation (SES: HEALTHY, PROBATION, SHUTDOWN), empty where it has none.
    """

    max_24_hours: float
    sent_24_hours: float
    max_per_second: float
    is_production: bool = True
    is_sending: bool = True
    enforcement: str = ""


class Mailer(Protocol):
    """Sends mails. `send` never raises for what a provider can answer: every end is an Outcome."""

    def send(self, mail: Mail) -> Outcome:
        """Try exactly once."""
        ...

    def quota(self) -> Quota | None:
        """The provider's present quota; None where it has none. Raises Unavailable."""
        ...


class Identities(Protocol):
    """What a provider says about the addresses that mails come from."""

    def is_verified(self, address: str) -> bool:
        """True where mails may come from the address, by itself or by its domain. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """An address on the provider's own suppression list, with the reason and the instant (ISO 8601)."""

    address: str
    reason: Literal["bounce", "complaint"]
    at: str


class AccountList(Protocol):
    """The provider's own suppression list. Both raise Unavailable, Misconfigured."""

    def entries(self) -> Iterator[Listed]:
        """Every address on it."""
        ...

    def put(self, address: str, reason: Literal["bounce", "complaint"]) -> None:
        """Put an address on it; again is fine."""
        ...
