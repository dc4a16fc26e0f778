"""When the figures of the account, a campaign or a mailbox are so bad that sending must stop.

A stop needs both: a rate over the line and a count of at least the floor, so that one bounce among ten mails
stops nothing. The lines are those at which AWS reviews an account: 5 % of mails bounced permanently, 0.1 %
reported as spam; it advises to stay below 2 % (AWS re:Post, "ses-resolve-account-review-pause").
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Level: TypeAlias = Literal["ok", "warn", "stop"]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class Levels(BaseModel):
    """Rates (0 to 1) and counts at which the guard acts; all of them are operator settings."""

    model_config = ConfigDict(frozen=True)

    bounce_stop: Share = 0.05
    bounce_warn: Share = 0.02
    bounce_floor: Count = 3
    complaint_stop: Share = 0.001
    complaint_warn: Share = 0.0005
    complaint_floor: Count = 2
    #: One campaign or list is judged alone from its n-th mail on, by a rate of its own.
    early_after: Count = 10
    early_rate: Share = 0.08
    early_floor: Count = 3
    #: One mailbox is judged by the account's rates, with floors of its own.
    sender_bounce_floor: Count = 3
    sender_complaint_floor: Count = 2
    #: One receiving domain that refuses so many of its people is told, and nothing stops.
    domain_rate: Share = 0.3
    domain_floor: Count = 3


@dataclass(frozen=True, slots=True)
class Figures:
    """Mails that left or may have left, and how many of them bounced permanently or were reported as spam."""

    sent: int
    bounced: int
    complained: int


@dataclass(frozen=True, slots=True)
class Health:
    """The guard's judgement; `reason` is one or two sentences with the figures, empty when all is well."""

    level: Level
    reason: str = ""


def judge(figures: Figures, levels: Levels) -> Health:
    """Judge the account over its rolling week.

    A warning comes one case before the floor already, so that it can still be acted upon.
    """
    return _judged(figures, levels, levels.bounce_floor, levels.complaint_floor)


def judge_sender(figures: Figures, levels: Levels) -> Health:
    """Judge one mailbox over its rolling week: the account's rates with its own floors, and a bad start."""
    health = _judged(figures, levels, levels.sender_bounce_floor, levels.sender_complaint_floor)
    return health if health.level == "stop" else _worse(health, _bad_start(figures, levels))


def judge_early(figures: Figures, levels: Levels) -> Health:
    """Judge one campaign or list alone by all its mails so far, so that bad first mails stop the rest.

    Reports as spam are held against the account's rate and floor.
    """
    complaints = _complaints(figures, levels, levels.complaint_floor)
    return complaints if complaints.level == "stop" else _worse(_bad_start(figures, levels), complaints)


def judge_domain(figures: Figures, levels: Levels) -> Health:
    """Judge one receiving domain by its people: those whom it refused, of those who were written to."""
    line = _Line("bounced permanently", levels.domain_rate, 1.0, levels.domain_floor)
    return _compared(figures.bounced, figures.sent, line)


def decisive(figures: Figures, *, bounce_rate: float, complaint_rate: float) -> int:
    """Mails from which on the bounces and complaints of `figures` are below both rates, whatever comes more.

    So whoever counts mails to judge a group may stop there.
    """
    by_bounces = _over(figures.bounced, bounce_rate)
    return max(by_bounces, _over(figures.complained, complaint_rate))


def _over(count: int, rate: float) -> int:
    return math.ceil(count / rate) if count and rate else 0


@dataclass(frozen=True, slots=True)
class _Line:
    """What is counted, and the rates and the count that matter."""

    what: str
    stop: float
    warn: float
    floor: int


def _judged(figures: Figures, levels: Levels, bounce_floor: int, complaint_floor: int) -> Health:
    bounces = _Line("bounced permanently", levels.bounce_stop, levels.bounce_warn, bounce_floor)
    return _worse(
        _complaints(figures, levels, complaint_floor), _compared(figures.bounced, figures.sent, bounces)
    )


def _complaints(figures: Figures, levels: Levels, floor: int) -> Health:
    line = _Line("reported as spam", levels.complaint_stop, levels.complaint_warn, floor)
    return _compared(figures.complained, figures.sent, line)


def _bad_start(figures: Figures, levels: Levels) -> Health:
    if figures.sent < levels.early_after:
        return Health("ok")
    line = _Line("bounced permanently", levels.early_rate, levels.early_rate, levels.early_floor)
    return _compared(figures.bounced, figures.sent, line)


def _compared(count: int, sent: int, line: _Line) -> Health:
    # bounces may come for mails that left before the figures begin: never more than one per mail
    of = max(sent, count, 1)
    rate = count / of
    told = f"{count:,} of {of:,} mails {line.what}: {_percent(rate)}"
    if count >= line.floor and rate > line.stop:
        return Health("stop", f"{told}, over the limit of {_percent(line.stop)}.")
    if count >= max(1, line.floor - 1) and rate > line.warn:
        limit = f"Sending stops over {_percent(line.stop)}, from {line.floor} on."
        return Health("warn", f"{told}, over {_percent(line.warn)}. {limit}")
    return Health("ok")


def _worse(first: Health, second: Health) -> Health:
    """The worse of two judgements; both reasons where they are as bad as each other."""
    order = ("ok", "warn", "stop")
    if first.level == second.level:
        return Health(first.level, " ".join(filter(None, (first.reason, second.reason))))
    return max(first, second, key=lambda health: order.index(health.level))


def _percent(rate: float) -> str:
    return f"{rate * 100:.4g} %"
