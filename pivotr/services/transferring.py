"""Moving everything that is stored from one environment into another one that is still empty.

What is copied keeps its keys and states: leads, log and counters agree there as they did here (P7), and
who was written to is known (P1). Jobs stay behind: tickets make new ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pivotr import names
from pivotr.domain.instants import to_text
from pivotr.errors import Conflict, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import Absent, ConditionFailed, Item, Key, Table, TableSpec
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.schema import SCHEMA_VERSION, TABLES

_MARK = "transfer"
#: How the reason of a campaign begins that a transfer has paused.
_PAUSED = "moved:"
_PAGE = 100
#: Tables of many small items: inserted in bulk, where their attributes are named as a bulk insert needs it.
_BULK = (names.LEADS, names.LOGS, names.MEMBERSHIPS, names.SUPPRESSIONS)
#: Of these, what has gone here goes there as well when an interrupted transfer goes on.
_DROPPED = (names.LEADS, names.MEMBERSHIPS, names.SUPPRESSIONS)
#: Where these have something, somebody else's data is there.
_TELLING = (names.LEADS, names.CAMPAIGNS, names.SUPPRESSIONS)


@dataclass(frozen=True, slots=True)
class Transferred:
    """Items of each table that are there now, and the campaigns that were paused for it."""

    items: dict[str, int]
    paused: tuple[str, ...]


class Transferring:
    """`adopt_keys` gives the target the source's keys; `key` is the lead key of the source."""

    def __init__(
        self,
        *,
        source: Table,
        target: Table,
        target_name: str,
        clock: Clock,
        key: bytes,
        pause_all: Callable[[str], object],
        adopt_keys: Callable[[], None],
    ) -> None:
        self._source = source
        self._target = target
        self._target_name = target_name
        self._clock = clock
        self._pause_all = pause_all
        self._adopt_keys = adopt_keys
        #: Tells data folders apart without telling the key.
        self._origin = hashlib.sha256(b"transfer of " + key).hexdigest()

    def check(self) -> None:
        """Return where a transfer may begin or go on. Raises NotFound without data, Conflict where the target
        has data of its own, or has had this transfer already."""
        if not self._source.scan(names.SENDERS, limit=1).items and not self._has_data(self._source):
            raise NotFound("There is nothing to move here.", hint="Look with: pivotr settings list")
        mark = self._target.get(names.WORK, (_MARK,), consistent=True)
        if mark is None:
            if self._has_data(self._target):
                raise self._occupied("has data of its own; two environments cannot be made one")
        elif mark["origin"] != self._origin:
            raise self._occupied("was moved to from another data folder")
        elif mark.get("done_at"):
            raise self._occupied(f"has had this data since {mark['done_at'][:10]}")

    def run(self, on_table: Callable[[str, int], object] = lambda _table, _count: None) -> Transferred:
        """Pause what runs, then copy table by table; a run that was interrupted is repeated and goes on.

        What changed here since the interrupted run is changed there: only the last look counts. Raises as
        `check`, Conflict where a campaign is started meanwhile, and Unavailable.
        """
        self.check()
        now = to_text(self._clock.now())
        mark = self._target.get(names.WORK, (_MARK,), consistent=True)
        goes_on = mark is not None
        if mark is None:
            mark = {"key": _MARK, "origin": self._origin, "begun_at": now, "v": SCHEMA_VERSION}
            try:
                self._target.put(names.WORK, mark, condition=Absent("key"))
            except ConditionFailed:
                raise self._occupied("is being moved to by somebody else") from None
        self._adopt_keys()
        self._pause_all(f"{_PAUSED} its leads and log are in {self._target_name} since {now[:10]}")
        copied: dict[str, int] = {}
        for spec in TABLES:
            copied[spec.name] = 0
            for items in _pages(self._source, spec.name):
                self._refuse_running()
                self._copy(spec, items)
                copied[spec.name] += len(items)
            if goes_on and spec.name in _DROPPED:
                self._drop_gone(spec)
            on_table(spec.name, copied[spec.name])
        self._target.put(names.WORK, {**mark, "done_at": now})
        paused = Campaigns(self._source).with_status("paused")
        return Transferred(copied, tuple(one.id for one in paused if one.reason.startswith(_PAUSED)))

    def _refuse_running(self) -> None:
        """A campaign started since the page was read would be there as it is on its way here: mails twice."""
        for campaign in Campaigns(self._source).with_status("running"):
            raise Conflict(
                f"“{campaign.name}” was started during the transfer.",
                hint=f"Repeat it, it pauses what runs: pivotr transfer --to {self._target_name}",
            )

    def _copy(self, spec: TableSpec, items: list[Item]) -> None:
        if spec.name not in _BULK:
            for item in items:
                self._target.put(spec.name, item)
            return
        inserted = self._target.insert_many(spec.name, items)
        there = [item for item, is_new in zip(items, inserted, strict=True) if not is_new]
        for item, old in zip(there, self._find(self._target, spec, there), strict=True):
            self._renew(spec, item, old or {})

    def _renew(self, spec: TableSpec, item: Item, old: Item) -> None:
        """What an interrupted run has left there; of an entry of the log nothing but erasure ever changes."""
        if spec.name == names.LOGS:
            if erased := sorted(old.keys() - item.keys()):
                self._target.erase(spec.name, _key(spec, item), erased)
        elif item != old:
            self._target.put(spec.name, item)

    def _drop_gone(self, spec: TableSpec) -> None:
        for items in _pages(self._target, spec.name):
            for item, known in zip(items, self._find(self._source, spec, items), strict=True):
                if known is None:
                    self._target.delete(spec.name, _key(spec, item))

    def _find(self, table: Table, spec: TableSpec, items: list[Item]) -> list[Item | None]:
        keys = [(spec.name, _key(spec, item)) for item in items]
        return table.get_many(keys, consistent=True) if keys else []

    def _has_data(self, table: Table) -> bool:
        return any(table.scan(name, limit=1).items for name in _TELLING)

    def _occupied(self, why: str) -> Conflict:
        return Conflict(
            f"The environment {self._target_name} {why}.", hint="Choose an environment that is new."
        )


def _pages(table: Table, name: str) -> Iterator[list[Item]]:
    cursor: str | None = None
    while True:
        page = table.scan(name, limit=_PAGE, cursor=cursor)
        if page.items:
            yield page.items
        if (cursor := page.cursor) is None:
            return


def _key(spec: TableSpec, item: Item) -> Key:
    return (item[spec.partition], item[spec.sort]) if spec.sort else (item[spec.partition],)
