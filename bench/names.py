"""How right and how fast the greeting is: the accuracy table of docs/names.md, and F15 against `nameparser`.

Run: python -m bench.names            the figures, and the table by category and region
     python -m bench.names --heldout  the same with the held-out list (never while tuning)
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

from pivotr.domain.person_names import parse_name

DATA = Path(__file__).parent.parent / "tests" / "data" / "names"
HARD = ("telugu-surname-first", "marathi-surname-first", "western-surname-first", "bengal-surname-first")

Row = dict[str, object]
Score = dict[str, int]


def rows(name: str) -> list[dict[str, object]]:
    """The labelled names of one list."""
    text = (DATA / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def tally(labelled: Iterable[dict[str, object]]) -> Score:
    """Names read, right answers, wrong greetings, names with no safe greeting and those kept silent."""
    score = {"names": 0, "right": 0, "wrong": 0, "silent_due": 0, "silent": 0}
    for row in labelled:
        accept = row.get("accept")
        fine = [row["first_name"], *(accept if isinstance(accept, list) else [])]
        found = parse_name(str(row["name"])).first_name
        score["names"] += 1
        score["right"] += found in fine
        score["wrong"] += found is not None and found not in fine
        score["silent_due"] += row["first_name"] is None
        score["silent"] += row["first_name"] is None and found is None
    return score


def accuracy(name: str) -> list[Row]:
    """The four figures of one list, as shares in percent."""
    labelled = rows(name)
    hard = tally(row for row in labelled if row["category"] in HARD)
    core = tally(row for row in labelled if row["category"] not in HARD)
    total = tally(labelled)
    return [
        _row("names", f"{name}: right, core tier", core["right"], core["names"], ">= 93"),
        _row("names", f"{name}: right, surname first", hard["right"], hard["names"], ">= 70"),
        _row("names", f"{name}: wrong greetings", total["wrong"], total["names"], "< 3.5"),
        _row("names", f"{name}: kept silent where due", total["silent"], total["silent_due"], ">= 85"),
    ]


def _row(figure: str, what: str, part: float, whole: float, goal: str) -> Row:
    return {"figure": figure, "what": what, "value": round(100 * part / whole, 1), "unit": "%", "goal": goal}


def _cpu(parse: Callable[[str], object], names: list[str]) -> float:
    start = time.process_time()
    for name in names:
        parse(name)
    return (time.process_time() - start) / len(names)


def speed() -> list[Row]:
    """F15: cpu for each name of the sample; the ratio is the median of short rounds taken side by side."""
    from nameparser import HumanName

    names = [str(row["name"]) for row in rows("sample")]
    rounds = []
    for name in names:
        parse_name(name)
    gc.collect()
    for _ in range(41):
        theirs = _cpu(lambda name: HumanName(name).first, names[:40])
        rounds.append((_cpu(parse_name, names[:40] * 20), theirs))
        names = names[40:] + names[:40]
    ratio = round(median(theirs / ours for ours, theirs in rounds), 1)
    ours = median(ours for ours, _ in rounds)
    return [
        {
            "figure": "F15",
            "what": "times as fast as nameparser",
            "value": ratio,
            "unit": "x",
            "goal": ">= 20",
        },
        {"figure": "F15", "what": "one name", "value": round(ours * 1e6, 1), "unit": "us", "goal": ""},
    ]


def measure() -> list[Row]:
    """All figures, for `make bench`."""
    return [*accuracy("sample"), *accuracy("own_tuning"), *accuracy("own_heldout"), *speed()]


def table(name: str, key: str) -> list[str]:
    """One line of Markdown for each category or region of a list."""
    labelled = rows(name)
    lines = [f"| {key} | names | right | wrong greetings |", "|---|---|---|---|"]
    for group in sorted({str(row[key]) for row in labelled}):
        score = tally(row for row in labelled if row[key] == group)
        share = round(100 * score["right"] / score["names"], 1)
        lines.append(f"| {group} | {score['names']} | {share} % | {score['wrong']} |")
    return lines


def main() -> None:
    """Print the tables and the figures."""
    lists = ["sample", "own_heldout" if "--heldout" in sys.argv else "own_tuning"]
    for name in lists:
        for key in ("category", "region"):
            if key in rows(name)[0]:
                print(f"\n{name} by {key}\n")
                print("\n".join(table(name, key)))
    print()
    for row in [*[figure for name in lists for figure in accuracy(name)], *speed()]:
        print(f"{row['figure']:6} {row['what']:45} {row['value']:>8} {row['unit']:3} {row['goal']}")


if __name__ == "__main__":
    main()
