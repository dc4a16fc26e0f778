"""What a process remembers for a minute: settings, profiles, the windows of other campaigns.

Template versions are kept for ever, since they never change. Only hints and texts come from here; every gate
is a condition of a write.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pivotr import names
from pivotr.domain.campaigns import Campaign
from pivotr.domain.preferences import Preferences
from pivotr.domain.senders import Sender
from pivotr.domain.templates import CompiledTemplate, compile_template
from pivotr.errors import NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import Table
from pivotr.storage import suppressions
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.lanes import Lanes
from pivotr.storage.metrics import Metrics
from pivotr.storage.schema import ACCOUNT
from pivotr.storage.settings import SettingsStore
from pivotr.storage.templates import Templates

T = TypeVar("T")


class Recent:
    """Reads through a memory of `seconds`."""

    def __init__(self, table: Table, clock: Clock, *, seconds: float = 60.0) -> None:
        self._table = table
        self._clock = clock
        self._seconds = timedelta(seconds=seconds)
        self._memory: dict[tuple[str, str], tuple[datetime, Any]] = {}
        self._templates: dict[tuple[str, int], CompiledTemplate] = {}

    def _through(self, kind: str, key: str, read: Callable[[], T]) -> T:
        now = self._clock.now()
        known = self._memory.get((kind, key))
        if known and timedelta(0) <= now - known[0] < self._seconds:
            value: T = known[1]
            return value
        value = read()
        self._memory[kind, key] = (now, value)
        return value

    def campaign(self, campaign: str) -> Campaign | None:
        """A campaign as it was at most a minute ago."""
        return self._through("campaign", campaign, lambda: Campaigns(self._table).get(campaign))

    def remember(self, campaign: Campaign) -> None:
        """Take over a campaign that was read anyway."""
        self._memory["campaign", campaign.id] = (self._clock.now(), campaign)

    def preferences(self) -> Preferences:
        """The operator settings."""
        return self._through("preferences", "", lambda: SettingsStore(self._table).preferences())

    def profile(self, sender: str) -> Sender | None:
        """A sender's name, address and pace."""
        return self._through("profile", sender, lambda: Lanes(self._table).profile(sender))

    def account_day(self, day: str) -> dict[str, Any]:
        """The account's day as it was at most a minute ago: spares a read per mail, the claim decides."""
        return self._through("day", day, lambda: Metrics(self._table).day(ACCOUNT, day))

    def suppressed_domains(self) -> frozenset[str]:
        """All suppressed domains."""

        def read() -> frozenset[str]:
            item = self._table.get(names.SUPPRESSIONS, (suppressions.DOMAINS,)) or {}
            return frozenset(item.get("domains", ()))

        return self._through("domains", "", read)

    def template(self, template: str, version: int) -> CompiledTemplate:
        """A compiled template version. Raises NotFound."""
        known = self._templates.get((template, version))
        if known is None:
            stored = Templates(self._table).get(template, version)
            if stored is None:
                raise NotFound(
                    f"There is no version {version} of template “{template}”.",
                    hint=f"See its versions with: pivotr template show {template}",
                )
            fields = SettingsStore(self._table).fields()
            known = self._templates[template, version] = compile_template(stored, fields)
        return known
