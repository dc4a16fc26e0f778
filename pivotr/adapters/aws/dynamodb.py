"""The table port on DynamoDB. Conditions travel with their writes; a read before one proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from pivotr import names
from pivotr.adapters.aws import dynamodb_pages as pages
from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.dynamodb_calls import SERVICE, TRIES, Answered, Calls
from pivotr.adapters.aws.dynamodb_inserts import Inserts
from pivotr.adapters.aws.dynamodb_transactions import Transactions
from pivotr.adapters.aws.dynamodb_values import decode
from pivotr.adapters.aws.dynamodb_writes import (
    TableRequests,
    fitted,
    is_repeatable,
    is_unfit,
    refusal,
    shows,
)
from pivotr.adapters.table_shape import TableShape
from pivotr.errors import InvalidInput, NoAnswer, NotFound, Unavailable
from pivotr.ports.clock import Clock
from pivotr.ports.table import (
    Between,
    Change,
    Condition,
    ConditionFailed,
    Delete,
    Item,
    Key,
    Page,
    Present,
    Put,
    TableSpec,
    Update,
    Write,
)

#: Keys of one call (Amazon DynamoDB API reference, BatchGetItem).
MAX_KEYS: Final = 100
#: Rounds of a batch whose keys DynamoDB did not get to.
_ROUNDS: Final = 8

_OPERATIONS: Final[dict[type, str]] = {Put: "put_item", Update: "update_item", Delete: "delete_item"}


class DynamoTable:
    """All tables of one environment in an account.

    `specs` are the tables, `clock` waits between tries and draws tokens, `append_only` names the tables whose
    items can only be added: every put gets the condition that there is none yet, the rest is refused.
    """

    def __init__(
        self,
        clients: Clients,
        environment: str,
        specs: Sequence[TableSpec],
        clock: Clock,
        *,
        append_only: frozenset[str] = frozenset(),
    ) -> None:
        self._calls = Calls(clients, clock)
        self._tables = {
            spec.name: TableRequests(
                TableShape(spec),
                names.physical(environment, spec.name),
                is_append_only=spec.name in append_only,
            )
            for spec in specs
        }
        self._transactions = Transactions(self._calls, self._table, self.get_many)
        self._inserts = Inserts(self._calls, self._read_again)

    def get(self, table: str, key: Key, *, consistent: bool = False) -> Item | None:
        """One item, or None."""
        of = self._table(table)
        request = {"TableName": of.physical, "Key": of.address(key), "ConsistentRead": consistent}
        found = self._ask("get_item")(request).get("Item")
        return decode(found) if found is not None else None

    def get_many(self, keys: Sequence[tuple[str, Key]], *, consistent: bool = False) -> list[Item | None]:
        """Up to 100 items of any tables, in the order of the keys, None where absent."""
        if len(keys) > MAX_KEYS:
            raise InvalidInput(f"At most {MAX_KEYS} items can be read in one call, not {len(keys)}.")
        found: dict[tuple[str, Key], Item] = {}
        waiting: dict[str, Any] = {}
        logical = {}
        for table, key in dict.fromkeys((table, tuple(key)) for table, key in keys):
            of = self._table(table)
            logical[of.physical] = of
            asked = waiting.setdefault(of.physical, {"Keys": [], "ConsistentRead": consistent})
            asked["Keys"].append(of.address(key))
        for attempt in range(1, _ROUNDS + 1):
            if not waiting:
                return [found.get((table, tuple(key))) for table, key in keys]
            answer = self._ask("batch_get_item")({"RequestItems": waiting})
            for physical, items in answer.get("Responses", {}).items():
                of = logical[physical]
                for item in map(decode, items):
                    found[(of.name, of.key_of(item))] = item
            waiting = answer.get("UnprocessedKeys") or {}
            if waiting:
                self._calls.pause(attempt)
        if waiting:
            raise Unavailable(f"{SERVICE} is busy.", hint="Try again in a moment.")
        return [found.get((table, tuple(key))) for table, key in keys]

    def query(
        self,
        table: str,
        partition: str,
        *,
        index: str | None = None,
        between: Between | None = None,
        ascending: bool = True,
        limit: int = 100,
        cursor: str | None = None,
        consistent: bool = False,
    ) -> Page:
        """One page of a partition in sort-key order; an index returns keys and its projection only."""
        return pages.query(
            self._ask("query"),
            self._table(table),
            partition,
            index=index,
            between=between,
            ascending=ascending,
            limit=limit,
            cursor=cursor,
            consistent=consistent,
        )

    def count(self, table: str, partition: str, *, limit: int) -> int:
        """How many items a partition has, at most `limit`: those beyond are not read."""
        return pages.count(self._ask("query"), self._table(table), partition, limit=limit)

    def scan(self, table: str, *, limit: int = 100, cursor: str | None = None) -> Page:
        """One page of a whole table, in no promised order."""
        return pages.scan(self._ask("scan"), self._table(table), limit=limit, cursor=cursor)

    def put(self, table: str, item: Item, *, condition: Condition | None = None) -> None:
        """Write a whole item. Raises ConditionFailed."""
        self._alone(Put(table, item, condition))

    def update(self, table: str, key: Key, change: Change, *, condition: Condition | None = None) -> Item:
        """Change attributes, return the new item. Raises ConditionFailed."""
        item = self._alone(Update(table, key, change, condition))
        assert item is not None  # an update always leaves an item
        return item

    def delete(self, table: str, key: Key, *, condition: Condition | None = None) -> None:
        """Remove an item. Raises ConditionFailed."""
        self._alone(Delete(table, key, condition))

    def transact(self, writes: Sequence[Write], *, token: str = "") -> None:
        """All writes or none; no writes are none. Raises TransactionCancelled, InvalidInput.

        One try: `storage.transactions` repeats the very request with its token, and knows for how long.
        """
        self._transactions.run(writes, token)

    def insert_many(self, table: str, items: Sequence[Item]) -> list[bool]:
        """Insert each item unless its key exists, 25 in one call. True where it was inserted."""
        return self._inserts.insert(self._table(table), items)

    def erase(self, table: str, key: Key, attributes: Sequence[str]) -> None:
        """Remove attributes of an item, of an append-only table too; an absent item stays absent."""
        of = self._table(table)
        if not attributes:
            return
        request = of.erasure(key, tuple(dict.fromkeys(attributes)), Present(of.keys[0]))
        try:
            self._calls("update_item", request)
        except Answered as answered:
            if answered.code != "ConditionalCheckFailedException":
                raise refusal(answered.text) from None

    def _alone(self, write: Write) -> Item | None:
        of = self._table(write.table)
        try:
            return self._write(of, write)
        except Answered as answered:
            if not (isinstance(write, Update) and is_unfit(answered.text)):
                raise refusal(answered.text) from None
            item = self.get(write.table, write.key, consistent=True)
            again = fitted(write, item, of.keys)
            if again is None:
                raise ConditionFailed(item) from None
        try:
            return self._write(of, again)
        except Answered as answered:
            raise refusal(answered.text) from None

    def _write(self, of: TableRequests, write: Write) -> Item | None:
        """Carry out one write; the new item of an update. Raises Answered where DynamoDB refuses it."""
        request = of.request(write)
        if isinstance(write, Update):
            request["ReturnValues"] = "ALL_NEW"
        try:
            answer = self._calls(_OPERATIONS[type(write)], request, is_repeatable=is_repeatable(write))
        except Answered as answered:
            if answered.code != "ConditionalCheckFailedException":
                raise
            found = answered.response.get("Item")
            item = decode(found) if found else None
            if not answered.is_doubtful:
                raise ConditionFailed(item) from None
            if shows(write, item):
                return item
            raise NoAnswer(f"{SERVICE} did not answer.", hint="Look again, then repeat it.") from None
        return decode(answer["Attributes"]) if isinstance(write, Update) else None

    def _read_again(self, keys: Sequence[tuple[str, Key]]) -> list[Item | None]:
        return self.get_many(keys, consistent=True)

    def _ask(self, operation: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        def ask(request: dict[str, Any]) -> dict[str, Any]:
            try:
                return self._calls(operation, request, tries=TRIES)
            except Answered as answered:
                raise refusal(answered.text) from None

        return ask

    def _table(self, name: str) -> TableRequests:
        try:
            return self._tables[name]
        except KeyError:
            raise NotFound(f"There is no table {name}.") from None
