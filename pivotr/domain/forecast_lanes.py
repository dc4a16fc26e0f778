"""Mailboxes taking their turns, stretch by stretch: as many mails at once as nothing changes in between.

A stretch ends where a window opens or closes, a day ends, a cap or share is used up, or a campaign has nobody
left; so a day of a mailbox costs a few steps whatever number of mails it sends. The rules are those of
`lanes`: equal turns of the campaigns that can send, follow-ups before first mails, caps per day.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pivotr.domain.forecast_days import NEVER, Days, Openings
from pivotr.domain.forecast_pace import Pace
from pivotr.domain.lanes import LaneRamp


@dataclass(slots=True)
class Arrivals:
    """Follow-ups that fall due evenly over a stretch of time; `luck` (0 to 1) places the last of them."""

    step: int
    start: float
    end: float
    count: int = 0
    served: int = 0
    luck: float | None = None

    @property
    def length(self) -> float:
        """Seconds in which all fall due: the greatest of n even draws is the n-th root of one."""
        whole = self.end - self.start
        if self.luck is None or not self.count:
            return whole
        return whole * float(self.luck ** (1 / self.count)) * (self.count + 1) / self.count

    def due(self, at: float) -> int:
        """How many are due by an instant and not yet sent."""
        if at >= self.end:
            return self.count - self.served
        if at <= self.start:
            return 0
        share = (at - self.start) / self.length
        return max(0, min(self.count, int(share * (self.count + 1))) - self.served)

    def next_at(self) -> float:
        """When the next one falls due."""
        return min(self.end, self.start + self.length * (self.served + 1) / (self.count + 1))


@dataclass(slots=True)
class Entry:
    """One campaign on one mailbox."""

    openings: Openings
    mean: float
    variance: float
    share: int
    first: int
    delays: tuple[int, ...]
    is_subject: bool
    day: str = ""
    used: int = 0
    arrivals: dict[tuple[int, int], Arrivals] = field(default_factory=dict)
    opening: int = 0

    def due(self, at: float) -> int:
        """Follow-ups that are due and not yet sent."""
        return sum(one.due(at) for one in self.arrivals.values()) if self.arrivals else 0

    @property
    def is_done(self) -> bool:
        """True when nobody waits for this mailbox any more."""
        return not self.first and not self.arrivals

    def serve(self, mails: int, at: float) -> list[tuple[int, int]]:
        """Take so many mails at an instant, due follow-ups first; the steps and how many of each."""
        taken: list[tuple[int, int]] = []
        for key, one in list(self.arrivals.items()):
            if not mails:
                break
            count = min(mails, one.due(at))
            if count:
                one.served += count
                mails -= count
                taken.append((one.step, count))
                if one.served == one.count:
                    del self.arrivals[key]
        count = min(mails, self.first)
        if count:
            self.first -= count
            taken.append((1, count))
        return taken

    def expect(self, step: int, count: int, opening: int, at: float, *, pace: Pace) -> None:
        """Date the next step of mails that leave now."""
        if step > len(self.delays):
            return
        delay = self.delays[step - 1]
        if delay:
            found = self.openings.days_later(opening, delay)
            if found is None:
                return
            number, start, end = found
        else:
            number, start, end = opening, at, self.openings.ends[opening]
        key = (number, step + 1) if delay else (-int(at), step + 1)
        one = self.arrivals.get(key)
        if one is None:
            one = self.arrivals[key] = Arrivals(step + 1, start, end, luck=pace.luck())
        one.count += count


@dataclass(slots=True)
class Account:
    """The account's day: its cap or the provider's quota, whichever is less."""

    days: Days
    limit: int
    why: str
    used: int
    #: Mailboxes that share a day which may be used up; 0 where there is enough for all.
    sharers: int
    day: int = 0
    part: int = 0

    def room(self, at: float) -> int:
        """Mails that are left on the day of an instant."""
        number = self.days.number(at)
        if number > self.day:
            self.day, self.used, self.part = number, 0, 0
        return self.limit - self.used

    def portion(self, room: int) -> int:
        """What one mailbox may take at a time: an equal part of a scarce day, so that each gets its own."""
        if not self.sharers:
            return room
        if not self.part:
            self.part = max(1, room // self.sharers)
        return min(room, self.part)


class Tally:
    """Mails of the subject campaign per day, and what ended the day on each mailbox."""

    def __init__(self) -> None:
        self.mails: dict[str, int] = {}
        self.limits: dict[str, dict[str, str]] = {}
        self.last_at = 0.0
        self.first_at = NEVER

    def count(self, day: str, mails: int, first_at: float, last_at: float) -> None:
        """More mails on a day."""
        self.mails[day] = self.mails.get(day, 0) + mails
        self.last_at = max(self.last_at, last_at)
        self.first_at = min(self.first_at, first_at)

    def limit(self, day: str, sender: str, why: str) -> None:
        """What holds a mailbox back on a day; the last word counts."""
        self.limits.setdefault(day, {})[sender] = why


@dataclass(frozen=True, slots=True)
class Stage:
    """What all mailboxes of one run share."""

    account: Account
    pace: Pace
    tally: Tally


@dataclass(slots=True)
class Mailbox:
    """A mailbox in a forecast."""

    sender: str
    days: Days
    cap: int
    ramp: LaneRamp | None
    entries: list[Entry]
    used: int = 0
    is_counted: bool = False
    day: int = 0
    carry: float = 0.0
    rotation: int = 0
    others_today: int = 0
    floor: float = 0.0

    def turn(self, at: float, stage: Stage) -> float | None:
        """Send as many mails as nothing changes; the instant to go on, or None when nobody waits."""
        account, tally = stage.account, stage.tally
        number = self.days.number(at)
        if number > self.day:
            self.day, self.used, self.is_counted, self.others_today = number, 0, False, 0
        able, change, wake = self._able(at, tally)
        if not able:
            return wake if wake < NEVER else None
        cap = self.cap if self.ramp is None or self.is_counted else self.ramp.next_day().cap
        if self.used >= cap:
            self._say(able, tally, self._cap_word(cap))
            return self.days.end(at)
        room = account.room(at)
        if room <= 0:
            self._say(able, tally, account.why)
            return account.days.end(at)
        end = min(change, self.days.end(at), account.days.end(at))
        return self._send(able, at, end, min(account.portion(room), cap - self.used), stage)

    def _able(self, at: float, tally: Tally) -> tuple[list[Entry], float, float]:
        """Who can send now, when that changes by the clock, and when somebody can again where nobody can."""
        able: list[Entry] = []
        change = wake = NEVER
        for entry in self.entries:
            if entry.is_done:
                continue
            opening = entry.openings.after(at)
            if opening is None:
                continue
            begins, ends = entry.openings.starts[opening], entry.openings.ends[opening]
            if begins > at:
                change, wake = min(change, begins), min(wake, begins)
                continue
            entry.opening = opening
            day = entry.openings.days[opening]
            if day != entry.day:
                entry.day, entry.used = day, 0
            if entry.used >= entry.share:
                # The window stays open, the share does not: on the next opening the day is another one.
                wake = min(wake, ends)
                if entry.is_subject:
                    tally.limit(day, self.sender, "cap")
                continue
            change = min(change, ends)
            if entry.first or entry.due(at):
                able.append(entry)
                continue
            coming = min(one.next_at() for one in entry.arrivals.values())
            change, wake = min(change, coming), min(wake, max(coming, at + 0.001))
            if entry.is_subject:
                tally.limit(day, self.sender, "follow-ups")
        return able, change, wake

    def _send(self, able: list[Entry], at: float, end: float, room: int, stage: Stage) -> float:
        account, pace, tally = stage.account, stage.pace, stage.tally
        several = len(able)
        mean = max(sum(entry.mean for entry in able) / several, self.floor)
        variance = sum(entry.variance for entry in able) / several if mean > self.floor else 0.0
        by_time, carry = pace.count(end - at, mean, variance, self.carry)
        most = min(room, *(several * self._left(entry, at) for entry in able))
        count = min(by_time, most)
        if any(0 in entry.delays for entry in able):
            count = min(count, max(1, by_time // 8))
        is_ended = count == by_time
        self.carry = carry if is_ended else self.carry
        last_at = min(at + pace.duration(count - 1, mean, variance), end)
        after = at + pace.duration(count, mean, variance)
        each, rest = divmod(count, several)
        for place in range(several):
            entry = able[(self.rotation + place) % several]
            mails = each + (1 if place < rest else 0)
            if mails:
                self._count(entry, mails, at, last_at, stage)
        self.rotation = (self.rotation + rest) % several
        if self.ramp is not None and not self.is_counted:
            self.ramp = self.ramp.next_day()
            self.cap = self.ramp.cap
        self.is_counted = True
        self.used += count
        account.used += count
        if is_ended:
            self._say(able, tally, "", end)
            return max(after, end)
        return max(after, at + 0.001)

    def _left(self, entry: Entry, at: float) -> int:
        waiting = entry.first + entry.due(at)
        return max(1, min(entry.share - entry.used, waiting))

    def _count(self, entry: Entry, mails: int, at: float, last_at: float, stage: Stage) -> None:
        entry.used += mails
        if not entry.is_subject:
            self.others_today += mails
        middle = (at + last_at) / 2
        for step, count in entry.serve(mails, last_at):
            entry.expect(step, count, entry.opening, middle, pace=stage.pace)
        if entry.is_subject:
            stage.tally.count(entry.day, mails, at, last_at)
            if entry.is_done:
                stage.tally.limit(entry.day, self.sender, "leads")

    def _say(self, able: list[Entry], tally: Tally, why: str, end: float = 0.0) -> None:
        """Note what ends the day of the subject campaign here; no word means the clock did."""
        for entry in able:
            if not entry.is_subject or entry.is_done:
                continue
            word = why
            if not word:
                if entry.openings.ends[entry.opening] > end + 0.001:
                    continue
                word = "gap" if entry.openings.is_all_day(entry.opening) else "window"
                if self.floor > entry.mean:
                    word = "verifier rate"
                elif self.others_today:
                    word = "other campaigns"
            tally.limit(entry.day, self.sender, word)

    def _cap_word(self, cap: int) -> str:
        if self.others_today:
            return "other campaigns"
        return "ramp" if self.ramp is not None and cap < self.ramp.maximum else "sender cap"
