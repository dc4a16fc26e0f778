"""Time zones by their IANA names."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pivotr.errors import InvalidInput


@lru_cache(maxsize=128)
def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises InvalidInput for a name that the time zone database lacks."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(
            f"“{name}” is not a time zone.", hint="Use an IANA name such as Asia/Kolkata or Europe/Berlin."
        ) from None


def zone_named(text: str) -> str:
    """The IANA name of a zone, whatever its case. Raises InvalidInput that suggests what may be meant."""
    known = _zones()
    if found := known.get(text.casefold()):
        return found
    cities = {name.rpartition("/")[2]: name for name in known if "/" in name}
    near = get_close_matches(text.casefold(), known, 1, 0.7)
    meant = cities.get(text.casefold().replace(" ", "_")) or (near[0] if near else "")
    hint = (
        f"Did you mean {known[meant]}?"
        if meant
        else "Use an IANA name such as Asia/Kolkata or Europe/Berlin."
    )
    raise InvalidInput(f"“{text[:60]}” is not a time zone.", hint=hint)


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in sorted(available_timezones())}
