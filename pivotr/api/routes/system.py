"""Dead letters and operator settings."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query

from pivotr import names
from pivotr.api.calls import actor, services
from pivotr.api.models.system import Redrive, SettingValue
from pivotr.api.rendering import Answer, answer
from pivotr.api.routing import JSON, Noun

dlq = Noun("dlq", names.API_CAMPAIGNS)
settings = Noun("settings", names.API_CAMPAIGNS)


@dlq.route("GET", "/api/dlq", role="viewer", answer="Queues")
def list_queues() -> Answer:
    """Every queue, and how many dead letters it has."""
    found = [
        {
            "queue": one.name,
            "waiting": one.depth.waiting,
            "delayed": one.depth.delayed,
            "in_flight": one.depth.in_flight,
            "dead": one.dead.waiting + one.dead.in_flight,
        }
        for one in services().dead_letters.all()
    ]
    return answer({"items": found})


@dlq.route("GET", "/api/dlq/{queue}", role="operator", answer="DeadLetters", errors=(404,))
def peek_queue(
    queue: str, count: Annotated[int, Query(ge=1, le=100, description="At most so many.")] = 10
) -> Answer:
    """Look at dead letters; they stay where they are."""
    found = services().dead_letters.peek(queue, limit=count)
    return answer({"items": [{"id": one.id, "body": one.body} for one in found]})


@dlq.route(
    "POST", "/api/dlq/{queue}/redrive", role="operator", answer="Redriven", errors=(404,), media=(JSON,)
)
def redrive_queue(queue: str, redrive: Redrive) -> Answer:
    """Put dead letters back as they are. Old jobs find out by themselves that their turn is over."""
    return answer({"queue": queue, "redriven": services().dead_letters.redrive(queue, count=redrive.count)})


@dlq.route("POST", "/api/dlq/{queue}/purge", role="admin", answer="Purged", errors=(404,))
def purge_queue(queue: str) -> Answer:
    """Throw the dead letters of a queue away."""
    return answer({"queue": queue, "purged": services().dead_letters.purge(queue)})


@settings.route("GET", "/api/settings", role="viewer", answer="Settings")
def list_settings() -> Answer:
    """What operators change while things run, each with its value and who set it."""
    return answer({"items": services().preferences.all()})


@settings.route("GET", "/api/settings/{key}", role="viewer", answer="Setting", errors=(404,))
def read_setting(key: str) -> Answer:
    """One setting."""
    return answer(services().preferences.get(key))


@settings.route(
    "PUT", "/api/settings/{key}", role="admin", answer="Setting", errors=(404, 409), media=(JSON,)
)
def update_setting(key: str, setting: SettingValue) -> Answer:
    """Set one; it holds within a minute, for everything that runs."""
    return answer(services().preferences.set(key, _text(setting.value), actor=actor()))


def _text(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
