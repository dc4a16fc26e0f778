"""Openings of a window and days of a zone as plain numbers, worked out once and looked up often.

Instants are epoch seconds here: a forecast of a million mails asks for them a million times.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime

from pivotr.domain.days import next_midnight
from pivotr.domain.instants import local_day
from pivotr.domain.windows import Window, closes_at, next_open

#: Later than any instant that is asked for.
NEVER = float("inf")


class Openings:
    """The openings of one window from an instant on, in order; each lies within one day of its zone."""

    def __init__(self, window: Window, start: datetime) -> None:
        self._window = window
        self._from = start
        self._is_over = False
        self.starts: list[float] = []
        self.ends: list[float] = []
        self.days: list[str] = []
        #: Number of the open day of each opening; where autumn repeats an hour a day may have two.
        self.numbers: list[int] = []

    def after(self, at: float) -> int | None:
        """Number of the first opening that ends after an instant; None when the window never opens again."""
        while not self._is_over and (not self.ends or self.ends[-1] <= at):
            self._grow()
        number = bisect_right(self.ends, at)
        return number if number < len(self.ends) else None

    def days_later(self, opening: int, days: int) -> tuple[int, float, float] | None:
        """First opening, beginning and end of the open day so many open days after that of an opening."""
        wanted = self.numbers[opening] + days
        while not self._is_over and self.numbers[-1] <= wanted:
            self._grow()
        first = opening
        while first < len(self.numbers) and self.numbers[first] < wanted:
            first += 1
        if first == len(self.numbers):
            return None
        last = first
        while last + 1 < len(self.numbers) and self.numbers[last + 1] == wanted:
            last += 1
        return first, self.starts[first], self.ends[last]

    def is_all_day(self, opening: int) -> bool:
        """True when the opening lasts a whole day: then the hours of the window limit nothing."""
        return self._window.start == "00:00" and self._window.end == "24:00" and opening >= 0

    def _grow(self) -> None:
        opening = next_open(self._window, self._from)
        closing = closes_at(self._window, opening) if opening else None
        if opening is None or closing is None:
            self._is_over = True
            return
        day = local_day(opening, self._window.zone)
        is_same = bool(self.days) and self.days[-1] == day
        self.numbers.append(self.numbers[-1] + (0 if is_same else 1) if self.numbers else 0)
        self.starts.append(opening.timestamp())
        self.ends.append(closing.timestamp())
        self.days.append(day)
        self._from = closing


class Days:
    """The calendar days of a zone from an instant on."""

    def __init__(self, zone: str, start: datetime) -> None:
        self._zone = zone
        self._from = start
        self.ends: list[float] = []

    def number(self, at: float) -> int:
        """Number of the day of an instant; the first day is 0."""
        while not self.ends or self.ends[-1] <= at:
            self._from = next_midnight(self._from, self._zone)
            self.ends.append(self._from.timestamp())
        return bisect_right(self.ends, at)

    def end(self, at: float) -> float:
        """The midnight that ends the day of an instant."""
        return self.ends[self.number(at)]


def instant(at: float) -> datetime:
    """The aware instant of epoch seconds."""
    return datetime.fromtimestamp(at, UTC)
