"""Imports: a lead file becomes leads and members of a list, and every row of it is accounted for (P10)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import IO, BinaryIO, TypeAlias, cast

from pivotr.domain.chance import base32
from pivotr.domain.import_accounts import Account, OnRow
from pivotr.domain.instants import to_text
from pivotr.domain.intake import FIELD_NAME_LIMIT, ImportOptions, NewLead, Origin, checked, new_lead
from pivotr.domain.lead_files.row import Row
from pivotr.domain.lead_files.rows import LeadFile, read_leads, unique
from pivotr.domain.reports import ImportReport
from pivotr.ports.clock import Clock
from pivotr.ports.table import Table
from pivotr.storage import import_runs, log, staged, transactions
from pivotr.storage.arrivals import Arrivals
from pivotr.storage.import_runs import Run
from pivotr.storage.recent import Recent
from pivotr.storage.schema import ACCOUNT
from pivotr.storage.settings import SettingsStore, add_fields
from pivotr.storage.suppressions import Suppressions

#: Rows that are stored together.
CHUNK = 2000
_BLOCK = 1 << 20

OnChunk: TypeAlias = Callable[[int], None]


class Imports:
    """Imports of lead files."""

    def __init__(self, *, table: Table, clock: Clock, recent: Recent, key: bytes) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._key = key
        self._suppressions = Suppressions(table, key)

    def run(
        self,
        file: IO[bytes],
        name: str,
        options: ImportOptions,
        *,
        is_dry_run: bool = False,
        actor: str = "",
        on_row: OnRow | None = None,
        on_chunk: OnChunk | None = None,
        is_time_up: Callable[[], bool] = lambda: False,
    ) -> ImportReport:
        """Import a file; it must be seekable. `on_row` gets every row in order, `on_chunk` the number of rows
        that are stored by then. Once `is_time_up` says so the import is left unfinished.

        An interrupted import is finished by running it again: its own rows are recognised, nothing comes
        twice, and without `on_row` it goes on behind the last row that was counted. Raises UnreadableFile,
        InvalidInput.
        """
        options = checked(options, is_dry_run=is_dry_run)
        base = _import_id(file, options)
        file.seek(0)
        leads = read_leads(cast("BinaryIO", file), name=name, mapping=options.mapping)
        if is_dry_run:
            run = import_runs.next_id(self._table, base)
        else:
            self._learn_fields(leads)
            facts = {"file": name[:200], "list": options.list, "actor": actor}
            run = import_runs.begin(self._table, self._clock, base, facts)
        account = Account(on_row)
        try:
            is_unfinished = self._go_through(
                leads, options, run, account, on_chunk, is_time_up=is_time_up, is_dry_run=is_dry_run
            )
        except BaseException:
            # a Ctrl-C too: the next run must not wait for a sign of life from this one
            if not is_dry_run:
                import_runs.interrupt(self._table, run)
            raise
        report = account.report(
            run.id,
            name,
            options.list,
            leads,
            is_dry_run=is_dry_run,
            is_continued=run.is_continued,
            is_unfinished=is_unfinished,
        )
        if is_unfinished:
            import_runs.interrupt(self._table, run)
        elif not is_dry_run:
            self._finish(run, report, actor)
        return report

    def _go_through(
        self,
        leads: LeadFile,
        options: ImportOptions,
        run: Run,
        account: Account,
        on_chunk: OnChunk | None,
        *,
        is_time_up: Callable[[], bool],
        is_dry_run: bool,
    ) -> bool:
        """Store the rows; returns True where time was up before the file was."""
        waiting = (
            staged.waiting(self._table, options.list, beside=run.id) if options.is_staged else frozenset()
        )
        arrivals = Arrivals(
            self._table,
            self._suppressions,
            is_update=options.is_update,
            is_staging=options.is_staged,
            waiting=waiting,
        )
        builder = _Builder(
            self._key,
            self._recent.preferences().number("greeting.threshold"),
            Origin(options.type, frozenset(options.tags), options.source, options.basis, run.id),
        )
        found = unique(leads)
        if run.so_far and not account.tells_rows:
            account.resume(run.so_far)
            next(islice(found, account.rows, account.rows), None)
        for number, rows in enumerate(_chunks(found)):
            if number and is_time_up():
                return True
            now = self._clock.now()
            batch = builder.leads(rows, to_text(now))
            came = arrivals.foresee(batch) if is_dry_run else arrivals.take(options.list, batch, now=now)
            account.add(rows, batch, came)
            if not is_dry_run:
                import_runs.beat(self._table, run, account.so_far(), self._clock.now())
            if on_chunk:
                on_chunk(account.rows)
        return False

    def _learn_fields(self, leads: LeadFile) -> None:
        """Make the custom columns known, so that templates may use them as variables."""
        names = frozenset(name[:FIELD_NAME_LIMIT] for _, name in leads.columns.custom if name)
        new = names - set(SettingsStore(self._table).fields())
        if new:
            token = self._clock.token()
            transactions.run(self._table, [add_fields(new)], token=token, clock=self._clock)

    def _finish(self, run: Run, report: ImportReport, actor: str) -> None:
        now = self._clock.now()
        key = log.plain_key(now, self._clock.token(), run.id, "imported")
        counts = f"{report.accepted} of {report.rows} rows new, list {report.list}"
        entry = log.entry(
            ACCOUNT, key, "imported", at=now, actor=actor, import_id=run.id, file=report.file, reason=counts
        )
        transactions.run(self._table, [entry], token=self._clock.token(), clock=self._clock)
        import_runs.finish(self._table, run, report, now)


def _import_id(file: IO[bytes], options: ImportOptions) -> str:
    """The id that belongs to these bytes and options; reads the file once."""
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    said = [
        options.list, sorted(options.tags), options.type, options.source, options.basis,
        sorted(options.mapping.items()), options.is_update,
        *([True] if options.is_staged else []),
    ]  # fmt: skip
    digest.update(json.dumps(said).encode())
    return "i" + base32(digest.digest()[:10])


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


class _Builder:
    """Makes leads of rows."""

    def __init__(self, key: bytes, threshold: float, origin: Origin) -> None:
        self._key = key
        self._threshold = threshold
        self._origin = origin

    def leads(self, rows: list[Row], created_at: str) -> list[NewLead]:
        """The leads of the rows with an address, in their order."""
        key, threshold, origin = self._key, self._threshold, self._origin
        return [
            new_lead(
                key,
                row.email,
                full_name=row.full_name,
                given_name=row.given_name,
                company=row.company,
                fields=row.fields,
                threshold=threshold,
                origin=origin,
                line=row.line,
                created_at=created_at,
            )
            for row in rows
            if not row.problem
        ]
