"""A Maildir in place of a provider: a mail is a file that any mail client opens; its events follow.

The folder is outside the database on purpose: whether a mail "went out" is as unknown to a crashed process as
with SES. What holds whatever is killed at whatever moment:

    tmp/<id>       the exact bytes                            1  written and synced
    pending/<id>   the events of the mail, ready-made         2  written and synced
    new/<id>       tmp/<id> renamed: the acceptance          3  one atomic step

`announce_pending` announces what is pending and whose mail is there. A writer that stopped between 2 and 3
may only sleep: its tmp file is taken away first, so that its rename must fail; then the folders are looked at
once more.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import logging
import os
import re
from collections.abc import Callable
from pathlib import Path

from pivotr.adapters.embedded import simulated_feedback
from pivotr.errors import Unavailable
from pivotr.ports.mailer import Accepted, Mail, NotSent, Outcome, Quota, Unknown

#: A writer needs milliseconds between its two files and the rename; after this long it is taken for dead.
ABANDONED_AFTER_MS = 60_000

#: Files in tmp that nobody can want any more (the Maildir convention: 36 hours).
STALE_TMP_MS = 36 * 3_600_000

_FOLDERS = ("tmp", "new", "cur", "pending")
_FLAGS = re.compile("[:;!].*")

#: Errors of a rename on which the mail has surely not moved; after any other one nobody knows.
_SURELY_NOT = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT}
)

_log = logging.getLogger(__name__)


class Outbox:
    """Mailer port on a Maildir. `announce` gets the JSON text of each event; `token` gives fresh random text.

    The shares (0 to 1) make that part of all addresses bounce or complain, always the same ones. Without
    `durable` nothing is synced to the disk: right where a power cut does not matter.
    """

    def __init__(
        self,
        folder: Path,
        *,
        announce: Callable[[str], None],
        now_ms: Callable[[], int],
        token: Callable[[], str],
        bounce_share: float = 0.0,
        complaint_share: float = 0.0,
        durable: bool = True,
    ) -> None:
        self._folder = folder
        self._announce = announce
        self._now_ms = now_ms
        self._token = token
        self._bounce_share = bounce_share
        self._complaint_share = complaint_share
        self._durable = durable
        self._has_swept = False

    def quota(self) -> Quota | None:
        """None: a folder has no quota."""
        return None

    def send(self, mail: Mail) -> Outcome:
        """Put the mail into `new`. It is announced by the next `announce_pending`, of whatever process."""
        now_ms = self._now_ms()
        name = message_id(now_ms, self._token())
        events = simulated_feedback.bodies(
            mail, name, now_ms, bounce_share=self._bounce_share, complaint_share=self._complaint_share
        )
        try:
            self._make_folders()
            self._write("tmp", name, mail.data)
            self._write("pending", name, json.dumps(events).encode())
            self._sync_folder("pending")
        except FileExistsError as error:
            return NotSent("unreachable", self._complaint("written", error))
        except OSError as error:
            self._withdraw(name)
            return NotSent("unreachable", self._complaint("written", error))
        return self._accept(name)

    def announce_pending(self) -> int:
        """Announce every mail that is there and not announced yet; returns how many those were.

        After a crash a mail may be announced twice. Raises Unavailable and what `announce` raises; what was
        not announced stays pending.
        """
        try:
            self._sweep()
            return self._announce_all(self._names("pending"))
        except OSError as error:
            raise Unavailable(
                self._complaint("read", error), hint="Run `pivotr settings list` to see which folder is used."
            ) from error

    def _announce_all(self, names: list[str]) -> int:
        moved, announced = None, 0
        for name in names:
            is_there = self._path("new", name).exists()
            if not is_there and moved is None:
                moved = self._moved()
            if is_there or name in (moved or ()) or self._is_there_after_all(name):
                announced += self._announce_one(name)
        return announced

    def _accept(self, name: str) -> Outcome:
        try:
            os.rename(self._path("tmp", name), self._path("new", name))  # noqa: PTH104
        except OSError as error:
            if error.errno not in _SURELY_NOT or self._path("new", name).exists():
                return Unknown(self._complaint("written", error))
            self._withdraw(name)
            return NotSent("unreachable", self._complaint("written", error))
        try:
            self._sync_folder("new")
        except OSError as error:
            return Unknown(self._complaint("written", error))
        return Accepted(name)

    def _withdraw(self, name: str) -> None:
        """Take the files of a mail that was not accepted away; what cannot go now is given up later."""
        with contextlib.suppress(OSError):
            self._path("tmp", name).unlink(missing_ok=True)
            self._path("pending", name).unlink(missing_ok=True)

    def _is_there_after_all(self, name: str) -> bool:
        """Give the mail of a dead writer up. True where the writer lived and was faster."""
        written = written_ms(name)
        if written is None or self._now_ms() - written <= ABANDONED_AFTER_MS:
            return False
        self._path("tmp", name).unlink(missing_ok=True)
        if self._path("new", name).exists() or name in self._moved():
            return True
        self._path("pending", name).unlink(missing_ok=True)
        return False

    def _announce_one(self, name: str) -> int:
        pending = self._path("pending", name)
        try:
            events: list[str] = json.loads(pending.read_bytes())
        except FileNotFoundError:
            return 0  # another process was faster
        except ValueError:
            _log.warning("%s is damaged: its mail cannot be announced", pending)
            return 0
        for body in events:
            self._announce(body)
        pending.unlink(missing_ok=True)
        return 1

    def _moved(self) -> frozenset[str]:
        """Ids of the mails in `cur`, where mail clients move them and append flags."""
        return frozenset(_FLAGS.sub("", name) for name in self._names("cur"))

    def _sweep(self) -> None:
        """Once in a process: remove what crashes left in tmp."""
        if self._has_swept:
            return
        self._has_swept = True
        now_ms = self._now_ms()
        for name in self._names("tmp"):
            written = written_ms(name)
            if written is not None and now_ms - written > STALE_TMP_MS:
                self._path("tmp", name).unlink(missing_ok=True)

    def _names(self, folder: str) -> list[str]:
        try:
            with os.scandir(self._folder / folder) as entries:
                return sorted(entry.name for entry in entries)
        except FileNotFoundError:
            return []

    def _path(self, folder: str, name: str) -> Path:
        return self._folder / folder / name

    def _make_folders(self) -> None:
        if all((self._folder / folder).is_dir() for folder in _FOLDERS):
            return
        for folder in ("", *_FOLDERS):
            (self._folder / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sync_folder("")

    def _write(self, folder: str, name: str, data: bytes) -> None:
        with self._path(folder, name).open("xb") as file:
            file.write(data)
            file.flush()
            if self._durable:
                os.fsync(file.fileno())

    def _sync_folder(self, folder: str) -> None:
        if not self._durable or os.name == "nt":
            return
        number = os.open(self._folder / folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)

    def _complaint(self, done: str, error: OSError) -> str:
        return f"The outbox {self._folder} cannot be {done}: {error.strerror or error}."


def message_id(now_ms: int, token: str) -> str:
    """An id of the form that SES gives: its instant in hexadecimal milliseconds, a UUID, six digits."""
    digits = hashlib.blake2b(token.encode(), digest_size=16).hexdigest()
    uuid = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    return f"0100{now_ms:012x}-{uuid}-000000"


def written_ms(name: str) -> int | None:
    """The instant inside an id of ours, in epoch milliseconds; None for any other file name."""
    try:
        return int(name[4:16], 16) if name.startswith("0100") else None
    except ValueError:
        return None
