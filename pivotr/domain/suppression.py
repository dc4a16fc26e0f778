"""A suppression: an address or a whole domain that no campaign writes to, and why.

The key is a keyed hash of the address, so that a suppression outlives the erasure of the person.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from pivotr.domain.addresses import normalise
from pivotr.domain.chance import keyed_id

Reason: TypeAlias = Literal["bounce", "complaint", "unsubscribe", "operator", "soft_bounces", "import"]


class Suppression(BaseModel):
    """A stored suppression. `at` is an instant, `source` says where it came from, `actor` who did it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    key: str
    reason: Reason
    source: str = ""
    actor: str = ""
    at: str = ""
    #: The plain address or domain; None after erasure.
    email: str | None = None

    @property
    def is_domain(self) -> bool:
        """True when the whole domain is suppressed."""
        return self.key.startswith("@")


def address_key(key: bytes, address: str) -> str:
    """The key of a suppressed address, whatever its spelling; `key` is the secret of the installation."""
    return keyed_id("x", key, normalise(address) or address.strip().lower())


def key_of_lead(lead: str) -> str:
    """The key under which the address of a lead is suppressed: known even when the lead has been deleted.

    Both are the same keyed hash of the address with another first letter.
    """
    return "x" + lead[1:]


def domain_key(domain: str) -> str:
    """The key under which a whole domain is suppressed: `@acme.example`, with or without the @ before."""
    plain = domain.strip().removeprefix("@").strip().lower()
    return "@" + (normalise(f"x@{plain}").partition("@")[2] or plain)
