"""The CDK command as a child: a program that stands in for it, its words, its end."""

from __future__ import annotations

import sys

import pytest

from pivotr.adapters.cdk_command import CdkCommand, reason
from pivotr.errors import Rejected

pytestmark = pytest.mark.slow


def command(program: str, **environ: str) -> CdkCommand:
    return CdkCommand([sys.executable, "-c", program], environ)


def test_it_gets_its_words_and_no_variable_of_ours() -> None:
    seen: list[str] = []
    said = command(
        "import os, sys; print(sys.argv[1:3]); print('\\x1b[31mred\\x1b[0m'); print(os.environ['MINE'])",
        MINE="yes",
    ).run("deploy", "stack", on_line=seen.append)
    assert said == "['deploy', 'stack']\nred\nyes"
    assert seen == said.splitlines()


def test_a_failure_is_told_by_the_line_that_tells_why() -> None:
    program = (
        "print('stack: start'); print('❌ Deployment failed: no room'); print('more'); raise SystemExit(1)"
    )
    with pytest.raises(Rejected, match="The CDK stopped: Deployment failed: no room"):
        command(program, PYTHONIOENCODING="utf-8").run("deploy")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["stack: fail: Bucket exists", "Failed to publish"], "stack: fail: Bucket exists"),
        (["one", "", "last"], "last"),
        ([], "it gave no reason"),
    ],
)
def test_the_reason_in_many_lines(lines: list[str], why: str) -> None:
    assert reason(lines) == why


def test_an_interruption_ends_the_child() -> None:
    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        command("import time; print('up', flush=True); time.sleep(60)").run("deploy", on_line=interrupt)
