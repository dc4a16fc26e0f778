"""F1 to F3: what it costs to start the command line, as multiples of an interpreter that does nothing.

Each figure is the median cpu time (user and system) of fresh processes, taken in turn with the bare
interpreter's, so that both meet the same machine. The installed `pivotr` script is what is measured.
"""

from __future__ import annotations

import os
import statistics
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RUNS = 15
BARE = (sys.executable, "-c", "pass")
FIGURES = (
    ("F1", "pivotr --version", ("--version",), 1.3),
    ("F2", "pivotr --help", ("--help",), 7.0),
    ("F3", "pivotr leads list --help", ("leads", "list", "--help"), 18.0),
)


def cpu_seconds(command: Sequence[str]) -> float:
    """Cpu time of one process from its start to its end."""
    process = os.posix_spawn(
        command[0],
        list(command),
        {**os.environ, "COLUMNS": "80"},
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime


def script() -> tuple[str, ...]:
    """How `pivotr` is started: the installed script, or the module where there is none."""
    installed = Path(sysconfig.get_path("scripts")) / "pivotr"
    return (str(installed),) if installed.exists() else (sys.executable, "-m", "pivotr")


def ratio(command: Sequence[str]) -> float:
    """Median cpu time of a command over that of the bare interpreter, both measured in turn."""
    for warm in (BARE, command):
        cpu_seconds(warm)
    pairs = [(cpu_seconds(BARE), cpu_seconds(command)) for _ in range(RUNS)]
    return statistics.median(own for _, own in pairs) / statistics.median(bare for bare, _ in pairs)


def measure() -> list[dict[str, Any]]:
    """One row per figure: name, what, value, unit, goal."""
    return [
        {
            "figure": figure,
            "what": what,
            "value": round(ratio((*script(), *words)), 2),
            "unit": "× python -c pass (cpu)",
            "goal": f"≤ {goal:g}",
        }
        for figure, what, words, goal in FIGURES
    ]


if __name__ == "__main__":
    for row in measure():
        print(f"{row['figure']}  {row['what']:28} {row['value']:6.2f} {row['unit']}  goal {row['goal']}")
