"""Public names explain themselves: modules and public functions have docstrings, signatures are annotated."""

from __future__ import annotations

import ast
from pathlib import Path

import pivotr

ROOT = Path(pivotr.__file__).parent


def test_every_module_says_what_it_owns() -> None:
    for path in ROOT.rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text())), f"{path} has no docstring"


def test_every_public_function_and_class_has_a_docstring() -> None:
    bare: list[str] = []
    for path in ROOT.rglob("*.py"):
        tree = ast.parse(path.read_text())
        holders: list[ast.Module | ast.ClassDef] = [tree]
        holders += [node for node in tree.body if isinstance(node, ast.ClassDef)]
        for holder in holders:
            for node in holder.body:
                if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                    continue
                if not ast.get_docstring(node):
                    bare.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert not bare, "\n".join(bare)
