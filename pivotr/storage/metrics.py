"""Counters: per campaign and day, per account day, per sender, list and domain day.

They change in the transaction of the log entry that they count, so a recount always agrees (P7).
"""

from __future__ import annotations

from pivotr import names
from pivotr.ports.table import (
    Absent,
    All,
    Between,
    Change,
    Condition,
    Delete,
    Equals,
    Item,
    Path,
    Table,
    Update,
    Write,
)
from pivotr.storage.schema import ACCOUNT

#: Counted from the log, once per entry of the kind.
KINDS = (
    "sent", "unconfirmed", "failed", "skipped", "released", "settled", "delivered", "bounced", "complained",
    "transient", "rejected", "withdrawn", "unsubscribed", "suppressed", "replied", "deleted", "opened",
    "clicked", "delayed",
)  # fmt: skip
#: Counted from the leads.
GAUGES = ("enrolled", "finished", "returned", "in_doubt")


def counters(
    partition: str, day: str, counts: dict[str, int], *, condition: Condition | None = None
) -> Update:
    """Add to the counters of one partition and day."""
    added: dict[Path, int] = {name: count for name, count in counts.items() if count}
    return Update(names.METRICS, (partition, day), Change(add=added), condition)


def moved(day: Item, partition: str) -> list[Write]:
    """Add the counters of a day to another partition; refused where one has changed since it was read."""
    counts = {kind: int(day[kind]) for kind in KINDS if kind in day}
    as_read = All(tuple(Equals(kind, counts[kind]) if kind in counts else Absent(kind) for kind in KINDS))
    old = (str(day["campaignId"]), str(day["date"]))
    return [counters(partition, old[1], counts), Delete(names.METRICS, old, as_read)]


def sender_partition(sender: str) -> str:
    """Where a sender's own counters live."""
    return f"sender#{sender}"


def domain_partition(domain: str) -> str:
    """Where the counters of a recipient domain live."""
    return f"domain#{domain}"


def list_partition(list_name: str) -> str:
    """Where the counters of a list of leads live."""
    return f"list#{list_name}"


class Metrics:
    """Reads of the counters; writes are built by `counters` and go into the callers' transactions."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def day(self, partition: str, day: str, *, consistent: bool = False) -> Item:
        """The counters of one day; empty where there are none."""
        return self._table.get(names.METRICS, (partition, day), consistent=consistent) or {}

    def account_day(self, day: str) -> Item:
        """The account's day, read consistently: used, limit, stopped, bounced, complained."""
        return self.day(ACCOUNT, day, consistent=True)

    def days(
        self, partition: str, *, since: str | None = None, until: str | None = None, consistent: bool = False
    ) -> list[Item]:
        """All days of a partition in order, from `since` to `until` inclusive."""
        found: list[Item] = []
        cursor: str | None = None
        while True:
            page = self._table.query(
                names.METRICS, partition, between=Between(since, until), cursor=cursor, consistent=consistent
            )
            found += page.items
            cursor = page.cursor
            if cursor is None:
                return found

    def totals(self, partition: str, *, since: str | None = None, consistent: bool = False) -> dict[str, int]:
        """Sums over the days of a partition, one entry per counter."""
        sums: dict[str, int] = dict.fromkeys((*KINDS, *GAUGES), 0)
        for item in self.days(partition, since=since, consistent=consistent):
            for name, value in item.items():
                if name not in ("campaignId", "date", "v") and type(value) is int:
                    sums[name] = sums.get(name, 0) + value
        return sums


class Tally:
    """Counters of several partitions and days, gathered so that a transaction has one write for each item."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], dict[str, int]] = {}

    def add(self, partition: str, day: str, counts: dict[str, int]) -> None:
        """Count more on one item."""
        known = self._counts.setdefault((partition, day), {})
        for name, count in counts.items():
            known[name] = known.get(name, 0) + count

    def writes(self) -> list[Update]:
        """One update for each item that changes."""
        return [
            counters(partition, day, counts)
            for (partition, day), counts in self._counts.items()
            if any(counts.values())
        ]
