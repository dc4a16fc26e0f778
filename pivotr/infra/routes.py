"""The routes of the HTTP API: what the gateway lets through, and which function answers. Stdlib only.

Explicit methods, never `ANY`: with an authoriser a catch-all would be asked for CORS preflights as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from pivotr import names
from pivotr.names import FunctionSpec


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path and the function behind it; an open route asks nobody who calls."""

    method: str
    path: str
    function: FunctionSpec
    is_open: bool = False

    @property
    def key(self) -> str:
        """The gateway's name of the route: `GET /api/leads/{id}`."""
        return f"{self.method} {self.path}"


def _of(function: FunctionSpec, *keys: str, is_open: bool = False) -> tuple[Route, ...]:
    split = (key.split(" ") for key in keys)
    return tuple(Route(method, path, function, is_open) for method, path in split)


#: The guide's routes (5.1) and ours: health, resume, import, the way out of a mail.
ROUTES: tuple[Route, ...] = (
    *_of(
        names.API_LEADS,
        "GET /api/leads",
        "POST /api/leads",
        "GET /api/leads/{id}",
        "PUT /api/leads/{id}",
        "DELETE /api/leads/{id}",
    ),
    *_of(names.LEAD_IMPORT, "POST /api/leads/import"),
    *_of(
        names.API_CAMPAIGNS,
        "GET /api/campaigns",
        "POST /api/campaigns",
        "GET /api/campaigns/{id}",
        "POST /api/campaigns/{id}/start",
        "POST /api/campaigns/{id}/pause",
        "POST /api/campaigns/{id}/resume",
        "POST /api/campaigns/{id}/abort",
        "GET /api/templates",
        "POST /api/templates",
        "PUT /api/templates/{id}",
    ),
    *_of(names.API_METRICS, "GET /api/metrics/dashboard", "GET /api/metrics/campaign/{id}"),
    *_of(names.API_METRICS, "GET /api/health", is_open=True),
    *_of(names.UNSUBSCRIBE, "GET /u/{token}", "POST /u/{token}", is_open=True),
)

#: Functions that the gateway calls.
BEHIND_THE_API = tuple(spec for spec in names.FUNCTIONS if any(route.function is spec for route in ROUTES))
