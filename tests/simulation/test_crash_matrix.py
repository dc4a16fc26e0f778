"""The crash matrix: every call that crosses a port goes wrong once, in every way; then pairs, drawn by seed.

The points are discovered by a recording run, so a new call joins by itself. After each fault the world runs
on to quiet and every promise is checked. `PIVOTR_PAIRS=100000` tries more pairs.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest

from tests.simulation.faults import FAULTS, Point
from tests.simulation.scenarios import SCENARIOS, play

#: Calls without an effect: before and after are the same point.
READS = {"get", "get_many", "query", "scan", "quota", "check"}
PARTS = 8
PAIRS = int(os.environ.get("PIVOTR_PAIRS", "2000"))
SEED = int(os.environ.get("PIVOTR_SEED", "20261122"))


def points(name: str) -> list[Point]:
    """Every point of a scenario, found by running it without faults."""
    found: list[Point] = []
    for call, called in enumerate(play(name).script.names):
        is_read = called.partition(".")[2] in READS
        skipped = ("crash after", "lost answer") if is_read else ()
        found += [Point(call, fault) for fault in FAULTS if fault not in skipped]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_fault_at_every_call(
    name: str, part: int, record_property: Callable[[str, object], None]
) -> None:
    tried = mails = 0
    for point in points(name)[part::PARTS]:
        world = play(name, (point,))
        assert world.script.hit, f"{point} was never reached"
        tried += 1
        mails += len(world.provider.posted)
    record_property("points tried", tried)
    record_property("mails sent", mails)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_pairs_of_faults(part: int, record_property: Callable[[str, object], None]) -> None:
    names = sorted(SCENARIOS)
    known = {name: points(name) for name in names}
    mails = 0
    for number in range(part, PAIRS, PARTS):
        draw = random.Random(f"{SEED}/{number}")
        name = draw.choice(names)
        first, second = draw.sample(known[name], 2)
        mails += len(play(name, (first, second)).provider.posted)
    record_property("pairs tried", len(range(part, PAIRS, PARTS)))
    record_property("mails sent", mails)
