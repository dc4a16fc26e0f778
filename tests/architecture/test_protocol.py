"""docs/protocol.md names a test for each rule, and every name exists; each rule has its mutation."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.mutation.mutations import MUTATIONS
from tests.mutation.run import PROJECT

DOCUMENT = (PROJECT / "docs" / "protocol.md").read_text(encoding="utf-8")
STORIES = PROJECT / "tests" / "simulation"


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table after a line."""
    lines = DOCUMENT.partition(f"\n{heading}\n")[2].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|---"))
    table = []
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def functions(path: Path) -> set[str]:
    """Names of the test functions of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def known_tests() -> set[str]:
    return {f"{path.stem}.{name}" for path in STORIES.glob("test_rules_*.py") for name in functions(path)}


def test_every_rule_has_a_test() -> None:
    rules = [cells[0] for cells in rows("## What breaks without each rule")]
    held = [cells[0] for cells in rows("## Which test holds each rule")]
    assert len(rules) == 40
    assert rules == held


def test_every_named_test_exists() -> None:
    named = set(re.findall(r"`(test_rules_\w+\.test_\w+)`", DOCUMENT))
    assert len(named) > 60
    assert named <= known_tests(), sorted(named - known_tests())


def test_every_rule_is_taken_out_by_a_mutation() -> None:
    mutated = {mutation.test for mutation in MUTATIONS}
    assert mutated <= known_tests(), sorted(mutated - known_tests())
    for rule, tests in rows("## Which test holds each rule"):
        assert mutated & set(re.findall(r"`([\w.]+)`", tests)), f"no mutation takes out: {rule}"


def test_every_mutation_still_fits_the_code() -> None:
    for mutation in MUTATIONS:
        for edit in mutation.edits:
            text = (PROJECT / "pivotr" / edit.file).read_text(encoding="utf-8")
            assert text.count(edit.old) == 1, f"{mutation.name}: pivotr/{edit.file} has changed"
            assert edit.new != edit.old
