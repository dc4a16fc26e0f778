"""A waiting lead leaves its queue without a mail: the lead, the log and the counters in one transaction."""

from __future__ import annotations

import logging
from datetime import datetime

from pivotr.domain.campaigns import Campaign
from pivotr.domain.instants import local_day
from pivotr.domain.leads import Lead
from pivotr.ports.clock import Clock
from pivotr.ports.table import Table, TransactionCancelled, Write
from pivotr.storage import leads, log, metrics, transactions

_log = logging.getLogger(__name__)


def skip(table: Table, campaign: Campaign, lead: Lead, reason: str, *, now: datetime, clock: Clock) -> None:
    """The lead is not eligible: skipped for this campaign, with the reason and what was learnt about it."""
    write = leads.end(lead, "skipped", reason=reason, **leads.verdict_values(lead))
    _finish(table, campaign, lead, write, reason, now=now, clock=clock)


def end_sequence(table: Table, campaign: Campaign, lead: Lead, *, now: datetime, clock: Clock) -> None:
    """The lead's step was cut from the campaign: its sequence ends."""
    reason = "step removed"
    write = leads.end(lead, "sent" if lead.step > 1 else "skipped", reason=reason)
    _finish(table, campaign, lead, write, reason, now=now, clock=clock)


def _finish(
    table: Table, campaign: Campaign, lead: Lead, write: Write, reason: str, *, now: datetime, clock: Clock
) -> None:
    entry = log.entry(
        campaign.id,
        log.plain_key(now, clock.token(), lead.id, "skipped"),
        "skipped",
        at=now,
        lead=lead.id,
        sender=lead.sender,
        step=lead.step,
        reason=reason,
    )
    day = local_day(now, campaign.zone)
    counts = metrics.counters(campaign.id, day, {"skipped": 1, "finished": 1})
    try:
        transactions.run(table, [write, entry, counts], token=clock.token(), clock=clock)
    except TransactionCancelled:
        _log.info("lead %s changed while it was skipped", lead.id)
