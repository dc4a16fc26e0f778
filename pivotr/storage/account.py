"""The account's day: one item that every claim of every sender passes, with the limit that holds that day."""

from __future__ import annotations

from datetime import datetime, timedelta

from pivotr import names
from pivotr.domain.instants import local_day
from pivotr.ports.clock import Clock
from pivotr.ports.table import Absent, Change, Equals, Table, TransactionCancelled, Update, Write
from pivotr.storage import transactions
from pivotr.storage.schema import ACCOUNT
from pivotr.storage.settings import guard_clear


def open_day(table: Table, day: str, *, cap: int, clock: Clock, room: int | None = None) -> None:
    """Give a day its limit, once, unless the guard has tripped: the account cap, or the provider's `room`."""
    limit = cap if room is None else min(cap, room)
    change = Change(set={"limit": limit}, add={"used": 0})
    writes: list[Write] = [
        Update(names.METRICS, (ACCOUNT, day), change, Absent("limit")),
        guard_clear(),
    ]
    try:
        transactions.run(table, writes, token=clock.token(), clock=clock)
    except TransactionCancelled:
        return


def set_limit(day: str, *, limit: int, seen: int) -> Update:
    """Change the limit of an open day from the value that was read."""
    return Update(names.METRICS, (ACCOUNT, day), Change(set={"limit": limit}), Equals("limit", seen))


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
