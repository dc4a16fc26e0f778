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
from contextlib import ExitStack
from hashlib import sha256
from itertools import chain
from pathlib import Path
from statistics import median
from unittest.mock import patch

from pivotr.domain.person_names import parse_name

DATA = Path(__file__).parent.parent / "tests" / "data" / "names"
LATER = ("second_tuning", "second_later", "silence_tuning", "silence_later")
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
    tiers = (("core tier", core, ">= 93"), ("surname first", hard, ">= 70"))
    return [
        *(
            _row("names", f"{name}: right, {tier}", score["right"], score["names"], goal)
            for tier, score, goal in tiers
            if score["names"]
        ),
        _row("names", f"{name}: wrong greetings", total["wrong"], total["names"], "< 3.5"),
        _row("names", f"{name}: kept silent where due", total["silent"], total["silent_due"], ">= 85"),
    ]


def _row(figure: str, what: str, part: float, whole: float, goal: str) -> Row:
    return {"figure": figure, "what": what, "value": round(100 * part / whole, 1), "unit": "%", "goal": goal}


def _nanoseconds(parse: Callable[[str], object], name: str) -> int:
    start = time.perf_counter_ns()
    parse(name)
    return time.perf_counter_ns() - start


def speed() -> list[Row]:
    """F15: the time for each name of the sample, median of calls in turn: other work hurts both alike."""
    from nameparser import HumanName

    def theirs(name: str) -> object:
        return HumanName(name).first

    names = [str(row["name"]) for row in rows("sample")]
    ours_taken: dict[str, list[int]] = {name: [] for name in names}
    theirs_taken: dict[str, list[int]] = {name: [] for name in names}
    gc.collect()
    gc.disable()  # as timeit does: neither side pays for the other's garbage
    for _ in range(15):
        for _ in range(5):
            for name in names:
                ours_taken[name].append(_nanoseconds(parse_name, name))
        for name in names:
            theirs_taken[name].append(_nanoseconds(theirs, name))
    gc.enable()
    ours = sum(median(taken) for taken in ours_taken.values()) / len(names) / 1000
    ratio = sum(median(taken) for taken in theirs_taken.values()) / len(names) / 1000 / ours
    return [
        {
            "figure": "F15",
            "what": "times as fast as nameparser",
            "value": round(ratio, 1),
            "unit": "x",
            "goal": ">= 20",
        },
        {"figure": "F15", "what": "one name", "value": round(ours, 1), "unit": "us", "goal": ""},
    ]


def hidden(name: str, share: float) -> Score:
    """The score of a list when a share of all listed words is hidden: how names fare that no list holds."""
    from pivotr.domain import name_lists, name_order, name_scores, name_text, name_tokens, person_names

    def keeps(word: str) -> bool:
        return sha256(word.encode()).digest()[0] >= 256 * share

    name_lists.leading_words()  # titles and words of companies are not hidden
    given = frozenset(filter(keeps, name_lists.given_names()))
    family = frozenset(filter(keeps, name_lists.family_names()))
    weights = {word: weight for word, weight in name_lists.name_weights().items() if keeps(word)}
    known = {"given_names": lambda: given, "family_names": lambda: family, "name_weights": lambda: weights}
    cached = [
        function
        for module in (name_scores, name_order, name_text, name_tokens, person_names)
        for name, function in vars(module).items()
        if hasattr(function, "cache_clear") and name not in vars(name_lists)
    ]
    with ExitStack() as stack:
        for module in (name_scores, name_order):
            for function in known.keys() & vars(module).keys():
                stack.enter_context(patch.object(module, function, known[function]))
        for function in cached:
            function.cache_clear()
            stack.callback(function.cache_clear)
        return tally(rows(name))


def measure() -> list[Row]:
    """All figures, for `make bench`."""
    lists = ("sample", "own_tuning", "own_heldout", *LATER)
    return [*chain.from_iterable(map(accuracy, lists)), *speed()]


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
    lists = [
        "sample",
        *LATER,
        "own_heldout" if "--heldout" in sys.argv else "own_tuning",
    ]
    for name in lists:
        for key in ("category", "region"):
            if key in rows(name)[0]:
                print(f"\n{name} by {key}\n")
                print("\n".join(table(name, key)))
    for share in (0.25, 0.5):
        score = hidden(lists[-1], share)
        right, wrong = (round(100 * score[key] / score["names"], 1) for key in ("right", "wrong"))
        print(
            f"\n{lists[-1]} with {share:.0%} of the words hidden: {right} % right, {wrong} % wrong greetings"
        )
    print()
    for row in [*[figure for name in lists for figure in accuracy(name)], *speed()]:
        print(f"{row['figure']:6} {row['what']:45} {row['value']:>8} {row['unit']:3} {row['goal']}")


if __name__ == "__main__":
    main()
