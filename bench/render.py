"""F14: a template of 2 KB with 12 spins and 6 variables, rendered for each lead from a seed.

Measured against the package `spintax` from PyPI, against the loop that most mailers use (find an innermost
group, replace it, search again) and against a better one that replaces all innermost groups in one pass.
Run: `python -m bench.render`.
"""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Callable
from typing import Any

from pivotr.domain.chance import seeded
from pivotr.domain.spintax import compile_text

VALUES = {
    "FirstName": "Asha",
    "Company": "Acme Textiles Pvt Ltd",
    "SenderName": "Ravi Menon",
    "City": "Kochi",
    "UnsubscribeLink": "https://u.example/u/3f9c1d7ab2",
    "PostalAddress": "12 MG Road, Kochi 682016",
}

_PARAGRAPH = (
    "{Hi|Hello|Dear} {{FirstName}}, {I saw|we noticed|a colleague told me} that {{Company}} in {{City}} "
    "{is growing|has grown|keeps growing} {this year|these months}, and {I thought|we thought} a short note "
    "{would help|might be useful|could be of use}. "
)
_PLAIN = (
    "Most teams of your size spend two days each month on reconciling invoices by hand, and the mistakes are "
    "found only when the auditor asks. We wrote down what worked for eleven firms in the south, with "
    "figures, the order of the steps and what we would not do again. "
)
TEMPLATE = (
    _PARAGRAPH
    + _PLAIN * 6
    + "{Shall I send it|May I send it|Would you like it}? {It is|The paper is} four pages. "
    + "{Best|Kind|Warm} regards,\n"
    + "{{SenderName}}\n{Reply|Answer} {no|stop} and I {will not|shall not} write again: {{UnsubscribeLink}}\n"
    + "{{PostalAddress}}\n"
)
_INNERMOST = re.compile(r"\{([^{}]*)\}")
_VARIABLE = re.compile(r"\{\{(\w+)\}\}")
_LEADS = [f"l{number:06d}" for number in range(200)]


def with_regex_loop(text: str, values: dict[str, str], seed: int) -> str:
    """The usual loop: variables first, then one innermost group after the other."""
    chance = random.Random(seed)
    text = _VARIABLE.sub(lambda match: values[match[1]], text)
    while match := _INNERMOST.search(text):
        text = text[: match.start()] + chance.choice(match[1].split("|")) + text[match.end() :]
    return text


def with_regex_passes(text: str, values: dict[str, str], seed: int) -> str:
    """All innermost groups in one pass, then the next level, until none is left."""
    chance = random.Random(seed)
    text = _VARIABLE.sub(lambda match: values[match[1]], text)
    while True:
        text, changes = _INNERMOST.subn(lambda match: chance.choice(match[1].split("|")), text)
        if not changes:
            return text


def _cpu_seconds(renders: list[Callable[[int], Any]], rounds: int) -> list[float]:
    """CPU time of one mail for each way to render; taken in turns, so that a busy machine hurts all alike."""
    times: list[list[float]] = [[] for _ in renders]
    for _ in range(rounds):
        for render, taken in zip(renders, times, strict=True):
            begin = time.process_time()
            for lead in _LEADS:
                render(seeded("c1", lead, "1", "spintax"))
            taken.append(time.process_time() - begin)
    return [statistics.median(taken) / len(_LEADS) for taken in times]


def measure() -> list[dict[str, object]]:
    """Rows of figure F14: ratios to both rivals; where PyPI's `spintax` is not installed, the row says so."""
    compiled = compile_text(TEMPLATE, VALUES)
    renders: list[Callable[[int], Any]] = [
        lambda seed: compiled.render(VALUES, seed),
        lambda seed: with_regex_loop(TEMPLATE, VALUES, seed),
        lambda seed: with_regex_passes(TEMPLATE, VALUES, seed),
    ]
    try:
        import spintax
    except ImportError:
        rival = "render against PyPI spintax: not installed (`pip install spintax`)"
    else:
        rival = "render against PyPI spintax"
        renders.append(
            lambda seed: spintax.spin(_VARIABLE.sub(lambda match: VALUES[match[1]], TEMPLATE), seed)
        )
    ours, loop, passes, *package = _cpu_seconds(renders, 25)
    return [
        _row("render, 2 KB, 12 spins, 6 variables", round(ours * 1e6, 2), "µs of cpu", ""),
        _row("render against a regex loop", round(loop / ours, 1), "× faster", "≥ 4"),
        _row("render against a regex pass for each level", round(passes / ours, 1), "× faster", ""),
        _row(rival, round(package[0] / ours, 1) if package else None, "× faster", "≥ 25"),
    ]


def _row(what: str, value: float | None, unit: str, goal: str) -> dict[str, object]:
    return {"figure": "F14", "what": what, "value": value, "unit": unit, "goal": goal}


if __name__ == "__main__":
    for row in measure():
        print(row)
