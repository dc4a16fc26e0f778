"""New leads arrive in batches: each is inserted, revived, refreshed, known already, or not wanted.

The insert decides who is new, not a read before it: two imports at the same moment share every address
without losing or doubling one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pivotr.domain.leads import Lead
from pivotr.domain.reports import RowOutcome
from pivotr.domain.suppression import key_of_lead
from pivotr.errors import Unavailable
from pivotr.ports.table import ConditionFailed, Table
from pivotr.storage.codec import lead_item
from pivotr.storage.leads import Leads
from pivotr.storage.memberships import Memberships
from pivotr.storage.reviving import refreshment, revival
from pivotr.storage.suppressions import Suppressions

_READ = 100
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of one lead, and why where it is not new."""

    outcome: RowOutcome
    reason: str = ""


NEW = Arrival("accepted")


class Arrivals:
    """Takes in batches of different leads for one list. `is_update` refreshes those that are known."""

    def __init__(self, table: Table, suppressions: Suppressions, *, is_update: bool = False) -> None:
        self._table = table
        self._suppressions = suppressions
        self._leads = Leads(table)
        self._memberships = Memberships(table)
        self._is_update = is_update

    def take(self, list_name: str, batch: Sequence[Lead], *, now: datetime) -> list[Arrival]:
        """Store a batch and put all of it on the list, but for who is suppressed and no lead yet."""
        suppressed = self._suppressed(batch)
        found: dict[str, Arrival] = {}
        fresh = [lead for lead in batch if lead.email not in suppressed]
        inserted = self._leads.insert_many([lead_item(lead) for lead in fresh])
        found = {lead.id: NEW for lead, is_new in zip(fresh, inserted, strict=True) if is_new}
        rest = [lead for lead in batch if lead.id not in found]
        for lead, stored in zip(rest, self._stored(rest), strict=True):
            found[lead.id] = self._meet(lead, stored, is_suppressed=lead.email in suppressed)
        joining = [lead for lead in batch if found[lead.id].outcome != "rejected"]
        import_id = batch[0].import_id if batch else ""
        if list_name and joining:
            self._memberships.add_many(list_name, [lead.id for lead in joining], now=now, import_id=import_id)
        return [found[lead.id] for lead in batch]

    def foresee(self, batch: Sequence[Lead]) -> list[Arrival]:
        """What `take` would answer now; writes nothing."""
        suppressed = self._suppressed(batch)
        return [
            self._judge(lead, stored, is_suppressed=lead.email in suppressed)
            for lead, stored in zip(batch, self._stored(batch), strict=True)
        ]

    def _suppressed(self, batch: Sequence[Lead]) -> set[str]:
        """Addresses of the batch that are suppressed, themselves or by their domain."""
        keys = {lead.email: (key_of_lead(lead.id), f"@{lead.domain}") for lead in batch}
        present = self._suppressions.present(sorted({key for pair in keys.values() for key in pair}))
        return {email for email, pair in keys.items() if present.intersection(pair)}

    def _stored(self, batch: Sequence[Lead]) -> list[Lead | None]:
        ids = [lead.id for lead in batch]
        found: list[Lead | None] = []
        for start in range(0, len(ids), _READ):
            found += self._leads.get_many(ids[start : start + _READ], consistent=True)
        return found

    def _judge(self, lead: Lead, stored: Lead | None, *, is_suppressed: bool) -> Arrival:
        if stored is None or stored.status == "deleted":
            return Arrival("rejected", "suppressed") if is_suppressed else NEW
        if lead.import_id and (stored.import_id, stored.line) == (lead.import_id, lead.line):
            return NEW  # our own row of a run that was interrupted
        if self._is_update:
            return Arrival("updated", why_known(stored, is_suppressed=is_suppressed))
        return Arrival("duplicate", why_known(stored, is_suppressed=is_suppressed))

    def _meet(self, lead: Lead, stored: Lead | None, *, is_suppressed: bool) -> Arrival:
        """Write what the judgement asks for, again where somebody else was faster."""
        for _ in range(_TRIES):
            arrival = self._judge(lead, stored, is_suppressed=is_suppressed)
            try:
                if stored is None and arrival is NEW:
                    if self._leads.insert_many([lead_item(lead)])[0]:
                        return NEW
                elif stored is not None and stored.status == "deleted" and arrival is NEW:
                    write = revival(lead)
                    self._table.update(write.table, write.key, write.change, condition=write.condition)
                    return NEW
                elif stored is not None and arrival.outcome == "updated":
                    write = refreshment(stored, lead, f"{lead.import_id}#{lead.line}")
                    self._table.update(write.table, write.key, write.change, condition=write.condition)
                    return arrival
                else:
                    return arrival
            except ConditionFailed:
                pass
            stored = self._leads.get(lead.id, consistent=True)
        raise Unavailable("A lead changed too often to be imported.", hint="Run the import again.")


def why_known(stored: Lead, *, is_suppressed: bool) -> str:
    """Why a known address is no new lead, in one word, or the campaign that it is waiting in."""
    if is_suppressed or stored.status in ("bounced", "complained", "unsubscribed"):
        return "suppressed"
    if stored.due or stored.claim:
        return f"in campaign {stored.campaign}"
    return "known"
