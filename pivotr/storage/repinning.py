"""A sender has left a campaign: its waiting first mails go to the others, its later steps end as sent."""

from __future__ import annotations

from datetime import datetime

from pivotr.domain.campaigns import Campaign
from pivotr.domain.chance import seeded
from pivotr.domain.instants import local_day
from pivotr.domain.leads import Lead
from pivotr.ports.clock import Clock
from pivotr.ports.table import ConditionFailed, Table, TransactionCancelled, Write
from pivotr.storage import conditions, log, metrics, transactions
from pivotr.storage import leads as lead_writes
from pivotr.storage.leads import Leads
from pivotr.storage.schema import queue_key


def repin(
    table: Table, campaign: Campaign, gone: str, *, now: datetime, clock: Clock, limit: int = 200
) -> int:
    """Move up to `limit` waiting leads away from a sender that has left; returns how many moved or ended.

    Only first mails move, unless the operator has said that the sequences shall: none changes its mailbox by
    itself.
    """
    store = Leads(table)
    count = 0
    rows = [row for _, row in zip(range(limit), store.open_in(queue_key(campaign.id, gone)), strict=False)]
    for start in range(0, len(rows), 100):
        leads = store.get_many([row.id for row in rows[start : start + 100]], consistent=True)
        for lead in leads:
            if lead is None or not lead.is_waiting or lead.queue != queue_key(campaign.id, gone):
                continue
            if lead.step == 1 or gone in campaign.moving:
                count += _move(table, campaign, lead)
            else:
                count += _end(table, campaign, lead, now, clock)
    return count


def _move(table: Table, campaign: Campaign, lead: Lead) -> bool:
    senders = sorted(campaign.senders)
    chosen = senders[seeded(campaign.id, lead.id, "sender again") % len(senders)]
    write = lead_writes.update(lead.id, conditions.waits_as_read(lead), queue=queue_key(campaign.id, chosen))
    try:
        table.update(write.table, write.key, write.change, condition=write.condition)
    except ConditionFailed:
        return False
    return True


def _end(table: Table, campaign: Campaign, lead: Lead, now: datetime, clock: Clock) -> bool:
    key = log.plain_key(now, clock.token(), lead.id, "withdrawn")
    writes: list[Write] = [
        lead_writes.end(lead, "sent", reason="sender left"),
        log.entry(campaign.id, key, "withdrawn", at=now, lead=lead.id, step=lead.step, reason="sender left"),
        metrics.counters(campaign.id, local_day(now, campaign.zone), {"withdrawn": 1, "finished": 1}),
    ]
    try:
        transactions.run(table, writes, token=clock.token(), clock=clock)
    except TransactionCancelled:
        return False
    return True
