"""One of many worker processes on the same data file; every job that it emits is emitted twice."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

from pivotr.functions.local import LocalRunner
from pivotr.settings import Settings
from pivotr.wiring import connect


def main() -> None:
    """`python -m tests.simulation.overlap_worker HOME SECONDS`"""
    services = connect(Settings(home=Path(sys.argv[1])), {})
    send = services.ports.queues.send

    def twice(queue: str, body: str, *, delay: int = 0) -> None:
        send(queue, body, delay=delay)
        send(queue, body, delay=delay)

    queues: Any = services.ports.queues
    queues.send = twice
    stop = threading.Event()
    timer = threading.Timer(float(sys.argv[2]), stop.set)
    timer.start()
    LocalRunner(services).run(stop, until_idle=True)
    timer.cancel()
    services.ports.close()


if __name__ == "__main__":
    main()
