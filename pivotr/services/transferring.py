"""Moving everything that is stored from one environment into another one that is still empty.

What is copied keeps its keys and states: leads, log and counters agree there as they did here (P7), and
who was written to is known (P1). Jobs stay behind: tickets make new ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pivotr import names
from pivotr.domain.campaigns import Campaign
from pivotr.domain.instants import to_text
from pivotr.errors import Conflict, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import Absent, ConditionFailed, Item, Table
from pivotr.storage.schema import SCHEMA_VERSION, TABLES

_MARK = "transfer"
_PAGE = 500
#: Tables of many small items: inserted in bulk, where their attributes are named as a bulk insert needs it.
_BULK = (names.LEADS, names.LOGS, names.MEMBERSHIPS, names.SUPPRESSIONS)
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
        pause_all: Callable[[str], list[Campaign]],
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

        Raises as `check`, and Unavailable.
        """
        self.check()
        now = to_text(self._clock.now())
        if self._target.get(names.WORK, (_MARK,), consistent=True) is None:
            mark = {"key": _MARK, "origin": self._origin, "begun_at": now, "v": SCHEMA_VERSION}
            try:
                self._target.put(names.WORK, mark, condition=Absent("key"))
            except ConditionFailed:
                raise self._occupied("is being moved to by somebody else") from None
        self._adopt_keys()
        paused = self._pause_all(f"moved: its leads and log are in {self._target_name} since {now[:10]}")
        copied: dict[str, int] = {}
        for spec in TABLES:
            copied[spec.name] = 0
            for items in self._pages(spec.name):
                self._copy(spec.name, items)
                copied[spec.name] += len(items)
            on_table(spec.name, copied[spec.name])
        done = {"key": _MARK, "origin": self._origin, "begun_at": now, "done_at": now, "v": SCHEMA_VERSION}
        self._target.put(names.WORK, done)
        return Transferred(copied, tuple(one.id for one in paused))

    def _copy(self, table: str, items: list[Item]) -> None:
        if table in _BULK:
            self._target.insert_many(table, items)
            return
        for item in items:
            if (table, item.get("key")) != (names.WORK, _MARK):
                self._target.put(table, item)

    def _pages(self, table: str) -> Iterator[list[Item]]:
        cursor: str | None = None
        while True:
            page = self._source.scan(table, limit=_PAGE, cursor=cursor)
            if page.items:
                yield page.items
            if (cursor := page.cursor) is None:
                return

    def _has_data(self, table: Table) -> bool:
        return any(table.scan(name, limit=1).items for name in _TELLING)

    def _occupied(self, why: str) -> Conflict:
        return Conflict(
            f"The environment {self._target_name} {why}.", hint="Choose an environment that is new."
        )
