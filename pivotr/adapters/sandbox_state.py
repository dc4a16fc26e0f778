"""Where the emulator of AWS listens: what `pivotr sandbox up` noted, and whether it is still true.

The note lies in `PIVOTR_HOME/sandbox.json`. The emulator tells a token of ours on its health page, so a port
or a process id that somebody else has got by now is never taken for it.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import asdict, dataclass
from pathlib import Path

#: What the emulator takes as the keys of its account; they open nothing else.
ACCESS_KEY = SECRET_KEY = "test"


@dataclass(frozen=True, slots=True)
class Emulator:
    """One running emulator: its port on the loopback address, its process, the token that it was given."""

    port: int
    pid: int
    token: str
    checks_rights: bool = False

    @property
    def url(self) -> str:
        """The address that stands in for all of AWS."""
        return f"http://127.0.0.1:{self.port}"

    def is_answering(self, *, timeout: float = 2.0) -> bool:
        """Whether this very emulator answers on its port within so many seconds."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", "/_ministack/health")
            answer = json.loads(connection.getresponse().read(65_536))
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()
        return isinstance(answer, dict) and answer.get("edition") == self.token


def state_file(home: Path) -> Path:
    """The note of a home."""
    return home / "sandbox.json"


def noted(home: Path) -> Emulator | None:
    """What was noted, be it still true or not; None without a note or with one that cannot be read."""
    try:
        return Emulator(**json.loads(state_file(home).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def running(home: Path) -> Emulator | None:
    """The emulator of a home, if it answers."""
    found = noted(home)
    return found if found is not None and found.is_answering() else None


def note(home: Path, emulator: Emulator) -> None:
    """Keep where the emulator is; whole or not at all."""
    path = state_file(home)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(emulator)) + "\n", encoding="utf-8")
    fresh.replace(path)


def forget(home: Path) -> None:
    """Remove the note; an absent one is no error."""
    state_file(home).unlink(missing_ok=True)
