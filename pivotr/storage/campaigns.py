"""Campaigns: reads, and every write on the campaign item, each under the state or revision that was read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pivotr import names
from pivotr.domain.campaigns import TRANSITIONS, Campaign, Verb
from pivotr.domain.instants import to_text
from pivotr.ports.table import Absent, All, Change, Equals, Path, Put, Table, Update
from pivotr.storage import conditions
from pivotr.storage.codec import campaign_from, campaign_item
from pivotr.storage.schema import STATUS_INDEX


def create(campaign: Campaign) -> Put:
    """A new campaign; refused where the id is taken."""
    return Put(names.CAMPAIGNS, campaign_item(campaign), Absent("id"))


def transition(campaign: str, verb: Verb, *, now: datetime, reason: str = "", **values: Any) -> Update:
    """Go to another state, from the allowed sources only."""
    sources, target = TRANSITIONS[verb]
    facts: dict[Path, Any] = {"status": target, "reason": reason}
    facts.update(values)
    if verb == "start":
        facts["started_at"] = to_text(now)
    if target in ("completed", "aborted"):
        facts["ended_at"] = to_text(now)
    change = Change(set=facts, add={"rev": 1})
    return Update(names.CAMPAIGNS, (campaign,), change, conditions.campaign_in(sources))


def edit(campaign: Campaign, **values: Any) -> Update:
    """Change settings of a campaign, under the revision that was read."""
    changed: dict[Path, Any] = {}
    changed.update(values)
    change = Change(set=changed, add={"rev": 1})
    return Update(names.CAMPAIGNS, (campaign.id,), change, conditions.rev_is(campaign.rev))


def advance_enrolment(campaign: Campaign, cursor: str, *, done: bool, position: int,
                      left_out: dict[str, int]) -> Update:  # fmt: skip
    """The enrolment has come one slice further; only while the campaign runs and nobody else did the same."""
    change = Change(
        set={"enrol": {"cursor": cursor, "done": done, "position": position, "left_out": left_out}}
    )
    condition = All(
        (
            Equals("status", "running"),
            Equals(("enrol", "cursor"), campaign.enrol.cursor),
            Equals(("enrol", "done"), False),
            Equals(("enrol", "position"), campaign.enrol.position),
        )
    )
    return Update(names.CAMPAIGNS, (campaign.id,), change, condition)


def complete(campaign: Campaign, *, now: datetime) -> Update:
    """The campaign is over: still running, untouched since it was read, and everybody is enrolled."""
    change = Change(set={"status": "completed", "reason": "", "ended_at": to_text(now)}, add={"rev": 1})
    condition = All(
        (
            Equals("status", "running"),
            conditions.rev_is(campaign.rev),
            Equals(("enrol", "done"), True),
        )
    )
    return Update(names.CAMPAIGNS, (campaign.id,), change, condition)


def swept(campaign: Campaign) -> Update:
    """An aborted campaign has given back every lead."""
    condition = All((Equals("status", "aborted"), conditions.rev_is(campaign.rev)))
    return Update(names.CAMPAIGNS, (campaign.id,), Change(set={"swept": True}), condition)


class Campaigns:
    """Reads of campaigns."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, campaign: str, *, consistent: bool = False) -> Campaign | None:
        """One campaign."""
        item = self._table.get(names.CAMPAIGNS, (campaign,), consistent=consistent)
        return campaign_from(item) if item else None

    def with_status(self, *statuses: str) -> Iterator[Campaign]:
        """Campaigns in any of the states, oldest first within each; read consistently."""
        for status in statuses:
            cursor: str | None = None
            while True:
                page = self._table.query(
                    names.CAMPAIGNS, status, index=STATUS_INDEX, limit=100, cursor=cursor
                )
                keys = [(names.CAMPAIGNS, (item["id"],)) for item in page.items]
                for item in self._table.get_many(keys, consistent=True) if keys else []:
                    if item and item["status"] == status:
                        yield campaign_from(item)
                if (cursor := page.cursor) is None:
                    break

    def all(self) -> list[Campaign]:
        """Every campaign, newest first; for lists only."""
        found = list(self.with_status("draft", "running", "paused", "completed", "aborted"))
        return sorted(found, key=lambda campaign: campaign.created_at, reverse=True)
