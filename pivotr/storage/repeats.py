"""Requests that may come twice, in the `work` table: what was asked, and the answer once there is one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pivotr import names
from pivotr.domain.instants import to_text
from pivotr.ports.table import Absent, Below, Change, Either, Equals, Path, Table
from pivotr.storage.schema import SCHEMA_VERSION

_DAY = 86_400


def _key(key: str) -> str:
    return f"repeat#{key}"


class KeptRequests:
    """One item for each key; it expires after a day."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, key: str, fingerprint: str, *, now: datetime) -> None:
        """Note that a request is at work. Raises ConditionFailed where the key is known."""
        second = int(now.timestamp())
        item = {
            "key": _key(key), "fingerprint": fingerprint, "began": to_text(now), "expires_at": second + _DAY,
            "v": SCHEMA_VERSION,
        }  # fmt: skip
        # an expired item may be there for another two days
        condition = Either((Absent("key"), Below("expires_at", second)))
        self._table.put(names.WORK, item, condition=condition)

    def take_over(self, key: str, *, began: str, now: datetime) -> None:
        """Begin anew what nobody has finished. Raises ConditionFailed where somebody has, or was faster."""
        change = Change(set={"began": to_text(now)})
        self._table.update(names.WORK, (_key(key),), change, condition=Equals("began", began))

    def keep(self, key: str, answer: Mapping[str, Any], *, at: str) -> None:
        """Keep the answer."""
        values: dict[Path, Any] = {"answered": at}
        values.update(answer)
        self._table.update(names.WORK, (_key(key),), Change(set=values), condition=Equals("key", _key(key)))

    def forget(self, key: str) -> None:
        """As if the key had never been used."""
        self._table.delete(names.WORK, (_key(key),))
