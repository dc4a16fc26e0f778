"""The sending window of a campaign: weekdays, hours and holidays in a time zone, and when it is open.

The wall clock of the zone decides, as `days` explains: a window that starts in the hour that spring leaves
out opens right after it, and one that covers the hour that autumn repeats is an hour longer that day.
Instants are aware and come out in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from pivotr.domain.days import Span, spans
from pivotr.domain.weekdays import format_weekdays, parse_weekdays
from pivotr.domain.zones import zone_named, zone_of
from pivotr.errors import InvalidInput

#: A window that opens on none of so many days in a row counts as never opening again.
MAX_SHUT_DAYS = 400

_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
_ONE_DAY = timedelta(days=1)
_EXAMPLE = "Write it like “mon-fri 09:30-17:30 Asia/Kolkata”, “mon,wed,fri 9-17 Europe/Berlin” or “always”."
_HOURS = r"\d{1,2}(?:[:.]\d{2})?"
_WINDOW = re.compile(
    rf"(?P<days>.*?)(?:^|\s)(?P<start>{_HOURS})\s*[-–]\s*(?P<end>{_HOURS})(?:\s+(?!except\b)(?P<zone>\S+))?"
    r"(?:\s+except\s+(?P<holidays>.+))?",
    re.IGNORECASE | re.DOTALL,
)
_ALWAYS = re.compile(r"always(?:\s+(except\s.+))?", re.IGNORECASE | re.DOTALL)


class Window(BaseModel):
    """Hours from `start` (inclusive) to `end` (exclusive, `24:00` allowed) on `days` (0 = Monday).

    `zone` is an IANA name, `holidays` holds ISO days of that zone on which the window stays shut.
    """

    model_config = ConfigDict(frozen=True)

    days: frozenset[int]
    start: str
    end: str
    zone: str
    holidays: frozenset[str] = frozenset()

    @field_validator("days")
    @classmethod
    def _are_weekdays(cls, value: frozenset[int]) -> frozenset[int]:
        if not value or not value <= frozenset(range(7)):
            raise ValueError("days must be some of 0 (Monday) to 6 (Sunday)")
        return value

    @field_validator("start", "end")
    @classmethod
    def _is_time(cls, value: str) -> str:
        if not _TIME.fullmatch(value):
            raise ValueError("a time must be written as 09:30")
        return value

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            zone_of(value)
        except InvalidInput as error:
            raise ValueError(error.sentence) from None
        return value

    @field_validator("holidays")
    @classmethod
    def _are_days(cls, value: frozenset[str]) -> frozenset[str]:
        if any(date.fromisoformat(day).isoformat() != day for day in value):
            raise ValueError("a holiday must be written as 2026-12-25")
        return value

    @model_validator(mode="after")
    def _opens(self) -> Window:
        if self.start >= self.end:
            raise ValueError("a window must end after its start")
        return self


def parse_window(text: str, zone: str = "") -> Window:
    """The window of a text: days, hours, IANA zone, and `except 2026-12-25,…` for holidays if there are any.

    `zone` is that of a text that names none; without it such a text is refused, and `always` is in UTC.
    Case does not count. Raises InvalidInput.
    """
    written = text.strip()
    if always := _ALWAYS.fullmatch(written):
        written = f"daily 00:00-24:00 {zone or 'UTC'} {always[1] or ''}".strip()
    match = _WINDOW.fullmatch(written)
    if match is None:
        raise InvalidInput(f"“{text[:60]}” is not a sending window.", hint=_EXAMPLE)
    days = parse_weekdays(match["days"])
    start, end = _hours(match["start"]), _hours(match["end"])
    if start >= end:
        raise InvalidInput(
            f"The window {start}-{end} never opens: it does not end after its start.",
            hint="Hours lie within one day, 24:00 is its end. For the night use two campaigns.",
        )
    named = match["zone"] or zone
    if not named:
        raise InvalidInput("The sending window names no time zone.", hint=_EXAMPLE)
    holidays = _holidays(match["holidays"] or "")
    return Window(days=days, start=start, end=end, zone=zone_named(named), holidays=holidays)


def format_window(window: Window) -> str:
    """The text that `parse_window` reads as this window."""
    holidays = " except " + ",".join(sorted(window.holidays)) if window.holidays else ""
    return f"{format_weekdays(window.days)} {window.start}-{window.end} {window.zone}{holidays}"


def is_open(window: Window, instant: datetime) -> bool:
    """True when mails may leave at this instant."""
    local = instant.astimezone(zone_of(window.zone))
    if local.weekday() not in window.days:
        return False
    if not minutes(window.start) <= local.hour * 60 + local.minute < minutes(window.end):
        return False
    return not window.holidays or local.date().isoformat() not in window.holidays


def next_open(window: Window, instant: datetime) -> datetime | None:
    """The instant itself when the window is open, else its next opening; None when it never opens again."""
    if is_open(window, instant):
        return instant.astimezone(UTC)
    for first, last in _openings(window, instant):
        if last > instant:
            return max(first, instant.astimezone(UTC))
    return None


def closes_at(window: Window, instant: datetime) -> datetime | None:
    """The end of the opening that holds at this instant; None when the window is shut then.

    An opening ends at midnight at the latest, also where the next day opens at once.
    """
    if not is_open(window, instant):
        return None
    return next((last for first, last in _openings(window, instant) if first <= instant < last), None)


def business_days_later(window: Window, instant: datetime, days: int, unit: float) -> datetime:
    """`days` open days after the window's calendar day of `instant`, at position `unit` (0 to 1) of that day.

    With 0 days: in what is left of the present opening, or else in the next one. Where the window never opens
    again, plain days are counted: the mail then waits for an operator to change the window.
    """
    if days <= 0:
        opening = next_open(window, instant)
        closing = closes_at(window, opening) if opening else None
        return _at(((opening, closing),), unit) if opening and closing else instant.astimezone(UTC)
    today = instant.astimezone(zone_of(window.zone)).date()
    left = days
    for of_day in _open_days(window, today + _ONE_DAY):
        left -= 1
        if left == 0:
            return _at(of_day, unit)
    return instant.astimezone(UTC) + timedelta(days=days)


@lru_cache(maxsize=2048)
def minutes(time: str) -> int:
    """Minutes since midnight of `09:30`."""
    return int(time[:2]) * 60 + int(time[3:])


def _open_days(window: Window, day: date) -> Iterator[tuple[Span, ...]]:
    """The stretches of each open day from `day` on; ends after `MAX_SHUT_DAYS` without one."""
    start, end, shut = minutes(window.start), minutes(window.end), 0
    while shut <= MAX_SHUT_DAYS:
        shut += 1
        if day.weekday() in window.days and day.isoformat() not in window.holidays:
            of_day = spans(day, start, end, window.zone)
            if of_day:
                shut = 0
                yield of_day
        day += _ONE_DAY


def _openings(window: Window, instant: datetime) -> Iterator[Span]:
    for of_day in _open_days(window, instant.astimezone(zone_of(window.zone)).date()):
        yield from of_day


def _at(stretches: tuple[Span, ...], unit: float) -> datetime:
    """The instant at a share of the stretches laid end to end; whole seconds, never their very end."""
    whole = sum(((last - first) for first, last in stretches), timedelta())
    ahead = timedelta(seconds=int(min(whole.total_seconds() * unit, whole.total_seconds() - 1)))
    for first, last in stretches:
        if ahead < last - first:
            return first + max(ahead, timedelta())
        ahead -= last - first
    return stretches[-1][1] - timedelta(seconds=1)


def _hours(text: str) -> str:
    hour, _, minute = text.replace(".", ":").partition(":")
    hours, past = int(hour), int(minute or 0)
    if past > 59 or hours * 60 + past > 24 * 60:
        raise InvalidInput(f"“{text}” is not a time of day.", hint="Times go from 00:00 to 24:00.")
    return f"{hours:02d}:{past:02d}"


def _holidays(text: str) -> frozenset[str]:
    days = [day for day in re.split(r"[,;\s]+", text) if day]
    try:
        return frozenset(date.fromisoformat(day).isoformat() for day in days)
    except ValueError:
        raise InvalidInput(
            f"“{text[:60]}” are not days.", hint="Write holidays as: except 2026-01-26,2026-08-15"
        ) from None
