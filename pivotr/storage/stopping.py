"""Stopping a person: suppress, unsubscribe, reply, delete. Suppression, lead and log in one transaction."""

from __future__ import annotations

from typing import Any

from pivotr.domain.instants import local_day
from pivotr.domain.leads import Lead, LeadStatus, is_stronger
from pivotr.domain.suppression import Suppression
from pivotr.errors import Unavailable
from pivotr.ports.clock import Clock
from pivotr.ports.table import Path, Table, TransactionCancelled, Write
from pivotr.storage import endings, log, metrics, suppressions, transactions
from pivotr.storage.leads import Leads
from pivotr.storage.recent import Recent
from pivotr.storage.schema import ACCOUNT

_TRIES = 12


def stop(
    table: Table,
    lead_id: str,
    status: LeadStatus,
    *,
    clock: Clock,
    recent: Recent,
    kind: str,
    suppression: Suppression | None = None,
    reason: str = "",
    actor: str = "",
    remove: tuple[Path, ...] = (),
    **facts: Any,
) -> Lead | None:
    """Raise a lead's state and suppress its address; returns the lead as it was, None where there is none.

    Saying it again for a lead in that state or a stronger one writes the suppression only.
    Raises Unavailable.
    """
    for attempt in range(_TRIES):
        now = clock.now()
        lead = Leads(table).get(lead_id, consistent=True)
        writes: list[Write] = [suppressions.put(suppression)] if suppression else []
        if lead and lead.status != "deleted":
            campaign = recent.campaign(lead.campaign) if lead.campaign else None
            zone = campaign.zone if campaign else recent.preferences().zone
            partition = campaign.id if campaign else ACCOUNT
            tally = metrics.Tally()
            endings.count_end(tally, lead, zone, now)
            is_news = is_stronger(status, lead.status)
            if is_news:
                tally.add(partition, local_day(now, zone), {kind: 1})
                key = log.plain_key(now, clock.token(), lead.id, kind)
                writes.append(
                    log.entry(partition, key, kind, at=now, lead=lead.id, actor=actor, reason=reason, **facts)
                )
            writes.append(endings.stronger(lead, status, reason=reason, remove=remove))
            writes += tally.writes()
        if not writes:
            return lead
        try:
            transactions.run(table, writes, token=clock.token(), clock=clock)
        except TransactionCancelled:
            clock.sleep(0.01 * attempt)
            continue
        return lead
    raise Unavailable("The lead changed too often to be stopped.", hint="Try again.")
