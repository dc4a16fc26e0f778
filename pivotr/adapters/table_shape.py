"""What a table asks of keys and of the attributes that its indexes are made of, on every environment."""

from __future__ import annotations

from typing import Final

from pivotr.errors import InvalidInput
from pivotr.ports.table import IndexSpec, Item, Key, TableSpec

_TEXT_TYPE: Final = frozenset((str,))


class TableShape:
    """Names of a table's key attributes, and of all attributes that a key or an index is made of."""

    def __init__(self, spec: TableSpec) -> None:
        self.spec = spec
        self.name = spec.name
        self.keys = (spec.partition,) if spec.sort is None else (spec.partition, spec.sort)
        of_indexes = (name for index in spec.indexes for name in own_attributes(index))
        self.texts = tuple(dict.fromkeys((*self.keys, *of_indexes)))

    def key(self, key: Key) -> Key:
        """The key itself. Raises InvalidInput where it has not the shape of this table's keys."""
        is_plain = _TEXT_TYPE.issuperset(map(type, key))  # an enumeration is text too, but seldom here
        if (
            len(key) != len(self.keys)
            or "" in key
            or not (is_plain or all(isinstance(part, str) for part in key))
        ):
            raise InvalidInput(
                f"A key of {self.name} is {' and '.join(self.keys)}, each a text that is not empty."
            )
        return key

    def key_of(self, item: Item) -> Key:
        """The key of an item. Raises InvalidInput."""
        return self.key(tuple(item.get(name, "") for name in self.keys))

    def plain_texts(self, item: Item) -> tuple[str | None, ...]:
        """The values of `texts`, enumerations made plain. Raises InvalidInput, naming the attribute."""
        for name in self.texts:
            if name in item or name in self.keys:
                self.refuse_unfit(name, item.get(name))
        return tuple(str.__str__(item[name]) if name in item else None for name in self.texts)

    def refuse_unfit(self, name: str, value: object) -> None:
        """Raise InvalidInput where an attribute of a key or an index would be no text, or an empty one."""
        if not (isinstance(value, str) and value):
            raise InvalidInput(
                f"{name} of an item of {self.name} is {value!r}; a part of a key or of an index must "
                "be a text that is not empty."
            )

    def seen_in(self, index: IndexSpec) -> tuple[str, ...]:
        """The attributes that a query of an index returns: all keys, and its projection."""
        return tuple(dict.fromkeys((*self.keys, *own_attributes(index), *index.projection)))


def own_attributes(index: IndexSpec) -> tuple[str, ...]:
    """The attributes that an index is made of."""
    return (index.partition,) if index.sort is None else (index.partition, index.sort)
