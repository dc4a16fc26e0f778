"""The environments that the contract is tested on. Another one joins as another entry of BACKENDS."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from unittest.mock import patch

from moto import mock_aws

from pivotr import names
from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.dynamodb import DynamoTable
from pivotr.adapters.aws.sqs import SqsQueues
from pivotr.adapters.embedded.sqlite_file import SqliteFile
from pivotr.adapters.embedded.sqlite_queues import SqliteQueues
from pivotr.adapters.embedded.sqlite_table import SqliteTable
from pivotr.adapters.system_clock import SystemClock
from pivotr.ports.queues import Queues
from pivotr.ports.table import Table
from pivotr.storage.schema import TABLES
from tests.aws.inserts import insert_by_puts
from tests.aws.moto_comparisons import mended
from tests.aws.resources import ENDPOINT, create_queue, create_tables, delete_tables, make_clients

#: 24 November 2026, 09:13:05.123 UTC in epoch milliseconds.
START = 1_795_511_585_123

#: Where moto's queues take their time from, in epoch milliseconds.
MOTO_CLOCKS = ("moto.sqs.models.unix_time_millis",)

#: Made once: a client takes a third of a second.
shared_clients: Callable[..., Clients] = cache(make_clients)

APPEND_ONLY = frozenset({names.LOGS})


@dataclass
class Instant:
    """A clock that stands still until a test moves it."""

    ms: int = START

    def __call__(self) -> int:
        return self.ms

    def advance(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


@dataclass
class Backend:
    """Fresh, empty tables and queues, and the clock that they see."""

    table: Table
    queues: Queues
    instant: Instant = field(default_factory=Instant)


@dataclass(frozen=True)
class Environment:
    """How to open one, and what it can do that others cannot:

    `clock`: its time is what a test says; `tokens`: a transaction is known by its token; `expiry`: expired
    items go when told; `poison`: records keep to the letter of their receive counts and retention.
    """

    open: Callable[[Path], AbstractContextManager[Backend]]
    traits: frozenset[str] = frozenset()
    is_slow: bool = False


@contextmanager
def sqlite(path: Path | None) -> Iterator[Backend]:
    instant = Instant()
    with SqliteFile(path, durable=False) as file:
        table = SqliteTable(file, TABLES, instant, append_only=APPEND_ONLY)
        yield Backend(table, SqliteQueues(file, names.QUEUES, instant), instant)


@contextmanager
def moto() -> Iterator[Backend]:
    """An account in this process. Its transactions forget tokens and its PartiQL has no parameters."""
    instant = Instant()
    clients = shared_clients()
    with mock_aws(), mended(), ExitStack() as patches:
        for place in MOTO_CLOCKS:
            patches.enter_context(patch(place, lambda: instant.ms))
        create_tables(clients.client("dynamodb"), "dev")
        for spec in names.QUEUES:
            create_queue(clients.client("sqs"), spec, names.physical("dev", spec.name))
        table = DynamoTable(clients, "dev", TABLES, SystemClock(), append_only=APPEND_ONLY)
        insert_by_puts(table)
        yield Backend(table, SqsQueues(clients, "dev"), instant)


@contextmanager
def emulator() -> Iterator[Backend]:
    """What listens at PIVOTR_TEST_ENDPOINT: a fresh environment of its own for each test."""
    clients = shared_clients(ENDPOINT)
    environment = f"t{secrets.token_hex(4)}"
    create_tables(clients.client("dynamodb"), environment)
    urls = [
        create_queue(clients.client("sqs"), spec, names.physical(environment, spec.name))
        for spec in names.QUEUES
    ]
    table = DynamoTable(clients, environment, TABLES, SystemClock(), append_only=APPEND_ONLY)
    try:
        yield Backend(table, SqsQueues(clients, environment))
    finally:
        delete_tables(clients.client("dynamodb"), environment)
        for url in urls:
            clients.client("sqs").delete_queue(QueueUrl=url)
            clients.client("sqs").delete_queue(QueueUrl=f"{url}-dlq")


BACKENDS: dict[str, Environment] = {
    "sqlite-file": Environment(
        lambda folder: sqlite(folder / "pivotr.db"), frozenset({"clock", "tokens", "expiry", "poison"})
    ),
    "sqlite-memory": Environment(
        lambda folder: sqlite(None), frozenset({"clock", "tokens", "expiry", "poison"})
    ),
    "moto": Environment(lambda folder: moto(), frozenset({"clock"})),
}
if ENDPOINT:
    BACKENDS["emulator"] = Environment(lambda folder: emulator(), frozenset({"tokens"}), is_slow=True)
