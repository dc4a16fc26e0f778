"""Weekdays as they are written: `mon-fri`, `mon,wed,fri`, `daily`; 0 is Monday."""

from __future__ import annotations

import re

from pivotr.errors import InvalidInput

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPELLINGS = {name: i for names in (_DAYS, _FULL) for i, name in enumerate(names)} | {
    "tues": 1, "weds": 2, "thur": 3, "thurs": 3,
}  # fmt: skip
_GROUPS = {"daily": range(7), "weekdays": range(5), "weekend": range(5, 7), "weekends": range(5, 7)}


def parse_weekdays(text: str) -> frozenset[int]:
    """The weekdays of a text: names, ranges and groups, by commas or blanks. Raises InvalidInput."""
    words = [word for word in re.split(r"[,;\s]+", re.sub(r"\s*[-–]\s*", "-", text.strip())) if word]
    if not words:
        raise InvalidInput("The sending window names no days.", hint="Write mon-fri, mon,wed,fri or daily.")
    found: set[int] = set()
    for word in words:
        found.update(_GROUPS.get(word.casefold()) or _range(word))
    return frozenset(found)


def _range(word: str) -> list[int]:
    """The weekdays from one to another; `fri-mon` goes over the weekend."""
    ends = [_SPELLINGS.get(name) for name in word.casefold().split("-")]
    first, last = ends[0], ends[-1]
    if first is None or last is None or len(ends) > 2:
        raise InvalidInput(
            f"“{word[:60]}” is not a weekday.",
            hint="Days are mon tue wed thu fri sat sun, mon-fri or daily.",
        )
    return [(first + i) % 7 for i in range((last - first) % 7 + 1)]


def format_weekdays(days: frozenset[int]) -> str:
    """The shortest text that `parse_weekdays` reads as these days."""
    if len(days) == 7:
        return "daily"
    ordered = sorted(days)
    if len(ordered) > 2 and ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"{_DAYS[ordered[0]]}-{_DAYS[ordered[-1]]}"
    return ",".join(_DAYS[day] for day in ordered)
