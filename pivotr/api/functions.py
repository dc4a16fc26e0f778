"""Which nouns each function of the API serves; on this machine one app serves them all."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from pivotr import names
from pivotr.api.routing import Noun
from pivotr.names import FunctionSpec

#: Function → module and noun in it, loaded where they are served. Every one answers the health route.
SERVED: dict[FunctionSpec, tuple[str, ...]] = {
    names.API_LEADS: ("leads:noun", "lists:lists", "lists:suppressions", "imports:noun"),
    names.API_CAMPAIGNS: (
        "campaigns:noun", "campaign_moves:noun", "templates:noun", "senders:noun", "system:dlq",
        "system:settings",
    ),
    names.API_METRICS: ("metrics:metrics",),
}  # fmt: skip
_HEALTH = "metrics:health"


def nouns_of(function: FunctionSpec) -> list[Noun]:
    """The nouns of one function."""
    return [_noun(place) for place in (*SERVED[function], _HEALTH)]


def all_nouns() -> Sequence[Noun]:
    """Every noun, each once."""
    return [_noun(place) for places in (*SERVED.values(), (_HEALTH,)) for place in places]


def _noun(place: str) -> Noun:
    module, _, name = place.partition(":")
    found = getattr(importlib.import_module(f"pivotr.api.routes.{module}"), name)
    assert isinstance(found, Noun)
    return found
