"""An emulator of AWS for tests: the one that PIVOTR_TEST_ENDPOINT names, else one of this very process."""

from __future__ import annotations

import atexit
import fcntl
import os
import secrets
import shutil
import tempfile
import time
from functools import cache
from pathlib import Path

import pivotr
from pivotr.adapters import sandbox_install, sandbox_process
from tests.aws.resources import REGION

ROOT = Path(pivotr.__file__).parent.parent
ENDPOINT = os.environ.get("PIVOTR_TEST_ENDPOINT", "")


@cache
def endpoint() -> str:
    """Its address. One of our own is started at the first call and goes with the process."""
    if ENDPOINT:
        return ENDPOINT
    home = Path(tempfile.mkdtemp(prefix="pivotr-emulator-"))
    found = sandbox_process.start(
        home, python(), token=secrets.token_hex(8), region=REGION, checks_rights=False, sleep=time.sleep
    )
    atexit.register(_end, home)
    return found.url


def python() -> Path:
    """The Python that has the emulator installed; several processes may ask at once."""
    with (ROOT / ".venv-sandbox.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return sandbox_install.installed(ROOT / ".venv-sandbox")


def _end(home: Path) -> None:
    sandbox_process.stop(home, sleep=time.sleep, keep_state=False)
    shutil.rmtree(home, ignore_errors=True)
