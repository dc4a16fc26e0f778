"""Secrets as an operator sees them: there or not, since when, read from where; set, and never shown."""

from __future__ import annotations

from dataclasses import dataclass

from pivotr import names
from pivotr.errors import InvalidInput, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.secret_store import SecretStore

#: Secret → what it is for. The keys are made by a deployment or at first use, and never typed in.
SECRETS = {
    names.SECRET_VERIFIER: "Key of MyEmailVerifier.",
    names.SECRET_MAILBOX: "Password or token of the mailbox that replies come to.",
    names.SECRET_KEYS: "Keys of lead ids and of links to unsubscribe.",
}


@dataclass(frozen=True, slots=True)
class SecretView:
    """One secret; `age_days` is None where it is not known, or where there is none."""

    name: str
    is_set: bool
    age_days: int | None
    home: str
    help: str


class SecretValues:
    """The secrets of one environment."""

    def __init__(self, *, store: SecretStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def all(self) -> list[SecretView]:
        """Every secret that pivotr knows of, there or not. Raises Unavailable, Misconfigured."""
        now = self._clock.now()
        views = []
        for name, about in SECRETS.items():
            facts = self._store.facts(name)
            age = max(0, (now - facts.changed_at).days) if facts.changed_at else None
            views.append(SecretView(name, facts.is_set, age, facts.home, about))
        return views

    def set(self, name: str, value: str) -> None:
        """Keep a secret; functions use it within a quarter of an hour, or when the old one is refused.

        Raises NotFound, InvalidInput.
        """
        self.check_name(name)
        plain = value.strip()
        if not plain or not plain.isprintable():
            raise InvalidInput("A secret is one line of text.", hint="Type or pipe in the value alone.")
        self._store.put(name, plain)

    def rotate(self) -> int:
        """Sign links to unsubscribe with a new key; returns how many older ones stay valid, for ever.

        Raises Unavailable, Misconfigured, Conflict.
        """
        return self._store.rotate_unsubscribe_key()

    def check_name(self, name: str) -> None:
        """Return where this secret may be set. Raises NotFound, InvalidInput: before anybody types it in."""
        if name not in SECRETS:
            raise NotFound(f"There is no secret “{name}”.", hint="See all with: pivotr secrets list")
        if name == names.SECRET_KEYS:
            raise InvalidInput(
                "The keys are never typed in: other ones would make every lead a stranger.",
                hint="They are made by `pivotr deploy`, and on this machine at first use.",
            )
        self._store.check(name)
