"""What a mutation is: a rule of the sending protocol, the places that hold it, and the test that notices."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """A place in the package: the file, the text as it is, and the weaker text."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutation:
    """A rule taken out, and the test (module.function under tests/simulation) that fails without it."""

    name: str
    test: str
    edits: tuple[Edit, ...]


def without(name: str, test: str, file: str, old: str, new: str = "") -> Mutation:
    """A mutation of one place."""
    return Mutation(name, test, (Edit(file, old, new),))
