"""Unsubscribe tokens: signed, unguessable, valid for ever, one per campaign and lead (RFC 8058 links)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from pivotr.domain.chance import base32
from pivotr.errors import NotFound

_MAC_BYTES = 16


def make_token(key: bytes, campaign: str, lead: str) -> str:
    """`{campaign}.{lead}.{mac}`: letters, digits, dashes and dots, fit for a URL path and a subject line."""
    return f"{campaign}.{lead}.{_mac(key, campaign, lead)}"


def read_token(keys: Sequence[bytes], token: str) -> tuple[str, str]:
    """Campaign and lead of a token signed with any of the keys; rotation keeps old tokens valid.

    Raises NotFound for anything else.
    """
    campaign, _, rest = token.strip().partition(".")
    lead, _, mac = rest.partition(".")
    if campaign and lead and mac.isascii():
        for key in keys:
            if hmac.compare_digest(_mac(key, campaign, lead), mac):
                return campaign, lead
    raise NotFound("This unsubscribe link is not one of ours.", hint="Copy the whole link from the mail.")


def _mac(key: bytes, campaign: str, lead: str) -> str:
    digest = hmac.new(key, f"unsubscribe\x1f{campaign}\x1f{lead}".encode(), hashlib.sha256).digest()
    return base32(digest[:_MAC_BYTES])
