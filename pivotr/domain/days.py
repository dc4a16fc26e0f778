"""Calendar days of a zone as exact stretches of time, also where clocks are changed.

The wall clock decides: 09:30 is when a clock on the wall there begins to show 09:30. A time in the hour that
spring leaves out begins with the first instant after it; a time in the hour that autumn repeats is shown
twice, so the stretch of a day may fall in two. At most one change per day is assumed, which holds for every
zone of the present IANA database.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from pivotr.domain.zones import zone_of

#: First and last instant (exclusive) of a stretch, in UTC.
Span = tuple[datetime, datetime]

#: Minutes of a day on a wall clock.
DAY_MINUTES = 1440

#: Further from UTC than any zone has ever been.
_FARTHEST = timedelta(hours=16)
_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=4096)
def spans(day: date, start: int, end: int, zone: str) -> tuple[Span, ...]:
    """When the wall clock of `zone` shows a time of `day` from minute `start` to before minute `end`.

    One stretch on nearly every day; none where spring left it all out, two where autumn shows a part twice.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    opening, closing = midnight + timedelta(minutes=start), midnight + timedelta(minutes=end)
    found: list[Span] = []
    for begins, ends, offset in _segments(opening - _FARTHEST, closing + _FARTHEST, zone):
        first, last = max(begins, opening - offset), min(ends, closing - offset)
        if first >= last:
            continue
        if found and found[-1][1] == first:
            first = found.pop()[0]
        found.append((first, last))
    return tuple(found)


def next_midnight(instant: datetime, zone: str) -> datetime:
    """The first instant of the next calendar day of `zone`, in UTC."""
    day = instant.astimezone(zone_of(zone)).date()
    while True:
        day += timedelta(days=1)
        if whole := spans(day, 0, DAY_MINUTES, zone):
            return whole[0][0]


def _segments(low: datetime, high: datetime, zone: str) -> list[tuple[datetime, datetime, timedelta]]:
    """The time from `low` to `high` cut where the zone's distance to UTC changes, with that distance."""
    before, after = _offset(low, zone), _offset(high, zone)
    if before == after:
        return [(low, high, before)]
    first, last = low, high
    while last - first > _SECOND:
        middle = first + (last - first) // _SECOND // 2 * _SECOND
        if _offset(middle, zone) == before:
            first = middle
        else:
            last = middle
    return [(low, last, before), (last, high, after)]


def _offset(instant: datetime, zone: str) -> timedelta:
    return instant.astimezone(zone_of(zone)).utcoffset() or timedelta()
