"""One `pivotr run` per data file: a lock of the operating system, which a dead process cannot hold."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from pivotr.adapters.embedded import sqlite_faults
from pivotr.errors import Conflict

if sys.platform == "win32":
    import msvcrt

    #: Windows bars others from reading what is locked: so the lock lies far behind the text.
    _FAR = 1 << 30

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class RunLock:
    """The lock of one data file. The lock file stays behind; only the hold on it counts."""

    def __init__(self, path: Path, sleep: Callable[[float], None] = lambda _: None) -> None:
        self._path = path
        self._sleep = sleep
        self._descriptor: int | None = None

    def acquire(self, now_text: str, pid: int) -> None:
        """Take the lock and write down who holds it since when. Raises Conflict, Misconfigured."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise sqlite_faults.from_system(error, self._path) from error
        try:
            self._take(descriptor)
        except OSError as error:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise Conflict(
                f"`pivotr run` is already running on this data file{holder}.",
                hint="Let the first one work, or stop it with Ctrl-C in its terminal.",
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{pid} {now_text}\n".encode(), 0)
        self._descriptor = descriptor

    def is_held(self) -> bool:
        """True while somebody drives this data file. Nothing is made or written."""
        try:
            descriptor = os.open(self._path, os.O_RDWR)
        except OSError:
            return False
        try:
            _lock(descriptor)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _take(self, descriptor: int) -> None:
        """Whoever only asks `is_held` has the lock for an instant: that is no reason to be refused."""
        for _ in range(3):
            with suppress(OSError):
                return _lock(descriptor)
            self._sleep(0.03)
        return _lock(descriptor)

    def release(self) -> None:
        """Give the lock back; without one nothing happens."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> RunLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _holder(descriptor: int) -> str:
    """Who wrote into the lock file, as a part of a sentence; empty where nobody has yet."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    pid, _, since = os.read(descriptor, 200).decode(errors="replace").strip().partition(" ")
    return f" (process {pid}, since {since})" if pid and since else ""
