"""Each command that a sentence tells the operator to run exists and takes what the sentence gives it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pivotr
from tests.architecture.test_docs import COMMANDS, SHARED

PACKAGE = Path(pivotr.__file__).parent
#: `pivotr` as the first word of a command, up to where the sentence goes on.
_COMMAND = re.compile(r"(?<![\w/.@-])pivotr ((?:[a-z][a-z-]+)(?: [^`\n;”)]*)?)")
_END = re.compile(r"\. |, |: |\.$| …$")
_QUOTED = re.compile(r"\"[^\"]*\"|(?<==)'[^']*'")
#: Not told to anybody: the mark in a folder of the demo, and commands that are put together from parts.
EXCUSED = {"demo empties this folder", "leads staged X X", "campaign X X --acknowledge", "knows of",
           "template X --text '{Hi|Hello} {{FirstName}}'"}  # fmt: skip


def texts(tree: ast.Module) -> Iterator[str]:
    """Every text of a module but its docstrings; what is filled in later is an X."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr):
            passed.add(id(node.body[0].value))
        if isinstance(node, ast.JoinedStr):
            passed |= {id(part) for part in ast.walk(node) if part is not node}
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            yield node.value


def told(path: Path) -> list[str]:
    """The commands in the texts of a module."""
    found = (
        _END.split(match[1])[0].strip()
        for text in texts(ast.parse(path.read_text(encoding="utf-8")))
        for match in _COMMAND.finditer(_QUOTED.sub("X", text))
    )
    return [command for command in found if command not in EXCUSED]


TOLD = sorted(
    {
        (str(path.relative_to(PACKAGE)), command)
        for path in PACKAGE.rglob("*.py")
        if path.parent.name != "api"  # its texts are a document, not advice
        for command in told(path)
    }
)


def fault_of(said: str) -> str:
    """What is wrong with a command line; empty where it would be understood."""
    words = said.split()
    name = next((" ".join(words[:n]) for n in (3, 2, 1) if " ".join(words[:n]) in COMMANDS), "")
    if not name:
        return "there is no such command"
    options: dict[str, Any] = {}
    wanted = []
    for parameter in COMMANDS[name].params:
        if parameter.param_type_name == "argument":
            wanted.append(parameter)
        else:
            options |= dict.fromkeys((*parameter.opts, *parameter.secondary_opts), parameter)
    given, rest = 0, iter(words[len(name.split()) :])
    for word in rest:
        if not re.match(r"--?[a-z]", word):
            given += 1
        elif word not in options and word not in SHARED:
            return f"it has no option {word}"
        elif word in options and not options[word].is_flag:
            next(rest, None)
    least = sum(argument.required for argument in wanted)
    most = 99 if any(argument.nargs < 0 for argument in wanted) else len(wanted)
    return "" if least <= given <= most else f"it takes {least} to {most} arguments, not {given}"


def test_the_commands_are_found() -> None:
    assert len(TOLD) > 100
    assert any(command.startswith("campaign resume") for _, command in TOLD)


@pytest.mark.parametrize(("path", "said"), TOLD)
def test_a_command_that_is_told_would_be_understood(path: str, said: str) -> None:
    fault = fault_of(said)
    assert not fault, f"{path}: pivotr {said}: {fault}"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("metrics show ID", "it takes 0 to 0 arguments, not 1"),
        ("dlq peek", "it takes 1 to 1 arguments, not 0"),
        ("campaign resume ID --force", "it has no option --force"),
        ("resume ID", "there is no such command"),
        ("settings set footer.address X", ""),
    ],
)
def test_faults_are_seen(said: str, fault: str) -> None:
    assert fault_of(said) == fault
