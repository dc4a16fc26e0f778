"""Arrows follow the matrix of docs/architecture.md: every import of every file, in bodies too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import pivotr

ROOT = Path(pivotr.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

#: layer → layers that it may import (beside itself, where the last column says so).
MATRIX: dict[str, set[str]] = {
    "ground": {"ground"},
    "ports": {"ground", "ports"},
    "storage": {"ground", "ports", "storage"},
    "services": {"ground", "ports", "storage"},
    "adapters": {"ground", "ports", "adapters"},
    "adapters.embedded": {"ground", "ports", "adapters", "adapters.embedded"},
    "adapters.aws": {"ground", "ports", "adapters", "adapters.aws"},
    "wiring": {
        "ground",
        "ports",
        "storage",
        "services",
        "adapters",
        "adapters.embedded",
        "adapters.aws",
        "remote",
        "client",
        "wiring",
    },
    "functions": {"ground", "ports", "functions", "api", "wiring", "storage.types"},
    "api": {"ground", "api", "wiring", "services.types", "storage.types"},
    "client": {"ground", "api_client", "api.models", "api.answers"},
    "api_client": {"ground", "api_client", "api.models", "api.answers"},
    "remote": {"ground", "remote", "client", "api_client", "api.models", "api.answers"},
    "infra": {"ground", "infra", "storage.schema"},
    "cli": {"ground", "cli", "wiring", "api", "services.types"},
    "entry": {"ground", "cli"},
}
#: `pivotr run`, `demo` and `api serve` feed the real handlers with events: docs/decisions/0003.
LOCAL_RUNNER = {"cli/run.py", "cli/demo.py", "cli/run_view.py", "cli/api.py"}
#: What deploys knows the infrastructure, and nobody else does: docs/decisions/0013.
DEPLOYER = {"wiring_deploy.py"}
GROUND = {"names", "errors", "settings", "domain", "__init__", "__version__"}


def layer(module: str) -> str:
    """The layer of `pivotr.storage.leads` is `storage`."""
    parts = module.split(".")[1:] or ["__init__"]
    if parts[0] in GROUND:
        return "ground"
    if parts[0] == "adapters":
        return "adapters." + parts[1] if len(parts) > 1 and parts[1] in ("embedded", "aws") else "adapters"
    if parts[0].startswith("wiring"):
        return "wiring"
    return "entry" if parts[0] == "__main__" else parts[0]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Every Pivotr module that a file imports, and whether it does so for types only."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(node)
        for guard in ast.walk(tree)
        if isinstance(guard, ast.If) and ast.unparse(guard.test) == "TYPE_CHECKING"
        for child in guard.body
        for node in ast.walk(child)
    }
    for node in ast.walk(tree):
        found: list[str] = []
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found = [node.module]
            if (ROOT.parent / Path(*node.module.split("."))).is_dir():
                found = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in found:
            if name.split(".")[0] == "pivotr":
                yield name, id(node) in typing_only


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_import_follows_an_arrow(path: Path) -> None:
    own = layer(module_of(path))
    allowed = MATRIX[own]
    for name, is_typing in imports(path):
        target = layer(name)
        if (
            target in allowed
            or name == "pivotr"
            or any("." in one and (name + ".").startswith(f"pivotr.{one}.") for one in allowed)
        ):
            continue
        is_runner = str(path.relative_to(ROOT)) in LOCAL_RUNNER and target == "functions"
        is_deployer = str(path.relative_to(ROOT)) in DEPLOYER and target == "infra"
        assert (
            is_runner or is_deployer or (is_typing and f"{target}.types" in allowed | {"services.types"})
        ), f"{module_of(path)} ({own}) must not import {name} ({target})"


def test_services_never_import_services() -> None:
    for path in (ROOT / "services").glob("*.py"):
        names = [name for name, _ in imports(path) if name.startswith("pivotr.services.")]
        assert not names, f"{path.name} imports {names}"


@pytest.mark.parametrize("folder", ["domain", "storage", "ports", "adapters", "functions", "cli"])
def test_no_circle_within_a_layer(folder: str) -> None:
    graph = {
        module_of(path): {name for name, typing in imports(path) if not typing and f".{folder}." in name}
        for path in (ROOT / folder).rglob("*.py")
    }
    list(TopologicalSorter(graph).static_order())


def test_packages_hold_a_docstring_only() -> None:
    for path in ROOT.rglob("__init__.py"):
        body = ast.parse(path.read_text()).body
        rest = [node for node in body[1:] if not (path.parent == ROOT and isinstance(node, ast.Assign))]
        assert body, f"{path} is empty"
        assert isinstance(body[0], ast.Expr), f"{path} has no docstring"
        assert not rest, f"{path} holds more than a docstring"


def test_no_file_is_longer_than_350_lines() -> None:
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in FILES}
    assert not {name: count for name, count in long.items() if count > 350}


def test_only_adapters_write_expressions() -> None:
    for path in FILES:
        if "adapters" not in path.parts:
            assert "ConditionExpression" not in path.read_text(), path


def test_no_marks_of_unfinished_work() -> None:
    marks = ("TODO", "FIXME", "XXX", "NotImplementedError")
    for path in FILES:
        assert not [mark for mark in marks if mark in path.read_text()], path
