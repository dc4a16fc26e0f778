"""A run of the embedded environment that dies right after the provider took a mail, or that is late in time.

`python -m tests.simulation.kill_worker HOME KILL_AFTER SHIFT`: the process kills itself after that many
accepted mails, before anything is recorded (0: never); its clock is SHIFT seconds ahead.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pivotr.adapters import system_clock
from pivotr.functions.local import LocalRunner
from pivotr.settings import Settings
from pivotr.wiring import connect


class LateClock(system_clock.SystemClock):
    """The system's clock, some seconds ahead."""

    shift = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.shift


def main() -> None:
    """Run until idle, or until death."""
    home, kill_after, shift = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    LateClock.shift = timedelta(seconds=shift)
    system_clock.SystemClock = LateClock  # type: ignore[misc]
    services = connect(Settings(home=home), {})
    mailer: Any = services.ports.mailer
    send, accepted = mailer.send, [0]

    def deadly(mail: Any) -> Any:
        outcome = send(mail)
        accepted[0] += 1
        if accepted[0] == kill_after:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome

    mailer.send = deadly
    LocalRunner(services).run(threading.Event(), until_idle=True)
    services.ports.close()


if __name__ == "__main__":
    main()
