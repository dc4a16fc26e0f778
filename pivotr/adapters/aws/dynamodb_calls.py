"""One call of DynamoDB with its repetitions, made here and not by botocore.

Botocore forgets how its earlier tries ended: a write whose first try was never answered and whose second was
throttled would look as if surely nothing had happened.
"""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.faults import code_of, fault, message_of
from pivotr.domain.chance import seeded_unit
from pivotr.errors import NoAnswer, PivotrError, Unavailable
from pivotr.ports.clock import Clock

SERVICE: Final = "DynamoDB"

#: Seconds: DynamoDB answers in some milliseconds, and three tries must fit into a function's time-out.
CONNECT_SECONDS: Final = 2.0
READ_SECONDS: Final = 3.0
TRIES: Final = 3
#: Full jitter before the second try in seconds, doubled before each further one.
_PAUSE: Final = 0.1

#: Answers about the request itself, for the adapter to judge.
_FOR_US: Final = frozenset(
    {"ConditionalCheckFailedException", "TransactionCanceledException", "ValidationException"}
)
#: A single write met a transaction on the same item: it was not carried out.
_CONTENDED: Final = frozenset({"TransactionConflictException", "ReplicatedWriteConflictException"})


class Answered(Exception):
    """DynamoDB refused this request; `is_doubtful` where an earlier try of it was never answered."""

    def __init__(self, error: Exception, *, is_doubtful: bool) -> None:
        super().__init__()
        self.code = code_of(error)
        self.text = message_of(error)
        self.response: dict[str, Any] = getattr(error, "response", {})
        self.is_doubtful = is_doubtful


class Calls:
    """The client, asked several times where that can help. `clock` waits and draws."""

    def __init__(self, clients: Clients, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock

    def __call__(
        self, operation: str, request: dict[str, Any], *, tries: int = TRIES, is_repeatable: bool = True
    ) -> dict[str, Any]:
        """The answer to one operation, named as on the client.

        `is_repeatable`: doing it twice is as good as once, so that a call without an answer is made again.
        Raises Answered, Unavailable when surely nothing happened, NoAnswer, Misconfigured, Rejected.
        """
        call = getattr(self._client(), operation)
        is_doubtful = False
        for attempt in range(1, tries + 1):
            try:
                answer: dict[str, Any] = call(**request)
                return answer
            except (ClientError, BotoCoreError) as error:
                if code_of(error) in _FOR_US:
                    raise Answered(error, is_doubtful=is_doubtful) from None
                known = _known(error)
                is_unanswered = isinstance(known, NoAnswer)
                is_doubtful |= is_unanswered
                may_help = isinstance(known, Unavailable) and (is_repeatable or not is_unanswered)
                if not may_help or attempt == tries:
                    raise (NoAnswer(known.sentence, hint=known.hint) if is_doubtful else known) from error
            self.pause(attempt)
        raise AssertionError("unreachable")  # pragma: no cover

    def pause(self, attempt: int) -> None:
        """Wait before the next try: full jitter, longer each time."""
        share = seeded_unit(self._clock.token(), "pause")
        self._clock.sleep(_PAUSE * 2 ** (attempt - 1) * share)

    def token(self) -> str:
        """A fresh token of a request."""
        return self._clock.token()

    def _client(self) -> Any:
        return self._clients.client("dynamodb", attempts=1, connect=CONNECT_SECONDS, read=READ_SECONDS)


def _known(error: Exception) -> PivotrError:
    if code_of(error) in _CONTENDED:
        return Unavailable(f"{SERVICE} is busy.", hint="Try again in a moment.")
    return fault(error, SERVICE)
