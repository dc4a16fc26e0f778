"""What a process remembers for a minute: settings, profiles, the windows of other campaigns.

Template versions are kept for ever, since they never change. Only hints and texts come from here; every gate
is a condition of a write.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
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
from pivotr.ports.table import Item, Key, Table
from pivotr.storage import suppressions
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.lanes import profile_key, sender_from
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
        #: The key that each kind was asked for last.
        self._keys: dict[str, str] = {}
        self._memos: dict[str, int] = {}
        self._vouched_at: datetime | None = None
        self._templates: dict[tuple[str, int], CompiledTemplate] = {}

    def heed(self, lane: Lane) -> None:
        """Forget everything if an operator has changed something since this lane was read last."""
        if self._memos.get(lane.id) != lane.memo:
            self._memory.clear()
            self._memos[lane.id] = lane.memo
        self._vouched_at = self._clock.now()

    def read_with(self, keys: Sequence[tuple[str, Key]], *known: tuple[str, str]) -> list[Item | None]:
        """Read items, and in the same call those of `known` that were remembered but for too long.

        So what has to be read again costs no call of its own. `known` are kinds with their keys: a sender for
        "profile", an empty one for "domains" and for "day".
        """
        now = self._clock.now()
        old = []
        for kind, given in known:
            key = given or self._keys.get(kind, "")
            at, value = self._memory.get((kind, key), (None, None))
            if at is not None and not timedelta(0) <= now - at < _LONGEST[kind](value):
                old.append((kind, key))
        items = self._table.get_many([*keys, *(_ADDRESSES[kind](key) for kind, key in old)])
        for (kind, key), item in zip(old, items[len(keys) :], strict=True):
            self._memory[kind, key] = (now, _READINGS[kind](item))
        return items[: len(keys)]

    def _through(self, kind: str, key: str, read: Callable[[], T]) -> T:
        now = self._clock.now()
        self._keys[kind] = key
        known = self._memory.get((kind, key))
        if known:
            age = now - known[0]
            is_vouched = self._vouched_at is not None and abs(now - self._vouched_at) <= _VOUCHED
            value: T = known[1]
            if timedelta(0) <= age < (_LONGEST[kind](value) if is_vouched else _SHORT):
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
        found: Sender | None = self._through("profile", sender, lambda: self._read("profile", sender))
        return found

    def account_day(self, day: str) -> dict[str, Any]:
        """The account's day as it was a moment ago; longer ago while it is far from its limit.

        It spares a read per mail and a verifier's credit at the end of the day: the claim decides.
        """
        return self._through("day", day, lambda: self._read("day", day))

    def suppressed_domains(self) -> frozenset[str]:
        """All suppressed domains."""
        return self._through("domains", "", lambda: self._read("domains", ""))

    def _read(self, kind: str, key: str) -> Any:
        return _READINGS[kind](self._table.get(*_ADDRESSES[kind](key)))

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


#: For how long at most a value of a kind holds while lanes vouch for it.
_LONGEST: dict[str, Callable[[Any], timedelta]] = defaultdict(lambda: lambda _: _LONG, day=_trust_in)

#: Where a kind is stored, by its key, and what is made of the item.
_ADDRESSES: dict[str, Callable[[str], tuple[str, Key]]] = {
    "day": lambda day: (names.METRICS, (ACCOUNT, day)),
    "domains": lambda _: (names.SUPPRESSIONS, (suppressions.DOMAINS,)),
    "profile": lambda sender: (names.SENDERS, (profile_key(sender),)),
}
_READINGS: dict[str, Callable[[Item | None], Any]] = {
    "day": lambda item: item or {},
    "domains": lambda item: frozenset((item or {}).get("domains", ())),
    "profile": lambda item: sender_from(item) if item else None,
}
