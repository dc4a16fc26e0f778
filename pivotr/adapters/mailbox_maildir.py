"""A Maildir as a mailbox: what a mail program or a fetcher on this machine puts there."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from pivotr.errors import Misconfigured, Unavailable
from pivotr.ports.mailbox import Fetched

#: Of each mail no more is read: what matters stands in its first parts.
LARGEST = 256 * 1024
_MARK = 8


class MaildirMailbox:
    """Mailbox port on a folder with `new` and `cur`.

    A file keeps the first part of its name for ever, while flags behind the colon and the folder change: the
    cursor remembers those first parts, as short digests, of all files that are there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def fetch(self, cursor: str, *, since: datetime, limit: int) -> Fetched:
        """Mails whose files were not there before. Raises Misconfigured, Unavailable."""
        files = self._files()
        known = {cursor[at : at + _MARK] for at in range(0, len(cursor), _MARK)}
        fresh = {mark: path for mark, path in files.items() if mark not in known}
        dated = sorted((_changed_at(path), mark) for mark, path in fresh.items())
        if not cursor:
            known |= {mark for at, mark in dated if at < since.timestamp()}
            dated = [(at, mark) for at, mark in dated if at >= since.timestamp()]
        mails: list[bytes] = []
        taken = dated[:limit]
        for _, mark in taken:
            known.add(mark)
            raw = _read(fresh[mark])
            if raw:
                mails.append(raw)
        marks = "".join(sorted(mark for mark in known if mark in files)) or "-" * _MARK
        return Fetched(tuple(mails), marks, has_more=len(dated) > limit)

    def _files(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        try:
            if not (self._path / "cur").is_dir():
                raise Misconfigured(f"{self._path} is no Maildir.", hint="Set PIVOTR_MAILBOX_PATH to one.")
            for folder in ("new", "cur"):
                for path in (self._path / folder).iterdir():
                    if not path.name.startswith("."):
                        name = path.name.partition(":")[0]
                        found[hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:_MARK]] = (
                            path
                        )
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be read: {error.strerror}.", hint="Check it.") from None
        return found


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _read(path: Path) -> bytes:
    """The beginning of a file; nothing where it has gone or moved: its next look finds it by its name."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST)
    except OSError:
        return b""
