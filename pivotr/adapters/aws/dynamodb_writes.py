"""Writes as requests of DynamoDB, and what an item shows of a write whose answer was lost."""

from __future__ import annotations

from typing import Any, Final

from pivotr.adapters.aws.dynamodb_expressions import Expressions
from pivotr.adapters.aws.dynamodb_values import Value, encode
from pivotr.adapters.conditions import UnfitChange, apply, refuse_overlaps, without_empty_sets
from pivotr.adapters.table_shape import TableShape
from pivotr.errors import InvalidInput, LimitReached, PivotrError, Rejected, Unavailable
from pivotr.ports.table import (
    Absent,
    All,
    Change,
    Check,
    Condition,
    Delete,
    Item,
    Key,
    Path,
    Put,
    Update,
    Write,
)

#: What DynamoDB says of an update that has no place in the item as it is.
_UNFIT: Final = (
    "document path provided in the update expression is invalid",
    "operand in the update expression has an incorrect data type",
    "incorrect operand type",
)
_FOREIGN_CURSOR: Final = "starting key"
_TOO_LARGE: Final = "has exceeded the maximum allowed size"


class TableRequests(TableShape):
    """Requests that write to one table; `physical` is its name in the account."""

    def __init__(self, shape: TableShape, physical: str, *, is_append_only: bool) -> None:
        super().__init__(shape.spec)
        self.physical = physical
        self._is_append_only = is_append_only

    def address(self, key: Key) -> dict[str, Value]:
        """A key as attributes. Raises InvalidInput."""
        return {name: {"S": str.__str__(part)} for name, part in zip(self.keys, self.key(key), strict=True)}

    def attributes(self, item: Item) -> dict[str, Value]:
        """A whole item as attributes. Raises InvalidInput for what no key or index can hold."""
        self.plain_texts(item)
        return encode(item)

    def request(self, write: Write) -> dict[str, Any]:
        """The parameters of a write, alone or as a part of a transaction. Raises InvalidInput."""
        if self._is_append_only and isinstance(write, Update | Delete):
            raise InvalidInput(f"Entries of {self.name} can only be added, never changed or deleted.")
        expressions = Expressions(self.keys[0])
        request: dict[str, Any] = {"TableName": self.physical}
        if isinstance(write, Put):
            self.key_of(write.item)
            request["Item"] = self.attributes(write.item)
        else:
            request["Key"] = self.address(write.key)
        if isinstance(write, Update):
            self._refuse(write.change)
            # A transaction asks for an expression even where nothing changes.
            request["UpdateExpression"] = (
                expressions.change(write.change) or f"REMOVE {expressions.path('_')}"
            )
        condition = self._condition(write)
        conditions = [expressions.condition(condition)] if condition is not None else []
        if isinstance(write, Update):
            conditions += expressions.places(write.change)
        if conditions:
            request["ConditionExpression"] = " AND ".join(conditions)
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return request | expressions.placeholders()

    def erasure(self, key: Key, attributes: tuple[str, ...], condition: Condition) -> dict[str, Any]:
        """The parameters of the one change that an append-only table allows."""
        change = Change(remove=attributes)
        self._refuse(change)
        expressions = Expressions(self.keys[0])
        return {
            "TableName": self.physical,
            "Key": self.address(key),
            "UpdateExpression": expressions.change(change),
            "ConditionExpression": expressions.condition(condition),
            **expressions.placeholders(),
        }

    def _condition(self, write: Write) -> Condition | None:
        if not (self._is_append_only and isinstance(write, Put)):
            return write.condition
        absent = Absent(self.keys[-1])
        return absent if write.condition is None else All((absent, write.condition))

    def _refuse(self, change: Change) -> None:
        refuse_overlaps(change, self.keys)
        for path, value in change.set.items():
            if (name := _whole(path)) in self.texts:
                self.refuse_unfit(name, value)


def is_unfit(text: str) -> bool:
    """True where a refusal says that the change has no place in the item."""
    return any(words in text.lower() for words in _UNFIT)


def refusal(text: str) -> PivotrError:
    """The error for a request that DynamoDB refuses as it is; `text` is DynamoDB's own."""
    if _TOO_LARGE in text:
        return LimitReached("This record is over 400 KB long.", hint="Shorten its longest field.")
    if _FOREIGN_CURSOR in text:
        return InvalidInput(
            "This cursor does not belong to this query.", hint="Start again without a cursor."
        )
    if is_unfit(text):  # it changed between two looks
        return Unavailable("This record changes too often.", hint="Try again in a moment.")
    return Rejected(f"DynamoDB refused a request: {text}", hint="Run `pivotr doctor`.")


def fitted(write: Update, item: Item | None, keys: tuple[str, ...]) -> Update | None:
    """The same update without removals below maps that the item lacks, which DynamoDB refuses.

    None where the change has no place in the item as it is.
    """
    try:
        apply(write.change, item, dict(zip(keys, write.key, strict=True)))
    except UnfitChange:
        return None
    change = write.change
    kept = Change(
        set=change.set,
        add=change.add,
        remove=tuple(path for path in change.remove if _has_place(item, path)),
        include=change.include,
        exclude={path: members for path, members in change.exclude.items() if _has_place(item, path)},
    )
    return Update(write.table, write.key, kept, write.condition)


def is_repeatable(write: Write) -> bool:
    """True where doing it twice is as good as once, or where the item tells that it was done."""
    return not (isinstance(write, Update) and write.change.add)


def shows(write: Write, item: Item | None) -> bool:
    """True where the item looks as this write leaves it, so that it was ours that came through."""
    if isinstance(write, Put):
        return bool(item == without_empty_sets(write.item))
    if isinstance(write, Delete):
        return item is None
    if isinstance(write, Check) or item is None or not write.change.set:
        return False
    try:
        return bool(apply(write.change, item, {}) == item)
    except UnfitChange:
        return False


def _whole(path: Path) -> str:
    return path if isinstance(path, str) else path[0]


def _has_place(item: Item | None, path: Path) -> bool:
    if isinstance(path, str) or len(path) == 1:
        return True
    holder: Any = item or {}
    for name in path[:-1]:
        holder = holder.get(name) if isinstance(holder, dict) else None
    return isinstance(holder, dict)
