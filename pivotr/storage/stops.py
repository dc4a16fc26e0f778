"""What the guard has to say beside the account: lists that are stopped, domains that refuse, the provider.

One item of the `settings` table holds it all, so that the heartbeat learns everything with one read.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pivotr import names
from pivotr.domain.instants import to_text
from pivotr.ports.table import Absent, Change, Item, Path, Table, Update
from pivotr.storage.schema import SCHEMA_VERSION

_KEY = "stops"
PROVIDER = "provider"


def list_key(list_name: str) -> str:
    """The entry of a list."""
    return f"list#{list_name}"


def domain_key(domain: str) -> str:
    """The entry of a receiving domain."""
    return f"domain#{domain}"


def add(key: str, reason: str, now: datetime) -> Update:
    """Note a stop or a warning; refused where the same one stands already."""
    values: dict[Path, object] = {key: {"reason": reason, "at": to_text(now)}, "v": SCHEMA_VERSION}
    return Update(names.SETTINGS, (_KEY,), Change(set=values), Absent(key))


def replace(key: str, reason: str, now: datetime) -> Update:
    """Note it, whatever stood there."""
    return Update(names.SETTINGS, (_KEY,), add(key, reason, now).change)


def lift(keys: Iterable[str]) -> Update:
    """Take entries away; those that are not there are no error."""
    return Update(names.SETTINGS, (_KEY,), Change(remove=tuple(keys)))


class Stops:
    """Reads of the item."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self) -> dict[str, Item]:
        """Key → reason and instant of every entry, read consistently."""
        item = self._table.get(names.SETTINGS, (_KEY,), consistent=True) or {}
        return {key: value for key, value in item.items() if isinstance(value, dict)}

    def of_lists(self, lists: Iterable[str]) -> dict[str, str]:
        """Those of the lists that are stopped, with the reason."""
        found = self.all()
        return {name: str(found[list_key(name)]["reason"]) for name in lists if list_key(name) in found}
