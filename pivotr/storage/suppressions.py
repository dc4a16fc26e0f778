"""Suppressions: keyed hashes of addresses, and whole domains."""

from __future__ import annotations

from collections.abc import Sequence

from pivotr import names
from pivotr.domain.suppression import Suppression, address_key, domain_key
from pivotr.ports.table import Change, Delete, Item, Present, Put, Table, Update
from pivotr.storage.schema import SCHEMA_VERSION

#: Key of the item that holds the names of all suppressed domains.
DOMAINS = "@"


def suppression_from(item: Item) -> Suppression:
    """The suppression of a stored item."""
    return Suppression.model_validate({name: value for name, value in item.items() if name != "v"})


def put(suppression: Suppression) -> Put:
    """Suppress, replacing an older entry of the same key: the newest reason is told."""
    values = suppression.model_dump()
    item = {name: value for name, value in values.items() if value not in (None, "")}
    return Put(names.SUPPRESSIONS, {**item, "v": SCHEMA_VERSION})


def anonymous(key: str) -> Update:
    """Keep a suppression, but neither the plain address nor what was said about it."""
    return Update(names.SUPPRESSIONS, (key,), Change(remove=("email", "source")), Present("key"))


def domain_known(domain: str) -> Update:
    """Add a domain to the set of all suppressed ones, which a sender reads once a minute."""
    return Update(names.SUPPRESSIONS, (DOMAINS,), Change(include={"domains": frozenset({domain})}))


def domain_forgotten(domain: str) -> Update:
    """Take a domain out of that set."""
    return Update(names.SUPPRESSIONS, (DOMAINS,), Change(exclude={"domains": frozenset({domain})}))


class Suppressions:
    """Reads by address and domain."""

    def __init__(self, table: Table, key: bytes) -> None:
        self._table = table
        self._key = key

    def key_of(self, email: str) -> str:
        """The key under which an address is suppressed."""
        return address_key(self._key, email)

    def get(self, key: str) -> Suppression | None:
        """The suppression of a key, read consistently."""
        item = self._table.get(names.SUPPRESSIONS, (key,), consistent=True)
        return suppression_from(item) if item else None

    def find(self, email: str) -> Suppression | None:
        """The suppression that holds for an address: its own, or its domain's."""
        keys = [(names.SUPPRESSIONS, (self.key_of(email),))]
        keys.append((names.SUPPRESSIONS, (domain_key(email.rpartition("@")[2]),)))
        for item in self._table.get_many(keys, consistent=True):
            if item:
                return suppression_from(item)
        return None

    def suppressed(self, emails: list[str]) -> dict[str, Suppression]:
        """Those of up to 50 addresses that are suppressed, themselves or by their domain."""
        own = [(names.SUPPRESSIONS, (self.key_of(email),)) for email in emails]
        domains = sorted({domain_key(email.rpartition("@")[2]) for email in emails})
        items = self._table.get_many([*own, *((names.SUPPRESSIONS, (key,)) for key in domains)])
        by_domain = {key: item for key, item in zip(domains, items[len(own) :], strict=True) if item}
        found: dict[str, Suppression] = {}
        for email, item in zip(emails, items, strict=False):
            hit = item or by_domain.get(domain_key(email.rpartition("@")[2]))
            if hit:
                found[email] = suppression_from(hit)
        return found

    def free(self, emails: Sequence[str]) -> tuple[str, ...]:
        """Those of a few addresses that nothing suppresses."""
        found = self.suppressed(list(emails)) if emails else {}
        return tuple(email for email in emails if email not in found)

    def any(self) -> bool:
        """True where anything is suppressed at all: an import into a young account asks nothing more."""
        return bool(self._table.scan(names.SUPPRESSIONS, limit=1).items)

    def domains(self) -> frozenset[str]:
        """Every suppressed domain, read consistently."""
        item = self._table.get(names.SUPPRESSIONS, (DOMAINS,), consistent=True)
        found: frozenset[str] = (item or {}).get("domains", frozenset())
        return found

    def present(self, keys: list[str]) -> set[str]:
        """Those of the keys under which something is suppressed."""
        found: set[str] = set()
        for start in range(0, len(keys), 100):
            chunk = keys[start : start + 100]
            items = self._table.get_many([(names.SUPPRESSIONS, (key,)) for key in chunk], consistent=True)
            found |= {key for key, item in zip(chunk, items, strict=True) if item}
        return found

    def removal(self, key: str) -> Delete:
        """Lift a suppression."""
        return Delete(names.SUPPRESSIONS, (key,))

    def page(self, *, limit: int, cursor: str = "") -> tuple[list[Suppression], str]:
        """One reading of the table, and the cursor of the next; empty where there is no more."""
        page = self._table.scan(names.SUPPRESSIONS, limit=limit, cursor=cursor or None)
        found = [suppression_from(item) for item in page.items if item["key"] != DOMAINS]
        return found, page.cursor or ""

    def all(self) -> list[Suppression]:
        """Every suppression, newest first. Reads the whole table: for lists and exports only."""
        found: list[Suppression] = []
        cursor: str | None = None
        while True:
            page = self._table.scan(names.SUPPRESSIONS, limit=1000, cursor=cursor)
            found += [suppression_from(item) for item in page.items if item["key"] != DOMAINS]
            if (cursor := page.cursor) is None:
                return sorted(found, key=lambda suppression: suppression.at, reverse=True)
