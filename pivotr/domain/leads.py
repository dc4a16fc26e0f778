"""A lead: a person we may write to, unique by normalised address; its states and what may follow what."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from pivotr.domain.chance import keyed_id

LeadStatus: TypeAlias = Literal[
    "new", "queued", "sent", "failed", "skipped", "unconfirmed",
    "replied", "unsubscribed", "bounced", "complained", "deleted",
]  # fmt: skip
LeadType: TypeAlias = Literal["cold", "warm", "hot"]

#: A later, weaker event never overwrites a stronger state; states that are missing here have strength 0.
STRENGTH = {"replied": 1, "unsubscribed": 2, "bounced": 3, "complained": 4, "deleted": 5}

#: States from which a lead may be enrolled, provided that nothing of an older campaign is open on it.
ENROLLABLE = ("new", "sent", "failed", "skipped")


_LEAD_ID = re.compile(r"l[a-z2-7]{24}")


class Claim(BaseModel):
    """The right to send one mail: its attempt id and the days on whose counters it was spent."""

    model_config = ConfigDict(frozen=True)

    attempt: str
    account_day: str
    lane_day: str
    campaign_day: str
    #: Recipients beside the lead: each takes a place of quota and caps.
    copies: int = 0


class Lead(BaseModel):
    """A stored lead. Attributes of the sending engine are explained in docs/data-model.md."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    email: str = ""
    domain: str = ""
    full_name: str = ""
    first_name: str = ""
    company: str = ""
    fields: dict[str, str] = Field(default_factory=dict)
    #: Names of attributes that an operator corrected: no import changes them.
    corrected: frozenset[str] = frozenset()
    type: LeadType | None = None
    tags: frozenset[str] = frozenset()
    source: str = ""
    basis: str = ""
    import_id: str = ""
    line: int = 0
    flags: frozenset[str] = frozenset()
    created_at: str = ""
    #: Grows with every correction by an operator.
    rev: int = 0

    status: LeadStatus = "new"
    reason: str = ""
    before: LeadStatus | None = None
    queue: str = ""
    due: str | None = None
    step: int = 0
    claim: Claim | None = None
    doubt: str | None = None
    thread: str = ""
    mailed_at: str = ""
    seen: frozenset[str] = frozenset()
    soft: frozenset[str] = frozenset()
    verdict: str = ""
    verdict_flags: frozenset[str] = frozenset()
    verified_at: str = ""
    #: Checks of this address in a row that told nothing.
    tries: int = 0

    @property
    def campaign(self) -> str:
        """Id of the campaign that enrolled the lead last; empty where none did."""
        return self.queue.partition("#")[0]

    @property
    def sender(self) -> str:
        """Id of the sender to which the last enrolment pinned the lead."""
        return self.queue.partition("#")[2]

    @property
    def is_waiting(self) -> bool:
        """True while a mail to this lead is still to come and nobody has claimed it."""
        return self.status == "queued" and self.due is not None and self.claim is None


def lead_id(key: bytes, address: str) -> str:
    """The id of the lead with this normalised address: uniqueness is a key, not a read before a write."""
    return keyed_id("l", key, address)


def is_lead_id(text: str) -> bool:
    """True for what `lead_id` makes; no lead need have it."""
    return _LEAD_ID.fullmatch(text) is not None


def is_stronger(new: LeadStatus, old: LeadStatus) -> bool:
    """True when an event that means `new` may replace the state `old`."""
    return STRENGTH.get(new, 0) > STRENGTH.get(old, 0)
