"""Giving waiting leads back: after an abort, on `campaign remove`, and when a sender leaves a campaign.

A claimed lead is left: its mail may be on its way. Say it again when that mail is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pivotr.domain.campaigns import Campaign
from pivotr.domain.instants import local_day
from pivotr.domain.leads import Lead, LeadStatus
from pivotr.ports.clock import Clock
from pivotr.ports.table import Table, TransactionCancelled, Write
from pivotr.storage import leads as lead_writes
from pivotr.storage import log, metrics, transactions

SLICE = 40


def _back_to(lead: Lead) -> LeadStatus:
    """What a withdrawn lead becomes: at step 1 what it was before, later `sent`, for it has been mailed."""
    return (lead.before or "new") if lead.step <= 1 else "sent"


def withdraw(
    table: Table, campaign: Campaign, leads: Sequence[Lead], *, now: datetime, clock: Clock, actor: str = "",
    reason: str = "",
) -> int:  # fmt: skip
    """Withdraw up to 40 leads that were read as waiting in this campaign; returns how many it were."""
    waiting = [lead for lead in leads if lead.is_waiting and lead.campaign == campaign.id][:SLICE]
    while waiting:
        try:
            transactions.run(
                table,
                _writes(campaign, waiting, now, clock, actor=actor, reason=reason),
                token=clock.token(),
                clock=clock,
            )
            return len(waiting)
        except TransactionCancelled as cancelled:
            refused = {lead.id for lead, why in zip(waiting, cancelled.reasons, strict=False) if why}
            if not refused:
                return 0
            waiting = [lead for lead in waiting if lead.id not in refused]
    return 0


def _writes(
    campaign: Campaign, waiting: list[Lead], now: datetime, clock: Clock, *, actor: str, reason: str
) -> list[Write]:
    writes: list[Write] = [lead_writes.end(lead, _back_to(lead), before=None) for lead in waiting]
    for lead in waiting:
        key = log.plain_key(now, clock.token(), lead.id, "withdrawn")
        writes.append(
            log.entry(
                campaign.id,
                key,
                "withdrawn",
                at=now,
                lead=lead.id,
                step=lead.step,
                actor=actor,
                reason=reason,
            )
        )
    count = len(waiting)
    counts = {"withdrawn": count, "finished": count, "returned": count}
    writes.append(metrics.counters(campaign.id, local_day(now, campaign.zone), counts))
    return writes
