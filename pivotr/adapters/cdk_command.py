"""The CDK command as a child process: its words in, its last word out, and never more than its own end."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence

from pivotr.errors import Rejected

#: No terminal, no news, no report about us; logs to stdout, one event a line.
QUIET = ("--ci", "--no-notices", "--no-version-reporting", "--no-color")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class CdkCommand:
    """`words` start it (node and the script's path); `environ` is all that it gets to know."""

    def __init__(self, words: Sequence[str], environ: Mapping[str, str]) -> None:
        self._words = tuple(words)
        self._environ = dict(environ)

    def run(self, *arguments: str, on_line: Callable[[str], None] = lambda line: None) -> str:  # noqa: ARG005
        """Run it to its end, hand each line to `on_line`; returns all of them.

        A Ctrl-C ends this child alone: it runs in a session of its own. Raises Rejected with its reason.
        """
        lines: list[str] = []
        with subprocess.Popen(
            [*self._words, *arguments, *QUIET],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        ) as child:
            try:
                for raw in child.stdout or ():
                    line = _ESCAPES.sub("", raw).rstrip()
                    lines.append(line)
                    on_line(line)
                child.wait()
            except BaseException:
                end(child)
                raise
        if child.returncode:
            raise Rejected(f"The CDK stopped: {reason(lines)}", hint="Run again with -v to see all it said.")
        return "\n".join(lines)


def reason(lines: Sequence[str]) -> str:
    """The line that tells why: the first that speaks of a failure, else the last one."""
    said = [line.strip() for line in lines if line.strip()]
    telling = re.compile(r"❌|: fail: |\bfailed\b|\berror\b|\bdenied\b|\bexpired\b", re.IGNORECASE)
    found = next((line for line in said if telling.search(line)), said[-1] if said else "it gave no reason")
    return found.lstrip("❌ ").strip()


def end(child: subprocess.Popen[str]) -> None:
    """End a child and what it started, within seconds."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
