"""Requests about campaigns. Steps, window and gap are written as on the command line."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StrictBool

from pivotr.api.models.texts import Address, Line, Name, Request
from pivotr.domain.campaigns import MAX_SENDERS
from pivotr.domain.leads import LeadType
from pivotr.domain.steps import MAX_STEPS
from pivotr.domain.verification import Choice

Step = Annotated[
    str,
    Field(
        max_length=80, description="`intro`, `intro@2` (a fixed version), `nudge+3d` (business days later)."
    ),
]
Steps = Annotated[tuple[Step, ...], Field(min_length=1, max_length=MAX_STEPS)]
Window = Annotated[
    str, Field(min_length=1, max_length=4000, description="`mon-fri 09:30-17:30 Asia/Kolkata`, or `always`.")
]
Gap = Annotated[
    str, Field(min_length=1, max_length=60, description="Seconds between two mails of a mailbox: `60-180`.")
]
Cap = Annotated[int, Field(ge=1, le=10_000_000, description="Most mails a day.")]
Days = Annotated[int, Field(ge=0, le=3650)]
Several = Annotated[tuple[Line, ...], Field(max_length=50)]


class FiltersNew(Request):
    """Who of the lists is written to; an empty filter lets everybody pass."""

    tags: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    types: tuple[LeadType, ...] = ()
    statuses: tuple[Literal["new", "sent", "failed", "skipped"], ...] = ()
    verdicts: tuple[Literal["valid", "risky", "unknown", "invalid"], ...] = ()
    sources: Several = ()
    bases: Several = ()
    imports: Several = ()
    exclude_mailed_within_days: Days = 0


class PolicyChange(Request):
    """What is done with addresses that can be mailed but are doubtful; what is left out stays."""

    catch_all: Choice | None = None
    unknown: Choice | None = None
    role: Choice | None = None
    disposable: Choice | None = None


class CampaignNew(Request):
    """A new draft. Nothing is sent before it is started."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "Diwali outreach", "steps": ["intro", "nudge+3d"], "senders": ["sales@acme.example"],
                "lists": ["diwali"], "window": "mon-fri 09:30-17:30 Asia/Kolkata", "gap": "60-180", "cap": 80,
            }
        }
    )  # fmt: skip

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
    steps: Steps
    senders: Annotated[tuple[Address, ...], Field(min_length=1, max_length=MAX_SENDERS)]
    lists: Annotated[tuple[Name, ...], Field(min_length=1, max_length=50)]
    window: Window | None = None
    gap: Gap | None = None
    cap: Cap | None = None
    filters: FiltersNew = FiltersNew()
    policy: PolicyChange = PolicyChange()
    not_mailed_within_days: Days = 0
    domain_cap: Annotated[int, Field(ge=0, le=10_000_000)] = 0


class CampaignChange(Request):
    """What is left out stays. The steps are changed together."""

    model_config = ConfigDict(json_schema_extra={"example": {"cap": 120}})

    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")] | None = None
    steps: Steps | None = None
    window: Window | None = None
    gap: Gap | None = None
    cap: Cap | None = None
    policy: PolicyChange | None = None
    not_mailed_within_days: Days | None = None
    domain_cap: Annotated[int, Field(ge=0, le=10_000_000)] | None = None


class SendTest(Request):
    """Who gets a test mail, and whose mail it is: that of a lead, else of the first of the audience."""

    model_config = ConfigDict(json_schema_extra={"example": {"to": ["me@acme.example"]}})

    to: Annotated[tuple[Address, ...], Field(min_length=1, max_length=10)]
    lead: Annotated[str, Field(max_length=320)] = ""
    step: Annotated[int, Field(ge=1, le=MAX_STEPS)] = 1


class CampaignResume(Request):
    """`acknowledge`: the reason for which the guard or the provider stopped it is mended."""

    model_config = ConfigDict(json_schema_extra={"example": {"acknowledge": False}})

    acknowledge: StrictBool = False
