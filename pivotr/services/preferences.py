"""What an operator changes while things run: look at it, set it. Every change is logged with who made it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pivotr.domain.instants import local_day
from pivotr.domain.preferences import PREFERENCES, Preferences, Value, parse
from pivotr.domain.texts import did_you_mean
from pivotr.errors import Conflict, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import Table, TransactionCancelled, Write
from pivotr.storage import account, log, transactions
from pivotr.storage.lanes import Lanes
from pivotr.storage.metrics import Metrics
from pivotr.storage.schema import ACCOUNT
from pivotr.storage.settings import SettingsStore

_TRIES = 4
#: Settings that decide about the limit of the open day.
_CAPS = ("account.cap", "bounces.unproven_cap")


@dataclass(frozen=True, slots=True)
class SettingView:
    """One operator setting: its value, whether an operator has set it, and who and when."""

    key: str
    value: Value
    default: Value
    help: str
    is_set: bool = False
    actor: str = ""
    at: str = ""


class OperatorSettings:
    """The operator settings of an environment."""

    def __init__(
        self, *, table: Table, clock: Clock, sees_bounces: Callable[[], bool] = lambda: True
    ) -> None:
        self._table = table
        self._clock = clock
        self._sees_bounces = sees_bounces
        self._store = SettingsStore(table)

    def all(self) -> list[SettingView]:
        """Every setting in the order of the documentation."""
        stored = self._store.stored()
        return [
            SettingView(key, item["value"], known.default, known.help, True, item["actor"], item["at"])
            if (item := stored.get(key))
            else SettingView(key, known.default, known.default, known.help)
            for key, known in PREFERENCES.items()
        ]

    def get(self, key: str) -> SettingView:
        """One setting. Raises NotFound."""
        found = next((view for view in self.all() if view.key == key), None)
        if found is None:
            near = did_you_mean(key, PREFERENCES)
            raise NotFound(f"There is no setting “{key}”.{near}", hint="See all with: pivotr settings list")
        return found

    def set(self, key: str, text: str, *, actor: str = "") -> SettingView:
        """Set one from its text. Raises NotFound for the key, InvalidInput for the value.

        Another account cap holds for the day that is open as well: lanes that wait for room find it there.
        """
        value = parse(key, text)
        for _ in range(_TRIES):
            before = self.get(key)
            now = self._clock.now()
            entry_key = log.plain_key(now, self._clock.token(), "account", "setting")
            writes: list[Write] = [
                self._store.assignment(key, value, actor=actor, now=now),
                log.entry(
                    ACCOUNT, entry_key, "setting", at=now, actor=actor,
                    setting=key, old=str(before.value), new=str(value),
                ),
            ]  # fmt: skip
            if key in _CAPS and isinstance(value, int):
                writes += self._limit_today({key: value})
            try:
                transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
            except TransactionCancelled:
                continue
            Lanes(self._table).note_all()
            return self.get(key)
        raise Conflict("The account's day changed at this very moment.", hint="Try again.")

    def _limit_today(self, changed: Mapping[str, Value]) -> list[Write]:
        """The open day's limit, from the value that it has; nothing where no mail has been sent yet."""
        stored = self._store.preferences()
        day = local_day(self._clock.now(), stored.zone)
        item = Metrics(self._table).account_day(day)
        if "limit" not in item:
            return []
        coming = Preferences({**stored.values, **changed})
        cap = (coming if self._sees_bounces() else coming.without_bounce_path()).whole("account.cap")
        limit = min(cap, int(item.get("quota", cap)))
        return [account.set_limit(day, limit=limit, seen=int(item["limit"]))]
