"""Lists: which there are, and who is in one. A list exists while it has a member."""

from __future__ import annotations

from dataclasses import dataclass

from pivotr.domain.campaigns import check_name
from pivotr.domain.leads import Lead, is_lead_id
from pivotr.errors import InvalidInput, NotFound
from pivotr.ports.table import Table
from pivotr.storage.leads import Leads
from pivotr.storage.memberships import EVERYONE, Memberships

#: Members of a list that are counted where nobody asks for all.
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class ListSize:
    """A list and its members; where `is_whole` is false there are more than those."""

    name: str
    members: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class ListPage:
    """Some members of a list in the order of their ids; `cursor` goes on, empty when there is no more."""

    name: str
    members: list[Lead]
    cursor: str


class Lists:
    """Reads of lists; imports make them."""

    def __init__(self, *, table: Table) -> None:
        self._memberships = Memberships(table)
        self._leads = Leads(table)

    def all(self, *, is_exact: bool = False) -> list[ListSize]:
        """Every list by name, counted as `page` does."""
        found: list[ListSize] = []
        cursor = ""
        while True:
            some, cursor = self.page(limit=100, cursor=cursor, is_exact=is_exact)
            found += some
            if not cursor:
                return found

    def page(self, *, limit: int, cursor: str = "", is_exact: bool = False) -> tuple[list[ListSize], str]:
        """Some lists by name, and the cursor behind them, empty at the end; there may be fewer than `limit`.

        Members are counted as far as `COUNTED`, so that a look costs the same whatever the number of leads;
        `is_exact` counts them all.
        """
        if not cursor:
            self._memberships.complete()
        most = EVERYONE if is_exact else COUNTED + 1
        ids = self._memberships.lists(after=cursor, limit=limit + 1)
        counts = [(name, self._memberships.count(name, most=most)) for name in ids[:limit]]
        sizes = [
            ListSize(name, count if is_exact else min(count, COUNTED), is_exact or count <= COUNTED)
            for name, count in counts
            if count
        ]
        return sizes, ids[limit - 1] if len(ids) > limit else ""

    def show(self, name: str, *, limit: int = 100, cursor: str = "") -> ListPage:
        """One page of members, at most 100.

        Raises NotFound for a list that does not exist, InvalidInput for a cursor that no page has given.
        """
        checked = check_name("list", name)
        if cursor and not is_lead_id(cursor):
            raise InvalidInput(
                f"“{cursor}” is not where a page ended.", hint=f"Begin with: pivotr list show {checked}"
            )
        ids = self._memberships.page(checked, after=cursor, limit=min(limit, 100) + 1)
        if not ids and not cursor:
            raise NotFound(f"There is no list “{name}”.", hint="See all with: pivotr list list")
        page = ids[: min(limit, 100)]
        members = [lead for lead in self._leads.get_many(page) if lead] if page else []
        return ListPage(checked, members, page[-1] if len(ids) > len(page) else "")
