"""Chance that is derived, not drawn: the same names give the same numbers, in every process, for ever.

So a preview equals the mail, a retry equals the first try, and a simulation can be repeated. The few ids that
must be fresh take their bits from the clock port's `token()`.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from datetime import datetime

from pivotr.domain.instants import to_compact

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def seeded(*parts: str) -> int:
    """A 64-bit number that depends on the parts and their order, and on nothing else."""
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def seeded_unit(*parts: str) -> float:
    """A number in the open interval (0, 1), uniform over different parts."""
    return (seeded(*parts) + 0.5) / 2**64


def base32(raw: bytes) -> str:
    """Lower-case base32 without padding: fit for an SES tag, a key and a file name."""
    if len(raw) % 5 == 0:
        return b32encode(raw).decode().lower()  # the same letters, faster where no bits are left over
    number, length = int.from_bytes(raw, "big"), -(-len(raw) * 8 // 5)
    return "".join(_ALPHABET[(number >> (5 * i)) & 31] for i in reversed(range(length)))


def keyed_id(prefix: str, key: bytes, text: str) -> str:
    """An id that depends on the text but cannot be guessed back without the key (HMAC-SHA-256, 120 bits)."""
    return prefix + base32(hmac.new(key, text.encode(), hashlib.sha256).digest()[:15])


def attempt_id(now: datetime, token: str) -> str:
    """Name of one attempt to send one mail, ≤ 36 characters: `20261124T091305123Z-` and 64 random bits."""
    return f"{to_compact(now)}-{token}"
