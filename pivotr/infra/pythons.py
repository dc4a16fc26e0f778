"""A Python 3.13 on this machine: only it can write the byte code that the Lambda runtime reads."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

#: Version of the Lambda runtime of the functions.
VERSION = (3, 13)
NAME = "python3.13"


@lru_cache(maxsize=1)
def compiler() -> str | None:
    """Path of a CPython 3.13, or None: this one, one on the path, one that pyenv or uv has installed."""
    return next((path for path in _candidates() if _is_fit(path)), None)


def _candidates() -> Iterator[str]:
    if sys.version_info[:2] == VERSION:
        yield sys.executable
    if found := shutil.which(NAME):
        yield found
    for folder in (Path.home() / ".pyenv" / "versions", Path.home() / ".local" / "share" / "uv" / "python"):
        for path in sorted(folder.glob(f"*3.13*/bin/{NAME}"), reverse=True):
            yield str(path)


def _is_fit(path: str) -> bool:
    """True where it starts: pyenv puts scripts on the path for versions that are not switched on."""
    question = "import sys; print(sys.implementation.cache_tag)"
    try:
        answer = subprocess.run(
            [path, "-S", "-c", question], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.stdout.strip() == f"cpython-{VERSION[0]}{VERSION[1]}"
