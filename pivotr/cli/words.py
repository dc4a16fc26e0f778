"""Instants, windows and reasons as an operator says them. Imported in the bodies of commands only."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pivotr.domain.instants import from_text
from pivotr.domain.windows import next_open

if TYPE_CHECKING:
    from pivotr.domain.campaigns import Campaign
    from pivotr.domain.lanes import Lane

#: What a lane waits for → how its next instant is told.
_WAITS = {
    "gap": "next mail {at}",
    "window": "waits for the sending window, which opens {at}",
    "cap": "has used up the day's cap and goes on {at}",
    "idle": "nobody is due; looks again {at}",
    "backoff": "could not send or check (see the log); tries again {at}",
}


def when(instant: datetime | str, zone: str, now: datetime) -> str:
    """An instant on the clock of a zone: `now`, `today 09:31` or `Tue 24 Nov 09:31`; empty for none."""
    if not instant:
        return ""
    at = from_text(instant) if isinstance(instant, str) else instant
    if at <= now:
        return "now"
    local, here = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    if local.date() == here.date():
        return f"today {local:%H:%M}"
    return f"{local:%a %-d %b %H:%M}" if local.year == here.year else f"{local:%a %-d %b %Y %H:%M}"


def placed(instant: datetime | str, zone: str, now: datetime) -> str:
    """An instant with the zone whose clock shows it: `today 09:31 (Asia/Kolkata)`."""
    at = when(instant, zone, now) or "now"
    return at if at == "now" else f"{at} ({zone})"


def lane_words(lane: Lane, zone: str, now: datetime, campaign: Campaign | None = None) -> str:
    """What a lane is doing, and why not more; for a campaign also whether its gate and window are shut."""
    if lane.stopped:
        return f"stopped: {lane.stopped}"
    if not lane.open:
        return "paused"
    if not lane.is_on and campaign is None:
        return "no campaign"
    why, due_at = lane.why, from_text(lane.due_at) if lane.due_at else now
    if campaign is not None:
        entry = lane.campaigns.get(campaign.id)
        if entry is None or not entry.open:
            return "not sending for this campaign"
        opening = next_open(campaign.window, max(due_at, now))
        if opening is None:
            return "waits for a sending window that never opens"
        if opening > max(due_at, now):
            why, due_at = "window", opening
    return _WAITS[why].format(at=placed(due_at, zone, now))


def counted(number: int, singular: str, plural: str = "") -> str:
    """`1 mail`, `2 mails`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
