"""Rows of imports that wait for a look: shown, put right, taken in or thrown away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from pivotr import names
from pivotr.domain.address_flags import flags
from pivotr.domain.addresses import judge
from pivotr.domain.campaigns import check_name
from pivotr.domain.instants import to_text
from pivotr.domain.intake import NAME_LIMIT, NewLead, greeting
from pivotr.domain.leads import lead_id
from pivotr.domain.reports import Approval, StagedRow
from pivotr.errors import Conflict, InvalidInput, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import ConditionFailed, Table, TransactionCancelled, Write
from pivotr.storage import import_runs, log, staged, transactions
from pivotr.storage.arrivals import Arrivals
from pivotr.storage.memberships import Memberships
from pivotr.storage.recent import Recent
from pivotr.storage.schema import ACCOUNT
from pivotr.storage.suppressions import Suppressions

_SEE = "See all with: pivotr leads staged show"
#: What a lead keeps of the corrections of its row.
_KEPT = frozenset({"full_name", "first_name", "company"})
#: Rows that are taken in together.
_CHUNK = 500
#: Rows that go away in one transaction.
_SLICE = 50


class Staging:
    """Everything an operator does with rows that wait."""

    def __init__(self, *, table: Table, clock: Clock, recent: Recent, key: bytes) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._key = key
        self._suppressions = Suppressions(table, key)

    def rows(self, *, import_id: str = "", list_name: str = "") -> list[StagedRow]:
        """Every row that waits, of one import or for one list, in the order of the files.

        Raises NotFound for an import or a list that there is not.
        """
        list_name = check_name("list", list_name) if list_name else ""
        found = [
            row
            for row in staged.every(self._table)
            if import_id in ("", row.import_id) and list_name in ("", row.list)
        ]
        if not found:
            self._check_exist(import_id, list_name)
        return sorted(found, key=lambda row: (row.at, row.import_id, row.line))

    def fix(
        self,
        key: str,
        *,
        email: str | None = None,
        full_name: str | None = None,
        first_name: str | None = None,
        company: str | None = None,
    ) -> StagedRow:
        """Put a row right; what is said here counts as an operator's correction. An empty text clears.

        `key` is the row's id, or its line where only one import has such a row. An address that is said again
        is accepted as it stands. Raises NotFound, Conflict, InvalidInput.
        """
        row = self._row(key)
        given = {"email": email, "full_name": full_name, "first_name": first_name, "company": company}
        values = {name: text.strip()[:NAME_LIMIT] for name, text in given.items() if text is not None}
        if not values:
            raise InvalidInput(
                "Nothing to change.", hint="Use --email, --full-name, --first-name or --company."
            )
        if email is not None:
            verdict = judge(email)
            if not verdict.normalized:
                raise InvalidInput(
                    f"“{email}” is not a mail address. {verdict.reason}".strip(),
                    hint=f"See what is wrong with: pivotr leads check-email {email!r}",
                )
            values["email"] = verdict.normalized
        corrected = frozenset(values)
        if full_name is not None and first_name is None and "first_name" not in row.corrected:
            threshold = self._recent.preferences().number("greeting.threshold")
            values["first_name"] = greeting(values["full_name"], "", threshold)
        write = staged.correction(row.id, values, corrected)
        try:
            self._table.update(write.table, write.key, write.change, condition=write.condition)
        except ConditionFailed:
            raise NotFound(f"Row {key} does not wait any more.", hint=_SEE) from None
        return self._row(row.id)

    def approve(self, keys: Sequence[str] = (), *, only_clean: bool = False, import_id: str = "",
                actor: str = "") -> Approval:  # fmt: skip
        """Take rows in: those of the keys; without keys all, or all without a warning.

        An address that is known by now joins the list as any duplicate does. Raises NotFound, Conflict.
        """
        chosen = self._chosen(keys, import_id)
        if only_clean:
            chosen = [row for row in chosen if not row.warnings]
        counts: Counter[str] = Counter()
        for chunk in _chunks(chosen):
            now = self._clock.now()
            arrivals = Arrivals(self._table, self._suppressions)
            batch = [self._lead(row, to_text(now)) for row in chunk]
            came = arrivals.take(chunk[0].list, batch, now=now)
            counts.update(arrival.outcome for arrival in came)
            self._remove(chunk, "approved")
        if chosen:
            self._note("approved", f"{len(chosen)} rows, {counts['accepted']} new leads", actor)
        return Approval(
            accepted=counts["accepted"],
            duplicate=counts["duplicate"],
            rejected=counts["rejected"],
            waiting=len(self.rows(import_id=import_id)),
        )

    def discard(self, keys: Sequence[str] = (), *, import_id: str = "", actor: str = "") -> int:
        """Throw rows away: those of the keys, without keys all. Raises NotFound, Conflict."""
        chosen = self._chosen(keys, import_id)
        for chunk in _chunks(chosen):
            self._remove(chunk, "discarded")
        if chosen:
            self._note("discarded", f"{len(chosen)} rows", actor)
        return len(chosen)

    def _check_exist(self, import_id: str, list_name: str) -> None:
        if import_id and import_runs.get(self._table, import_id) is None:
            raise NotFound(
                f"There is no import “{import_id}”.", hint="See all with: pivotr leads import list"
            )
        if list_name and not Memberships(self._table).exists(list_name):
            raise NotFound(f"There is no list “{list_name}”.", hint="See all with: pivotr list list")

    def _chosen(self, keys: Sequence[str], import_id: str) -> list[StagedRow]:
        if keys:
            return list({row.id: row for row in map(self._row, keys)}.values())
        return self.rows(import_id=import_id)

    def _row(self, key: str) -> StagedRow:
        text = key.strip()
        if not text.isdecimal():
            row = staged.get(self._table, text) if text else None
            if row is None:
                raise NotFound(f"No row “{key}” waits.", hint=_SEE)
            return row
        found = [row for row in staged.every(self._table) if row.line == int(text)]
        if not found:
            raise NotFound(f"No row of line {text} waits.", hint=_SEE)
        if len(found) > 1:
            ids = ", ".join(row.id for row in found)
            raise Conflict(f"Several imports have a row of line {text}.", hint=f"Name one: {ids}")
        return found[0]

    def _lead(self, row: StagedRow, created_at: str) -> NewLead:
        return NewLead(
            id=lead_id(self._key, row.email),
            email=row.email,
            domain=row.email.rpartition("@")[2],
            full_name=row.full_name,
            first_name=row.first_name,
            company=row.company,
            fields=row.fields,
            flags=flags(row.email),
            origin=staged.origin_of(row),
            line=row.line,
            created_at=created_at,
            corrected=row.corrected & _KEPT,
        )

    def _remove(self, rows: Sequence[StagedRow], became: Literal["approved", "discarded"]) -> None:
        """Take rows of one import away, and count them with it in the same transaction."""
        for start in range(0, len(rows), _SLICE):
            group = rows[start : start + _SLICE]
            try:
                self._transact(group, became)
            except TransactionCancelled:
                # somebody has taken one of them away at this moment, or the import is forgotten by now
                for row in group:
                    try:
                        self._transact([row], became)
                    except TransactionCancelled:
                        self._table.delete(names.WORK, (staged.key_of(row.id),))

    def _transact(self, rows: Sequence[StagedRow], became: Literal["approved", "discarded"]) -> None:
        count = import_runs.tally(rows[0].import_id, became, len(rows))
        writes: list[Write] = [*(staged.removal(row.id) for row in rows), count]
        transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)

    def _note(self, kind: str, reason: str, actor: str) -> None:
        now = self._clock.now()
        key = log.plain_key(now, self._clock.token(), "staged", kind)
        entry = log.entry(ACCOUNT, key, kind, at=now, actor=actor, reason=reason)
        transactions.run(self._table, [entry], token=self._clock.token(), clock=self._clock)


def _chunks(rows: Iterable[StagedRow]) -> Iterator[list[StagedRow]]:
    """Rows of one import and list at a time, no address twice: a correction may have made two the same."""
    chunk: dict[str, StagedRow] = {}
    for row in rows:
        first = next(iter(chunk.values()), row)
        is_other = (first.import_id, first.list) != (row.import_id, row.list)
        if is_other or row.email in chunk or len(chunk) == _CHUNK:
            yield list(chunk.values())
            chunk = {}
        chunk[row.email] = row
    if chunk:
        yield list(chunk.values())
