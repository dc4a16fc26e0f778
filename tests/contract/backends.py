"""The environments that the contract is tested on. Another one joins as another entry of BACKENDS."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

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
from tests.aws.emulator import endpoint
from tests.aws.moto_inserts import insert_by_puts
from tests.aws.moto_mended import mended
from tests.aws.resources import REGION, create_queue, create_tables, delete_tables, make_clients

#: 24 November 2026, 09:13:05.123 UTC in epoch milliseconds.
START = 1_795_511_585_123

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


class Backend:
    """Fresh, empty tables and queues, each made when a test asks for them, and the clock that they see."""

    def __init__(
        self,
        make_table: Callable[[], Table],
        make_queues: Callable[[], Queues],
        instant: Instant | None = None,
    ) -> None:
        self._make_table = make_table
        self._make_queues = make_queues
        self.instant = instant or Instant()

    @cached_property
    def table(self) -> Table:
        return self._make_table()

    @cached_property
    def queues(self) -> Queues:
        return self._make_queues()


@dataclass(frozen=True)
class Environment:
    """How to open one, and what it can do that others cannot:

    `clock`: its time is what a test says; `tokens`: a transaction is known by its token; `expiry`: expired
    items go at the next puts; `peek`: a queue that is worked on can be looked at; `receipts`: only the last
    receipt of a record counts; `retention`: old records are gone on the second.
    """

    open: Callable[[Path], AbstractContextManager[Backend]]
    traits: frozenset[str] = frozenset()
    is_remote: bool = False
    is_emulated: bool = False


@contextmanager
def sqlite(path: Path | None) -> Iterator[Backend]:
    instant = Instant()
    with SqliteFile(path, durable=False) as file:
        yield Backend(
            lambda: SqliteTable(file, TABLES, instant, append_only=APPEND_ONLY),
            lambda: SqliteQueues(file, names.QUEUES, instant),
            instant,
        )


@contextmanager
def moto() -> Iterator[Backend]:
    """An account in this process. Its transactions forget tokens and its PartiQL has no parameters."""
    instant = Instant()
    clients = shared_clients()

    def tables() -> Table:
        put_tables("dev")
        table = DynamoTable(clients, "dev", TABLES, SystemClock(), append_only=APPEND_ONLY)
        insert_by_puts(table)
        return table

    def queues() -> Queues:
        for spec in names.QUEUES:
            create_queue(clients.client("sqs"), spec, names.physical("dev", spec.name))
        return SqsQueues(clients, "dev")

    with mock_aws(), mended(), ExitStack() as patches:
        patches.enter_context(patch("moto.sqs.models.unix_time_millis", instant))
        patches.enter_context(patch("moto.sqs.models.unix_time", lambda: instant.ms / 1000))
        yield Backend(tables, queues, instant)


def put_tables(environment: str) -> None:
    """Tables in moto's account. Making one takes ten milliseconds there, so it is done once and copied."""
    stored = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
    if not _EMPTY:
        create_tables(shared_clients().client("dynamodb"), environment)
        _EMPTY.update(deepcopy(stored))
    stored.update(deepcopy(_EMPTY))


_EMPTY: dict[str, Any] = {}


@contextmanager
def emulator() -> Iterator[Backend]:
    """An emulator of AWS: a fresh environment of its own for each test."""
    clients = shared_clients(endpoint())
    environment = f"t{secrets.token_hex(4)}"

    with ExitStack() as afterwards:

        def tables() -> Table:
            client = clients.client("dynamodb")
            create_tables(client, environment)
            afterwards.callback(delete_tables, client, environment)
            return DynamoTable(clients, environment, TABLES, SystemClock(), append_only=APPEND_ONLY)

        def queues() -> Queues:
            client = clients.client("sqs")
            for spec in names.QUEUES:
                url = create_queue(client, spec, names.physical(environment, spec.name))
                for made in (url, f"{url}-dlq"):
                    afterwards.callback(client.delete_queue, QueueUrl=made)
            return SqsQueues(clients, environment)

        yield Backend(tables, queues)


OF_SQLITE = frozenset({"clock", "tokens", "expiry", "peek", "receipts", "retention"})

BACKENDS: dict[str, Environment] = {
    "sqlite-file": Environment(lambda folder: sqlite(folder / "pivotr.db"), OF_SQLITE),
    "sqlite-memory": Environment(lambda folder: sqlite(None), OF_SQLITE),
    "moto": Environment(lambda folder: moto(), frozenset({"clock"}), is_remote=True),
    "emulator": Environment(
        lambda folder: emulator(), frozenset({"tokens"}), is_remote=True, is_emulated=True
    ),
}
