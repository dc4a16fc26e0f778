"""Running a transaction against conflicts, throttling and lost answers, as the protocol prescribes."""

from __future__ import annotations

from collections.abc import Sequence

from pivotr.domain.chance import seeded_unit
from pivotr.errors import NoAnswer, Unavailable
from pivotr.ports.clock import Clock
from pivotr.ports.table import Table, TransactionCancelled, Write

#: Tries of the same request with the same token, and the range of the full jitter between them in seconds.
TRIES = 4
_JITTER = (0.02, 0.2)


def run(table: Table, writes: Sequence[Write], *, token: str, clock: Clock) -> None:
    """Write all or nothing, repeating the identical request while only conflicts or throttling hinder it.

    Raises TransactionCancelled when a condition failed, Unavailable when surely nothing was written after
    all tries, NoAnswer when the last try ended without an answer and a try before may have been written.
    """
    doubtful = False
    for attempt in range(TRIES):
        try:
            table.transact(writes, token=token)
            return
        except TransactionCancelled as cancelled:
            if not cancelled.is_transient:
                raise
        except NoAnswer:
            doubtful = True
        except Unavailable:
            pass
        low, high = _JITTER
        clock.sleep(low + (high - low) * seeded_unit(token, str(attempt), "jitter"))
    if doubtful:
        raise NoAnswer(
            "The database did not answer.", hint="Nothing is lost; the next heartbeat looks again."
        )
    raise Unavailable("The database is busy.", hint="Try again in a moment.")
