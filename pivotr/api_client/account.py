"""Figures, dead letters and operator settings by the API."""

from __future__ import annotations

from pivotr.api.answers.system import (
    DeadLetter,
    DeadLetters,
    Purged,
    Queue,
    Queues,
    Redriven,
    Setting,
    Settings,
)
from pivotr.api.models.system import Redrive, SettingValue
from pivotr.api_client.nouns import Noun
from pivotr.domain.reports import AccountMetrics, CampaignMetrics


class Metrics(Noun):
    """Counters; an answer may be 15 seconds old."""

    def dashboard(self) -> AccountMetrics:
        """The account today and over seven days, and every campaign's sums."""
        return self._one(AccountMetrics, "GET", "/api/metrics/dashboard")

    def campaign(self, id: str) -> CampaignMetrics:  # noqa: A002
        """The counters of a campaign, day by day. Raises NotFound."""
        return self._one(CampaignMetrics, "GET", "/api/metrics/campaign/{}", id)


class DeadLetterQueues(Noun):
    """Records that failed too often, by the name of their queue."""

    def list(self) -> tuple[Queue, ...]:
        """Every queue with its counts."""
        return tuple(self._one(Queues, "GET", "/api/dlq").items)

    def peek(self, queue: str, *, count: int = 10) -> tuple[DeadLetter, ...]:
        """Some dead letters. Raises NotFound."""
        found = self._one(DeadLetters, "GET", "/api/dlq/{}", queue, query={"count": count})
        return tuple(found.items)

    def redrive(self, queue: str, *, count: int | None = None) -> int:
        """Put dead letters back, all where no count is given; how many there were."""
        body = Redrive(count=count)
        return self._one(Redriven, "POST", "/api/dlq/{}/redrive", queue, body=body).redriven

    def purge(self, queue: str) -> int:
        """Throw all dead letters of a queue away; how many there were."""
        return self._one(Purged, "POST", "/api/dlq/{}/purge", queue).purged


class OperatorSettings(Noun):
    """What an operator changes while things run."""

    def list(self) -> tuple[Setting, ...]:
        """Every setting with value and default."""
        return tuple(self._one(Settings, "GET", "/api/settings").items)

    def read(self, key: str) -> Setting:
        """One setting. Raises NotFound."""
        return self._one(Setting, "GET", "/api/settings/{}", key)

    def update(self, key: str, value: str | bool | int | float) -> Setting:
        """Set one. Raises InvalidInput."""
        return self._one(Setting, "PUT", "/api/settings/{}", key, body=SettingValue(value=value))
