"""Transactions: all writes or none, why not where none, and a token that makes a repetition harmless."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from pivotr.adapters.aws.dynamodb_calls import Answered, Calls
from pivotr.adapters.aws.dynamodb_values import decode
from pivotr.adapters.aws.dynamodb_writes import TableRequests, fitted, is_unfit, refusal
from pivotr.errors import InvalidInput, PivotrError
from pivotr.ports.table import (
    Check,
    Delete,
    Item,
    Key,
    Put,
    Reason,
    TransactionCancelled,
    Update,
    Write,
)

#: Writes of one transaction, and characters of its token (Amazon DynamoDB API reference, TransactWriteItems).
MAX_WRITES: Final = 100
_MAX_TOKEN: Final = 36

_PARTS: Final[dict[type, str]] = {Put: "Put", Update: "Update", Delete: "Delete", Check: "ConditionCheck"}

#: Why a part stood in the way of the whole, in DynamoDB's words.
_REASONS: Final = {
    "ConditionalCheckFailed": "condition",
    "TransactionConflict": "conflict",
    "ProvisionedThroughputExceeded": "throttled",
    "ThrottlingError": "throttled",
    "RequestLimitExceeded": "throttled",
}


class _ReadMany(Protocol):
    def __call__(self, keys: Sequence[tuple[str, Key]], *, consistent: bool) -> list[Item | None]: ...


class Transactions:
    """Runs transactions; `table` gives the requests of a table, `read` its items."""

    def __init__(self, calls: Calls, table: Callable[[str], TableRequests], read: _ReadMany) -> None:
        self._calls = calls
        self._table = table
        self._read = read

    def run(self, writes: Sequence[Write], token: str) -> None:
        """All writes or none. Raises TransactionCancelled, InvalidInput, LimitReached."""
        self._refuse_misfits(writes)
        if not writes:
            return
        token = token or self._calls.token()
        try:
            self._ask(writes, token)
        except Answered as answered:
            again = self._fitted(writes, answered)
        else:
            return
        try:
            self._ask(again, f"{token}#fitted")
        except Answered as answered:
            raise _judged(answered) from None

    def _ask(self, writes: Sequence[Write], token: str) -> None:
        parts = [{_PARTS[type(write)]: self._table(write.table).request(write)} for write in writes]
        request = {"TransactItems": parts, "ClientRequestToken": _short(token)}
        self._calls("transact_write_items", request, tries=1)

    def _fitted(self, writes: Sequence[Write], answered: Answered) -> list[Write]:
        """The writes without removals that have no place, to be tried again. Raises what else is wrong."""
        if not _is_misplaced(answered):
            raise _judged(answered) from None
        updates = [write for write in writes if isinstance(write, Update)]
        items = self._read([(write.table, write.key) for write in updates], consistent=True)
        found = {id(write): item for write, item in zip(updates, items, strict=True)}
        reasons: list[Reason | None] = []
        fitting: list[Write] = []
        for write in writes:
            fit: Write | None = write
            if isinstance(write, Update):
                fit = fitted(write, found[id(write)], self._table(write.table).keys)
            reasons.append(Reason("condition", found[id(write)]) if fit is None else None)
            fitting.append(fit or write)
        if any(reasons):
            raise TransactionCancelled(tuple(reasons)) from None
        return fitting

    def _refuse_misfits(self, writes: Sequence[Write]) -> None:
        if len(writes) > MAX_WRITES:
            raise InvalidInput(f"One transaction takes at most {MAX_WRITES} writes, not {len(writes)}.")
        keys = {(write.table, self._key_of(write)) for write in writes}
        if len(keys) != len(writes):
            raise InvalidInput("One transaction writes or checks each item once.")

    def _key_of(self, write: Write) -> Key:
        table = self._table(write.table)
        return table.key_of(write.item) if isinstance(write, Put) else table.key(write.key)


def _is_misplaced(answered: Answered) -> bool:
    """True where an update, no condition, stands in the way: the whole is refused for it, or a part."""
    reasons: list[dict[str, Any]] = answered.response.get("CancellationReasons", [])
    if not reasons:
        return is_unfit(answered.text)
    return any(is_unfit(reason.get("Message", "") or "") for reason in reasons)


def _judged(answered: Answered) -> PivotrError:
    reasons: list[Reason | None] = []
    for stated in answered.response.get("CancellationReasons", ()):
        code, text = stated.get("Code", "None"), stated.get("Message", "")
        if code == "None":
            reasons.append(None)
        elif code in _REASONS:
            found = stated.get("Item")
            reasons.append(Reason(_REASONS[code], decode(found) if found else None))  # type: ignore[arg-type]
        else:
            return refusal(text or code)
    return TransactionCancelled(tuple(reasons)) if reasons else refusal(answered.text)


def _short(token: str) -> str:
    """The token itself, or as much of its digest as DynamoDB takes."""
    if len(token) <= _MAX_TOKEN:
        return token
    return hashlib.sha256(token.encode()).hexdigest()[:_MAX_TOKEN]
