"""Could this lead be mailed: the verdict on the shape of an address, and the one normal form it is known by.

The policy: a dot-atom ASCII local part of at most 64 characters (SES takes no other, see the SES API's
`EmailAddress`), a domain with a dot whose last label ends in a letter, not reserved (RFC 6761, RFC 7686,
RFC 9476, ICANN on `.internal`); international domains become punycode; DNS is never asked. Quoted local
parts, comments and address literals are legal in RFC 5321 but never a lead's address. The example domains of
RFC 2606 are let through: they can be written in a file for a rehearsal and receive nothing.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias

from pivotr.domain import address_cells

Verdict: TypeAlias = Literal["valid", "invalid"]

_RESERVED = ("test", "local", "localhost", "invalid", "onion", "arpa", "alt", "internal")
_RESERVED_ENDS = tuple(f".{name}" for name in _RESERVED)

#: Longest address that needs no further count: no part of it can be longer than its own limit.
PLAIN_LENGTH = 64

#: Matches a plain, lower-case ASCII address of up to `PLAIN_LENGTH` characters; others go the long way.
is_plain = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+"
    rf"(?!(?:{'|'.join(_RESERVED)})\Z)[a-z]{{2,}}"
).fullmatch


#: Matches the part before the @ sign of a plain address.
is_plain_local = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*").fullmatch


class AddressVerdict(NamedTuple):
    """`normalized` is empty when the verdict is invalid; `reason` is one sentence, or empty."""

    verdict: Verdict
    normalized: str
    reason: str


def judge(cell: str) -> AddressVerdict:
    """The verdict on an address, or on a cell that holds one or more (the first valid one counts)."""
    found, reason = _search(cell)
    if not found:
        return AddressVerdict("invalid", "", reason)
    note = f"the first of {len(found)} addresses" if len(found) > 1 else ""
    return AddressVerdict("valid", found[0], note)


def normalise(cell: str) -> str:
    """The normal form of the first valid address of the cell; empty where there is none."""
    plain = cell.strip().lower()
    if len(plain) <= PLAIN_LENGTH and cell.isascii() and is_plain(plain):
        return plain
    found, _ = _search(cell)
    return found[0] if found else ""


def extract(cell: str) -> list[str]:
    """All different valid addresses of a cell in their normal form, in the order of the cell."""
    return _search(cell)[0]


def _search(cell: str) -> tuple[list[str], str]:
    text = address_cells.visible(cell)
    if not text:
        return [], "The cell is empty."
    address, reason = _one(address_cells.whole(text))
    if address:
        return [address], ""
    found: dict[str, None] = {}
    for part in address_cells.parts(text):
        address, _ = _one(part)
        if address:
            found[address] = None
    return list(found), reason


def _one(text: str) -> tuple[str, str]:
    """The normal form and an empty reason, or an empty text and the reason why this is no address."""
    plain = text.lower()
    if len(plain) <= PLAIN_LENGTH and text.isascii() and is_plain(plain):
        return plain, ""
    complaint = _plain_complaint(*text.rpartition("@"))
    if complaint:
        return "", complaint
    return _validated(text)


def _plain_complaint(local: str, at: str, domain: str) -> str:
    if not at:
        return "There is no @ sign."
    if not local or not domain:
        return f"There is nothing {'after' if local else 'before'} the @ sign."
    if not local.isascii():
        return "The part before the @ sign holds letters that Amazon SES does not take."
    if len(local) > 64 or len(domain) > 253:
        return "The address is too long: at most 64 characters before the @ sign and 253 after it."
    return ""


def _validated(text: str) -> tuple[str, str]:
    # imported here: most files never need it, and the command line starts without it
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        result = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except (EmailNotValidError, UnicodeError) as error:
        return "", str(error)
    address = (result.ascii_email or "").lower()
    if address.endswith(_RESERVED_ENDS):
        return "", "The domain is reserved: no mail can be sent to it."
    return address, "" if address else "The address cannot be written in ASCII."
