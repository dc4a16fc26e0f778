"""The keys of one environment and the form in which they are kept: JSON with hexadecimal numbers.

`lead` keys the ids of leads and suppressions and can never change; `unsubscribe` signs links, newest first.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one environment; never shown, logged or exported."""

    lead: bytes
    unsubscribe: tuple[bytes, ...]

    def __repr__(self) -> str:
        return "Keys(…)"

    def rotated(self) -> Keys:
        """The same with a new key for links; older ones stay, so that the link in a mail works for ever."""
        return Keys(self.lead, (secrets.token_bytes(32), *self.unsubscribe))


def fresh_keys() -> Keys:
    """New keys for an environment that has none."""
    return Keys(secrets.token_bytes(32), (secrets.token_bytes(32),))


def to_json(keys: Keys) -> str:
    """How keys are kept."""
    return json.dumps({"lead": keys.lead.hex(), "unsubscribe": [key.hex() for key in keys.unsubscribe]})


def from_json(text: str) -> Keys:
    """Keys as they were kept. Raises ValueError for anything else, without a trace of the text."""
    try:
        stored = json.loads(text)
        keys = Keys(bytes.fromhex(stored["lead"]), tuple(bytes.fromhex(key) for key in stored["unsubscribe"]))
    except (ValueError, KeyError, TypeError):
        keys = None
    if keys is None or not keys.lead or not keys.unsubscribe or not all(keys.unsubscribe):
        raise ValueError("these are no keys of pivotr")
    return keys
