"""The members of a campaign's lists, each once, and why any of them is left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from pivotr.domain.audience import why_left_out
from pivotr.domain.campaigns import Campaign
from pivotr.domain.leads import Lead
from pivotr.errors import NotFound
from pivotr.ports.table import Table
from pivotr.storage.leads import Leads
from pivotr.storage.memberships import Memberships
from pivotr.storage.suppressions import Suppressions

#: Leads that are read in one call: as many suppressions of their own and of their domains go into another.
_PAGE = 50


class Audience:
    """Reads an audience before it is enrolled."""

    def __init__(self, table: Table, key: bytes) -> None:
        self._leads = Leads(table)
        self._memberships = Memberships(table)
        self._suppressions = Suppressions(table, key)

    def first(self, campaign: Campaign, now: datetime, count: int) -> list[Lead]:
        """The first so many who are enrolled or would be. Raises NotFound where there is nobody."""
        members = (lead for lead, why in self.members(campaign, now) if why in ("", "enrolled"))
        found = list(islice(members, count))
        if not found:
            raise NotFound(
                f"Nobody is in the audience of “{campaign.name}” yet.",
                hint=f"Import leads: pivotr leads import FILE --list {campaign.lists[0]}",
            )
        return found

    def members(
        self, campaign: Campaign, now: datetime, *, needs_basis: bool = False
    ) -> Iterator[tuple[Lead, str]]:
        """Every member in the order of the lists, with the word for why it is left out, "" where it is not.

        Members that were deleted do not come. Words: `domain.audience.why_left_out`.
        """
        has_suppressions = self._suppressions.any()
        seen: set[str] = set()
        for name in campaign.lists:
            after = ""
            while page := self._memberships.page(name, after=after, limit=_PAGE):
                after = page[-1]
                fresh = [lead for lead in page if lead not in seen]
                seen.update(fresh)
                leads = [lead for lead in self._leads.get_many(fresh) if lead and lead.email]
                emails = [lead.email for lead in leads]
                suppressed = self._suppressions.suppressed(emails) if has_suppressions and emails else {}
                for lead in leads:
                    is_suppressed = lead.email in suppressed
                    yield (
                        lead,
                        why_left_out(
                            campaign, lead, now, is_suppressed=is_suppressed, needs_basis=needs_basis
                        ),
                    )
