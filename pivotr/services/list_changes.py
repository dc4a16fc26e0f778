"""Lists that get another name, or go. Their leads stay what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pivotr import names
from pivotr.domain.campaigns import check_name
from pivotr.errors import Conflict, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import Delete, Item, Put, Table, Write
from pivotr.storage import import_runs, log, metrics, staged, transactions
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.memberships import Memberships
from pivotr.storage.metrics import Metrics
from pivotr.storage.schema import ACCOUNT, SCHEMA_VERSION
from pivotr.storage.stops import Stops
from pivotr.storage.work import Work

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

        Raises NotFound, InvalidInput; Conflict where the new name is taken or something draws from the list.
        """
        source, target = check_name("list", old), check_name("list", new)
        mark = f"rename#{source}"
        is_begun = (self._work.get(mark) or {}).get("to") == target
        if not is_begun:
            self._refuse(source, "renamed")
            if source == target or self._memberships.exists(target):
                raise Conflict(f"There is a list “{target}” already.", hint="Choose another name.")
            self._work.save(mark, {"to": target}, now=self._clock.now(), days=_KEPT_DAYS)
        self._memberships.enter(target)
        count = self._empty(source, lambda item: self._memberships.moved(item, target))
        self._move_figures(source, target)
        for run in import_runs.every(self._table):
            if run.list == source:
                self._write([import_runs.relisted(run, target)])
        told = f"{source} is {target} now"
        self._write(
            [
                self._memberships.leave(source),
                Delete(names.WORK, (mark,)),
                self._entry("list_renamed", told, actor),
            ]
        )
        return count

    def delete(self, name: str, *, actor: str = "") -> int:
        """Take all leads off a list; returns how many those were. Raises NotFound, Conflict."""
        checked = check_name("list", name)
        self._refuse(checked, "deleted")
        count = self._empty(
            checked, lambda item: [Delete(names.MEMBERSHIPS, (item["list"], item["lead_id"]))]
        )
        self._write([self._memberships.leave(checked), self._entry("list_deleted", checked, actor)])
        return count

    def _refuse(self, name: str, change: str) -> None:
        """What still draws from a list, or would find it gone, stands in the way."""
        if not self._memberships.exists(name):
            raise NotFound(f"There is no list “{name}”.", hint="See all with: pivotr list list")
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

    def _empty(self, name: str, writes_of: Callable[[Item], list[Write]]) -> int:
        count = 0
        for items in self._slices(name):
            self._write([write for item in items for write in writes_of(item)])
            count += len(items)
        return count

    def _slices(self, name: str) -> Iterator[list[Item]]:
        while items := self._memberships.items(name, limit=_SLICE):
            yield items

    def _move_figures(self, source: str, target: str) -> None:
        """A list that has had bounces keeps them: the guard judges it by its whole life."""
        for day in Metrics(self._table).days(metrics.list_partition(source), consistent=True):
            moved = {**day, "campaignId": metrics.list_partition(target), "v": SCHEMA_VERSION}
            old = (day["campaignId"], day["date"])
            self._write([Put(names.METRICS, moved), Delete(names.METRICS, old)])

    def _entry(self, kind: str, why: str, actor: str) -> Write:
        now = self._clock.now()
        key = log.plain_key(now, self._clock.token(), "list", kind)
        return log.entry(ACCOUNT, key, kind, at=now, actor=actor, reason=why)

    def _write(self, writes: list[Write]) -> None:
        transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
