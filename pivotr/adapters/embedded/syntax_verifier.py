"""The verifier that asks nobody: the shape of an address, and what its two halves give away.

It cannot know whether a mailbox exists, so it stands in where a verifier is not to be paid: for rehearsals,
and for lists that were verified elsewhere.
"""

from __future__ import annotations

from pivotr.domain import address_flags, addresses
from pivotr.ports.verifier import Verification

#: The throw-away providers that sign-up forms meet most; a paid verifier knows tens of thousands.
DISPOSABLE_DOMAINS = frozenset(
    {
        "10minutemail.com", "dispostable.com", "fakeinbox.com", "getnada.com", "guerrillamail.com",
        "maildrop.cc", "mailinator.com", "mailnesia.com", "mintemail.com", "mohmal.com", "sharklasers.com",
        "spamgourmet.com", "temp-mail.org", "tempmail.com", "throwawaymail.com", "trashmail.com",
        "yopmail.com",
    }
)  # fmt: skip

_KNOWN_FLAGS = frozenset({"role", "free"})


class SyntaxVerifier:
    """Verifier port without network: a well-formed address is valid, at a throw-away provider risky."""

    name = "syntax"
    credits_matter = False

    def check(self, email: str) -> Verification:
        """Never raises."""
        judged = addresses.judge(email)
        if judged.verdict == "invalid":
            return Verification("invalid", frozenset(), judged.reason)
        address = judged.normalized
        flags = address_flags.flags(address) & _KNOWN_FLAGS
        if _is_disposable(address.rpartition("@")[2]):
            return Verification("risky", flags | {"disposable"}, "The address is at a throw-away provider.")
        return Verification("valid", flags, "Only the shape of the address was checked.")

    def credits(self) -> int | None:
        """None: looking costs nothing."""
        return None


def _is_disposable(domain: str) -> bool:
    """Whether the domain is, or belongs to, a throw-away provider: those give out subdomains, too."""
    labels = domain.split(".")
    return any(".".join(labels[i:]) in DISPOSABLE_DOMAINS for i in range(len(labels) - 1))
