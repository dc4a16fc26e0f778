"""Where the secrets of an environment are kept, as far as an operator may see: there or not, and since when.

No method gives a secret away: adapters hand it only to the adapter that needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SecretFacts:
    """What may be shown of a secret: where it is read from, whether it is there, when it was last changed."""

    name: str
    home: str
    is_set: bool
    changed_at: datetime | None = None


class SecretStore(Protocol):
    """The secrets of one environment, named as in `names.SECRETS`. Raises Unavailable, Misconfigured."""

    def facts(self, name: str) -> SecretFacts:
        """What may be shown of a secret."""
        ...

    def check(self, name: str) -> None:
        """Return where `put` would keep this secret. Raises InvalidInput where it is not kept by us."""
        ...

    def put(self, name: str, value: str) -> None:
        """Keep a secret, in place of what was there. Raises as `check` does."""
        ...

    def rotate_unsubscribe_key(self) -> int:
        """Sign links with a new key; returns how many older ones stay valid. Raises Conflict."""
        ...
