"""The verification seam: is there a mailbox behind this address?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

#: valid: a mailbox that takes mail. invalid: none. risky: see `flags` (catch_all, disposable, greylisted).
#: unknown: the verifier could not tell, or said something we do not know, which means "do not send".
Verdict: TypeAlias = Literal["valid", "invalid", "risky", "unknown"]


@dataclass(frozen=True, slots=True)
class Verification:
    """A verifier's answer. `flags` ⊆ {catch_all, disposable, role, free, greylisted, spam_trap}."""

    verdict: Verdict
    flags: frozenset[str]
    detail: str


class Verifier(Protocol):
    """Checks one address at a time."""

    name: str
    #: True where checks cost credits and calls are limited; False for checks on this machine.
    credits_matter: bool

    def check(self, email: str) -> Verification:
        """One call of at most 9 s.

        Raises Unavailable (try later), LimitReached (no credits left) and Misconfigured (key refused).
        """
        ...

    def credits(self) -> int | None:
        """Checks that are left to buy nothing; None where they are free. Raises as `check` does."""
        ...
