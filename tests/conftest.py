"""What all suites share: figures that tests record are summed up at the end of the run."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import settings

# The same cases in every run, so that a red run is about the change before it; PIVOTR_SEED asks for new ones.
settings.register_profile("repeatable", derandomize=True, database=None)
if "PIVOTR_SEED" not in os.environ:
    settings.load_profile("repeatable")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the simulation went through: points tried, mails sent, simulated days."""
    sums: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") != "call":
                continue
            for name, value in getattr(report, "user_properties", ()):
                if isinstance(value, int | float):
                    sums[name] += value
    for name, value in sorted(sums.items()):
        terminalreporter.write_line(f"{name}: {value:,.0f}")
