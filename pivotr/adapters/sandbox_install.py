"""Install the emulator of AWS into a virtual environment of its own: it pins its libraries exactly.

It is made with the Python that runs this: the emulator runs Lambdas on its own interpreter, and the packages
of the functions are chosen for ours.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from pivotr.errors import Misconfigured, Unavailable

_HERE = Path(__file__).parent


def lock_file() -> Path:
    """The emulator's packages with their digests: beside this file in the wheel, else in the project."""
    packed = _HERE / "sandbox.txt"
    return packed if packed.exists() else _HERE.parents[1] / "requirements" / "sandbox.txt"


def installed(folder: Path) -> Path:
    """The Python of a virtual environment that holds the emulator, made in `folder` unless it is there.

    Raises Misconfigured where no virtual environment can be made, Unavailable when packages do not arrive.
    """
    python = folder / "bin" / "python"
    mark = folder / "installed.txt"
    wanted = lock_file().read_text(encoding="utf-8")
    if mark.is_file() and mark.read_text(encoding="utf-8") == wanted and python.exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    _run(
        [sys.executable, "-m", "venv", str(folder)],
        Misconfigured(
            "No virtual environment could be made for the sandbox.",
            hint="On Debian and Ubuntu: apt-get install python3-venv",
        ),
    )
    _run(
        [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock_file())],
        Unavailable(
            "The emulator's packages could not be installed.", hint="Check the network and try again."
        ),
    )
    mark.write_text(wanted, encoding="utf-8")
    return python


def _run(command: list[str], fault: Misconfigured | Unavailable) -> None:
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if ended.returncode:
        lines = [line for line in (ended.stderr or ended.stdout).splitlines() if line.strip()]
        raise type(fault)(f"{fault.sentence} {lines[-1].strip() if lines else ''}".strip(), hint=fault.hint)
