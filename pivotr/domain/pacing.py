"""The pace of a mailbox: gaps between its mails on a bell curve, and the growth of its daily cap.

Chance comes in as a number between 0 and 1, so the same mail always has the same gap.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from statistics import NormalDist
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pivotr.errors import InvalidInput

#: Longest gap that may be asked for: a day. Beyond it a smaller cap says what is meant.
LONGEST_GAP = 86_400.0

_NUMBER = r"\d+(?:\.\d+)?"
_GAP = re.compile(rf"({_NUMBER})(?:\s*[-–]\s*({_NUMBER}))?(?:\s*~\s*({_NUMBER})\s*/\s*({_NUMBER}))?")
_RAMP = re.compile(r"(\d{1,9})\s*\+\s*(\d{1,9})\s*(?:\.\.|…)\s*(\d{1,9})")
_GAP_HINT = (
    'Use --gap 60-180 (seconds, mostly in the middle), --gap 120, or --gap "60-180 ~90/20" (mean/deviation).'
)
_RAMP_HINT = (
    "Use --ramp 20+10..80: 20 mails on the first day, 10 more each sending day, at most 80; or --ramp none."
)

# The standard bell curve ends before 0 and 1: there it would be infinite.
_LEAST, _MOST = 1e-300, math.nextafter(1.0, 0.0)

Seconds = Annotated[float, Field(ge=0, le=LONGEST_GAP, allow_inf_nan=False)]


class Gap(BaseModel):
    """Seconds between two mails: a normal distribution cut off at `minimum` and `maximum`."""

    model_config = ConfigDict(frozen=True)

    mean: Seconds
    deviation: Seconds
    minimum: Seconds
    maximum: Seconds

    @model_validator(mode="after")
    def _is_ordered(self) -> Gap:
        if not self.minimum <= self.mean <= self.maximum:
            raise ValueError("a gap needs minimum ≤ mean ≤ maximum")
        return self


class Ramp(BaseModel):
    """Growth of a daily cap: `start` on the first sending day, `step` more on each next, up to `maximum`."""

    model_config = ConfigDict(frozen=True)

    start: int = Field(ge=1)
    step: int = Field(ge=0)
    maximum: int = Field(ge=1)

    @model_validator(mode="after")
    def _is_ordered(self) -> Ramp:
        if self.start > self.maximum:
            raise ValueError("a ramp needs start ≤ maximum")
        return self


def parse_gap(text: str) -> Gap:
    """The gap of `60-180` (seconds), `120` (always the same) or `60-180 ~90/20` (with mean and deviation).

    Without mean and deviation the mean is the middle and the deviation a sixth of the range, so that the
    limits lie three deviations out and cut off 0.3 % of the curve. Raises InvalidInput.
    """
    match = _GAP.fullmatch(text.strip())
    if match is None:
        if re.match(r"\s*-\s*\d", text) or re.search(r"[-–]\s*-\s*\d", text):
            raise InvalidInput(f"“{text}” holds a negative gap.", hint=_GAP_HINT)
        raise InvalidInput(f"“{text}” is not a gap.", hint=_GAP_HINT)
    minimum = float(match[1])
    maximum = float(match[2]) if match[2] else minimum
    mean = float(match[3]) if match[3] else (minimum + maximum) / 2
    deviation = float(match[4]) if match[4] else (maximum - minimum) / 6
    if minimum > maximum:
        raise InvalidInput(
            f"The gap “{text}” has a minimum of {minimum:g} s above its maximum of {maximum:g} s.",
            hint=_GAP_HINT,
        )
    if max(maximum, deviation) > LONGEST_GAP:
        raise InvalidInput(
            f"The gap “{text}” is longer than a day.", hint="Lower --cap for fewer mails a day."
        )
    if not minimum <= mean <= maximum:
        raise InvalidInput(
            f"The gap “{text}” has a mean of {mean:g} s outside {minimum:g}-{maximum:g} s.", hint=_GAP_HINT
        )
    return Gap(mean=mean, deviation=deviation, minimum=minimum, maximum=maximum)


def format_gap(gap: Gap) -> str:
    """The shortest text that `parse_gap` reads as this gap."""
    span = f"{_plain(gap.minimum)}-{_plain(gap.maximum)}"
    if gap.deviation == (gap.maximum - gap.minimum) / 6 and gap.mean == (gap.minimum + gap.maximum) / 2:
        return _plain(gap.minimum) if gap.minimum == gap.maximum else span
    return f"{span} ~{_plain(gap.mean)}/{_plain(gap.deviation)}"


def gap_seconds(gap: Gap, unit: float) -> float:
    """The gap at position `unit` (0 to 1) of the cut-off bell curve by its inverse, never outside the limits.

    Monotonic in `unit`. With a deviation of 0 the mean, with equal limits the limit, exactly.
    """
    if gap.minimum == gap.maximum:
        return gap.minimum
    if gap.deviation == 0:
        return gap.mean
    curve = NormalDist(gap.mean, gap.deviation)
    low, high = curve.cdf(gap.minimum), curve.cdf(gap.maximum)
    position = min(max(low + unit * (high - low), _LEAST), _MOST)
    return min(max(curve.inv_cdf(position), gap.minimum), gap.maximum)


def parse_ramp(text: str) -> Ramp | None:
    """The ramp of `20+10..80` (start, step, maximum), or None for `none`. Raises InvalidInput."""
    if text.strip().casefold() == "none":
        return None
    match = _RAMP.fullmatch(text.strip())
    if match is None:
        raise InvalidInput(f"“{text}” is not a ramp.", hint=_RAMP_HINT)
    start, step, maximum = (int(figure) for figure in match.groups())
    if start < 1:
        raise InvalidInput(f"The ramp “{text}” starts with no mail at all.", hint=_RAMP_HINT)
    if start > maximum:
        raise InvalidInput(f"The ramp “{text}” starts with more mails than its maximum.", hint=_RAMP_HINT)
    return Ramp(start=start, step=step, maximum=maximum)


def format_ramp(ramp: Ramp | None) -> str:
    """The text that `parse_ramp` reads as this ramp."""
    return "none" if ramp is None else f"{ramp.start}+{ramp.step}..{ramp.maximum}"


def _plain(number: float) -> str:
    """A number in full, without exponent, that reads back as the very same."""
    return str(int(number)) if number.is_integer() else format(Decimal(repr(number)), "f")
