"""Look at the embedded environment: its file, its disk, its keys, who takes its mails."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pivotr.domain.checkups import Line, failure, of_domain, ok
from pivotr.errors import PivotrError
from pivotr.ports.domains import Domains
from pivotr.settings import Settings

#: Below this much room a campaign may stop in the middle of a write.
_LEAST_FREE = 200 * 1024 * 1024


class LocalDoctor:
    """The embedded environment of one home; nothing is made or changed."""

    def __init__(
        self,
        *,
        settings: Settings,
        version: str,
        check_file: Callable[[], None],
        has_leads: Callable[[], bool],
        free_bytes: Callable[[Path], int],
        reach_mailer: Callable[[], str],
        senders: Callable[[], Iterable[str]],
        domains: Domains | None,
    ) -> None:
        self._settings = settings
        self._version = version
        self._check_file = check_file
        self._has_leads = has_leads
        self._free_bytes = free_bytes
        self._reach_mailer = reach_mailer
        self._senders = senders
        self._domains = domains

    def lines(self) -> Iterator[Line]:
        """Every finding."""
        yield ok("version", self._version)
        yield from self._of_disk()
        yield from self._of_mailer()
        path = self._settings.data_file
        if not path.exists():
            yield ok("file", f"{path} is made by the first command that needs it")
            return
        try:
            self._check_file()
        except PivotrError as error:
            yield failure("file", error.sentence, error.hint)
            return
        yield ok("file", f"{path}, {path.stat().st_size:,} bytes")
        yield from self._of_key()
        yield from self._of_senders()

    def _of_key(self) -> Iterator[Line]:
        path = self._settings.home / "pivotr.key"
        if not path.exists():
            if self._has_leads():
                why = f"{path} is not there: the leads in the data file cannot be found without it."
                yield failure("key file", why, "Restore it with the data file's backup.")
            return
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield failure("key file", "Others on this machine may read it.", f"chmod 600 {path}")
        else:
            yield ok("key file", "only its owner may read it")

    def _of_disk(self) -> Iterator[Line]:
        home = self._settings.home
        there = next(folder for folder in (home, *home.parents) if folder.exists())
        free = self._free_bytes(there)
        says = f"{free / 1024**3:,.1f} GiB free" if free >= 1024**3 else f"{free / 1024**2:,.0f} MiB free"
        if free < _LEAST_FREE:
            yield failure("disk", f"{says} at {there}.", "Make room before the next campaign.")
        else:
            yield ok("disk", says)

    def _of_mailer(self) -> Iterator[Line]:
        try:
            yield ok("mailer", self._reach_mailer())
        except PivotrError as error:
            yield failure("mailer", error.sentence, error.hint or "See: pivotr settings list")

    def _of_senders(self) -> Iterator[Line]:
        try:
            addresses = list(self._senders())
        except PivotrError as error:
            yield failure("senders", error.sentence, error.hint)
            return
        if self._domains is None or not addresses:
            return
        asked = sorted({address.rpartition("@")[2] for address in addresses})
        for domain, found in self._domains.look_up(asked, seconds=5.0).items():
            yield of_domain(domain, missing=found.missing, is_unknown=found.is_unknown, policy=found.policy)
