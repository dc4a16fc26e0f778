"""Imports, looked back on: which there were, what each did, and taking one back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from pivotr import names
from pivotr.domain.leads import Lead
from pivotr.domain.reports import ImportRun, UndoReport
from pivotr.errors import NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import Change, Delete, Table, TransactionCancelled, Update, Write
from pivotr.storage import conditions, import_runs, log, staged, transactions
from pivotr.storage.leads import Leads
from pivotr.storage.memberships import Memberships
from pivotr.storage.reviving import PERSONAL
from pivotr.storage.schema import ACCOUNT

#: Leads that are taken back in one transaction: at most two writes for each.
_SLICE = 40


@dataclass(frozen=True, slots=True)
class _Step:
    """The writes that take back one lead or one membership, and how they count."""

    writes: tuple[Write, ...]
    counts: tuple[Literal["leads", "memberships", "kept"], ...]


class PastImports:
    """Everything about imports that are over."""

    def __init__(self, *, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._leads = Leads(table)
        self._memberships = Memberships(table)

    def all(self) -> list[ImportRun]:
        """Every import of the last 400 days, newest first."""
        return import_runs.every(self._table)

    def get(self, import_id: str) -> ImportRun:
        """One import. Raises NotFound."""
        item = import_runs.get(self._table, import_id.strip())
        if item is None:
            raise NotFound(
                f"There is no import “{import_id}”.", hint="See all with: pivotr leads import list"
            )
        return import_runs.view(item)

    def undo(
        self, import_id: str, *, actor: str = "", on_lead: Callable[[int], None] | None = None
    ) -> UndoReport:
        """Take back what an import added, and nothing that has been enrolled or mailed since.

        Its new leads go, unless they are on another list by now; the places on the list that it gave go; rows
        that wait for a look go. What `--update` refreshed stays. `on_lead` gets the number of leads looked
        at. Raises NotFound, Conflict while the import is at work or where it was undone already.
        """
        run = import_runs.take_back(self._table, self._clock, import_id.strip())
        counts: Counter[str] = Counter()
        # who is on the list by this import, then its leads that never came so far
        members = self._memberships.of_import(run.list, run.import_id)
        for step_of, found in (
            (self._of_member, members),
            (self._of_other, self._leads.new_since(run.began)),
        ):
            for ids in _slices(found):
                leads = zip(ids, self._leads.get_many(ids, consistent=True), strict=True)
                self._carry_out([step for key, lead in leads if (step := step_of(run, key, lead))], counts)
                counts["looked at"] += len(ids)
                if on_lead:
                    on_lead(counts["looked at"])
        for row in staged.every(self._table):
            if row.import_id == run.import_id:
                removal = staged.removal(row.id)
                self._table.delete(removal.table, removal.key)
                counts["staged"] += 1
        report = UndoReport(
            import_id=run.import_id,
            leads=counts["leads"],
            memberships=counts["memberships"],
            staged=counts["staged"],
            kept=counts["kept"],
        )
        self._close(run, report, actor)
        return report

    def _of_member(self, run: ImportRun, key: str, lead: Lead | None) -> _Step:
        removal = self._memberships.removal(run.list, key)
        if lead is None or lead.status == "deleted":
            return _Step((removal,), ("memberships",))
        if lead.due or lead.claim or lead.doubt or lead.mailed_at >= run.began:
            return _Step((), ("kept",))
        if lead.import_id != run.import_id:
            return _Step((removal,), ("memberships",))
        if self._memberships.of_lead(lead.id) != [run.list]:
            return _Step((removal,), ("memberships", "kept"))
        gone = self._removal(run, lead)
        return _Step((gone, removal), ("leads", "memberships")) if gone else _Step((), ("kept",))

    def _of_other(self, run: ImportRun, _: str, lead: Lead | None) -> _Step | None:
        if lead is None or lead.import_id != run.import_id or self._memberships.of_lead(lead.id):
            return None
        gone = self._removal(run, lead)
        return _Step((gone,), ("leads",)) if gone else None

    def _removal(self, run: ImportRun, lead: Lead) -> Write | None:
        """How the lead goes: altogether, or back to being a tombstone; None where it has a story by now."""
        if lead.status != "new":
            return None
        if lead.created_at < run.began:
            change = Change(set={"status": "deleted"}, remove=PERSONAL)
            return Update(names.LEADS, (lead.id,), change, conditions.is_revived_and_new(run.import_id))
        if lead.seen:
            return None
        return Delete(names.LEADS, (lead.id,), conditions.is_untouched(run.import_id))

    def _carry_out(self, steps: list[_Step], counts: Counter[str]) -> None:
        """All steps at once; one by one where a lead has changed since it was read: that one is kept."""
        for group in (steps, *([step] for step in steps)):
            writes = [write for step in group for write in step.writes]
            try:
                if writes:
                    transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
            except TransactionCancelled:
                counts["kept"] += group is not steps
                continue
            for step in group:
                counts.update(step.counts)
            if group is steps:
                return

    def _close(self, run: ImportRun, report: UndoReport, actor: str) -> None:
        now = self._clock.now()
        key = log.plain_key(now, self._clock.token(), run.import_id, "undone")
        reason = f"{report.leads} leads and {report.memberships} places on the list {run.list}"
        entry = log.entry(
            ACCOUNT, key, "undone", at=now, actor=actor, import_id=run.import_id, file=run.file, reason=reason
        )
        transactions.run(self._table, [entry], token=self._clock.token(), clock=self._clock)
        import_runs.taken_back(self._table, report)


def _slices(ids: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, _SLICE)):
        yield chunk
