"""Replay one failing case of the crash matrix: the command that its message prints."""

from __future__ import annotations

import sys

from tests.simulation.faults import Point
from tests.simulation.scenarios import play


def main() -> None:
    """`python -m tests.simulation.replay SCENARIO CALL:FAULT …`"""
    name, *texts = sys.argv[1:]
    points = tuple(Point(int(text.partition(":")[0]), text.partition(":")[2]) for text in texts)
    world = play(name, points)
    sys.stdout.write(f"passed: {world.script.hit}\n")


if __name__ == "__main__":
    main()
