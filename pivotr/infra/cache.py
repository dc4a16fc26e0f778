"""The folder of what can be made again: the CDK command, the packages of the Lambdas."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the user's system keeps what may be deleted at any time."""
    if sys.platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "pivotr" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "pivotr"
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pivotr"


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """The entry of this name, made in a new folder beside it and moved into place whole.

    Two processes may make it at once: the first that is ready wins, and both find the same.
    """
    target = folder() / name
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".making-") as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        make(made)
        try:
            made.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    return target


def keep_newest(pattern: str, count: int) -> None:
    """Remove all but the newest entries of a pattern."""
    found = sorted(folder().glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[count:]:
        shutil.rmtree(path, ignore_errors=True)


def interpreter() -> str:
    """What wheels for this machine depend on: kind and version of Python, system and processor."""
    return f"{sys.implementation.cache_tag} {sysconfig.get_platform()}"
