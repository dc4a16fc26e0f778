"""Lists that get another name, or go. Their leads stay what they are."""

from __future__ import annotations

import logging
from collections.abc import Callable

from pivotr import names
from pivotr.domain.campaigns import check_name
from pivotr.errors import Conflict, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import ConditionFailed, Delete, Item, Table, TransactionCancelled, Write
from pivotr.storage import import_runs, log, metrics, staged, transactions
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.memberships import Memberships
from pivotr.storage.metrics import Metrics
from pivotr.storage.schema import ACCOUNT
from pivotr.storage.stops import Stops
from pivotr.storage.work import Work

_log = logging.getLogger(__name__)
#: Members of one transaction: two writes each.
_SLICE = 40
#: Days for which a rename that was interrupted is remembered.
_KEPT_DAYS = 30


class ListChanges:
    """Each change goes on where it was interrupted when it is asked for again."""

    def __init__(self, *, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._memberships = Memberships(table)
        self._work = Work(table)

    def rename(self, old: str, new: str, *, actor: str = "") -> int:
        """Give a list another name, with its figures and imports; returns how many members it has.

        Raises NotFound, InvalidInput; Conflict where the new name is taken, something draws from the list, or
        a rename to another name was interrupted.
        """
        source, target = check_name("list", old), check_name("list", new)
        self._begin(source, target)
        self._memberships.enter(target)
        self._empty(source, lambda item: self._memberships.moved(item, target), [])
        self._move_figures(source, target)
        for run in import_runs.every(self._table):
            if run.list == source:
                self._write([import_runs.relisted(run, target)])
        entry = self._entry("list_renamed", f"{source} is {target} now", actor)
        self._write([Delete(names.WORK, (_mark(source),)), entry])
        return self._memberships.count(target)

    def delete(self, name: str, *, actor: str = "") -> int:
        """Take all leads off a list; returns how many those were. Raises NotFound, Conflict."""
        checked = check_name("list", name)
        self._refuse_missing(checked)
        if begun := self._work.get(_mark(checked)):
            raise Conflict(
                f"The list “{checked}” cannot be deleted: it is on its way to be “{begun['to']}”.",
                hint=f"Let it arrive first: pivotr list rename {checked} {begun['to']}",
            )
        self._refuse_used(checked, "deleted")
        return self._empty(
            checked,
            lambda item: [self._memberships.removal(checked, item["lead_id"])],
            [self._entry("list_deleted", checked, actor)],
        )

    def _begin(self, source: str, target: str) -> None:
        """Mark the rename, or find that it was begun: then the source may have no members any more."""
        begun = self._work.get(_mark(source))
        if begun is None:
            self._refuse_missing(source)
        elif begun["to"] != target:
            raise Conflict(
                f"“{source}” is on its way to be “{begun['to']}”: some of its leads are there.",
                hint=f"Let it arrive first: pivotr list rename {source} {begun['to']}",
            )
        self._refuse_used(source, "renamed")
        if begun is not None:
            return
        if source == target or self._memberships.exists(target):
            raise Conflict(f"There is a list “{target}” already.", hint="Choose another name.")
        now = self._clock.now()
        mark = self._work.creation(_mark(source), {"to": target}, now=now, days=_KEPT_DAYS)
        try:
            self._table.put(names.WORK, mark.item, condition=mark.condition)
        except ConditionFailed:
            self._begin(source, target)

    def _refuse_missing(self, name: str) -> None:
        if not self._memberships.exists(name):
            raise NotFound(f"There is no list “{name}”.", hint="See all with: pivotr list list")

    def _refuse_used(self, name: str, change: str) -> None:
        """What still draws from a list or puts leads on it, or would find it gone, stands in the way."""
        if import_runs.is_at_work(self._table, self._clock, name):
            raise Conflict(
                f"The list “{name}” cannot be {change}: an import puts leads on it.",
                hint="Let it end, or end it with Ctrl-C. See it with: pivotr leads import list",
            )
        for campaign in Campaigns(self._table).with_status("draft", "running", "paused"):
            if name in campaign.lists:
                raise Conflict(
                    f"The list “{name}” cannot be {change}: “{campaign.name}” draws from it.",
                    hint=f"Let it end first, or end it: pivotr campaign abort {campaign.id}",
                )
        if any(row.list == name for row in staged.every(self._table)):
            raise Conflict(
                f"The list “{name}” cannot be {change}: rows of an import wait for it.",
                hint=f"Look at them: pivotr leads staged show --list {name}",
            )
        if Stops(self._table).of_lists([name]):
            raise Conflict(
                f"The list “{name}” cannot be {change}: the guard has stopped it.",
                hint=f"See why: pivotr logs show --campaign {ACCOUNT}",
            )

    def _empty(self, name: str, writes_of: Callable[[Item], list[Write]], at_end: list[Write]) -> int:
        """Members are taken off in slices. The list leaves the directory with the last one, and `at_end` is
        written with it: who comes later is on a new list of the same name."""
        count = 0
        while items := self._memberships.items(name, limit=_SLICE + 1):
            writes = [write for item in items[:_SLICE] for write in writes_of(item)]
            is_last = len(items) <= _SLICE
            self._write([*writes, self._memberships.leave(name), *at_end] if is_last else writes)
            count += len(items[:_SLICE])
            if is_last:
                break
        return count

    def _move_figures(self, source: str, target: str) -> None:
        """A list that has had bounces keeps them: the guard judges it by its whole life."""
        kept, to = metrics.list_partition(source), metrics.list_partition(target)
        while days := Metrics(self._table).days(kept, consistent=True):
            for day in days:
                try:
                    self._write(metrics.moved(day, to))
                except TransactionCancelled:
                    _log.info("feedback was counted on %s; its figures are read again", source)

    def _entry(self, kind: str, why: str, actor: str) -> Write:
        now = self._clock.now()
        key = log.plain_key(now, self._clock.token(), "list", kind)
        return log.entry(ACCOUNT, key, kind, at=now, actor=actor, reason=why)

    def _write(self, writes: list[Write]) -> None:
        transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)


def _mark(source: str) -> str:
    return f"rename#{source}"
