"""What the DNS says about a domain that mails come from. Not one of the five ports: nothing waits for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class MailRecords:
    """Records that receivers look for: True found, False surely not there, None could not be found out.

    `policy` is what the DMARC record asks for: none, quarantine, reject; empty where there is none.
    """

    spf: bool | None
    dkim: bool | None
    dmarc: bool | None
    policy: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of those that are surely not there."""
        found = (("SPF", self.spf), ("DKIM", self.dkim), ("DMARC", self.dmarc))
        return tuple(name for name, is_there in found if is_there is False)

    @property
    def is_unknown(self) -> bool:
        """True where nothing at all could be found out."""
        return self.spf is None and self.dkim is None and self.dmarc is None


class Domains(Protocol):
    """Looks domains up."""

    def look_up(self, domains: Sequence[str], *, seconds: float) -> Mapping[str, MailRecords]:
        """The records of each domain, all within so many seconds; what takes longer is None. Never raises."""
        ...
