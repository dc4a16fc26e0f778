"""The account of an import while it goes on: what became of each row, counted and told (promise P10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from pivotr.domain.intake import FIELD_NAME_LIMIT, NewLead
from pivotr.domain.lead_files.row import Row
from pivotr.domain.lead_files.rows import LeadFile
from pivotr.domain.reports import ImportReport, RowOutcome, RowResult

OnRow: TypeAlias = Callable[[RowResult], None]


#: Warnings are about leads that the import makes or changes: of others the stored lead counts.
_TAKEN = ("accepted", "updated", "staged")


class Account:
    """Counts outcomes, reasons and warnings; `on_row` is told of every row, in the order of the file."""

    def __init__(self, on_row: OnRow | None = None) -> None:
        self._on_row = on_row
        self._outcomes: Counter[tuple[RowOutcome, str]] = Counter()
        self._warnings: Counter[str] = Counter()
        self.rows = 0

    @property
    def tells_rows(self) -> bool:
        """True where somebody wants to hear of every row, from the first."""
        return self._on_row is not None

    def so_far(self) -> dict[str, Any]:
        """What was counted, in a form that can be stored and taken up with `resume`."""
        outcomes = [[outcome, reason, count] for (outcome, reason), count in self._outcomes.items()]
        return {"rows": self.rows, "outcomes": outcomes, "warnings": dict(self._warnings)}

    def resume(self, so_far: Mapping[str, Any]) -> None:
        """Go on from what an earlier run of the same import has counted."""
        self.rows = int(so_far["rows"])
        self._outcomes = Counter({(kind, reason): int(count) for kind, reason, count in so_far["outcomes"]})
        self._warnings = Counter({name: int(count) for name, count in so_far["warnings"].items()})

    def add(
        self, rows: Sequence[Row], leads: Sequence[NewLead], came: Sequence[tuple[RowOutcome, str]]
    ) -> None:
        """Count a chunk; `leads` and their outcomes belong to the rows without a problem, in their order."""
        self.rows += len(rows)
        self._outcomes.update(came)
        self._warn([lead for lead, (outcome, _) in zip(leads, came, strict=True) if outcome in _TAKEN])
        if self._on_row is None:
            refused = (row for row in rows if row.problem) if len(leads) < len(rows) else ()
            self._outcomes.update((_refused(row), row.problem) for row in refused)
            return
        pairs = iter(zip(leads, came, strict=True))
        for row in rows:
            if row.problem:
                outcome = _refused(row)
                self._outcomes[outcome, row.problem] += 1
                email = row.email or row.raw_email[:254]
                self._on_row(
                    RowResult(
                        row.line, outcome, row.problem, email, row.full_name, "", row.company, row.detail
                    )
                )
            else:
                lead, (outcome, reason) = next(pairs)
                self._on_row(
                    RowResult(
                        row.line, outcome, reason, lead.email, lead.full_name, lead.first_name, lead.company
                    )
                )

    def _warn(self, leads: Sequence[NewLead]) -> None:
        for lead in leads:
            if lead.flags:
                self._warnings.update(lead.flags)
            if not lead.first_name:
                self._warnings["no_greeting"] += 1
            if lead.is_cut:
                self._warnings["cut"] += 1

    def report(
        self,
        import_id: str,
        file: str,
        list_name: str,
        leads: LeadFile,
        *,
        is_dry_run: bool,
        is_continued: bool,
        is_unfinished: bool = False,
    ) -> ImportReport:
        """The account as it stands."""
        outcomes: Counter[RowOutcome] = Counter()
        reasons: Counter[str] = Counter()
        for (outcome, reason), count in self._outcomes.items():
            outcomes[outcome] += count
            if reason:
                reasons[reason] += count
        return ImportReport(
            import_id=import_id,
            file=file,
            list=list_name,
            rows=self.rows,
            accepted=outcomes["accepted"],
            updated=outcomes["updated"],
            staged=outcomes["staged"],
            duplicate=outcomes["duplicate"],
            rejected=outcomes["rejected"],
            reasons=dict(reasons.most_common()),
            warnings=dict(sorted(self._warnings.items())),
            columns=leads.columns.roles,
            variables=tuple(name[:FIELD_NAME_LIMIT] for _, name in leads.columns.custom),
            sheet=leads.sheet,
            other_sheets=leads.other_sheets,
            is_dry_run=is_dry_run,
            is_continued=is_continued,
            is_unfinished=is_unfinished,
        )


def _refused(row: Row) -> RowOutcome:
    return "duplicate" if row.problem == "duplicate_email" else "rejected"
