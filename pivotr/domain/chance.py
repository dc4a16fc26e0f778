"""Chance that is derived, not drawn: the same names give the same numbers, in every process, for ever.

So a preview equals the mail, a retry equals the first try, and a simulation can be repeated. The few ids that
must be fresh take their bits from the clock port's `token()`.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import Any

from pivotr.domain.instants import to_compact

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
#: Ten bits at a time: an import makes two of these ids for every row.
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)


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
        pairs, letters = _PAIRS, ""
        for start in range(0, len(raw), 5):
            bits = int.from_bytes(raw[start : start + 5], "big")
            letters += (
                pairs[bits >> 30] + pairs[bits >> 20 & 1023] + pairs[bits >> 10 & 1023] + pairs[bits & 1023]
            )
        return letters
    number, length = int.from_bytes(raw, "big"), -(-len(raw) * 8 // 5)
    return "".join(_ALPHABET[(number >> (5 * i)) & 31] for i in reversed(range(length)))


def keyed_id(prefix: str, key: bytes, text: str) -> str:
    """An id that depends on the text but cannot be guessed back without the key (HMAC-SHA-256, 120 bits)."""
    inner, outer = _halves(key)
    inner, outer = inner.copy(), outer.copy()
    inner.update(text.encode())
    outer.update(inner.digest())
    return prefix + base32(outer.digest()[:15])


@lru_cache(maxsize=8)
def _halves(key: bytes) -> tuple[Any, Any]:
    """The two hashes of HMAC with the key already in them (RFC 2104, section 4): a fifth of the time."""
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    return tuple(hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))  # type: ignore[return-value]


def attempt_id(now: datetime, token: str) -> str:
    """Name of one attempt to send one mail, ≤ 36 characters: `20261124T091305123Z-` and 64 random bits."""
    return f"{to_compact(now)}-{token}"
