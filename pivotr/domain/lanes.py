"""The lane of a sender: one line of turns, whatever campaigns use the mailbox; and who comes next.

A ticket numbers the turns. What makes more possible spends it, what makes less possible only shuts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from pivotr.domain.days import next_midnight
from pivotr.domain.instants import from_text, local_day
from pivotr.domain.windows import Window, is_open, next_open

Why: TypeAlias = Literal["gap", "window", "cap", "idle", "backoff"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One campaign on a lane: its own gate, its share of the campaign's cap and what is used of it."""

    open: bool = False
    share: int = 0
    used: int = 0
    day: str = ""
    turn: int = 0
    idle_until: str = ""
    left: bool = False

    def has_room(self, today: str, copies: int = 0) -> bool:
        """True when the share of that campaign day has a place for a mail and its copies."""
        return (0 if self.day < today else self.used) + copies < self.share


@dataclass(frozen=True, slots=True)
class LaneRamp:
    """Growth of the cap: `number` counts the days on which the mailbox has sent."""

    number: int
    start: int
    step: int
    maximum: int

    def next_day(self) -> LaneRamp:
        """The ramp on the next sending day."""
        return LaneRamp(self.number + 1, self.start, self.step, self.maximum)

    @property
    def cap(self) -> int:
        """Cap of the present day number; day 1 has `start`."""
        return min(self.maximum, self.start + self.step * max(0, self.number - 1))


@dataclass(frozen=True, slots=True)
class Lane:
    """The lane item. `due_at` is the earliest instant of the next mail, `why` says what it waits for."""

    id: str
    ticket: int
    due_at: str
    why: Why = "gap"
    day: str = ""
    used: int = 0
    cap: int = 0
    ramp: LaneRamp | None = None
    week: tuple[int, ...] = ()
    last_sent_at: str = ""
    nudged_at: str = ""
    open: bool = True
    stopped: str = ""
    zone: str = "UTC"
    #: Recipients of every mail beside the lead.
    copies: int = 0
    #: Grows when an operator changes what senders of mails remember: settings, profile, campaign, domains.
    memo: int = 0
    campaigns: Mapping[str, Entry] = field(default_factory=dict)

    @property
    def is_on(self) -> bool:
        """True when the lane may send: opened by the operator, not stopped, some campaign open."""
        return self.open and not self.stopped and any(entry.open for entry in self.campaigns.values())

    def cap_on(self, today: str) -> int:
        """The cap that holds on a day: today's, or the next one of the ramp on a new day."""
        ramp = self.new_day_ramp
        return self.cap if self.day >= today or ramp is None else ramp.cap

    @property
    def new_day_ramp(self) -> LaneRamp | None:
        """The ramp on a new day: a day that has given every mail back did not warm the mailbox up."""
        if self.ramp is None or (self.day and not self.used):
            return self.ramp
        return self.ramp.next_day()

    def has_room(self, today: str) -> bool:
        """True when the mailbox may send another mail, with its copies, on that day."""
        return (0 if self.day < today else self.used) + self.copies < self.cap_on(today)


def turn_at(lane: Lane, now: datetime) -> datetime:
    """The instant of the next mail: `due_at`, but not before now."""
    return max(from_text(lane.due_at), now) if lane.due_at else now


def choose(lane: Lane, now: datetime, windows: Mapping[str, Window]) -> str | None:
    """The campaign whose turn it is: open, not idle, share left, window open at the turn; smallest `turn`.

    `windows` holds the window of every open campaign of the lane; one that is missing is not eligible.
    Of n eligible campaigns each gets one of any n claims, so nobody starves.
    """
    at = turn_at(lane, now)
    eligible = [
        (entry.turn, campaign)
        for campaign, entry in lane.campaigns.items()
        if entry.open
        and campaign in windows
        and (not entry.idle_until or from_text(entry.idle_until) <= now)
        and entry.has_room(local_day(at, windows[campaign].zone), lane.copies)
        and is_open(windows[campaign], at)
    ]
    return min(eligible)[1] if eligible else None


def park_until(lane: Lane, now: datetime, windows: Mapping[str, Window]) -> tuple[datetime, Why]:
    """When a lane without eligible campaign may go on, and what it waits for.

    The earliest, over its open campaigns, of: the end of idleness, the opening of the window, the next day
    (used share or used cap); always later than now.
    """
    at = turn_at(lane, now)
    today = local_day(at, lane.zone)
    lane_room = at if lane.has_room(today) else next_midnight(at, lane.zone)
    waits: list[tuple[datetime, Why]] = []
    for campaign, entry in lane.campaigns.items():
        if not entry.open or campaign not in windows:
            continue
        waits.append(_entry_wait(entry, windows[campaign], now, at, lane_room, lane.copies))
    if not waits:
        return next_midnight(at, lane.zone), "idle"
    return min(waits)


def _entry_wait(  # noqa: PLR0917 - the six facts of one wait
    entry: Entry, window: Window, now: datetime, at: datetime, lane_room: datetime, copies: int
) -> tuple[datetime, Why]:
    why: Why = "gap"
    ready = at
    if entry.idle_until and from_text(entry.idle_until) > max(now, ready):
        ready, why = from_text(entry.idle_until), "idle"
    if lane_room > ready:
        ready, why = lane_room, "cap"
    if not entry.has_room(local_day(ready, window.zone), copies):
        ready, why = next_midnight(ready, window.zone), "cap"
    opening = next_open(window, ready)
    if opening is None:
        return next_midnight(ready, window.zone), "window"
    if opening > ready:
        return opening, "cap" if why == "cap" else "window"
    return ready, why


def earliest_opening(windows: Mapping[str, Window], at: datetime) -> datetime:
    """`at` itself when any of the windows is open then, else the earliest opening of any of them."""
    openings = [opening for window in windows.values() if (opening := next_open(window, at)) is not None]
    return min(openings, default=at)
