"""Readers that leave, disks that are full, streams that are closed: a sentence or nothing, never a trace."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="redirections of a POSIX shell")


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in which `pivotr` is this program."""
    program = f'pivotr() {{ "{sys.executable}" -m pivotr "$@"; }}\n'
    return subprocess.run(["bash", "-c", program + line], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", ["--help", "--version", "list list --json", "settings list"])
def test_a_full_disk_behind_stdout_is_a_sentence(words: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this machine")
    ended = shell(f"pivotr {words} > /dev/full")
    assert (ended.returncode, "disk is full" in ended.stderr.lower()) == (1, True)
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("words", ["--help", "settings list", "campaign forecast --leads 100000"])
def test_a_reader_that_leaves_is_no_complaint(words: str) -> None:
    ended = shell(f'pivotr {words} | true; echo "${{PIPESTATUS[0]}}"')
    assert (ended.stdout, ended.stderr) == ("0\n", "")


@pytest.mark.parametrize(
    ("line", "code", "err"),
    [
        ("pivotr settings list >&-", 0, ""),
        ("pivotr --help >&-", 0, ""),
        ("pivotr list show nope 2>&-", 3, ""),
        ("pivotr settings list <&- >&- 2>&-", 0, ""),
        ("pivotr leads import - --list x <&-", 2, "stdin is empty.\n"),
        ("pivotr suppress import - <&-", 2, "No line of “stdin” holds an address.\n"),
    ],
)
def test_a_closed_stream_is_an_empty_one(line: str, code: int, err: str) -> None:
    ended = shell(line)
    assert ended.returncode == code
    assert ended.stderr.startswith(err)
    assert "should not" not in ended.stderr
