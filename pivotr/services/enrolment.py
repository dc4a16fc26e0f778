"""Enrolment: the audience of a campaign waits in slices, one transaction each, from the start on.

A slice is bound to the cursor that was read, so two heartbeats cannot enrol the same members twice; each lead
is bound to being free, so nobody is in two live campaigns and nobody meets a campaign again.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from pivotr.domain.audience import draw_sender, why_left_out
from pivotr.domain.campaigns import Campaign
from pivotr.domain.instants import local_day
from pivotr.domain.leads import ENROLLABLE, Lead
from pivotr.ports.clock import Clock
from pivotr.ports.table import Table, TransactionCancelled, Write
from pivotr.storage import campaigns as campaign_writes
from pivotr.storage import leads as lead_writes
from pivotr.storage import metrics, transactions
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.leads import Leads
from pivotr.storage.memberships import Memberships
from pivotr.storage.recent import Recent
from pivotr.storage.suppressions import Suppressions

#: Members per slice: with counters and the campaign well below the 100 writes of a transaction.
SLICE = 40


class Enrolment:
    """Brings a campaign's enrolment forward."""

    def __init__(self, *, table: Table, clock: Clock, recent: Recent, key: bytes) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._campaigns = Campaigns(table)
        self._leads = Leads(table)
        self._memberships = Memberships(table)
        self._suppressions = Suppressions(table, key)

    def enrol(self, campaign: Campaign) -> tuple[Campaign, int] | None:
        """Enrol one slice: the campaign after it, and how many leads wait now because of it.

        None: it is done, the campaign does not run, or somebody else was faster.
        """
        if campaign.enrol.done or campaign.status != "running":
            return None
        now = self._clock.now()
        members, cursor, is_done = self._members(campaign)
        found = [lead for lead in self._leads.get_many(members) if lead] if members else []
        chosen, left_out = self._audience(campaign, found, now)
        for _ in range(SLICE + 1):
            try:
                self._write(campaign, chosen, cursor, left_out, now, is_done=is_done)
                fresh = self._campaigns.get(campaign.id, consistent=True)
                return fresh or campaign, len(chosen)
            except TransactionCancelled as cancelled:
                refused = {lead.id for lead, reason in zip(chosen, cancelled.reasons, strict=False) if reason}
                if not refused:
                    return None
                chosen = [lead for lead in chosen if lead.id not in refused]
                left_out["busy"] += len(refused)
        return None

    def _members(self, campaign: Campaign) -> tuple[list[str], str, bool]:
        """The next members, the cursor behind them, and whether the lists end there."""
        number, _, after = campaign.enrol.cursor.partition(":")
        at = int(number or 0)
        while at < len(campaign.lists):
            page = self._memberships.page(campaign.lists[at], after=after, limit=SLICE)
            if page:
                return page, f"{at}:{page[-1]}", False
            at, after = at + 1, ""
        return [], f"{at}:", True

    def _audience(
        self, campaign: Campaign, found: list[Lead], now: datetime
    ) -> tuple[list[Lead], Counter[str]]:
        """Who of the leads passes the filters, and why the others do not."""
        left_out: Counter[str] = Counter(campaign.enrol.left_out)
        chosen: list[Lead] = []
        suppressed = self._suppressions.suppressed([lead.email for lead in found if lead.email])
        needs_basis = self._recent.preferences().flag("basis.required")
        seen: set[str] = set()
        for lead in found:
            reason = why_left_out(
                campaign, lead, now, is_suppressed=lead.email in suppressed, needs_basis=needs_basis
            )
            if reason == "enrolled" or lead.id in seen:
                continue
            seen.add(lead.id)
            if reason:
                left_out[reason] += 1
            else:
                chosen.append(lead)
        return chosen, left_out

    def _write(
        self,
        campaign: Campaign,
        chosen: list[Lead],
        cursor: str,
        left_out: Counter[str],
        now: datetime,
        *,
        is_done: bool,
    ) -> None:
        first = campaign.enrol.position
        statuses = campaign.filters.statuses or ENROLLABLE
        writes: list[Write] = [
            lead_writes.enrol(lead, campaign.id, draw_sender(campaign, lead.id), first + place, statuses)
            for place, lead in enumerate(chosen)
        ]
        if chosen:
            day = local_day(now, campaign.zone)
            writes.append(metrics.counters(campaign.id, day, {"enrolled": len(chosen)}))
        writes.append(
            campaign_writes.advance_enrolment(
                campaign, cursor, done=is_done, position=first + len(chosen), left_out=dict(left_out)
            )
        )
        transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
