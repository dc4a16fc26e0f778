"""The storage seam: ten tables behind conditional writes, transactions, key ranges and sparse indexes.

Conditions are small frozen values. The DynamoDB adapter renders them, the SQLite adapter evaluates them;
nobody else writes an expression. Items are plain dicts of str, int, float, bool, None, list, dict and
`frozenset[str]` (a string set; an empty set is the same as an absent attribute).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from pivotr.errors import Conflict

Item: TypeAlias = dict[str, Any]
#: Key of one item: (partition,) or (partition, sort).
Key: TypeAlias = tuple[str, ...]
#: An attribute: its name, or the way down a map as a tuple of names.
Path: TypeAlias = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """The value of another attribute of the same item, as the right side of a comparison."""

    path: Path


Operand: TypeAlias = str | int | float | bool | Attribute


@dataclass(frozen=True, slots=True)
class Absent:
    """The attribute (or, for a key attribute, the item) does not exist."""

    path: Path


@dataclass(frozen=True, slots=True)
class Present:
    """The attribute exists."""

    path: Path


@dataclass(frozen=True, slots=True)
class Equals:
    """The attribute exists and equals the operand."""

    path: Path
    value: Operand


@dataclass(frozen=True, slots=True)
class OneOf:
    """The attribute exists and equals one of the values (at most 100)."""

    path: Path
    values: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Below:
    """The attribute exists, has the operand's type and is smaller."""

    path: Path
    value: Operand


@dataclass(frozen=True, slots=True)
class AtMost:
    """The attribute exists, has the operand's type and is smaller or equal."""

    path: Path
    value: Operand


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The attribute exists, has the operand's type and is greater or equal."""

    path: Path
    value: Operand


@dataclass(frozen=True, slots=True)
class Contains:
    """The string set exists and holds the value."""

    path: Path
    value: str


@dataclass(frozen=True, slots=True)
class Lacks:
    """The string set is absent or does not hold the value."""

    path: Path
    value: str


@dataclass(frozen=True, slots=True)
class SizeBelow:
    """The map, list, set or string exists and has fewer entries than the limit."""

    path: Path
    limit: int


@dataclass(frozen=True, slots=True)
class SizeEquals:
    """The map, list, set or string has exactly this size; an absent one has size 0."""

    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = (
    Absent | Present | Equals | OneOf | Below | AtMost | AtLeast | Contains | Lacks
    | SizeBelow | SizeEquals | All | Either
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """What an update does; every part is applied to the item as it was read inside the write.

    `set` assigns, `add` adds to a number (absent counts as 0; the parent map must exist), `remove` deletes,
    `include` adds members to a string set, `exclude` takes them out.
    """

    set: Mapping[Path, Any] = field(default_factory=dict)
    add: Mapping[Path, int] = field(default_factory=dict)
    remove: tuple[Path, ...] = ()
    include: Mapping[Path, frozenset[str]] = field(default_factory=dict)
    exclude: Mapping[Path, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole item, replacing what is there unless the condition says otherwise."""

    table: str
    item: Item
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Change attributes of an item; it is created where absent unless the condition says otherwise."""

    table: str
    key: Key
    change: Change
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove an item; removing an absent one is no error."""

    table: str
    key: Key
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Write nothing, but cancel the transaction unless the condition holds."""

    table: str
    key: Key
    condition: Condition


Write: TypeAlias = Put | Update | Delete | Check


@dataclass(frozen=True, slots=True)
class Between:
    """Range of a sort key, both ends included; None leaves that end open."""

    low: str | None = None
    high: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some items in key order and the cursor to go on with; None means there is no more."""

    items: list[Item]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one write of a cancelled transaction failed; `item` is the item as it was (None where absent)."""

    kind: Literal["condition", "conflict", "throttled"]
    item: Item | None = None


class ConditionFailed(Conflict):
    """A single write's condition did not hold; nothing was written. `item` is the item as it was."""

    code = "condition_failed"

    def __init__(self, item: Item | None) -> None:
        super().__init__("Somebody else changed this at the same moment.", hint="Try again.")
        self.item = item


class TransactionCancelled(Conflict):
    """Nothing of the transaction was written; `reasons` has one entry per write, None where it was fine."""

    code = "transaction_cancelled"

    def __init__(self, reasons: tuple[Reason | None, ...]) -> None:
        super().__init__("Somebody else changed this at the same moment.", hint="Try again.")
        self.reasons = reasons

    @property
    def is_transient(self) -> bool:
        """True where only conflicts or throttling stood in the way: the same request may pass later."""
        return all(reason is None or reason.kind != "condition" for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """A sparse secondary index: an item is in it exactly while it has both attributes.

    `projection` names the attributes it carries beside all keys; a query returns no others.
    """

    name: str
    partition: str
    sort: str | None = None
    projection: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Key names and indexes of one table; `ttl` names the attribute with the epoch second of expiry."""

    name: str
    partition: str
    sort: str | None = None
    indexes: tuple[IndexSpec, ...] = ()
    ttl: str | None = None


class Table(Protocol):
    """All tables of one environment. Every method raises Unavailable when surely nothing happened and
    NoAnswer when that is not known."""

    def get(self, table: str, key: Key, *, consistent: bool = False) -> Item | None:
        """One item, or None."""
        ...

    def get_many(self, keys: Sequence[tuple[str, Key]], *, consistent: bool = False) -> list[Item | None]:
        """Up to 100 items of any tables in one call, in the order of the keys, None where absent."""
        ...

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
        ...

    def count(self, table: str, partition: str, *, limit: int) -> int:
        """How many items a partition has, at most `limit`: those beyond are not read."""
        ...

    def scan(self, table: str, *, limit: int = 100, cursor: str | None = None) -> Page:
        """One page of a whole table, in no promised order. Never on a hot path."""
        ...

    def put(self, table: str, item: Item, *, condition: Condition | None = None) -> None:
        """Write a whole item. Raises ConditionFailed."""
        ...

    def update(self, table: str, key: Key, change: Change, *, condition: Condition | None = None) -> Item:
        """Change attributes, return the new item. Raises ConditionFailed."""
        ...

    def delete(self, table: str, key: Key, *, condition: Condition | None = None) -> None:
        """Remove an item. Raises ConditionFailed."""
        ...

    def transact(self, writes: Sequence[Write], *, token: str = "") -> None:
        """All writes or none, at most 100, one per item. Raises TransactionCancelled.

        A call repeated with the same token within ten minutes of a success is answered with success and
        writes nothing; an empty token is drawn afresh.
        """
        ...

    def insert_many(self, table: str, items: Sequence[Item]) -> list[bool]:
        """Insert each item unless its key exists; each fails alone. True where it was inserted."""
        ...

    def erase(self, table: str, key: Key, attributes: Sequence[str]) -> None:
        """Remove attributes of an item because a person asked for erasure; an absent item stays absent.

        The one way to touch an entry of an append-only table: nothing is added, replaced or deleted by it.
        Raises InvalidInput for an attribute of the key.
        """
        ...
