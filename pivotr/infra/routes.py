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


#: The guide's routes (5.1) and ours. Erasure is missing on purpose: it changes entries of the log, which no
#: role may; it is done with `pivotr leads erase`, under the operator's own rights.
ROUTES: tuple[Route, ...] = (
    *_of(
        names.API_LEADS,
        "GET /api/leads",
        "POST /api/leads",
        "GET /api/leads/{id}",
        "PUT /api/leads/{id}",
        "DELETE /api/leads/{id}",
        "POST /api/leads/{id}/stop",
        "GET /api/leads/{id}/logs",
        "GET /api/leads/import",
        "GET /api/leads/import/{id}",
        "GET /api/leads/uploads/{id}",
        "GET /api/lists",
        "GET /api/lists/{name}",
        "GET /api/suppressions",
        "POST /api/suppressions",
        "GET /api/suppressions/{target}",
        "DELETE /api/suppressions/{target}",
    ),
    *_of(
        names.LEAD_IMPORT,
        "POST /api/leads/import",
        "POST /api/leads/uploads",
        "POST /api/leads/uploads/{id}/start",
    ),
    *_of(
        names.API_CAMPAIGNS,
        "GET /api/campaigns",
        "POST /api/campaigns",
        "GET /api/campaigns/{id}",
        "PUT /api/campaigns/{id}",
        "GET /api/campaigns/{id}/preview",
        "GET /api/campaigns/{id}/readiness",
        "POST /api/campaigns/{id}/test-send",
        "GET /api/campaigns/{id}/forecast",
        "GET /api/campaigns/{id}/explain",
        "POST /api/campaigns/{id}/start",
        "POST /api/campaigns/{id}/pause",
        "POST /api/campaigns/{id}/resume",
        "POST /api/campaigns/{id}/abort",
        "GET /api/templates",
        "POST /api/templates",
        "GET /api/templates/{id}",
        "PUT /api/templates/{id}",
        "GET /api/templates/{id}/lint",
        "GET /api/senders",
        "POST /api/senders",
        "GET /api/senders/{id}",
        "PUT /api/senders/{id}",
        "POST /api/senders/{id}/pause",
        "POST /api/senders/{id}/resume",
        "GET /api/dlq",
        "GET /api/dlq/{queue}",
        "POST /api/dlq/{queue}/redrive",
        "POST /api/dlq/{queue}/purge",
        "GET /api/settings",
        "GET /api/settings/{key}",
        "PUT /api/settings/{key}",
    ),
    *_of(names.API_METRICS, "GET /api/metrics/dashboard", "GET /api/metrics/campaign/{id}"),
    *_of(names.API_METRICS, "GET /api/health", is_open=True),
    *_of(names.UNSUBSCRIBE, "GET /u/{token}", "POST /u/{token}", is_open=True),
)
#: Routes of the API that exist on this machine only.
NOT_ON_AWS = ("POST /api/leads/{id}/erase",)

#: Functions that the gateway calls.
BEHIND_THE_API = tuple(spec for spec in names.FUNCTIONS if any(route.function is spec for route in ROUTES))
