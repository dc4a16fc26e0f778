"""Lanes and sender profiles: the two items of one mailbox, and the writes on a lane's gates and tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pivotr import names
from pivotr.domain.instants import from_text, to_text
from pivotr.domain.lanes import Entry, Lane, Why
from pivotr.domain.senders import Sender
from pivotr.ports.table import (
    Absent,
    All,
    Change,
    Condition,
    Equals,
    Path,
    Present,
    Put,
    Table,
    Update,
)
from pivotr.storage import conditions
from pivotr.storage.codec import check_version, entry_item, lane_from, ramp_item
from pivotr.storage.schema import SCHEMA_VERSION


def profile_key(sender: str) -> str:
    """Key of the item with a sender's name, address and pace."""
    return f"{sender}#profile"


def new_lane(sender: Sender, *, now: datetime) -> Put:
    """The lane of a new sender; refused where the sender exists."""
    ramp = sender.lane_ramp()
    item: dict[str, Any] = {
        "id": sender.id, "ticket": 1, "due_at": to_text(now), "why": "gap", "used": 0,
        "cap": ramp.cap if ramp else sender.cap, "week": [], "open": True, "zone": sender.zone,
        "campaigns": {}, "v": SCHEMA_VERSION,
    }  # fmt: skip
    if sender.cc:
        item["copies"] = len(sender.cc)
    if ramp:
        item["ramp"] = ramp_item(ramp)
    return Put(names.SENDERS, item, Absent("id"))


def profile_item(sender: Sender) -> dict[str, Any]:
    """The profile as an item."""
    return {**sender.model_dump(mode="json"), "id": profile_key(sender.id), "v": SCHEMA_VERSION}


def change_profile(sender: Sender, as_read: Condition) -> Update:
    """The profile as it is now, while it is as it was read; what else its item holds stays."""
    values: dict[Path, Any] = {name: value for name, value in profile_item(sender).items() if name != "id"}
    return Update(names.SENDERS, (profile_key(sender.id),), Change(set=values), as_read)


def turn(lane: Lane, change: Change, condition: Condition | None = None) -> Update:
    """A change under the ticket that was read."""
    mine = conditions.ticket_is(lane.ticket)
    return Update(names.SENDERS, (lane.id,), change, conditions.both(mine, condition) if condition else mine)


def grant(lane: Lane, campaign: str, ticket: int, *, now: datetime, due_at: datetime, lane_day: str,
          campaign_day: str, copies: int = 0) -> Update:  # fmt: skip
    """The lane's part of a claim: spend the ticket, date the next turn, count the mail on both days.

    A mail with copies counts as so many more.

    A counter is added to where the day read is today, and set where it is older; the branch is part of the
    condition, so a refund between read and claim is never lost.
    """
    path = ("campaigns", campaign)
    entry = lane.campaigns[campaign]
    recipients = 1 + copies
    values: dict[Path, Any] = {
        "due_at": to_text(due_at), "why": "gap", "last_sent_at": to_text(now), (*path, "t"): ticket,
    }  # fmt: skip
    added: dict[Path, int] = {"ticket": 1}
    branch: list[Condition] = []
    if lane.day and lane.day >= lane_day:
        branch.append(Equals("day", lane.day))
        added["used"] = recipients
    else:
        branch.append(Equals("day", lane.day) if lane.day else Absent("day"))
        values |= {"day": lane_day, "used": recipients, "week": [*lane.week, lane.used][-7:]}
        if ramp := lane.new_day_ramp:
            values |= {"ramp": ramp_item(ramp), "cap": ramp.cap}
    if entry.day and entry.day >= campaign_day:
        branch.append(Equals((*path, "d"), entry.day))
        added[(*path, "u")] = recipients
    else:
        branch.append(Equals((*path, "d"), entry.day) if entry.day else Absent((*path, "d")))
        values |= {(*path, "d"): campaign_day, (*path, "u"): recipients}
    if copies:
        branch += conditions.lane_has_room_for(
            campaign,
            recipients,
            cap=lane.cap,
            share=entry.share,
            is_lane_day=bool(lane.day and lane.day >= lane_day),
            is_campaign_day=bool(entry.day and entry.day >= campaign_day),
        )
    granted = conditions.lane_grants(ticket, campaign, now=now, lane_day=lane_day, campaign_day=campaign_day)
    change = Change(set=values, add=added, remove=((*path, "i"),))
    return Update(names.SENDERS, (lane.id,), change, All((granted, *branch)))


def refund(
    lane: Lane, campaign: str, *, lane_day: str, campaign_day: str, ticket: int,
    back_off: datetime | None = None, shut: bool = False, stopped: str = "", recipients: int = 1,
) -> Update | None:  # fmt: skip
    """Give a turn's counts back on the days they were spent on; what a refusal means for the lane.

    `back_off` puts the lane off unless it has moved on, `shut` closes the campaign's gate, `stopped` stops
    the lane with a reason. Conditions name the values that were read; None where there is nothing to write.
    """
    path = ("campaigns", campaign)
    entry = lane.campaigns.get(campaign)
    parts: list[Condition] = [Present("id")]
    added: dict[Path, int] = {}
    values: dict[Path, Any] = {}
    if lane.day == lane_day and lane.used > 0:
        parts += [Equals("day", lane.day), Equals("used", lane.used)]
        added["used"] = -min(recipients, lane.used)
    if entry and entry.day == campaign_day and entry.used > 0:
        parts += [Equals((*path, "d"), entry.day), Equals((*path, "u"), entry.used)]
        added[(*path, "u")] = -min(recipients, entry.used)
    if back_off and lane.ticket == ticket + 1:
        parts.append(Equals("ticket", lane.ticket))
        values |= {"due_at": to_text(back_off), "why": "backoff"}
    if shut and entry:
        parts.append(Present(path))
        values[(*path, "o")] = False
    if stopped:
        values["stopped"] = stopped
    if not added and not values:
        return None
    return Update(names.SENDERS, (lane.id,), Change(set=values, add=added), All(tuple(parts)))


def park(lane: Lane, until: datetime, why: Why) -> Update:
    """Rest until an instant. Spends the ticket, so that a second copy of the job cannot park a woken lane."""
    return turn(lane, Change(set={"due_at": to_text(until), "why": why}, add={"ticket": 1}))


def idle(lane: Lane, campaign: str, until: datetime) -> Update:
    """This campaign has nobody for this lane until an instant."""
    path = ("campaigns", campaign)
    return turn(lane, Change(set={(*path, "i"): to_text(until)}), Present((*path, "o")))


def nudged(lane: Lane, at: datetime) -> Update:
    """Remember that a job for this turn has been emitted."""
    return turn(lane, Change(set={"nudged_at": to_text(at)}))


def reopened_at(lane: Lane, now: datetime, gap: float) -> datetime | None:
    """Where a parked lane goes on after something became possible; None where its pace stands as it is."""
    if lane.why == "gap":
        return None
    if not lane.last_sent_at:
        return now
    return max(now, from_text(lane.last_sent_at) + timedelta(seconds=gap))


def wake(lane: Lane, due_at: datetime | None, change: Change | None = None,
         condition: Condition | None = None) -> Update:  # fmt: skip
    """What makes more possible spends the ticket and dates the next turn; the caller emits after it."""
    more = change or Change()
    values: dict[Path, Any] = dict(more.set)
    if due_at is not None:
        values |= {"due_at": to_text(due_at), "why": "gap"}
    merged = Change(set=values, add={"ticket": 1, **more.add}, remove=more.remove)
    return turn(lane, merged, condition)


def put_entry(campaign: str, entry: Entry) -> Change:
    """A new campaign on the lane."""
    return Change(set={("campaigns", campaign): entry_item(entry)})


def open_entry(campaign: str) -> Change:
    """Open the campaign's gate on the lane."""
    path = ("campaigns", campaign)
    return Change(set={(*path, "o"): True}, remove=((*path, "i"),))


def entry_is_open(campaign: str) -> Condition:
    """The campaign's gate on the lane is open."""
    return Equals(("campaigns", campaign, "o"), True)


def due_now(lane: Lane) -> Lane:
    """The lane as if its next turn were due: to ask what could be sent."""
    return replace(lane, due_at="")


def shut_entry(sender: str, campaign: str) -> Update:
    """Shut the campaign's gate; no ticket is spent and nothing is emitted."""
    path = ("campaigns", campaign)
    return Update(names.SENDERS, (sender,), Change(set={(*path, "o"): False}), Present(path))


def leave_entry(sender: str, campaign: str, condition: Condition) -> Update:
    """Shut the campaign's gate for good: the mailbox has left. The entry stays until the campaign is over."""
    path = ("campaigns", campaign)
    change = Change(set={(*path, "o"): False, (*path, "l"): True})
    return Update(names.SENDERS, (sender,), change, All((Present(path), condition)))


def remove_entry(sender: str, campaign: str) -> Update:
    """Forget a campaign that is over; its counters stay on the lane."""
    return Update(names.SENDERS, (sender,), Change(remove=(("campaigns", campaign),)), Present("id"))


def note(sender: str) -> Update:
    """Tell every process that uses this lane to forget what it remembers; see `storage.recent`."""
    return Update(names.SENDERS, (sender,), Change(add={"memo": 1}), Present("id"))


class Lanes:
    """Reads of lanes and profiles."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, sender: str, *, consistent: bool = False) -> Lane | None:
        """One lane."""
        item = self._table.get(names.SENDERS, (sender,), consistent=consistent)
        return lane_from(item) if item else None

    def get_many(self, senders: Sequence[str], *, consistent: bool = False) -> dict[str, Lane]:
        """Lanes by sender id; unknown ones are left out."""
        found: dict[str, Lane] = {}
        for start in range(0, len(senders), 100):
            keys = [(names.SENDERS, (sender,)) for sender in senders[start : start + 100]]
            items = self._table.get_many(keys, consistent=consistent)
            found |= {item["id"]: lane_from(item) for item in items if item}
        return found

    def profile(self, sender: str) -> Sender | None:
        """A sender's profile."""
        item = self._table.get(names.SENDERS, (profile_key(sender),))
        return sender_from(item) if item else None

    def note_all(self) -> None:
        """`note` on every lane, after an operator's change that concerns all of them."""
        for _, lane in self.all():
            write = note(lane.id)
            self._table.update(write.table, write.key, write.change, condition=write.condition)

    def all(self) -> list[tuple[Sender, Lane]]:
        """Every sender with its lane, by address. Reads the whole table: it holds two items per mailbox."""
        items: dict[str, dict[str, Any]] = {}
        cursor: str | None = None
        while True:
            page = self._table.scan(names.SENDERS, limit=100, cursor=cursor)
            items |= {item["id"]: item for item in page.items}
            if (cursor := page.cursor) is None:
                break
        pairs = [
            (sender_from(items[profile_key(key)]), lane_from(item))
            for key, item in items.items()
            if profile_key(key) in items
        ]
        return sorted(pairs, key=lambda pair: pair[0].address)


def sender_from(item: dict[str, Any]) -> Sender:
    """The profile of a stored item."""
    check_version(item)
    return Sender.model_validate({**item, "id": item["id"].removesuffix("#profile")})
