"""Forecasts: reads a campaign as it stands, its mailboxes and limits, and plays them forward."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from pivotr.domain.audience import draw_sender, why_left_out
from pivotr.domain.campaigns import Campaign, split_cap
from pivotr.domain.forecast import Forecast, forecast
from pivotr.domain.forecast_plans import CampaignPlan, LanePlan, Plan, lane_plan
from pivotr.domain.instants import from_text, local_day
from pivotr.domain.lanes import Lane, LaneRamp
from pivotr.domain.pacing import Gap, Ramp
from pivotr.domain.verification import is_fresh
from pivotr.domain.windows import Window, next_open
from pivotr.errors import Conflict, InvalidInput, NotFound, PivotrError
from pivotr.ports.clock import Clock
from pivotr.ports.mailer import Quota
from pivotr.ports.table import Between, Table
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.lanes import Lanes
from pivotr.storage.leads import Leads, Waiting
from pivotr.storage.memberships import Memberships
from pivotr.storage.metrics import Metrics
from pivotr.storage.recent import Recent
from pivotr.storage.schema import queue_key
from pivotr.storage.suppressions import Suppressions

#: Leads that are looked at one by one; of more, the rest is taken to be like these.
_EXACT = 5000
_READ = 100
_SUPPRESSIONS = 50
#: A campaign's own share of skipped leads is believed from so many on.
_ENOUGH = 100


class Forecasts:
    """Day by day, when it ends, what it costs, what limits it: for a campaign, or for figures alone."""

    def __init__(self, *, table: Table, clock: Clock, recent: Recent, key: bytes,
                 quota: Callable[[], Quota | None], has_paid_verifier: bool) -> None:  # fmt: skip
        self._clock = clock
        self._recent = recent
        self._quota = quota
        self._has_paid_verifier = has_paid_verifier
        self._campaigns = Campaigns(table)
        self._lanes = Lanes(table)
        self._leads = Leads(table)
        self._memberships = Memberships(table)
        self._metrics = Metrics(table)
        self._suppressions = Suppressions(table, key)

    def campaign(
        self,
        key: str,
        *,
        cap: int | None = None,
        gap: Gap | None = None,
        window: Window | None = None,
        invalid_share: float | None = None,
    ) -> Forecast:
        """The forecast of a campaign as it is, or as it would be with another cap, gap or window.

        A draft and a paused one as if started now. `invalid_share` None: what the campaign has seen so far.
        Raises NotFound, Conflict for one that is over, InvalidInput for a cap below its senders' number.
        """
        campaign = self._campaigns.get(key, consistent=True)
        if campaign is None:
            raise NotFound(f"There is no campaign “{key}”.", hint="See all with: pivotr campaign list")
        if campaign.status in ("completed", "aborted"):
            raise Conflict(
                f"“{campaign.name}” is {campaign.status}: nothing more is to be expected of it.",
                hint=f"See what it did: pivotr metrics show --campaign {campaign.id}",
            )
        if cap is not None:
            update = {"cap": cap, "shares": split_cap(cap, campaign.senders)}
            campaign = campaign.model_copy(update=update)
        campaign = campaign.model_copy(
            update={"gap": gap or campaign.gap, "window": window or campaign.window}
        )
        return forecast(self._plan(campaign, self._clock.now(), invalid_share))

    def figures(
        self,
        leads: int,
        *,
        cap: int,
        gap: Gap,
        window: Window,
        senders: int = 1,
        ramp: Ramp | None = None,
        delays: tuple[int, ...] = (),
        invalid_share: float = 0.0,
    ) -> Forecast:
        """The forecast of a campaign that does not exist, from fresh mailboxes. Raises InvalidInput."""
        if leads < 1 or senders < 1:
            raise InvalidInput("A forecast needs at least one lead.", hint="Use --leads 1000, for example.")
        ids = tuple(f"mailbox-{number}" for number in range(1, senders + 1))
        start = self._clock.now()
        self._check_window(window, start)
        state = LaneRamp(0, ramp.start, ramp.step, ramp.maximum) if ramp else None
        shares = split_cap(cap, ids)
        lanes = tuple(LanePlan(one, window.zone, state.cap if state else max(cap, 1), state) for one in ids)
        plan = CampaignPlan("forecast", window, gap, shares, unpinned=leads, delays=delays)
        return forecast(self._account(start, plan, lanes, invalid_share=invalid_share))

    def _check_window(self, window: Window, start: datetime) -> None:
        if next_open(window, start) is None:
            raise InvalidInput(
                "This sending window never opens.",
                hint='For example: --window "mon-fri 09:30-17:30 Asia/Kolkata"',
            )

    def _plan(self, campaign: Campaign, now: datetime, invalid_share: float | None) -> Plan:
        self._check_window(campaign.window, now)
        others = [one for one in self._campaigns.with_status("running") if one.id != campaign.id]
        senders = {sender for one in (campaign, *others) for sender in one.senders}
        known = self._lanes.get_many(sorted(senders), consistent=True)
        lanes = {key: lane for key, lane in known.items() if lane.open and not lane.stopped}
        subject, unchecked = self._subject(campaign, known, now)
        totals = self._metrics.totals(campaign.id)
        if invalid_share is None:
            seen = totals["skipped"] + totals["sent"]
            invalid_share = totals["skipped"] / seen if seen >= _ENOUGH else 0.0
        plans = tuple(lane_plan(lanes[key], campaign, self._gap(key), now) for key in sorted(lanes))
        rest = tuple(self._other(one, known, now) for one in others)
        day = self._metrics.account_day(local_day(now, self._recent.preferences().zone))
        used = int(day.get("used", 0))
        return self._account(
            now, subject, plans, others=rest, invalid_share=invalid_share, unchecked=unchecked, used=used
        )

    def _account(self, start: datetime, campaign: CampaignPlan, lanes: tuple[LanePlan, ...],
                 *, others: tuple[CampaignPlan, ...] = (), invalid_share: float, unchecked: float = 1.0,
                 used: int = 0) -> Plan:  # fmt: skip
        preferences = self._recent.preferences()
        try:
            quota = self._quota()
        except PivotrError:
            quota = None
        is_limited = quota is not None and quota.max_24_hours >= 0
        return Plan(
            start=start,
            campaign=campaign,
            lanes=lanes,
            others=others,
            account_cap=preferences.whole("account.cap"),
            account_zone=preferences.zone,
            account_used=used,
            quota=int(quota.max_24_hours) if quota and is_limited else None,
            verifier_rate=preferences.number("verifier.rate") if self._has_paid_verifier else None,
            verdict_days=preferences.whole("verifier.days"),
            invalid_share=invalid_share,
            unchecked_share=unchecked,
        )

    def _subject(
        self, campaign: Campaign, lanes: dict[str, Lane], now: datetime
    ) -> tuple[CampaignPlan, float]:
        """The campaign with its leads by sender, and the share of them without a fresh verdict."""
        pinned: Counter[str] = Counter()
        follow_ups: dict[str, tuple[tuple[int, datetime], ...]] = {}
        if campaign.status != "draft":
            for sender in campaign.senders:
                rows = list(islice(self._rows(campaign.id, sender), _EXACT))
                pinned[sender] += sum(row.due.startswith("~") for row in rows)
                follow_ups[sender] = self._dated(campaign, rows)
        counted = pinned.total() + sum(map(len, follow_ups.values()))
        totals = self._metrics.totals(campaign.id, consistent=True)
        unpinned = max(0, totals["enrolled"] - totals["finished"] - counted)
        unchecked = 1.0
        if not campaign.enrol.done:
            coming, rest, unchecked = self._audience(campaign, now)
            pinned.update(coming)
            unpinned += rest
        plan = self._campaign_plan(
            campaign, lanes, now, pinned=dict(pinned), unpinned=unpinned, follow_ups=follow_ups
        )
        return plan, unchecked

    def _rows(self, campaign: str, sender: str) -> Iterator[Waiting]:
        cursor: str | None = None
        while True:
            rows, cursor = self._leads.waiting(
                queue_key(campaign, sender), Between(), limit=1000, cursor=cursor
            )
            yield from rows
            if cursor is None:
                return

    def _dated(self, campaign: Campaign, rows: list[Waiting]) -> tuple[tuple[int, datetime], ...]:
        """Follow-ups with their step and instant."""
        dated = [row for row in rows if not row.due.startswith("~")]
        if len(campaign.steps) <= 2:
            return tuple((2, from_text(row.due)) for row in dated)
        found: list[tuple[int, datetime]] = []
        for first in range(0, len(dated), _READ):
            part = dated[first : first + _READ]
            leads = self._leads.get_many([row.id for row in part])
            found += [(lead.step, from_text(row.due)) for lead, row in zip(leads, part, strict=True) if lead]
        return tuple(found)

    def _audience(self, campaign: Campaign, now: datetime) -> tuple[Counter[str], int, float]:
        """Leads still to be enrolled: by sender, how many more beyond the sample, share without verdict."""
        days = self._recent.preferences().whole("verifier.days")
        pinned: Counter[str] = Counter()
        members = dict.fromkeys(one for name in campaign.lists for one in self._memberships.members(name))
        ids = list(members)
        looked, unchecked = ids[:_EXACT], 0
        for first in range(0, len(looked), _SUPPRESSIONS):
            found = [lead for lead in self._leads.get_many(looked[first : first + _SUPPRESSIONS]) if lead]
            suppressed = self._suppressions.suppressed([lead.email for lead in found if lead.email])
            for lead in found:
                if not why_left_out(campaign, lead, now, is_suppressed=lead.email in suppressed):
                    pinned[draw_sender(campaign, lead.id)] += 1
                    unchecked += not is_fresh(lead.verified_at, now, days)
        chosen = pinned.total()
        rest = round((len(ids) - len(looked)) * chosen / len(looked)) if looked else 0
        return pinned, rest, unchecked / chosen if chosen else 1.0

    def _other(self, campaign: Campaign, lanes: dict[str, Lane], now: datetime) -> CampaignPlan:
        """Another live campaign: how many still wait, spread by its shares."""
        totals = self._metrics.totals(campaign.id)
        waiting = max(0, totals["enrolled"] - totals["finished"])
        return self._campaign_plan(campaign, lanes, now, pinned={}, unpinned=waiting, follow_ups={})

    def _campaign_plan(self, campaign: Campaign, lanes: dict[str, Lane], now: datetime, *,
                       pinned: dict[str, int], unpinned: int,
                       follow_ups: dict[str, tuple[tuple[int, datetime], ...]]) -> CampaignPlan:  # fmt: skip
        today = local_day(now, campaign.zone)
        entries = {key: lane.campaigns.get(campaign.id) for key, lane in lanes.items()}
        places = {key: 1 + lane.copies for key, lane in lanes.items()}
        used = {
            key: entry.used // places[key] for key, entry in entries.items() if entry and entry.day == today
        }
        shares = {key: max(1, share // places.get(key, 1)) for key, share in campaign.shares.items()}
        return CampaignPlan(
            id=campaign.id,
            window=campaign.window,
            gap=campaign.gap,
            shares=shares,
            leads=pinned,
            unpinned=unpinned,
            delays=tuple(step.delay_days for step in campaign.steps[1:]),
            follow_ups=follow_ups,
            used=used,
        )

    def _gap(self, sender: str) -> Gap | None:
        profile = self._recent.profile(sender)
        return profile.gap if profile else None
