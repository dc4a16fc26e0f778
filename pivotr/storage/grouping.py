"""What happened, by mailbox, step, receiving domain or list: a recount of the log."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from pivotr.domain.campaigns import Campaign
from pivotr.domain.funnels import STAGES, By
from pivotr.ports.table import Table
from pivotr.storage.leads import Leads
from pivotr.storage.log_figures import counted
from pivotr.storage.memberships import Memberships
from pivotr.storage.recent import Recent

Group = tuple[str, str, Counter[str]]
_PAGE = 100
_NOBODY = {"sender": "(no mail)", "step": "(no mail)"}


def grouped(
    table: Table, recent: Recent, campaigns: Iterable[Campaign], by: By, *, since: str = ""
) -> list[Group]:
    """(key, name, counters) of every group, the largest first; steps in their order.

    A lead on two lists of its campaign counts for both. Reads the log, and for domains and lists the leads or
    members that it names.
    """
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for campaign in campaigns:
        of_lead: dict[str, Counter[str]] = defaultdict(Counter)
        for one in counted(table, campaign, since=since):
            if by == "sender":
                found[one.sender][one.kind] += 1
            elif by == "step":
                found[str(one.step or "")][one.kind] += 1
            else:
                of_lead[one.lead][one.kind] += 1
        for lead, keys in _keys(table, campaign, by, list(of_lead)).items():
            for key in keys:
                found[key].update(of_lead[lead])
    groups = [
        (key, _name(recent, by, key), counts)
        for key, counts in found.items()
        if key or any(counts[stage] for stage in STAGES)
    ]
    if by == "step":
        return sorted(groups, key=lambda group: (not group[0], group[0].zfill(6)))
    return sorted(groups, key=lambda group: (-group[2]["sent"], group[1]))


def _keys(table: Table, campaign: Campaign, by: By, leads: list[str]) -> dict[str, list[str]]:
    """Lead → the groups that it counts for."""
    if by == "domain":
        store = Leads(table)
        pages = (leads[start : start + _PAGE] for start in range(0, len(leads), _PAGE))
        return {
            key: [lead.domain if lead else ""]
            for page in pages
            for key, lead in zip(page, store.get_many(page), strict=True)
        }
    if by != "list":
        return {}
    wanted: dict[str, list[str]] = {lead: [] for lead in leads}
    for name in campaign.lists:
        for member in Memberships(table).members(name):
            if member in wanted:
                wanted[member].append(name)
    return {lead: names or [""] for lead, names in wanted.items()}


def _name(recent: Recent, by: By, key: str) -> str:
    if by == "sender" and key:
        profile = recent.profile(key)
        return profile.address if profile else key
    if by == "step" and key:
        return f"step {key}"
    return key or _NOBODY.get(by, "(unknown)")
