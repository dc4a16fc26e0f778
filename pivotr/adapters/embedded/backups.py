"""Backups of the embedded environment: data file, keys and outbox in one zip, restored whole or not."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pivotr.adapters.embedded import sqlite_faults
from pivotr.adapters.embedded.sqlite_file import FORMAT
from pivotr.domain.instants import from_text, to_text
from pivotr.errors import Conflict, InvalidInput, Misconfigured, NotFound

#: Form of the archive; raised when one could not be read by an older Pivotr any more.
_FORM: Final = 1
_MANIFEST: Final = "manifest.json"
_DATA: Final = "pivotr.db"
_KEY: Final = "pivotr.key"
_OUTBOX: Final = "outbox/"
#: What a data folder holds, the data file first: what goes is taken away in this order, what comes is put in
#: place against it, so that nobody works with half. A data file must not meet the companions of another one.
_PARTS: Final = (_DATA, f"{_DATA}-wal", f"{_DATA}-shm", _KEY)
_UNPACKED: Final = ".restore-"
#: What reading an archive can raise that is none, is damaged, or is locked with a password.
_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Backup:
    """What an archive holds. `made_at` is a UTC instant; `mails` counts those of the outbox."""

    path: str
    made_at: str
    version: str
    mails: int
    bytes: int


class Backups:
    """Backups of one data folder, and what a restore puts in its place. `now` is the instant in UTC."""

    def __init__(self, home: Path, outbox: Path, *, version: str, now: datetime) -> None:
        self.now = now
        self._home = home
        self._outbox = outbox
        self._version = version

    @property
    def data_file(self) -> Path:
        """The data file that is backed up and replaced."""
        return self._home / _DATA

    def write(self, file: Path | None) -> Backup:
        """Write an archive; others may work on the data meanwhile. Only its owner may read it: it holds keys.

        Without a file it is named after the instant, in the working folder. Raises NotFound without data,
        Conflict where the target exists, Misconfigured where it cannot be written.
        """
        target = file or Path(f"pivotr-{self._stamp}.zip")
        made_at = to_text(self.now)
        if not self.data_file.exists():
            raise NotFound(
                f"There is no data in {self._home} yet.",
                hint="The first command that stores something makes it.",
            )
        try:
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise Conflict(f"“{target}” exists already.", hint="Name another file.") from None
        except OSError as error:
            raise _unwritable(target, error) from None
        try:
            mails = self._fill(target, made_at)
        except sqlite3.Error as error:
            target.unlink()
            raise sqlite_faults.translate(error, self.data_file) from error
        except BaseException as error:
            target.unlink()
            if isinstance(error, OSError):
                raise _unwritable(target, error) from None
            raise
        return Backup(str(target), made_at, self._version, mails, target.stat().st_size)

    def restore(
        self, source: Path, *, is_replacing: bool, prepare: Callable[[Path, Backup], object]
    ) -> tuple[Backup, Path | None]:
        """Put an archive's data, keys and outbox in place; what was there is kept in the folder returned.

        `prepare` is given the folder of what was unpacked before anything takes its place: whenever this is
        cut off, nobody finds data that is not prepared. The caller holds the lock of `pivotr run`. Raises
        NotFound, InvalidInput for what is no backup or is damaged, Conflict where data would be replaced
        unasked, Misconfigured for a backup by a newer Pivotr and a folder that cannot be written.
        """
        with self._opened(source) as archive:
            backup, digests = self._checked(archive, source)
            if self.data_file.exists() and not is_replacing:
                raise Conflict(
                    f"{self._home} has data already.",
                    hint="Keep it aside and restore with --replace, or restore elsewhere with PIVOTR_HOME.",
                )
            try:
                self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
                for left in self._home.glob(f"{_UNPACKED}*"):
                    shutil.rmtree(left)
                with tempfile.TemporaryDirectory(prefix=_UNPACKED, dir=self._home) as name:
                    folder = Path(name)
                    _unpack(archive, folder, source, digests)
                    prepare(folder, backup)
                    aside = self._put_aside(self._home / f"before-restore-{self._stamp}")
                    for part in reversed(self._parts(folder)):
                        part.rename(self._home / part.name)
            except OSError as error:
                raise _unwritable(self._home, error) from None
        return backup, aside

    @property
    def _stamp(self) -> str:
        return f"{self.now:%Y%m%dT%H%M%SZ}"

    def _fill(self, target: Path, made_at: str) -> int:
        """The data first: a mail that leaves meanwhile is then in the outbox, not missing from it."""
        with (
            tempfile.TemporaryDirectory(prefix=".pivotr-backup-", dir=target.absolute().parent) as folder,
            zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive,
        ):
            copy = Path(folder) / _DATA
            _copy_data(self.data_file, copy)
            archive.write(copy, _DATA)
            digests = {_DATA: _digest(copy)}
            key = self._home / _KEY
            if key.exists():
                archive.write(key, _KEY)
                digests[_KEY] = _digest(key)
            mails = sum(_add_mail(archive, path, self._outbox) for path in sorted(self._outbox.rglob("*")))
            facts = {
                "form": _FORM,
                "format": FORMAT,
                "made_at": made_at,
                "version": self._version,
                "mails": mails,
                "sha256": digests,
            }
            archive.writestr(_MANIFEST, json.dumps(facts, indent=2))
        return mails

    def _opened(self, source: Path) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(source)
        except FileNotFoundError:
            raise NotFound(
                f"There is no file “{source}”.", hint="Make a backup with: pivotr backup"
            ) from None
        except (OSError, zipfile.BadZipFile):
            raise _no_backup(source) from None

    def _checked(self, archive: zipfile.ZipFile, source: Path) -> tuple[Backup, dict[str, str]]:
        try:
            facts: dict[str, Any] = json.loads(archive.read(_MANIFEST))
            form, file_format = int(facts["form"]), int(facts["format"])
            digests = {str(name): str(digest) for name, digest in dict(facts["sha256"]).items()}
            backup = Backup(
                str(source),
                to_text(from_text(facts["made_at"])),
                str(facts["version"]),
                int(facts["mails"]),
                source.stat().st_size,
            )
        except (*_UNREADABLE, KeyError, TypeError):
            raise _no_backup(source) from None
        if form > _FORM or file_format > FORMAT:
            raise Misconfigured(
                f"“{source}” was made by Pivotr {backup.version}, which is newer than this one.",
                hint="Upgrade Pivotr, then restore.",
            )
        return backup, digests

    def _put_aside(self, aside: Path) -> Path | None:
        """All there is: what a restore that was cut off has left behind, too."""
        parts = self._parts(self._home)
        if not parts:
            return None
        aside.mkdir(mode=0o700)
        for part in parts:
            part.rename(aside / part.name)
        return aside

    def _parts(self, folder: Path) -> list[Path]:
        paths = [folder / name for name in (*_PARTS, self._outbox.name)]
        return [path for path in paths if path.exists()]


def _unpack(archive: zipfile.ZipFile, folder: Path, source: Path, digests: dict[str, str]) -> None:
    """Into a folder beside the data, and only if every byte is what was written. Raises InvalidInput."""
    try:
        for name in archive.namelist():
            if name in (_DATA, _KEY) or name.startswith(_OUTBOX):
                archive.extract(name, folder)
    except _UNREADABLE:
        raise _damaged(source) from None
    for name in {_DATA, *digests}:
        path = folder / name
        if not path.is_file() or _digest(path) != digests.get(name):
            raise _damaged(source)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _copy_data(source: Path, target: Path) -> None:
    """A consistent copy, whoever writes meanwhile: SQLite's own, in one step."""
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)
        # one file without companions
        new.execute("PRAGMA journal_mode=DELETE")


def _add_mail(archive: zipfile.ZipFile, path: Path, outbox: Path) -> bool:
    """Add a file of the outbox; True for a mail. One that a mail program moves meanwhile is left out."""
    if not path.is_file() or path.parent.name == "tmp":
        return False
    try:
        archive.write(path, _OUTBOX + path.relative_to(outbox).as_posix())
    except FileNotFoundError:
        return False
    return path.parent.name in ("new", "cur")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _no_backup(source: Path) -> InvalidInput:
    return InvalidInput(f"“{source}” is no backup of Pivotr.", hint="Make one with: pivotr backup")


def _damaged(source: Path) -> InvalidInput:
    return InvalidInput(f"The backup “{source}” is damaged; nothing was changed.", hint="Take another one.")


def _unwritable(path: Path, error: OSError) -> Misconfigured:
    return Misconfigured(
        f"“{path}” cannot be written: {error.strerror}.", hint="Choose another place, or make room."
    )
