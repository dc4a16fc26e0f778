"""Figures, operator settings and dead letters by the API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pivotr.api.answers import system as answers
from pivotr.domain import funnels
from pivotr.domain.funnels import By, Funnel
from pivotr.domain.instants import day_of
from pivotr.domain.preferences import PREFERENCES, Preferences
from pivotr.domain.reports import AccountMetrics, CampaignMetrics
from pivotr.errors import InvalidInput
from pivotr.remote.nouns import RemoteNoun, needs_tables


class Metrics(RemoteNoun):
    """Counters; they may be 15 seconds old."""

    def account(self) -> AccountMetrics:
        """The account today and over seven days, and every campaign's sums."""
        return self._api.metrics.dashboard()

    def campaign(self, key: str) -> CampaignMetrics:
        """One campaign with its days. Raises NotFound."""
        return self._api.metrics.campaign(key)

    def funnel(self, by: By, *, campaign: str = "", since: str = "") -> Funnel:
        """Enrolled to replied by campaign or day; finer groups are a recount of the log: Misconfigured."""
        since = _day_named(since) if since else ""
        groups: Sequence[tuple[str, str, Mapping[str, int]]]
        if by == "campaign" and not since and not campaign:
            groups = [(one.campaign, one.name, one.totals) for one in self.account().campaigns]
        elif by in ("campaign", "day"):
            groups = self._counted(by, campaign, since)
        else:
            raise needs_tables()
        levels = _preferences(self._api.settings.list()).levels
        return funnels.funnel(by, groups, levels, campaign=campaign, since=since)

    def _counted(self, by: By, campaign: str, since: str) -> list[tuple[str, str, Mapping[str, int]]]:
        keys = [campaign] if campaign else [one.campaign for one in self.account().campaigns]
        chosen = [self.campaign(key) for key in keys]
        days: dict[str, Counter[str]] = {}
        sums: dict[str, Counter[str]] = {one.campaign: Counter() for one in chosen}
        for one in chosen:
            for day in one.days:
                if day.day >= since:
                    days.setdefault(day.day, Counter()).update(day.counts)
                    sums[one.campaign].update(day.counts)
        if by == "day":
            return [(day, day, counts) for day, counts in sorted(days.items())]
        return [(one.campaign, one.name, sums[one.campaign]) for one in chosen]


class OperatorSettings(RemoteNoun):
    """What an operator changes while things run."""

    def all(self) -> list[answers.Setting]:
        """Every setting."""
        return list(self._api.settings.list())

    def get(self, key: str) -> answers.Setting:
        """One setting. Raises NotFound."""
        return self._api.settings.read(key)

    def set(self, key: str, text: str, *, actor: str = "") -> answers.Setting:  # noqa: ARG002
        """Set one from its text. Raises NotFound for the key, InvalidInput for the value."""
        return self._api.settings.update(key, text)


class Recent(RemoteNoun):
    """What commands read of what a process remembers: the operator settings."""

    def preferences(self) -> Preferences:
        """All operator settings at this moment."""
        return _preferences(self._api.settings.list())


@dataclass(frozen=True, slots=True)
class Depth:
    """How many records a queue holds."""

    waiting: int
    delayed: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class DeadQueue:
    """A queue and its dead letters."""

    name: str
    depth: Depth
    dead: Depth


class DeadLetters(RemoteNoun):
    """Records that failed too often."""

    def all(self) -> list[DeadQueue]:
        """Every queue with its counts."""
        return [
            DeadQueue(one.queue, Depth(one.waiting, one.delayed, one.in_flight), Depth(one.dead, 0, 0))
            for one in self._api.dlq.list()
        ]

    def peek(self, queue: str, *, limit: int = 10) -> list[answers.DeadLetter]:
        """Some dead letters. Raises NotFound."""
        return list(self._api.dlq.peek(queue, count=limit))

    def redrive(self, queue: str, *, count: int | None = None) -> int:
        """Put dead letters back; how many. Raises NotFound."""
        return self._api.dlq.redrive(queue, count=count)

    def purge(self, queue: str) -> int:
        """Throw all dead letters of a queue away; how many. Raises NotFound."""
        return self._api.dlq.purge(queue)


def _preferences(found: Sequence[answers.Setting]) -> Preferences:
    """The settings that the API tells, and the defaults of those that an older one does not know."""
    return Preferences(
        {key: known.default for key, known in PREFERENCES.items()} | {one.key: one.value for one in found}
    )


def _day_named(text: str) -> str:
    try:
        return day_of(text).isoformat()
    except ValueError:
        raise InvalidInput(f"“{text}” is no day.", hint="Write it as 2026-11-24.") from None
