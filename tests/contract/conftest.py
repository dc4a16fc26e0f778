"""Fixtures of the contract: each test runs once on every environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from backends import BACKENDS, Backend, Instant

from pivotr.ports.queues import Queues
from pivotr.ports.table import Table


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    with BACKENDS[request.param](tmp_path) as backend:
        yield backend


@pytest.fixture
def table(backend: Backend) -> Table:
    return backend.table


@pytest.fixture
def queues(backend: Backend) -> Queues:
    return backend.queues


@pytest.fixture
def instant(backend: Backend) -> Instant:
    return backend.instant
