"""Aborted campaigns whose leads are still being given back, by id in one small item of the `work` table."""

from __future__ import annotations

from pivotr import names
from pivotr.ports.table import Change, Table, Update

_KEY = "sweep"


def add(campaign: str) -> Update:
    """Remember an aborted campaign."""
    return Update(names.WORK, (_KEY,), Change(include={"campaigns": frozenset({campaign})}))


def remove(campaign: str) -> Update:
    """Forget a campaign that has been swept."""
    return Update(names.WORK, (_KEY,), Change(exclude={"campaigns": frozenset({campaign})}))


def pending(table: Table) -> list[str]:
    """Ids of the campaigns that are to be swept."""
    item = table.get(names.WORK, (_KEY,), consistent=True) or {}
    return sorted(item.get("campaigns", ()))
