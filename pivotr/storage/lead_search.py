"""Leads by what is said about them: the narrowest key is read, the rest is filtered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pivotr.domain.leads import Lead
from pivotr.ports.table import Page, Table
from pivotr.storage.codec import lead_from
from pivotr.storage.leads import Leads
from pivotr.storage.memberships import Memberships

#: Leads that are read together.
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which leads; what is empty says nothing. `campaign` is the id of one that has had them.

    `since` and `until` are days or instants between which a lead was stored, both included. Deleted leads are
    found only where their state is asked for.
    """

    status: str = ""
    list: str = ""
    domain: str = ""
    tag: str = ""
    campaign: str = ""
    verdict: str = ""
    since: str = ""
    until: str = ""

    def takes(self, lead: Lead) -> bool:
        """True where every filter but that of the list lets the lead pass."""
        if lead.status != self.status and (self.status or lead.status == "deleted"):
            return False
        return (
            self.domain in ("", lead.domain)
            and (not self.tag or self.tag in lead.tags)
            and (not self.campaign or self.campaign in lead.seen)
            and self.verdict in ("", lead.verdict or "none")
            and lead.created_at >= self.since
            and (not self.until or lead.created_at[: len(self.until)] <= self.until)
        )


def search(table: Table, wanted: Wanted) -> Iterator[Lead]:
    """Every lead that is wanted. Without list, domain or state all leads are read."""
    memberships = Memberships(table)
    members = set(memberships.members(wanted.list)) if wanted.list and wanted.domain else None
    for lead in _source(Leads(table), memberships, wanted):
        if wanted.takes(lead) and (members is None or lead.id in members):
            yield lead


def _source(store: Leads, memberships: Memberships, wanted: Wanted) -> Iterator[Lead]:
    """The leads of the narrowest filter that has a key of its own."""
    if wanted.list and not wanted.domain:
        after = ""
        while page := memberships.page(wanted.list, after=after, limit=_PAGE):
            yield from (lead for lead in store.get_many(page) if lead)
            after = page[-1]
        return
    cursor: str | None = None
    while True:
        found = _page(store, wanted, cursor)
        yield from (lead_from(item) for item in found.items)
        if (cursor := found.cursor) is None:
            return


def _page(store: Leads, wanted: Wanted, cursor: str | None) -> Page:
    if wanted.domain:
        return store.at_domain(wanted.domain, limit=_PAGE, cursor=cursor)
    if wanted.status:
        return store.with_status(wanted.status, limit=_PAGE, cursor=cursor)
    return store.all(limit=_PAGE, cursor=cursor)
