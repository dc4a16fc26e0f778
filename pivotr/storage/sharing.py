"""Moving shares of a campaign's daily cap between its lanes; the sum never exceeds the cap of a day.

A share is written under the counters that were read, so no claim can slip in between, and with the day it is
meant for: a share that is used up stays so until the day turns, and a new day brings even shares back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pivotr import names
from pivotr.domain.campaigns import Campaign
from pivotr.domain.instants import local_day
from pivotr.domain.lanes import Entry, Lane
from pivotr.domain.shares import shares_of_day
from pivotr.ports.table import Absent, All, Change, Condition, Equals, Path, Update, Write
from pivotr.storage.lanes import leave_entry, reopened_at, wake


def shares_now(campaign: Campaign, lanes: Mapping[str, Lane], today: str) -> dict[str, int]:
    """The shares that its senders should have on a day of the campaign; `lanes` has those that left too."""
    entries = {
        sender: lane.campaigns[campaign.id] for sender, lane in lanes.items() if campaign.id in lane.campaigns
    }
    return shares_of_day(
        campaign.cap,
        campaign.senders,
        {sender: used_on(entry, today) for sender, entry in entries.items()},
        resting=[sender for sender, lane in lanes.items() if lane.stopped or not lane.open],
    )


def used_on(entry: Entry, today: str) -> int:
    """Mails of a day of the campaign. A clock that stepped back finds the later day, which counts."""
    return entry.used if entry.day >= today else 0


def share_change(campaign: str, entry: Entry, share: int, today: str) -> tuple[Change, Condition]:
    """Another share, under what was read of the entry."""
    path = ("campaigns", campaign)
    values: dict[Path, Any] = {
        (*path, "s"): share,
        (*path, "d"): max(entry.day, today),
        (*path, "u"): used_on(entry, today),
    }
    return Change(set=values), as_read(campaign, entry)


def as_read(campaign: str, entry: Entry) -> Condition:
    """Nothing was claimed or given back since, and nobody else has moved the share."""
    path = ("campaigns", campaign)
    if not entry.day:
        return All((Absent((*path, "d")), Equals((*path, "s"), entry.share)))
    return All(
        (
            Equals((*path, "d"), entry.day),
            Equals((*path, "u"), entry.used),
            Equals((*path, "s"), entry.share),
        )
    )


def lane_writes(
    old: Campaign, new: Campaign, lanes: Mapping[str, Lane], now: datetime
) -> tuple[list[Lane], list[Write]]:
    """What another cap, window or set of senders means for the lanes: less shuts by itself, more wakes.

    Returns the lanes that are woken, for which the caller emits, and all writes. `lanes` has every sender of
    `new`, those that leave with it too; it is empty where the campaign is not alive.
    """
    moved: list[Lane] = []
    writes: list[Write] = []
    today = local_day(now, new.zone)
    shares = shares_now(new, lanes, today)
    for lane in lanes.values():
        entry = lane.campaigns.get(old.id)
        if entry is None:
            continue
        if lane.id not in shares:
            if lane.id in old.senders:
                writes.append(leave_entry(lane.id, old.id, as_read(old.id, entry)))
            continue
        change, condition = share_change(old.id, entry, shares[lane.id], today)
        waits_for = {"cap", "idle"} if shares[lane.id] > entry.share else set()
        if new.window != old.window:
            waits_for.add("window")
        if waits_for:
            # spent even where the lane does not rest: a turn in flight may be about to park it
            moved.append(lane)
            due_at = reopened_at(lane, now, old.gap.minimum) if lane.why in waits_for else None
            writes.append(wake(lane, due_at, change, condition))
        elif _is_due(entry, shares[lane.id], today):
            writes.append(Update(names.SENDERS, (lane.id,), change, condition))
    return moved, writes


def moves(campaign: Campaign, lanes: Mapping[str, Lane], today: str) -> list[Write]:
    """What has to be written, all at once, for the shares of a day; mostly nothing."""
    wanted = shares_now(campaign, lanes, today)
    found: list[Write] = []
    for sender, share in wanted.items():
        lane = lanes.get(sender)
        entry = lane.campaigns.get(campaign.id) if lane else None
        if entry is not None and _is_due(entry, share, today):
            change, condition = share_change(campaign.id, entry, share, today)
            found.append(Update(names.SENDERS, (sender,), change, condition))
    return found


def _is_due(entry: Entry, share: int, today: str) -> bool:
    """A share of nothing must carry the day: the first claim of a day asks for no share."""
    return entry.share != share or (share == 0 and entry.day < today)
