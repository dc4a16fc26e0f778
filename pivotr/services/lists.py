"""Lists: which there are, and who is in one. A list exists while it has a member."""

from __future__ import annotations

from dataclasses import dataclass

from pivotr.domain.campaigns import check_name
from pivotr.domain.leads import Lead, is_lead_id
from pivotr.errors import InvalidInput, NotFound
from pivotr.ports.table import Table
from pivotr.storage.leads import Leads
from pivotr.storage.memberships import Memberships


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

    def all(self) -> dict[str, int]:
        """Members of every list, by name. Reads all memberships."""
        return self._memberships.sizes()

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
