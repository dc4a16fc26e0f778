"""Metrics: the account, the campaigns, and an audit that recounts them from the log and the leads (P7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from pivotr.domain.campaigns import Campaign
from pivotr.domain.funnels import By, Funnel, funnel
from pivotr.domain.instants import day_named, local_day
from pivotr.domain.reports import (
    AccountMetrics,
    AuditReport,
    CampaignMetrics,
    DayMetrics,
    Difference,
)
from pivotr.errors import NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import Item, Table
from pivotr.storage import guarding, log
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.codec import lead_from
from pivotr.storage.grouping import grouped
from pivotr.storage.leads import Leads
from pivotr.storage.log import Log
from pivotr.storage.metrics import KINDS, Metrics
from pivotr.storage.recent import Recent
from pivotr.storage.schema import ACCOUNT
from pivotr.storage.settings import SettingsStore

#: Looks at figures that may change while they are counted.
_LOOKS = 3


class MetricsReport:
    """Reads counters; changes nothing."""

    def __init__(self, *, table: Table, clock: Clock, recent: Recent) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._metrics = Metrics(table)
        self._campaigns = Campaigns(table)

    def account(self) -> AccountMetrics:
        """The account today and over the last seven days, and every campaign's sums."""
        now = self._clock.now()
        preferences = self._recent.preferences()
        today = local_day(now, preferences.zone)
        since = local_day(now - timedelta(days=guarding.WINDOW_DAYS - 1), preferences.zone)
        figures = guarding.account_figures(self._table, self._recent, now)
        health = guarding.account_health(self._table, self._recent, now)
        guard = SettingsStore(self._table).guard()
        day = self._metrics.account_day(today)
        return AccountMetrics(
            day=today,
            zone=preferences.zone,
            used=int(day.get("used", 0)),
            limit=int(day.get("limit", preferences.whole("account.cap"))),
            week_used=figures.sent,
            week_bounced=figures.bounced,
            week_complained=figures.complained,
            health=health.level,
            health_reason=health.reason,
            guard_tripped=bool(guard.get("tripped")),
            guard_reason=str(guard.get("reason", "")) if guard.get("tripped") else "",
            days=tuple(_day(item) for item in self._metrics.days(ACCOUNT, since=since)),
            campaigns=tuple(self._of(campaign, with_days=False) for campaign in self._campaigns.all()),
        )

    def campaign(self, key: str) -> CampaignMetrics:
        """One campaign with its days. Raises NotFound."""
        return self._of(self._get(key), with_days=True)

    def funnel(self, by: By, *, campaign: str = "", since: str = "") -> Funnel:
        """Enrolled to replied, by a group; `since` is a day. Raises NotFound, InvalidInput.

        Days and campaigns come from the counters, everything finer from a recount of the log.
        """
        since = day_named(since) if since else ""
        chosen = [self._get(campaign)] if campaign else self._campaigns.all()
        groups: Sequence[tuple[str, str, Mapping[str, int]]]
        if by == "day":
            groups = self._by_day(chosen, since)
        elif by == "campaign":
            groups = [
                (one.id, one.name, self._metrics.totals(one.id, since=since or None, consistent=True))
                for one in chosen
            ]
        else:
            groups = grouped(self._table, self._recent, chosen, by, since=since)
        levels = self._recent.preferences().levels
        return funnel(by, groups, levels, campaign=campaign, since=since)

    def _by_day(self, campaigns: Sequence[Campaign], since: str) -> list[tuple[str, str, Counter[str]]]:
        days: dict[str, Counter[str]] = {}
        for campaign in campaigns:
            for item in self._metrics.days(campaign.id, since=since or None, consistent=True):
                found = _day(item)
                days.setdefault(found.day, Counter()).update(found.counts)
        return [(day, day, counts) for day, counts in sorted(days.items())]

    def audit(self, key: str) -> AuditReport:
        """Recount one campaign. Reads its log and all leads; a running one is looked at again before a
        difference is told, since its figures move. Raises NotFound."""
        report = self._audit(self._get(key))
        for _ in range(_LOOKS - 1):
            if report.agrees:
                break
            report = self._audit(self._get(key))
        return report

    def _get(self, key: str) -> Campaign:
        campaign = self._campaigns.get(key, consistent=True)
        if campaign is None:
            raise NotFound(f"There is no campaign “{key}”.", hint="See all with: pivotr campaign list")
        return campaign

    def _of(self, campaign: Campaign, *, with_days: bool) -> CampaignMetrics:
        days = [_day(item) for item in self._metrics.days(campaign.id, consistent=True)]
        totals = dict.fromkeys((*KINDS, "enrolled", "finished", "returned", "in_doubt"), 0)
        for day in days:
            for name, count in day.counts.items():
                totals[name] = totals.get(name, 0) + count
        return CampaignMetrics(
            campaign=campaign.id,
            name=campaign.name,
            status=campaign.status,
            totals=totals,
            days=tuple(days) if with_days else (),
        )

    def _audit(self, campaign: Campaign) -> AuditReport:
        stored = {day.day: day.counts for day in self._of(campaign, with_days=True).days}
        recounted: dict[str, Counter[str]] = {}
        entries = 0
        for item in Log(self._table).of_campaign(campaign.id):
            entries += 1
            if item["kind"] in KINDS:
                day = log.day_of_key(item["timestamp"], campaign.zone)
                recounted.setdefault(day, Counter())[item["kind"]] += 1
        differences = [
            Difference(day=day, counter=kind, stored=was, recounted=found)
            for day in sorted(stored.keys() | recounted.keys())
            for kind in KINDS
            if (was := stored.get(day, {}).get(kind, 0)) != (found := recounted.get(day, Counter())[kind])
        ]
        gauges, leads = self._gauges(campaign.id)
        gauges["returned"] = sum(counts["withdrawn"] for counts in recounted.values())
        for name, found in gauges.items():
            was = sum(counts.get(name, 0) for counts in stored.values())
            if was != found:
                differences.append(Difference(day="", counter=name, stored=was, recounted=found))
        return AuditReport(campaign=campaign.id, entries=entries, leads=leads, differences=tuple(differences))

    def _gauges(self, campaign: str) -> tuple[dict[str, int], int]:
        """What the leads say: ever enrolled, finished, in doubt; and how many leads that is."""
        enrolled = waiting = doubts = 0
        cursor: str | None = None
        store = Leads(self._table)
        while True:
            page = store.all(limit=1000, cursor=cursor)
            for item in page.items:
                lead = lead_from(item)
                enrolled += campaign in lead.seen
                is_here = lead.campaign == campaign
                waiting += is_here and lead.due is not None
                doubts += is_here and lead.doubt is not None
            if (cursor := page.cursor) is None:
                break
        return {"enrolled": enrolled, "finished": enrolled - waiting, "in_doubt": doubts}, enrolled


def _day(item: Item) -> DayMetrics:
    counts = {
        name: value for name, value in item.items() if name not in ("campaignId", "date", "v") and
        type(value) is int and value
    }  # fmt: skip
    return DayMetrics(day=item["date"], counts=counts)
