"""The synthesised stacks, made once a run however many workers there are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from pivotr import names

ROOT = Path(__file__).parents[2]
_LONGEST_WAIT = 540


@dataclass
class Stack:
    """One synthesised stack."""

    folder: Path
    env: str

    @property
    def path(self) -> Path:
        return self.folder / f"{names.stack(self.env)}.template.json"

    @cached_property
    def template(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.path.read_text())
        return found

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Resources of a type by logical id."""
        return {key: one for key, one in self.template["Resources"].items() if one["Type"] == kind}

    def named(self, kind: str, field: str) -> dict[str, dict[str, Any]]:
        """Properties of the resources of a type, by their physical name without the prefix."""
        prefix = names.physical(self.env, "")
        return {
            one["Properties"][field].removeprefix(prefix): one["Properties"]
            for one in self.resources(kind).values()
        }

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        return self.named("AWS::Lambda::Function", "FunctionName")

    @property
    def queues(self) -> dict[str, dict[str, Any]]:
        return self.named("AWS::SQS::Queue", "QueueName")

    @property
    def tables(self) -> dict[str, dict[str, Any]]:
        return self.named("AWS::DynamoDB::Table", "TableName")

    @property
    def alarms(self) -> dict[str, dict[str, Any]]:
        return self.named("AWS::CloudWatch::Alarm", "AlarmName")

    def policy(self, function: str) -> list[dict[str, Any]]:
        """The statements of a function's role."""
        role = self.functions[function]["Role"]["Fn::GetAtt"][0]
        (policy,) = self.template["Resources"][role]["Properties"]["Policies"]
        found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
        return found


def plain(value: Any) -> str:
    """A value of a template as one text: references by name, joins joined."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        ((how, what),) = value.items()
        if how == "Fn::Join":
            return what[0].join(plain(part) for part in what[1])
        return f"<{what if isinstance(what, str) else '.'.join(what)}>"
    return json.dumps(value)


@pytest.fixture(scope="session")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all assemblies. The first worker that comes makes them, the others wait."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "assemblies"
    try:
        shared.mkdir()
    except FileExistsError:
        _wait_for(shared)
        return shared
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PIVOTR_"))}
    environ |= {"AWS_EC2_METADATA_DISABLED": "true", "PYTHONWARNINGS": "ignore"}
    answer = subprocess.run(
        [sys.executable, "-m", "tests.infra.synthesise", str(shared)],
        cwd=ROOT, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    (shared / "end").write_text(f"{answer.returncode}\n{answer.stderr}")
    _wait_for(shared)
    return shared


def _wait_for(shared: Path) -> None:
    deadline = time.monotonic() + _LONGEST_WAIT
    while not (shared / "end").exists():
        assert time.monotonic() < deadline, "the stacks were not synthesised in time"
        time.sleep(0.2)
    code, _, text = (shared / "end").read_text().partition("\n")
    assert code == "0", text


@pytest.fixture(scope="session")
def production(assemblies: Path) -> Stack:
    """Production: protected, an existing queue of events, signed requests, an alert address."""
    return Stack(assemblies / "production", "production")


@pytest.fixture(scope="session")
def dev(assemblies: Path) -> Stack:
    """Dev: makes its own way of events; an account that cannot reserve concurrency."""
    return Stack(assemblies / "dev", "dev")


@pytest.fixture(scope="session")
def tokens(assemblies: Path) -> Stack:
    """Production whose API takes tokens, without an alert address, in another Region."""
    return Stack(assemblies / "tokens", "production")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a synthesised stack takes minutes on a cold machine."""
    for item in items:
        if "assemblies" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
