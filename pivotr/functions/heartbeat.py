"""heartbeat: an EventBridge schedule, or an asynchronous call with an empty event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pivotr.wiring import Services


def handle(event: dict[str, Any], services: Services) -> dict[str, int]:  # noqa: ARG001
    """Run the heartbeat once; the event says nothing that the tables do not say."""
    return services.heartbeat.run()
