"""Requests that may come twice: the first is done and its answer kept, the next ones get that answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pivotr.domain.instants import from_text, to_text
from pivotr.errors import Conflict, InvalidInput
from pivotr.ports.clock import Clock
from pivotr.ports.table import ConditionFailed, Item, Table
from pivotr.storage.repeats import KeptRequests

#: Longer than any function of the API runs: who began then is not there any more.
_GIVEN_UP = timedelta(seconds=60)
#: Characters of an answer that is kept; an item takes 400 KB.
_LARGEST = 250_000


class Repeats:
    """Keys are digests that the door makes of caller, route and the key that the caller chose."""

    def __init__(self, *, table: Table, clock: Clock) -> None:
        self._clock = clock
        self._kept = KeptRequests(table)

    def begin(self, key: str, *, fingerprint: str) -> Item | None:
        """The answer that is kept (`status`, `headers`, `body`), or None: go ahead, then `keep` or `forget`.

        Raises InvalidInput where the key belongs to another request, Conflict while the first one is at work.
        """
        now = self._clock.now()
        try:
            self._kept.begin(key, fingerprint, now=now)
        except ConditionFailed as failed:
            known = failed.item or {}
        else:
            return None
        if known.get("fingerprint") != fingerprint:
            raise InvalidInput(
                "This Idempotency-Key belongs to another request.", hint="Take a new key for a new request."
            )
        if "status" in known:
            return known
        if from_text(known["began"]) + _GIVEN_UP > now:
            raise Conflict(
                "The same request is being answered at this moment.", hint="Ask again in some seconds."
            )
        try:
            self._kept.take_over(key, began=known["began"], now=now)
        except ConditionFailed:
            raise Conflict(
                "The same request is being answered at this moment.", hint="Ask again in some seconds."
            ) from None
        return None

    def keep(self, key: str, *, status: int, headers: Mapping[str, str], body: str) -> None:
        """Keep an answer for a day."""
        facts: dict[str, Any] = {"status": status, "headers": dict(headers), "body": body}
        if len(body) <= _LARGEST:
            self._kept.keep(key, facts, at=to_text(self._clock.now()))

    def forget(self, key: str) -> None:
        """Nothing was done: the key may be used again."""
        self._kept.forget(key)
