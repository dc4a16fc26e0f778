"""One of many worker processes on the same tables and queues; every job that it emits is emitted twice."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

from pivotr.functions.local import LocalRunner, RunnerState
from tests.simulation.overlap_ports import connected


def main() -> None:
    """`python -m tests.simulation.overlap_worker HOME [ENDPOINT ENVIRONMENT]`, until HOME/stop is there."""
    home = Path(sys.argv[1])
    services = connected(home, *sys.argv[2:])
    send = services.ports.queues.send

    def twice(queue: str, body: str, *, delay: int = 0) -> None:
        send(queue, body, delay=delay)
        send(queue, body, delay=delay)

    queues: Any = services.ports.queues
    queues.send = twice
    stop = threading.Event()

    def look(_: RunnerState) -> None:
        if (home / "stop").exists():
            stop.set()

    LocalRunner(services).run(stop, on_tick=look)
    services.ports.close()


if __name__ == "__main__":
    main()
