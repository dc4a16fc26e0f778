"""Explaining a lead of a campaign: reads lead, lane, log and place in the queue. Writes nothing."""

from __future__ import annotations

from datetime import datetime

from pivotr.domain.addresses import judge
from pivotr.domain.audience import why_left_out
from pivotr.domain.campaigns import Campaign
from pivotr.domain.explanations import Explanation, Facts, explain
from pivotr.domain.forecast import forecast
from pivotr.domain.forecast_plans import CampaignPlan, Plan, lane_plan
from pivotr.domain.instants import from_text, local_day
from pivotr.domain.lanes import Lane
from pivotr.domain.leads import Lead, lead_id
from pivotr.errors import NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import Between, Table
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.lanes import Lanes
from pivotr.storage.leads import Leads, due_at
from pivotr.storage.log import Log
from pivotr.storage.memberships import Memberships
from pivotr.storage.metrics import Metrics
from pivotr.storage.recent import Recent
from pivotr.storage.schema import queue_key
from pivotr.storage.settings import SettingsStore
from pivotr.storage.suppressions import Suppressions

_PAGE = 1000


class Explaining:
    """Says why a lead is in its state, what happens next, and when."""

    def __init__(self, *, table: Table, clock: Clock, recent: Recent, key: bytes) -> None:
        self._clock = clock
        self._recent = recent
        self._key = key
        self._campaigns = Campaigns(table)
        self._lanes = Lanes(table)
        self._leads = Leads(table)
        self._log = Log(table)
        self._memberships = Memberships(table)
        self._metrics = Metrics(table)
        self._settings = SettingsStore(table)
        self._suppressions = Suppressions(table, key)

    def next_due(self, campaign: Campaign) -> datetime | None:
        """When the next lead of a campaign falls due; None where one waits already, or nobody does."""
        now = self._clock.now()
        heads = (
            self._leads.waiting(queue_key(campaign.id, sender), Between(), limit=1)[0]
            for sender in campaign.all_senders
        )
        dues = [due_at(rows[0].due) for rows in heads if rows]
        coming = [at for at in dues if at is not None and at > now]
        return min(coming) if coming and len(coming) == len(dues) else None

    def explain(self, campaign_id: str, lead: str) -> Explanation:
        """The story of a lead (address or id) in a campaign. Raises NotFound for either."""
        campaign = self._campaigns.get(campaign_id, consistent=True)
        if campaign is None:
            raise NotFound(
                f"There is no campaign “{campaign_id}”.", hint="See all with: pivotr campaign list"
            )
        person = self._lead(lead)
        now = self._clock.now()
        lane = self._lanes.get(person.sender, consistent=True) if person.sender else None
        suppression = self._suppressions.find(person.email) if person.email else None
        is_ours = campaign.id in person.seen
        is_member = not is_ours and bool(set(campaign.lists) & set(self._memberships.of_lead(person.id)))
        left_out = (
            "" if is_ours else why_left_out(campaign, person, now, is_suppressed=suppression is not None)
        )
        ahead = self._ahead(person, now) if person.is_waiting else 0
        profile = self._recent.profile(person.sender) if person.sender else None
        guard = self._settings.guard()
        return explain(
            Facts(
                campaign=campaign,
                lead=person,
                lane=lane,
                sender=profile.address if profile else person.sender,
                now=now,
                suppression=suppression,
                is_member=is_member,
                left_out=left_out,
                ahead=ahead,
                about=self._about(campaign, person, lane, ahead, now),
                guard=str(guard.get("reason", "it has tripped")) if guard.get("tripped") else "",
                entries=[item for item in self._log.of_lead(person.id) if item["campaignId"] == campaign.id],
            )
        )

    def _lead(self, key: str) -> Lead:
        text = key.strip()
        identity = lead_id(self._key, judge(text).normalized or text.lower()) if "@" in text else text
        found = self._leads.get(identity, consistent=True)
        if found is None:
            raise NotFound(f"There is no lead “{key}”.", hint="See all with: pivotr leads list")
        return found

    def _ahead(self, lead: Lead, now: datetime) -> int:
        """Waiting leads of the same queue whose turn is before this one's."""
        due = lead.due or ""
        count = 0
        cursor: str | None = None
        while True:
            rows, cursor = self._leads.waiting(lead.queue, Between(None, due), limit=_PAGE, cursor=cursor)
            count += sum(
                row.id != lead.id and (row.due.startswith("~") or from_text(row.due) <= now) for row in rows
            )
            if cursor is None:
                return count

    def _about(
        self, campaign: Campaign, lead: Lead, lane: Lane | None, ahead: int, now: datetime
    ) -> datetime | None:
        """When its mail leaves if nothing changes: the forecast of those before it and itself."""
        due = (lead.due or "").lstrip("~")
        is_able = lane is not None and lane.open and not lane.stopped and campaign.status == "running"
        entry = lane.campaigns.get(campaign.id) if lane else None
        if (
            lane is None
            or entry is None
            or not is_able
            or not lead.is_waiting
            or lead.campaign != campaign.id
        ):
            return None
        start = max(now, from_text(due)) if "T" in due else now
        profile = self._recent.profile(lane.id)
        used = entry.used if entry.day == local_day(start, campaign.zone) else 0
        preferences = self._recent.preferences()
        day = self._metrics.account_day(local_day(start, preferences.zone))
        plan = Plan(
            start=start,
            campaign=CampaignPlan(
                id=campaign.id,
                window=campaign.window,
                gap=campaign.gap,
                shares={lane.id: entry.share},
                leads={lane.id: ahead + 1},
                used={lane.id: used},
            ),
            lanes=(lane_plan(lane, campaign, profile.gap if profile else None, start),),
            account_cap=preferences.whole("account.cap"),
            account_zone=preferences.zone,
            account_used=int(day.get("used", 0)),
        )
        found = forecast(plan).finish
        return found.middle if found else None
