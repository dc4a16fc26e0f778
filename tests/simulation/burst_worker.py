"""One of many processes that take in events at once; what fails is given again, as a queue would."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pivotr import names
from pivotr.adapters.embedded.keys import load_keys
from pivotr.adapters.embedded.outbox import Outbox
from pivotr.adapters.embedded.sqlite_file import SqliteFile
from pivotr.adapters.embedded.sqlite_queues import SqliteQueues
from pivotr.adapters.embedded.sqlite_table import SqliteTable
from pivotr.adapters.embedded.syntax_verifier import SyntaxVerifier
from pivotr.adapters.system_clock import SystemClock
from pivotr.functions import process_feedback
from pivotr.functions.events import sqs_event
from pivotr.ports.queues import Received
from pivotr.settings import Settings
from pivotr.storage.schema import TABLES
from pivotr.wiring import Ports, Secrets, Services
from tests.simulation.overlap_ports import connected

BATCH = 10
_ROUNDS = 20


def burst_services(home: Path, *place: str) -> Services:
    """A process on the data file, which need not outlive a power failure, or on the tables of an emulator."""
    if place:
        return connected(home, *place)
    clock = SystemClock()
    file = SqliteFile(home / "pivotr.db", durable=False, busy_seconds=60)

    def now_ms() -> int:
        return int(clock.now().timestamp() * 1000)

    def secrets() -> Secrets:
        keys = load_keys(home / "pivotr.key", may_create=True)
        return Secrets(keys.lead, keys.unsubscribe)

    ports = Ports(
        table=SqliteTable(file, TABLES, now_ms, append_only=frozenset({names.LOGS})),
        queues=SqliteQueues(file, names.QUEUES, now_ms),
        clock=clock,
        make_mailer=lambda: Outbox(home / "outbox", announce=print, now_ms=now_ms, token=clock.token),
        make_verifier=SyntaxVerifier,
        make_secrets=secrets,
        close=file.close,
    )
    return Services(Settings(home=home), ports)


def take_in(services: Services, bodies: list[str]) -> None:
    """Give all bodies to the handler in batches until none fails any more."""
    left = list(enumerate(bodies))
    for _ in range(_ROUNDS):
        failed: list[tuple[int, str]] = []
        for start in range(0, len(left), BATCH):
            batch = dict(left[start : start + BATCH])
            records = [Received(str(key), body, "receipt", 1, 0) for key, body in batch.items()]
            event = sqs_event("feedback-queue", records, environment="local", region="-")
            answer = process_feedback.handle(event, services)
            failed += [
                (int(one["itemIdentifier"]), batch[int(one["itemIdentifier"])])
                for one in answer["batchItemFailures"]
            ]
        left = failed
        if not left:
            return
    raise SystemExit(f"{len(left)} events were never taken in")


def main() -> None:
    """`python -m tests.simulation.burst_worker HOME FILE [ENDPOINT ENVIRONMENT]`."""
    services = burst_services(Path(sys.argv[1]), *sys.argv[3:])
    take_in(services, json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
    services.ports.close()


if __name__ == "__main__":
    main()
