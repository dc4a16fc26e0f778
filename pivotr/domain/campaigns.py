"""A campaign: audience, steps, senders, window, caps, policy; and the table of allowed transitions."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from pivotr.domain.leads import LeadStatus, LeadType
from pivotr.domain.pacing import Gap
from pivotr.domain.steps import Step
from pivotr.domain.verification import Policy
from pivotr.domain.windows import Window
from pivotr.errors import Conflict, InvalidInput

CampaignStatus: TypeAlias = Literal["draft", "running", "paused", "completed", "aborted"]
Verb: TypeAlias = Literal["start", "pause", "resume", "abort", "complete"]

#: verb → (allowed sources, target). Applied as a condition of the write, never as a read before it.
TRANSITIONS: dict[Verb, tuple[tuple[CampaignStatus, ...], CampaignStatus]] = {
    "start": (("draft",), "running"),
    "pause": (("running",), "paused"),
    "resume": (("paused",), "running"),
    "abort": (("draft", "running", "paused"), "aborted"),
    "complete": (("running",), "completed"),
}
#: One transaction must reach every lane of a campaign, and every lane its campaigns (docs/scale.md).
MAX_SENDERS = 50
MAX_CAMPAIGNS_PER_LANE = 16


#: What a reason begins with that an operator has to acknowledge: the guard, the provider, a state from a
#: backup, a state that goes on elsewhere.
_STOPS = ("guard", "provider", "restored", "moved")


class Filters(BaseModel):
    """Who of the lists belongs to the audience; an empty filter lets everybody pass."""

    model_config = ConfigDict(frozen=True)

    tags: tuple[str, ...] = ()
    types: tuple[LeadType, ...] = ()
    statuses: tuple[LeadStatus, ...] = ()
    verdicts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    exclude_mailed_within_days: int = Field(default=0, ge=0, le=3650)


class Enrolment(BaseModel):
    """How far the enrolment has come: place in the lists, next position, and who was left out and why."""

    model_config = ConfigDict(frozen=True)

    cursor: str = ""
    done: bool = False
    position: int = 0
    left_out: dict[str, int] = Field(default_factory=dict)


class Campaign(BaseModel):
    """A stored campaign. `rev` grows with every edit and transition; `reason` says why it is paused."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str
    status: CampaignStatus = "draft"
    reason: str = ""
    rev: int = 0
    created_at: str = ""
    started_at: str = ""
    ended_at: str = ""

    lists: tuple[str, ...] = ()
    filters: Filters = Filters()
    steps: tuple[Step, ...] = ()
    senders: tuple[str, ...] = ()
    #: Sender id → share of the daily cap; the shares add up to the cap.
    shares: dict[str, int] = Field(default_factory=dict)
    #: Senders that have left: their lanes keep a shut entry until the campaign is over.
    gone: tuple[str, ...] = ()
    #: Those of them whose sequences go on from another mailbox.
    moving: tuple[str, ...] = ()
    window: Window
    cap: int = Field(default=300, ge=1)
    gap: Gap
    policy: Policy = Policy()
    #: Soft rules: 0 means off.
    not_mailed_within_days: int = Field(default=0, ge=0, le=3650)
    domain_cap: int = Field(default=0, ge=0)

    #: True once a running campaign has lost a step: leads may still wait at it.
    was_longer: bool = False
    enrol: Enrolment = Enrolment()
    swept: bool = False

    @property
    def all_senders(self) -> tuple[str, ...]:
        """Every sender whose lane knows the campaign, those that have left included."""
        return (*self.senders, *self.gone)

    @property
    def zone(self) -> str:
        """IANA zone of the campaign's days."""
        return self.window.zone

    @property
    def is_stopped(self) -> bool:
        """True while it is paused for a reason that an operator has to look into and acknowledge."""
        return self.status == "paused" and self.reason.partition(":")[0] in _STOPS

    @property
    def way_on(self) -> str:
        """How it goes on when it is paused: a few words and a command."""
        command = f"pivotr campaign resume {self.id}"
        if self.is_stopped:
            return f"When the cause is mended: {command} --acknowledge"
        return f"Go on with: {command}"

    @property
    def is_live(self) -> bool:
        """True while the campaign may still send: running or paused."""
        return self.status in ("running", "paused")

    @property
    def has_follow_ups(self) -> bool:
        """True when leads may wait for a later mail than the first."""
        return len(self.steps) > 1 or self.was_longer

    def step_after(self, step: int) -> Step | None:
        """The step that follows number `step` (1 is the first mail), or None."""
        return self.steps[step] if step < len(self.steps) else None


def split_cap(cap: int, senders: tuple[str, ...]) -> dict[str, int]:
    """Shares of a daily cap, as even as whole mails allow, each at least 1. Raises InvalidInput."""
    if cap < 1:
        raise InvalidInput("A daily cap must be at least 1.", hint="Use --cap 80, for example.")
    if cap < len(senders):
        raise InvalidInput(
            f"A cap of {cap} mails a day cannot be shared by {len(senders)} senders.",
            hint="Raise --cap or take senders out: each needs at least one mail a day.",
        )
    each, rest = divmod(cap, len(senders))
    return {sender: each + (1 if i < rest else 0) for i, sender in enumerate(senders)}


def refuse_transition(campaign: Campaign, verb: Verb) -> Conflict:
    """The error for a transition that the campaign's present state does not allow."""
    said = {"draft": "has not been started", "running": "is already running", "paused": "is paused",
            "completed": "is completed", "aborted": "was aborted"}[campaign.status]  # fmt: skip
    hint = {
        "draft": f"Start it with: pivotr campaign start {campaign.id}",
        "running": f"Watch it with: pivotr campaign show {campaign.id}",
        "paused": campaign.way_on,
        "completed": f"Write to its leads again with a new one: pivotr campaign clone {campaign.id}",
        "aborted": f"An aborted campaign stays aborted. Make a new one: pivotr campaign clone {campaign.id}",
    }[campaign.status]
    return Conflict(f"Cannot {verb} “{campaign.name}”: it {said}.", hint=hint)


def slug(text: str, *, limit: int = 32) -> str:
    """Lower-case ASCII letters, digits and dashes: fit for an id, an SES tag and a shell."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:limit].strip("-")


def check_name(kind: str, name: str) -> str:
    """The name of a list or template as it is stored. Raises InvalidInput unless letters, digits, - and _."""
    lowered = name.strip().lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", lowered):
        raise InvalidInput(
            f"“{name}” cannot name a {kind}.",
            hint="Use up to 64 of a to z, 0 to 9, - and _, the first of them a letter or a digit.",
        )
    return lowered
