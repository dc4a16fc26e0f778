"""Operator settings and the guard's state, in the `settings` table."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pivotr import names
from pivotr.domain.instants import to_text
from pivotr.domain.preferences import PREFERENCES, Preferences, from_stored
from pivotr.ports.table import Absent, Change, Check, Item, Present, Table, Update
from pivotr.storage import conditions
from pivotr.storage.schema import SCHEMA_VERSION

GUARD = "guard"
#: One item holds all operator settings: one read, whatever their number.
OPERATOR = "operator"
FIELDS = "fields"


def add_fields(found: frozenset[str]) -> Update:
    """Remember the names of custom fields."""
    return Update(names.SETTINGS, (FIELDS,), Change(include={"names": found}))


def guard_clear() -> Check:
    """Cancels a transaction while the guard has tripped."""
    return Check(names.SETTINGS, (GUARD,), conditions.guard_is_clear())


def trip_guard(reason: str, now: datetime) -> Update:
    """Mark the guard as tripped; refused where it already is."""
    change = Change(
        set={"tripped": True, "reason": reason, "at": to_text(now), "v": SCHEMA_VERSION},
        remove=("acknowledged_by",),
    )
    return Update(names.SETTINGS, (GUARD,), change, Absent("tripped"))


def acknowledge_guard(actor: str, now: datetime) -> Update:
    """Clear the guard in the name of an operator."""
    change = Change(set={"acknowledged_by": actor, "acknowledged_at": to_text(now)}, remove=("tripped",))
    return Update(names.SETTINGS, (GUARD,), change, Present("tripped"))


class SettingsStore:
    """Reads and writes of operator settings."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def preferences(self) -> Preferences:
        """All operator settings, stored or default. One call."""
        item = self._table.get(names.SETTINGS, (OPERATOR,)) or {}
        return from_stored({key: item[key]["value"] for key in PREFERENCES if key in item})

    def stored(self) -> dict[str, Item]:
        """The settings that an operator has set, with who and when."""
        item = self._table.get(names.SETTINGS, (OPERATOR,), consistent=True) or {}
        return {key: item[key] for key in PREFERENCES if key in item}

    def assignment(self, key: str, value: Any, *, actor: str, now: datetime) -> Update:
        """Set one setting."""
        assigned = {"value": value, "actor": actor, "at": to_text(now)}
        return Update(names.SETTINGS, (OPERATOR,), Change(set={key: assigned, "v": SCHEMA_VERSION}))

    def fields(self) -> tuple[str, ...]:
        """Names of all custom fields that imports have brought: templates may use them as variables."""
        item = self._table.get(names.SETTINGS, (FIELDS,), consistent=True) or {}
        return tuple(sorted(item.get("names", ())))

    def guard(self) -> Item:
        """The guard's state; empty where it never tripped."""
        return self._table.get(names.SETTINGS, (GUARD,), consistent=True) or {}
