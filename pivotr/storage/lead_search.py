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
#: Readings that one page may cost, whatever the number of leads; it may come out short.
_READINGS = 20


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


def search_page(table: Table, wanted: Wanted, *, limit: int, cursor: str = "") -> tuple[list[Lead], str]:
    """Up to `limit` wanted leads from a cursor on, and the cursor behind them, empty at the end.

    A page may be short, even empty, and still have a cursor. Raises InvalidInput for a foreign cursor.
    """
    store, memberships = Leads(table), Memberships(table)
    is_of_list = bool(wanted.list and wanted.domain)
    found: list[Lead] = []
    for _ in range(_READINGS):
        leads, cursor = _some(store, memberships, wanted, limit - len(found), cursor)
        found += [
            lead
            for lead in leads
            if wanted.takes(lead) and (not is_of_list or wanted.list in memberships.of_lead(lead.id))
        ]
        if not cursor or len(found) == limit:
            break
    return found, cursor


def _some(
    store: Leads, memberships: Memberships, wanted: Wanted, limit: int, cursor: str
) -> tuple[list[Lead], str]:
    if wanted.list and not wanted.domain:
        ids = memberships.page(wanted.list, after=cursor, limit=min(limit, _PAGE - 1) + 1)
        some = ids[: min(limit, _PAGE - 1)]
        leads = [lead for lead in store.get_many(some) if lead] if some else []
        return leads, some[-1] if len(ids) > len(some) else ""
    page = _page(store, wanted, cursor or None, min(limit, _PAGE))
    return [lead_from(item) for item in page.items], page.cursor or ""


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
        found = _page(store, wanted, cursor, _PAGE)
        yield from (lead_from(item) for item in found.items)
        if (cursor := found.cursor) is None:
            return


def _page(store: Leads, wanted: Wanted, cursor: str | None, limit: int) -> Page:
    if wanted.domain:
        return store.at_domain(wanted.domain, limit=limit, cursor=cursor)
    if wanted.status:
        return store.with_status(wanted.status, limit=limit, cursor=cursor)
    return store.all(limit=limit, cursor=cursor)
