"""Start and stop the emulator of AWS as a process of its own.

It gets the loopback address only, a free port and an environment without anything of ours: Lambdas inherit
the emulator's variables, and its control page asks nobody for a password.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from pivotr.adapters import sandbox_state
from pivotr.adapters.sandbox_state import Emulator
from pivotr.errors import Unavailable

#: A large state is read for some seconds at the start and written for some twenty at the end.
START_SECONDS = 60.0
STOP_SECONDS = 60.0

#: Children of this very process: they must be waited for once they have ended, or they stay as zombies.
_children: dict[int, subprocess.Popen[bytes]] = {}


def start(
    home: Path, python: Path, *, token: str, region: str, checks_rights: bool, sleep: Callable[[float], None]
) -> Emulator:
    """Start the emulator that `python` has installed and wait until it answers.

    `token` names this run, `checks_rights` makes it refuse what roles do not allow. Its state of the last
    time is taken up again. Raises Unavailable when it does not come up.
    """
    folder = home / "sandbox"
    for name in ("state", "buckets", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    port = _port(folder / "port")
    log = folder / "emulator.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(python.absolute()), "-m", "ministack"],
            env=environment(folder, port, token=token, region=region, checks_rights=checks_rights),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C of the command that started it is not meant for it
        )
    emulator = Emulator(port, process.pid, token, checks_rights)
    ends_at = time.monotonic() + START_SECONDS
    while not emulator.is_answering():
        if process.poll() is not None or time.monotonic() > ends_at:
            process.kill()
            process.wait()
            raise Unavailable(f"The sandbox did not come up: {_last_line(log)}", hint=f"See {log}.")
        sleep(0.1)
    sandbox_state.note(home, emulator)
    _children[process.pid] = process
    return emulator


def stop(home: Path, *, sleep: Callable[[float], None], keep_state: bool = True) -> bool:
    """Stop the emulator of a home and wait until it has saved its state; False where none ran."""
    found = sandbox_state.noted(home)
    was_running = found is not None and found.is_answering(timeout=10.0)
    if found is not None and was_running:
        _end(found.pid, signal.SIGTERM)
        ends_at = time.monotonic() + STOP_SECONDS
        while _is_alive(found.pid) and time.monotonic() < ends_at:
            sleep(0.1)
        if _is_alive(found.pid):
            _end(found.pid, signal.SIGKILL)
    sandbox_state.forget(home)
    folder = home / "sandbox"
    for name in ("tmp", *(() if keep_state else ("state", "buckets"))):
        shutil.rmtree(folder / name, ignore_errors=True)
    if not keep_state:
        (folder / "port").unlink(missing_ok=True)
    return was_running


def environment(folder: Path, port: int, *, token: str, region: str, checks_rights: bool) -> dict[str, str]:
    """Every variable that the emulator gets, and with it every Lambda in it: none of the caller's own."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "MINISTACK_EDITION": token,
        "MINISTACK_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "buckets"),
        "LOG_LEVEL": "WARNING",
        "AUTH": "true" if checks_rights else "false",
    }


def _port(note: Path) -> int:
    """The port of the last time, as addresses of queues hold it; else a free one that nobody can guess."""
    try:
        port = _bound(int(note.read_text(encoding="utf-8")))
    except (OSError, ValueError, OverflowError):
        port = _bound(0)
    note.write_text(f"{port}\n", encoding="utf-8")
    return port


def _bound(port: int) -> int:
    """A port of the loopback address that nobody uses now. Raises OSError where that one is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        found: int = probe.getsockname()[1]
        return found


def _end(pid: int, number: signal.Signals) -> None:
    """Tell a process; its children are its own business and end with it."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _is_alive(pid: int) -> bool:
    """Whether a process is there."""
    if pid in _children:
        return _children[pid].poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing"
