"""What an operator should know about an address before writing to it: role, misspelt domain, free mailbox.

A flag changes nothing by itself: neither the address nor whether it is imported.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files

ROLE = "role"
TYPO_DOMAIN = "typo_domain"
FREE = "free"

_SEPARATORS = str.maketrans("", "", "._-")


def flags(address: str) -> frozenset[str]:
    """The flags of an address in normal form: any of `role`, `typo_domain`, `free`."""
    local, _, domain = address.partition("@")
    found = _of_domain(domain)
    if local.partition("+")[0].translate(_SEPARATORS).rstrip("0123456789") in _lines("role_local_parts.txt"):
        return found | {ROLE}
    return found


def suggestion(address: str) -> str:
    """The address with the domain that was most likely meant; empty where the domain is not a known slip."""
    local, _, domain = address.partition("@")
    meant = _typos().get(domain)
    return f"{local}@{meant}" if meant else ""


@lru_cache(maxsize=10_000)
def _of_domain(domain: str) -> frozenset[str]:
    lists = {TYPO_DOMAIN: _typos(), FREE: _lines("free_domains.txt")}
    return frozenset(flag for flag, domains in lists.items() if domain in domains)


@cache
def _lines(name: str) -> frozenset[str]:
    text = (files("pivotr") / "data" / name).read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def _typos() -> dict[str, str]:
    return dict(line.split() for line in _lines("typo_domains.txt"))
