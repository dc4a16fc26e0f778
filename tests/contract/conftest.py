"""Fixtures of the contract: each test runs once on every environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from backends import BACKENDS, Backend, Environment, Instant

from pivotr.ports.queues import Queues
from pivotr.ports.table import Table

#: Hundreds of calls, which take seconds where a call crosses botocore.
LONG = {"test_every_pair_under_all_and_either"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test of the contract on each environment that can do what it needs."""
    if "backend" not in metafunc.fixturenames:
        return
    needed = {trait for mark in metafunc.definition.iter_markers("needs") for trait in mark.args}
    if "instant" in metafunc.fixturenames:
        needed.add("clock")
    is_long = metafunc.function.__name__ in LONG
    chosen = [
        pytest.param(name, marks=_marks(environment, is_long=is_long))
        for name, environment in BACKENDS.items()
        if needed <= environment.traits
    ]
    metafunc.parametrize("backend", chosen, indirect=True)


def _marks(environment: Environment, *, is_long: bool) -> list[pytest.MarkDecorator]:
    if environment.is_emulated:
        return [pytest.mark.slow, pytest.mark.emulator]
    return [pytest.mark.slow] if is_long and environment.is_remote else []


@pytest.fixture
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    with BACKENDS[request.param].open(tmp_path) as backend:
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
