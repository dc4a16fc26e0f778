"""SPF, DKIM and DMARC records of sending domains, asked of the machine's resolver within a few seconds.

A start must not hang on a name server: every question shares one deadline, and silence is an answer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import dns.exception
import dns.resolver

from pivotr.ports.domains import MailRecords

#: Selectors of widespread senders. A selector is in no list: they are asked only where the name server says
#: that nothing is below `_domainkey`, since some say so of names that merely hold others (RFC 8020).
SELECTORS: Final = (
    *("default", "dkim", "google", "k1", "k2", "mail", "mandrill", "mxvault", "s1", "s2"),
    *("selector1", "selector2", "smtp", "zoho"),
)
#: Names that never exist in the DNS (RFC 2606, 6761, 6762): there is nothing to ask.
RESERVED: Final = ("example", "test", "invalid", "localhost", "local")
_UNKNOWN: Final = MailRecords(None, None, None)
_AT_ONCE: Final = 8


class DnsDomains:
    """Domains on the resolver of this machine; `name_servers` (addresses, `port`) replace it."""

    def __init__(self, name_servers: Sequence[str] = (), port: int = 53) -> None:
        self._name_servers = list(name_servers)
        self._port = port

    def look_up(self, domains: Sequence[str], *, seconds: float = 3.0) -> Mapping[str, MailRecords]:
        """The records of each domain. Reserved names are unknown without a question."""
        found = dict.fromkeys(domains, _UNKNOWN)
        asked = [domain for domain in found if domain.rpartition(".")[2].lower() not in RESERVED]
        resolver = self._resolver()
        if not asked or resolver is None:
            return found
        deadline = time.monotonic() + seconds
        with ThreadPoolExecutor(min(_AT_ONCE, len(asked))) as pool:
            answers = pool.map(lambda domain: _records(resolver, domain, deadline), asked)
            found.update(zip(asked, answers, strict=True))
        return found

    def _resolver(self) -> dns.resolver.Resolver | None:
        try:
            resolver = dns.resolver.Resolver(configure=not self._name_servers)
        except dns.exception.DNSException:
            return None
        if self._name_servers:
            resolver.nameservers = list(self._name_servers)
            resolver.port = self._port
        return resolver


def _records(resolver: dns.resolver.Resolver, domain: str, deadline: float) -> MailRecords:
    spf = _texts(resolver, domain, deadline)
    dmarc, policy = _dmarc(resolver, domain, deadline)
    return MailRecords(
        spf=None if spf is None else any(text.lower().startswith("v=spf1") for text in spf),
        dkim=_dkim(resolver, domain, deadline),
        dmarc=dmarc,
        policy=policy,
    )


def _dmarc(resolver: dns.resolver.Resolver, domain: str, deadline: float) -> tuple[bool | None, str]:
    """The record of the domain or of the nearest domain above that has one."""
    labels = domain.split(".")
    for first in range(max(1, len(labels) - 1)):
        texts = _texts(resolver, "_dmarc." + ".".join(labels[first:]), deadline)
        if texts is None:
            return None, ""
        for text in texts:
            if text.lower().replace(" ", "").startswith("v=dmarc1"):
                tags = dict(part.strip().partition("=")[::2] for part in text.split(";"))
                return True, tags.get("p", "").strip().lower()
    return False, ""


def _dkim(resolver: dns.resolver.Resolver, domain: str, deadline: float) -> bool | None:
    """Whether any key is published: the name above all selectors exists as soon as one of them does."""
    below = _exists(resolver, f"_domainkey.{domain}", deadline)
    if below is not False:
        return below
    for selector in SELECTORS:
        found = _exists(resolver, f"{selector}._domainkey.{domain}", deadline)
        if found is not False:
            return found
    return False


def _exists(resolver: dns.resolver.Resolver, name: str, deadline: float) -> bool | None:
    """False only where the name server says that neither the name nor one below it is there."""
    try:
        resolver.resolve(name, "TXT", lifetime=_left(deadline), raise_on_no_answer=False, search=False)
    except dns.resolver.NXDOMAIN:
        return False
    except (dns.exception.DNSException, OSError, ValueError):
        return None
    return True


def _texts(resolver: dns.resolver.Resolver, name: str, deadline: float) -> list[str] | None:
    """The TXT records of a name; none for a name that is not there, None where nobody could be asked."""
    try:
        answer = resolver.resolve(
            name, "TXT", lifetime=_left(deadline), raise_on_no_answer=False, search=False
        )
    except dns.resolver.NXDOMAIN:
        return []
    except (dns.exception.DNSException, OSError, ValueError):
        return None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer.rrset or ()]


def _left(deadline: float) -> float:
    """Seconds until the deadline; dnspython takes no zero."""
    return max(0.001, deadline - time.monotonic())
