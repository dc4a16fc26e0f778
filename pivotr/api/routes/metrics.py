"""Metrics, kept for a moment, and whether the API answers at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from pivotr import __version__, names
from pivotr.api.calls import is_known, services
from pivotr.api.rendering import Answer, answer, entity_tag
from pivotr.api.routing import Noun
from pivotr.wiring import Services

metrics = Noun("metrics", names.API_METRICS)
health = Noun("health", names.API_METRICS)

#: How long figures may be old, here and at the caller.
_FRESH = timedelta(seconds=15)
_CACHE = f"private, max-age={int(_FRESH.total_seconds())}"
#: Most answers that one process keeps.
_MOST = 200
_kept: WeakKeyDictionary[Services, dict[str, tuple[datetime, Any]]] = WeakKeyDictionary()


@metrics.route("GET", "/api/metrics/dashboard", role="viewer", answer="Dashboard", has_tag=True)
def read_dashboard() -> Answer:
    """The account today and over the last seven days, and every campaign's sums.

    May be 15 seconds old. With If-None-Match the answer is 304 where nothing has changed.
    """
    return _figures("dashboard", services().metrics.account)


@metrics.route("GET", "/api/metrics/campaign/{id}", role="viewer", answer="CampaignMetrics", errors=(404,),
               has_tag=True)  # fmt: skip
def read_campaign_metrics(id: str) -> Answer:  # noqa: A002
    """One campaign with its days. May be 15 seconds old."""
    return _figures(f"campaign/{id}", lambda: services().metrics.campaign(id))


@health.route("GET", "/api/health", role=None, answer="Health")
def read_health() -> Answer:
    """Whether the API answers. Reads nothing, asks nobody who they are."""
    return answer({"status": "ok", "version": __version__, "environment": services().settings.env})


def _figures(key: str, read: Callable[[], Any]) -> Answer:
    now = services().ports.clock.now()
    kept = _kept.setdefault(services(), {})
    known = kept.get(key)
    if known is None or not timedelta(0) <= now - known[0] < _FRESH:
        if len(kept) >= _MOST:
            kept.clear()
        known = kept[key] = (now, read())
    tag = entity_tag(known[1])
    if is_known(tag):
        same = answer({}, status=304, tag=tag, cache=_CACHE)
        same.body = ""
        return same
    return answer(known[1], tag=tag, cache=_CACHE)
