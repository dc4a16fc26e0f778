"""A stronger event meets a lead: bounce, complaint, unsubscribe, reply, deletion.

One update for all of them, under the state that was read, always in the transaction of what caused it, so
that no claim can race past. An open claim stays open until its owner or the heartbeat closes it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pivotr import names
from pivotr.domain.instants import local_day
from pivotr.domain.leads import Lead, LeadStatus, is_stronger
from pivotr.ports.table import Change, Condition, Path, Update
from pivotr.storage import conditions, metrics


def ends_a_wait(lead: Lead) -> bool:
    """True when a stronger event takes the lead out of a queue now."""
    return lead.due is not None and lead.claim is None


def unchanged(lead: Lead) -> Condition:
    """The lead is as it was read, its transient bounces included."""
    return conditions.both(conditions.as_read(lead), conditions.soft_as_read(lead))


def stronger(
    lead: Lead, status: LeadStatus, *, reason: str = "", is_evidence: bool = False, soft: str = "",
    over: tuple[LeadStatus, ...] = (), values: dict[Path, Any] | None = None, remove: tuple[Path, ...] = (),
) -> Update:  # fmt: skip
    """Raise the lead's state and end its waiting. `is_evidence`: the event settles the lead's doubt.

    `soft` is the attempt of a transient bounce that is added to the lead's set; `over` names states that give
    way although they are not weaker.
    """
    changed: dict[Path, Any] = dict(values or {})
    gone: list[Path] = list(remove)
    if is_stronger(status, lead.status) or lead.status in over:
        changed["status"] = status
        if reason:
            changed["reason"] = reason
    if ends_a_wait(lead):
        gone.append("due")
    if is_evidence:
        gone.append("doubt")
    include: dict[Path, frozenset[str]] = {"soft": frozenset({soft})} if soft else {}
    condition = unchanged(lead)
    return Update(
        names.LEADS, (lead.id,), Change(set=changed, remove=tuple(gone), include=include), condition
    )


def count_end(tally: metrics.Tally, lead: Lead, zone: str, now: datetime) -> None:
    """Count the end of the wait in the campaign in which the lead waits now, if it waits."""
    if ends_a_wait(lead):
        tally.add(lead.campaign, local_day(now, zone), {"finished": 1})
