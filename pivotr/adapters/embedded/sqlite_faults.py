"""What SQLite reports, as an error of ours with a sentence and a hint: the one place that knows its codes."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Final, TypeAlias

from pivotr.errors import InvalidInput, Misconfigured, NoAnswer, PivotrError, Unavailable
from pivotr.names import ENV_HOME

#: What a statement can raise because of the file or of what is to be stored.
FAULTS: Final = (sqlite3.Error, UnicodeEncodeError)

#: Bytes that SQLite takes for the index of its log before anything is read.
_LEAST = 32_768
_ELSEWHERE = f"set {ENV_HOME} to another folder"
_RESTORE = f"Put a backup back with `pivotr restore FILE --replace`, or {_ELSEWHERE}."
_WRITABLE = f"Make the file and its folder writable for you, or {_ELSEWHERE}."


#: Class, sentence, hint.
_Meaning: TypeAlias = tuple[type[PivotrError], str, str]

_BUSY: Final[_Meaning] = (
    Unavailable,
    "The data file {where} is kept busy by another process.",
    "Try again when the other command is done.",
)

_DAMAGED: Final[_Meaning] = (
    Misconfigured,
    "The data file {where} is damaged or is not a data file.",
    _RESTORE,
)
_FULL: Final[_Meaning] = (
    Unavailable,
    "The disk that holds the data file {where} is full; nothing was changed.",
    f"Free some space, or move the file and {_ELSEWHERE}.",
)

#: Primary result code → what it means to the operator.
_MEANINGS: Final[dict[int, _Meaning]] = {
    **dict.fromkeys((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL), _BUSY),
    sqlite3.SQLITE_FULL: _FULL,
    **dict.fromkeys(
        (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT),
        _DAMAGED,
    ),
    **dict.fromkeys(
        (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH),
        (Misconfigured, "The data file {where} cannot be written.", _WRITABLE),
    ),
    sqlite3.SQLITE_CANTOPEN: (Misconfigured, "The data file {where} cannot be opened.", _WRITABLE),
    **dict.fromkeys(
        (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM),
        (
            Unavailable,
            "The data file {where} could not be read or written ({error}); nothing was changed.",
            "Check the disk and the memory, then try again.",
        ),
    ),
}
_LOST: Final[_Meaning] = (
    NoAnswer,
    "The disk failed while {where} was being written; the last change may or may not be kept.",
    "Check the disk, then look at the state before you repeat the command.",
)
_UNKNOWN: Final[_Meaning] = (Misconfigured, "The data file {where} cannot be used ({error}).", _RESTORE)


def translate(error: Exception, path: Path | None, *, committing: bool = False) -> PivotrError:
    """The error to raise instead of SQLite's own. A fault of our code (no result code) is raised unchanged.

    `committing`: it happened while the transaction was being made durable, so after a fault of the disk
    nobody knows whether it will be there after the next start.
    """
    if isinstance(error, UnicodeEncodeError):
        return InvalidInput("A text holds half a character (a lone surrogate) and cannot be stored.")
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        raise error
    primary = code & 0xFF  # the low byte is the primary result code, the rest refines it
    if primary == sqlite3.SQLITE_IOERR and committing:
        kind, sentence, hint = _LOST
    elif primary == sqlite3.SQLITE_IOERR and path is not None and _has_no_room(path):
        kind, sentence, hint = _FULL
    else:
        kind, sentence, hint = _MEANINGS.get(primary, _UNKNOWN)
    where = "in memory" if path is None else path
    return kind(sentence.format(where=where, error=error), hint=hint)


def _has_no_room(path: Path) -> bool:
    """True where not even the index of the log fits beside the file, which SQLite calls a fault."""
    try:
        return shutil.disk_usage(path.parent).free < _LEAST
    except OSError:
        return False


def damaged(path: Path) -> PivotrError:
    """The error for a file of which a page does not hold what it should."""
    kind, sentence, hint = _DAMAGED
    return kind(sentence.format(where=path), hint=hint)


def busy(path: Path) -> PivotrError:
    """The error for a file that other processes did not let go of in time."""
    kind, sentence, hint = _BUSY
    return kind(sentence.format(where=path), hint=hint)


def from_system(error: OSError, path: Path) -> Misconfigured:
    """The error to raise when the system does not let us create or open the file."""
    if path.is_dir():
        return Misconfigured(
            f"There is a folder where the data file should be: {path}.",
            hint=f"Move the folder away, or {_ELSEWHERE}.",
        )
    if blocking := next((one for one in path.parents if one.exists() and not one.is_dir()), None):
        return Misconfigured(
            f"{blocking} is a file, and the data file needs a folder there: {path}.",
            hint=f"Move that file away, or {_ELSEWHERE}.",
        )
    reason = error.strerror or type(error).__name__
    return Misconfigured(f"The data file {path} cannot be opened for writing ({reason}).", hint=_WRITABLE)


def moved(path: Path) -> Misconfigured:
    """The error for a file that is no longer where it was opened."""
    return Misconfigured(
        f"The data file {path} was moved, replaced or deleted while it was in use; nothing was changed.",
        hint="Put it back, then start the command again.",
    )


def emptied(path: Path) -> Misconfigured:
    """The error for a file without a byte that has held leads: the keys of them are there."""
    return Misconfigured(
        f"The data file {path} is empty, but its key file is there: what was in it is gone.",
        hint="Put a backup back with `pivotr restore FILE --replace`, or remove the file to begin again.",
    )


def foreign(path: Path) -> Misconfigured:
    """The error for a database that another program made."""
    return Misconfigured(f"{path} is a database of another program.", hint=f"Move it away, or {_ELSEWHERE}.")


def newer(path: Path, found: int, known: int) -> Misconfigured:
    """The error for a file of a later format than this program knows."""
    return Misconfigured(
        f"This data file was written by a newer Pivotr (format {found}, this one knows {known}).",
        hint=f"Upgrade with `pip install --upgrade pivotr`, or {_ELSEWHERE}. The file is {path}.",
    )
