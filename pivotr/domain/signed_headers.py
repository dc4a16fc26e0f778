"""What the DKIM signatures of a mail that arrived cover: both headers of the way out, by RFC 8058."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser

from pivotr.domain.incoming_texts import header

#: RFC 8058, 4: the signature must cover at least these two.
WAY_OUT = ("List-Unsubscribe", "List-Unsubscribe-Post")


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM-Signature (RFC 6376, 3.5): the signing domain, and the names of the headers it covers."""

    domain: str
    selector: str
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReceivedCopy:
    """What a copy tells of the headers of the way out.

    `missing` are those that it does not have, `uncovered` those that no signature of the sender's covers.
    """

    subject: str
    sender_domain: str
    signatures: tuple[Signature, ...]
    missing: tuple[str, ...]
    uncovered: tuple[str, ...]

    @property
    def is_aligned(self) -> bool:
        """True where a signature speaks for the domain of the sender (DMARC, relaxed: RFC 7489, 3.1.1)."""
        return any(_speaks_for(one.domain, self.sender_domain) for one in self.signatures)


def read_copy(raw: bytes) -> ReceivedCopy:
    """Read the headers of a mail as it arrived; whether a signature is valid is not judged here."""
    mail = BytesHeaderParser(policy=policy.compat32).parsebytes(raw)
    domain = _sender_domain(mail)
    signatures = tuple(_signature(str(value)) for value in mail.get_all("DKIM-Signature", []))
    own = [one for one in signatures if _speaks_for(one.domain, domain)]
    covered = {name.lower() for one in own for name in one.headers}
    missing = tuple(name for name in WAY_OUT if name not in mail)
    uncovered = tuple(name for name in WAY_OUT if name in mail and name.lower() not in covered)
    return ReceivedCopy(header(mail, "Subject"), domain, signatures, missing, uncovered)


def _signature(value: str) -> Signature:
    tags = dict(part.partition("=")[::2] for part in re.sub(r"\s+", "", value).split(";"))
    headers = tuple(name for name in tags.get("h", "").split(":") if name)
    return Signature(tags.get("d", "").lower(), tags.get("s", ""), headers)


def _sender_domain(mail: Message) -> str:
    found = re.search(r"@([A-Za-z0-9.-]+)\s*>?\s*$", str(mail.get("From", "")))
    return found[1].lower() if found else ""


def _speaks_for(signer: str, domain: str) -> bool:
    """True for the same domain or one above or below it: close to the organizational domain of DMARC."""
    is_real = "." in signer and "." in domain
    return is_real and (signer == domain or domain.endswith(f".{signer}") or signer.endswith(f".{domain}"))
