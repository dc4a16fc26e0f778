"""Instants as text: two fixed forms in UTC, both of which sort as strings in the order of time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pivotr.errors import InvalidInput


def to_text(instant: datetime) -> str:
    """`2026-11-24T09:13:05.123Z`: the form of every stored instant (milliseconds, cut, not rounded)."""
    return instant.astimezone(UTC).isoformat("T", "milliseconds")[:-6] + "Z"


def from_text(text: str) -> datetime:
    """The aware instant of a stored text. Raises ValueError."""
    return datetime.fromisoformat(text)


def to_compact(instant: datetime) -> str:
    """`20261124T091305123Z`: the form inside attempt ids and log keys, letters and digits only."""
    utc = instant.astimezone(UTC)
    return f"{utc:%Y%m%dT%H%M%S}{utc.microsecond // 1000:03d}Z"


def from_compact(text: str) -> datetime:
    """The aware instant of the compact form. Raises ValueError."""
    if len(text) != 19 or text[-1] != "Z":
        raise ValueError(f"no compact instant: {text!r}")
    return datetime.fromisoformat(f"{text[:15]}.{text[15:]}")


def local_day(instant: datetime, zone: str) -> str:
    """The calendar day `2026-11-24` of an instant in an IANA zone."""
    return instant.astimezone(ZoneInfo(zone)).date().isoformat()


def day_of(text: str) -> date:
    """The date of a stored day."""
    return date.fromisoformat(text)


def day_named(text: str) -> str:
    """The day that somebody has written, as `2026-11-24`. Raises InvalidInput."""
    try:
        return day_of(text.strip()).isoformat()
    except ValueError:
        raise InvalidInput(f"“{text}” is no day.", hint="Write it as 2026-11-24.") from None
