"""The steps of a campaign: which template, which version, how many business days after the mail before."""

from __future__ import annotations

import re
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from pivotr.domain.chance import seeded_unit
from pivotr.domain.windows import Window, business_days_later
from pivotr.errors import InvalidInput

MAX_STEPS = 20
_STEP = re.compile(
    r"^(?P<template>[a-z0-9][a-z0-9_-]*)(?:@(?P<version>[1-9]\d{0,5}))?(?:\+(?P<days>\d{1,3})d?)?$"
)


class Step(BaseModel):
    """One mail of a sequence. `version` 0 means "the newest when the campaign starts"."""

    model_config = ConfigDict(frozen=True)

    template: str
    version: int = Field(default=0, ge=0)
    delay_days: int = Field(default=0, ge=0, le=365)


def parse_step(text: str, *, first: bool) -> Step:
    """`intro`, `intro@2` (a fixed version) or, for a follow-up, `nudge+3d` (business days).

    Raises InvalidInput.
    """
    match = _STEP.match(text.strip())
    if match is None:
        raise InvalidInput(
            f"“{text}” is not a step.",
            hint="Write TEMPLATE, TEMPLATE@VERSION or, for a follow-up, TEMPLATE+3d.",
        )
    days = int(match["days"]) if match["days"] else (0 if first else 3)
    if first and days:
        raise InvalidInput("The first step has no delay: it starts the sequence.", hint="Leave out “+…d”.")
    return Step(template=match["template"], version=int(match["version"] or 0), delay_days=days)


def format_step(step: Step) -> str:
    """The text that `parse_step` reads."""
    version = f"@{step.version}" if step.version else ""
    return f"{step.template}{version}" + (f"+{step.delay_days}d" if step.delay_days else "")


def next_due(  # noqa: PLR0917 - the six facts of one mail
    step: Step | None, window: Window, campaign: str, lead: str, number: int, sent_at: datetime
) -> datetime | None:
    """When the step after mail `number` is due: business days later, at a seeded instant of the window."""
    if step is None:
        return None
    unit = seeded_unit(campaign, lead, str(number + 1), "due")
    return business_days_later(window, sent_at, step.delay_days, unit)
