"""Take out one rule at a time and see that its test notices: `python -m tests.mutation.run [--only NAME]`.

Each mutation is applied to a copy of the package in a temporary folder; its test runs there in an interpreter
of its own, two at a time. Exit code 1 when a mutation survives, or when its test fails for another reason.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.edits import Edit, Mutation
from tests.mutation.mutations import MUTATIONS
from tests.mutation.one import NOTICED, PASSED

PROJECT = Path(__file__).resolve().parents[2]
AT_ONCE = 2
_SECONDS = 60


@dataclass(frozen=True)
class Verdict:
    """What became of a mutation: killed, survived or broken, and what its test said."""

    mutation: Mutation
    word: str
    said: str = ""

    def __str__(self) -> str:
        text = f"{self.word:8} {self.mutation.name} ({self.mutation.test})"
        return f"{text}\n{self.said}" if self.said else text


def mutate(package: Path, edit: Edit) -> None:
    """Apply an edit. Raises ValueError unless its old text is in the file exactly once."""
    path = package / edit.file
    text = path.read_text(encoding="utf-8")
    found = text.count(edit.old)
    if found != 1:
        raise ValueError(f"pivotr/{edit.file} holds this {found} times, not once:\n{edit.old}")
    path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def copy_of_package(parent: Path) -> Path:
    """The package in another folder, with its byte code, so that only what is mutated is compiled again."""
    source, package = PROJECT / "pivotr", parent / "pivotr"
    shutil.copytree(source, package, ignore=lambda folder, found: {"data"} & set(found))
    (package / "data").symlink_to(source / "data")
    return package


def judge(mutation: Mutation) -> Verdict:
    """Run one mutation."""
    with tempfile.TemporaryDirectory(prefix="pivotr-mutation-") as folder:
        package = copy_of_package(Path(folder))
        for edit in mutation.edits:
            mutate(package, edit)
        module, _, function = mutation.test.partition(".")
        one = PROJECT / "tests" / "mutation" / "one.py"
        command = [sys.executable, str(one), folder, str(PROJECT), module, function]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Verdict(mutation, "broken", f"no end after {_SECONDS} s")
    if done.returncode == NOTICED:
        return Verdict(mutation, "killed")
    if done.returncode == PASSED:
        return Verdict(mutation, "survived")
    return Verdict(mutation, "broken", done.stderr[-2000:])


def run(mutations: Sequence[Mutation]) -> list[Verdict]:
    """Run mutations, two at a time; their verdicts in the order given."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(judge, mutations))


def main() -> int:
    """Run all mutations, or those whose name holds a text, and print what became of them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="a part of the name")
    wanted = parser.parse_args().only
    verdicts = run([mutation for mutation in MUTATIONS if wanted in mutation.name])
    for verdict in verdicts:
        sys.stdout.write(f"{verdict}\n")
    killed = sum(verdict.word == "killed" for verdict in verdicts)
    sys.stdout.write(f"{killed} of {len(verdicts)} mutations killed\n")
    return 0 if verdicts and killed == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
