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
from pivotr.domain.lanes import Lane
from pivotr.domain.preferences import Preferences
from pivotr.domain.senders import Sender
from pivotr.domain.steps import Step
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

_SHORT = timedelta(minutes=1)
_LONG = timedelta(hours=1)
_DAY = timedelta(minutes=15)
#: A lane that was read so long ago, in the same invocation, still vouches.
_VOUCHED = timedelta(seconds=2)
#: Mails of room from which on the account's day is not looked at for every mail.
_FAR = 50


class Recent:
    """Reads through a memory.

    It holds for a minute; for an hour while lanes vouch for it: a lane is read for every mail
    anyway, and its `memo` grows with every change of an operator. So a mail every few minutes costs no reads
    of settings, and a change is seen by the next mail.
    """

    def __init__(
        self, table: Table, clock: Clock, *, sees_bounces: Callable[[], bool] = lambda: True
    ) -> None:
        """`sees_bounces` is asked with the operator settings: while it says no, a low cap holds."""
        self._table = table
        self._clock = clock
        self._sees_bounces = sees_bounces
        self._memory: dict[tuple[str, str], tuple[datetime, Any]] = {}
        self._memos: dict[str, int] = {}
        self._vouched_at: datetime | None = None
        self._templates: dict[tuple[str, int], CompiledTemplate] = {}

    def heed(self, lane: Lane) -> None:
        """Forget everything if an operator has changed something since this lane was read last."""
        if self._memos.get(lane.id) != lane.memo:
            self._memory.clear()
            self._memos[lane.id] = lane.memo
        self._vouched_at = self._clock.now()

    def _through(
        self, kind: str, key: str, read: Callable[[], T], longest: Callable[[T], timedelta] = lambda _: _LONG
    ) -> T:
        now = self._clock.now()
        known = self._memory.get((kind, key))
        if known:
            age = now - known[0]
            is_vouched = self._vouched_at is not None and abs(now - self._vouched_at) <= _VOUCHED
            value: T = known[1]
            if timedelta(0) <= age < (longest(value) if is_vouched else _SHORT):
                return value
        value = read()
        self._memory[kind, key] = (now, value)
        return value

    def campaign(self, campaign: str) -> Campaign | None:
        """A campaign as it was a moment ago; only its window and other settings may be trusted."""
        return self._through("campaign", campaign, lambda: Campaigns(self._table).get(campaign))

    def seen_campaign(self, campaign: str) -> Campaign | None:
        """The campaign as it was seen last, however long ago; nothing is read."""
        known = self._memory.get(("campaign", campaign))
        found: Campaign | None = known[1] if known else None
        return found

    def remember(self, campaign: Campaign) -> None:
        """Take over a campaign that was read anyway."""
        self._memory["campaign", campaign.id] = (self._clock.now(), campaign)

    def preferences(self) -> Preferences:
        """The operator settings as they hold: while no bounce would be seen, with the low cap for that."""

        def read() -> Preferences:
            known = SettingsStore(self._table).preferences()
            return known if self._sees_bounces() else known.without_bounce_path()

        return self._through("preferences", "", read)

    def profile(self, sender: str) -> Sender | None:
        """A sender's name, address and pace."""
        return self._through("profile", sender, lambda: Lanes(self._table).profile(sender))

    def account_day(self, day: str) -> dict[str, Any]:
        """The account's day as it was a moment ago; longer ago while it is far from its limit.

        It spares a read per mail and a verifier's credit at the end of the day: the claim decides.
        """
        return self._through("day", day, lambda: Metrics(self._table).day(ACCOUNT, day), _trust_in)

    def suppressed_domains(self) -> frozenset[str]:
        """All suppressed domains."""

        def read() -> frozenset[str]:
            item = self._table.get(names.SUPPRESSIONS, (suppressions.DOMAINS,)) or {}
            return frozenset(item.get("domains", ()))

        return self._through("domains", "", read)

    def of_step(self, step: Step) -> CompiledTemplate:
        """The compiled template of a step; the newest version where the step fixes none. Raises NotFound."""
        newest = None if step.version else Templates(self._table).newest(step.template)
        return self.template(step.template, step.version or (newest.version if newest else 1))

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


def _trust_in(day: dict[str, Any]) -> timedelta:
    is_far = "limit" in day and int(day["limit"]) - int(day.get("used", 0)) > _FAR
    return _DAY if is_far else _SHORT
