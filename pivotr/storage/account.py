"""The account's day: one item that every claim of every sender passes, with the limit that holds that day."""

from __future__ import annotations

from datetime import datetime, timedelta

from pivotr import names
from pivotr.domain.instants import day_of, local_day
from pivotr.ports.clock import Clock
from pivotr.ports.table import Absent, Change, Equals, Path, Table, TransactionCancelled, Update, Write
from pivotr.storage import conditions, metrics, transactions
from pivotr.storage.metrics import Metrics
from pivotr.storage.schema import ACCOUNT
from pivotr.storage.settings import guard_clear


def open_day(table: Table, day: str, *, cap: int, clock: Clock) -> None:
    """Give a day its limit, once, unless the guard has tripped.

    The limit is the account cap, or what yesterday left of the provider's room: the heartbeat asks again.
    """
    yesterday = (day_of(day) - timedelta(days=1)).isoformat()
    before = table.get(names.METRICS, (ACCOUNT, yesterday), consistent=True) or {}
    limit = cap
    if "quota" in before:
        limit = min(cap, max(0, int(before["quota"]) - int(before.get("used", 0))))
    change = Change(set={"limit": limit}, add={"used": 0})
    writes: list[Write] = [
        Update(names.METRICS, (ACCOUNT, day), change, Absent("limit")),
        guard_clear(),
    ]
    try:
        transactions.run(table, writes, token=clock.token(), clock=clock)
    except TransactionCancelled:
        return


def take(table: Table, day: str, *, copies: int) -> Update:
    """Take the places of one mail and its copies on the account's day, if it has room for all of them.

    With copies the limit is read before, and the places are taken at that limit only.
    """
    if not copies:
        return metrics.counters(ACCOUNT, day, {"used": 1}, condition=conditions.day_has_room())
    limit = int(Metrics(table).account_day(day).get("limit", 0))
    room = conditions.day_has_room_for(limit, 1 + copies)
    return metrics.counters(ACCOUNT, day, {"used": 1 + copies, "copies": copies}, condition=room)


def set_limit(day: str, *, limit: int, seen: int, quota: int | None = None) -> Update:
    """Change the limit of an open day from the value that was read; `quota` is what the provider allows."""
    values: dict[Path, int] = {"limit": limit} if quota is None else {"limit": limit, "quota": quota}
    return Update(names.METRICS, (ACCOUNT, day), Change(set=values), Equals("limit", seen))


def days_around(now: datetime, zone: str) -> tuple[str, str, str]:
    """Yesterday, today and tomorrow in the account's zone: what the guard stops."""
    day = timedelta(days=1)
    return local_day(now - day, zone), local_day(now, zone), local_day(now + day, zone)


def stop_day(day: str) -> Update:
    """From now on no claim of any campaign commits on this day."""
    return Update(names.METRICS, (ACCOUNT, day), Change(set={"stopped": True}))


def clear_day(day: str) -> Update:
    """Lift the guard's stop of a day."""
    return Update(names.METRICS, (ACCOUNT, day), Change(remove=("stopped",)))
