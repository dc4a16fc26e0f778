"""One environment that many processes share: tables in the data file, or at the address of an emulator."""

from __future__ import annotations

from pathlib import Path

from pivotr.ports.table import Table
from pivotr.settings import Settings
from pivotr.wiring import Services
from pivotr.wiring_embedded import embedded_ports


def connected(home: Path, endpoint: str = "", environment: str = "") -> Services:
    """A fresh process on the environment in a folder. Queues and outbox are always in the folder."""
    settings = Settings(home=home)
    ports = embedded_ports(settings, {})
    if endpoint:
        ports.table = _tables_at(endpoint, environment)
    return Services(settings, ports)


def _tables_at(endpoint: str, environment: str) -> Table:
    from pivotr import names
    from pivotr.adapters.aws.dynamodb import DynamoTable
    from pivotr.adapters.system_clock import SystemClock
    from pivotr.storage.schema import TABLES
    from tests.aws.resources import make_clients

    clients = make_clients(endpoint)
    return DynamoTable(clients, environment, TABLES, SystemClock(), append_only=frozenset({names.LOGS}))
