"""All figures of `docs/performance.md`: runs every bench and prints a table, or with --json a JSON list.

`python -m bench [NAME …] [--json]`; names are those of the modules. A bench that cannot run here (a rival
package is missing, say) is told on stderr and the others go on.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from pivotr.cli.console import Console

Row = dict[str, Any]


def modules() -> list[str]:
    """Names of the benches: modules of this folder that measure."""
    folder = Path(__file__).parent
    return sorted(path.stem for path in folder.glob("*.py") if "def measure(" in path.read_text("utf-8"))


def run(names: list[str]) -> tuple[list[Row], list[str]]:
    """The rows of the named benches in the order of the figures, and what went wrong."""
    rows: list[Row] = []
    faults: list[str] = []
    for name in names:
        sys.stderr.write(f"{name} …\n")
        try:
            rows += importlib.import_module(f"bench.{name}").measure()
        except Exception as error:  # noqa: BLE001 - one bench must not take the others with it
            faults.append(f"{name}: {type(error).__name__}: {error}")
    return sorted(rows, key=lambda row: _number(str(row["figure"]))), faults


def main() -> int:
    """Measure and print; 1 where a bench failed, 2 for an unknown name."""
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
    known = modules()
    if unknown := sorted(set(wanted) - set(known)):
        sys.stderr.write(f"There is no bench {', '.join(unknown)}. There are: {', '.join(known)}\n")
        return 2
    rows, faults = run(wanted or known)
    out = Console(sys.stdout, sys.stderr)
    if "--json" in sys.argv:
        out.data(rows)
    else:
        out.table(
            ["figure", "what", "value", "unit", "goal"],
            [[row["figure"], row["what"], _shown(row["value"]), row["unit"], row["goal"]] for row in rows],
        )
    for fault in faults:
        out.warn(fault)
    return 1 if faults else 0


def _number(figure: str) -> int:
    found = re.search(r"\d+", figure)
    return int(found[0]) if found else 99


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, (int, float)):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return json.dumps(value)


if __name__ == "__main__":
    sys.exit(main())
