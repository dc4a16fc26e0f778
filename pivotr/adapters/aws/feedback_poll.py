"""Events of SES from the account's own queue, for an environment whose functions run on this machine.

Stored first, deleted after: a crash in between brings an event twice, which its handler expects anyway.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from pivotr import names
from pivotr.errors import PivotrError
from pivotr.ports.queues import Queues

_log = logging.getLogger(__name__)

#: Seconds between two looks at a queue that was empty, and after one that failed.
EMPTY_SECONDS: Final = 15.0
FAILED_SECONDS: Final = 60.0
_BATCH: Final = 10


class FeedbackPoll:
    """A chore: each call moves up to ten events and returns how many, or returns 0 at once while it rests.

    `source` gives the queues of the account, `keep` stores bodies for their handler, `now` counts seconds.
    """

    def __init__(
        self,
        source: Callable[[], Queues],
        keep: Callable[[Sequence[str]], None],
        now: Callable[[], float],
    ) -> None:
        self._make_source = source
        self._source: Queues | None = None
        self._keep = keep
        self._now = now
        self._rests_until = float("-inf")

    def __call__(self) -> int:
        """Move what is there. Raises Misconfigured before anything was ever moved; later on it only rests."""
        now = self._now()
        if now < self._rests_until <= now + FAILED_SECONDS:
            return 0
        queue = names.FEEDBACK_QUEUE.name
        is_first = self._source is None
        try:
            self._source = self._source or self._make_source()
            records = self._source.receive(queue, limit=_BATCH)
        except PivotrError as error:
            if is_first and not error.retryable:
                self._source = None
                raise
            _log.warning("events of SES cannot be fetched: %s", error.sentence)
            self._rests_until = now + FAILED_SECONDS
            return 0
        if not records:
            self._rests_until = now + EMPTY_SECONDS
            return 0
        self._keep([record.body for record in records])
        try:
            for record in records:
                self._source.delete(queue, record.receipt)
        except PivotrError as error:
            _log.warning("events of SES will come once more: %s", error.sentence)
            self._rests_until = now + FAILED_SECONDS
        return len(records)
