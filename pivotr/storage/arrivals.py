"""New leads arrive in batches: each is inserted, revived, refreshed, known already, or not wanted.

The insert decides who is new, not a read before it: two imports at the same moment share every address
without losing or doubling one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pivotr.domain.intake import NewLead
from pivotr.domain.leads import Lead
from pivotr.domain.reports import RowOutcome
from pivotr.domain.suppression import key_of_lead
from pivotr.errors import Unavailable
from pivotr.ports.table import ConditionFailed, Table
from pivotr.storage import staged
from pivotr.storage.codec import new_lead_items
from pivotr.storage.leads import Leads
from pivotr.storage.memberships import Memberships
from pivotr.storage.reviving import refreshment, revival
from pivotr.storage.suppressions import Suppressions

_READ = 100
_TRIES = 8


class Arrival(NamedTuple):
    """What became of one lead, and why where it is not new."""

    outcome: RowOutcome
    reason: str = ""


NEW = Arrival("accepted")
#: A row of a run that was interrupted, which stored it.
_OURS = Arrival("accepted")


class Arrivals:
    """Takes in batches of different leads for one list.

    `is_update` refreshes those that are known; `is_staging` lays those aside that would be new but have
    warnings, unless a row with their address (`waiting`) lies there already.
    """

    def __init__(
        self,
        table: Table,
        suppressions: Suppressions,
        *,
        is_update: bool = False,
        is_staging: bool = False,
        waiting: frozenset[str] = frozenset(),
    ) -> None:
        self._table = table
        self._suppressions = suppressions
        self._leads = Leads(table)
        self._memberships = Memberships(table)
        self._is_update = is_update
        self._is_staging = is_staging
        self._waiting = waiting

    def take(self, list_name: str, batch: Sequence[NewLead], *, now: datetime) -> list[Arrival]:
        """Store a batch and put all of it on the list, but for who is suppressed and no lead yet."""
        if not batch:
            return []
        if self._is_staging:
            return self._take_and_lay_aside(list_name, batch, now=now)
        return self._take(list_name, batch, now=now)

    def _take_and_lay_aside(
        self, list_name: str, batch: Sequence[NewLead], *, now: datetime
    ) -> list[Arrival]:
        foreseen = self.foresee(batch)
        waiting = [lead for lead, arrival in zip(batch, foreseen, strict=True) if arrival.outcome == "staged"]
        staged.put_many(self._table, list_name, waiting, now=now)
        others = [lead for lead, arrival in zip(batch, foreseen, strict=True) if not _is_aside(arrival)]
        taken = iter(self._take(list_name, others, now=now) if others else ())
        return [arrival if _is_aside(arrival) else next(taken) for arrival in foreseen]

    def _take(self, list_name: str, batch: Sequence[NewLead], *, now: datetime) -> list[Arrival]:
        suppressed = self._suppressed(batch)
        fresh = [lead for lead in batch if lead.email not in suppressed] if suppressed else batch
        inserted = self._leads.insert_many(new_lead_items(fresh))
        if all(inserted) and not suppressed:
            came = [NEW] * len(batch)
        else:
            came = self._with_the_known(batch, fresh, inserted, suppressed)
        joining = [
            lead.id for lead, arrival in zip(batch, came, strict=True) if arrival.outcome != "rejected"
        ]
        if list_name and joining:
            import_id = batch[0].origin.import_id
            self._memberships.add_many(list_name, joining, now=now, import_id=import_id)
        return came

    def _with_the_known(
        self, batch: Sequence[NewLead], fresh: Sequence[NewLead], inserted: list[bool], suppressed: set[str]
    ) -> list[Arrival]:
        found = {lead.id: NEW for lead, is_new in zip(fresh, inserted, strict=True) if is_new}
        rest = [lead for lead in batch if lead.id not in found]
        for lead, stored in zip(rest, self._stored(rest), strict=True):
            found[lead.id] = self._meet(lead, stored, is_suppressed=lead.email in suppressed)
        return [found[lead.id] for lead in batch]

    def foresee(self, batch: Sequence[NewLead]) -> list[Arrival]:
        """What `take` would answer now; writes nothing."""
        suppressed = self._suppressed(batch)
        found = [
            self._judge(lead, stored, is_suppressed=lead.email in suppressed)
            for lead, stored in zip(batch, self._stored(batch), strict=True)
        ]
        if not self._is_staging:
            return found
        return [
            self._aside(lead.email, warnings) if arrival is NEW and (warnings := lead.warnings) else arrival
            for lead, arrival in zip(batch, found, strict=True)
        ]

    def _aside(self, email: str, warnings: Sequence[str]) -> Arrival:
        if email in self._waiting:
            return Arrival("duplicate", "waiting")
        return Arrival("staged", ", ".join(warnings))

    def _suppressed(self, batch: Sequence[NewLead]) -> set[str]:
        """Addresses of the batch that are suppressed, themselves or by their domain."""
        if not self._suppressions.any():
            return set()
        domains = self._suppressions.domains()
        keys = {key_of_lead(lead.id): lead.email for lead in batch}
        found = {keys[key] for key in self._suppressions.present(list(keys))}
        return found | {lead.email for lead in batch if lead.domain in domains}

    def _stored(self, batch: Sequence[NewLead]) -> list[Lead | None]:
        ids = [lead.id for lead in batch]
        found: list[Lead | None] = []
        for start in range(0, len(ids), _READ):
            found += self._leads.get_many(ids[start : start + _READ], consistent=True)
        return found

    def _judge(self, lead: NewLead, stored: Lead | None, *, is_suppressed: bool) -> Arrival:
        if stored is None or stored.status == "deleted":
            return Arrival("rejected", "suppressed") if is_suppressed else NEW
        if (import_id := lead.origin.import_id) and (stored.import_id, stored.line) == (import_id, lead.line):
            return _OURS
        if self._is_update:
            return Arrival("updated", why_known(stored, is_suppressed=is_suppressed))
        return Arrival("duplicate", why_known(stored, is_suppressed=is_suppressed))

    def _meet(self, lead: NewLead, stored: Lead | None, *, is_suppressed: bool) -> Arrival:
        """Write what the judgement asks for, again where somebody else was faster."""
        for _ in range(_TRIES):
            arrival = self._judge(lead, stored, is_suppressed=is_suppressed)
            try:
                if stored is None and arrival is NEW:
                    if self._leads.insert_many(new_lead_items([lead]))[0]:
                        return NEW
                elif stored is not None and stored.status == "deleted" and arrival is NEW:
                    write = revival(lead)
                    self._table.update(write.table, write.key, write.change, condition=write.condition)
                    return NEW
                elif stored is not None and arrival.outcome == "updated":
                    write = refreshment(stored, lead, f"{lead.origin.import_id}#{lead.line}")
                    self._table.update(write.table, write.key, write.change, condition=write.condition)
                    return arrival
                else:
                    return arrival
            except ConditionFailed:
                pass
            stored = self._leads.get(lead.id, consistent=True)
        raise Unavailable("A lead changed too often to be imported.", hint="Run the import again.")


def _is_aside(arrival: Arrival) -> bool:
    """Laid aside now, or by an import before."""
    return arrival.outcome == "staged" or arrival.reason == "waiting"


def why_known(stored: Lead, *, is_suppressed: bool) -> str:
    """Why a known address is no new lead, in one word, or the campaign that it is waiting in."""
    if is_suppressed or stored.status in ("bounced", "complained", "unsubscribed"):
        return "suppressed"
    if stored.due or stored.claim:
        return f"in campaign {stored.campaign}"
    return "known"
