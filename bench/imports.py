"""How fast and how lean lead files are read: against a bare csv.reader (F6) and against openpyxl (F7).

Each figure is a ratio of cpu times of child processes in one run, so the speed of the machine cancels out.
Run `python -m bench.imports [ROWS]`.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

ROWS = 200_000
SHEET_ROWS = 20_000
REPEATS = 5

#: Prints cpu seconds (user + system) of the work alone, growth of the resident set in bytes, and rows.
_CHILD = """
import resource, sys, time
path = sys.argv[1]
{prepare}
before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
rows = 0
{work}
spent = time.process_time() - started
print(spent, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024, rows)
"""

_BARE_CSV = (
    "import csv",
    "with open(path, encoding='utf-8', newline='') as file:\n"
    "    for row in csv.reader(file):\n        rows += 1",
)
_OURS = (
    "from pivotr.domain.lead_files.rows import read_leads, unique",
    "with open(path, 'rb') as file:\n    for row in unique(read_leads(file)):\n        rows += 1",
)
_OURS_WITH_NAMES = (
    _OURS[0],
    "with open(path, 'rb') as file:\n    for row in unique(read_leads(file)):\n"
    "        row.full_name, row.company\n        rows += 1",
)
_OPENPYXL = (
    "from openpyxl import load_workbook",
    "for row in load_workbook(path, read_only=True).active.iter_rows(values_only=True):\n    rows += 1",
)


def measure(rows: int = ROWS) -> list[dict[str, object]]:
    """F6 and F7 as rows {figure, what, value, unit, goal}; F7 is left out where openpyxl is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "leads.csv"
        _write_csv(table, rows)
        bare, ours, named = _medians((_BARE_CSV, _OURS, _OURS_WITH_NAMES), table)
        found: list[dict[str, object]] = [
            _row("F6", f"CSV, {rows} rows: read, cleaned, judged, deduplicated ÷ bare csv.reader",
                 round(ours[0] / bare[0], 2), "× cpu", "≤ 4"),
            _row("F6", "the same with full name and company of each row",
                 round(named[0] / bare[0], 2), "× cpu", "-"),
            _row("F6", "memory above 30 MiB for each row",
                 max(0, round((ours[1] - 30 * 2**20) / rows)), "B per row", "≤ 120"),
            _row("F6", "rate of reading, one core", round(rows / ours[0]), "rows per cpu-s", "-"),
        ]  # fmt: skip
        if find_spec("openpyxl"):
            book = Path(folder) / "leads.xlsx"
            _write_xlsx(book, SHEET_ROWS)
            theirs, of_book = _medians((_OPENPYXL, _OURS), book)
            what = f"xlsx, {SHEET_ROWS} rows: openpyxl read_only ÷ ours, judged and deduplicated"
            found.append(_row("F7", what, round(theirs[0] / of_book[0], 1), "× cpu", "≥ 10"))
    return found


def _row(figure: str, what: str, value: float, unit: str, goal: str) -> dict[str, object]:
    return {"figure": figure, "what": what, "value": value, "unit": unit, "goal": goal}


def _medians(jobs: Sequence[tuple[str, str]], path: Path) -> list[tuple[float, float]]:
    """Medians of cpu seconds and of bytes of each job over fresh processes; the jobs take turns."""
    results: list[list[list[float]]] = [[] for _ in jobs]
    for _ in range(REPEATS):
        for job, found in zip(jobs, results, strict=True):
            script = _CHILD.format(prepare=job[0], work=job[1])
            command = [sys.executable, "-c", script, str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found.append([float(part) for part in done.stdout.split()])
    return [
        (statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs))
        for runs in results
    ]


HEADER = ("Record ID", "First Name", "Last Name", "Email", "Phone Number", "Lead Status", "Company", "City")


def _lead(at: int) -> tuple[str, ...]:
    """A row as exports hold them: one in 50 known before, one in 100 wrong, a few in capitals."""
    person = at - 7 if at % 50 == 49 else at
    email = f"asha.rao{person}@kaveri-{person % 977}.example.com"
    if at % 100 == 3:
        email = f"asha.rao{person}@"
    elif at % 20 == 5:
        email = email.upper()
    company = f"Kaveri Textiles {at % 977} Pvt Ltd"
    return (
        str(at),
        f"Asha{at % 89}",
        f"Rao{at % 97}",
        email,
        f"98200 {at % 100000:05d}",
        "NEW",
        company,
        "Pune",
    )


def _write_csv(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(HEADER) + "\r\n")
        file.writelines(",".join(_lead(at)) + "\r\n" for at in range(rows))


def _write_xlsx(path: Path, rows: int) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Leads")
    sheet.append(HEADER)
    for at in range(rows):
        sheet.append(_lead(at))
    book.save(path)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS), indent=1, ensure_ascii=False))
