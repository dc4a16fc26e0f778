"""What the provider says about the account: how much room is left, and whether it still stands well."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from pivotr.domain.campaigns import Campaign
from pivotr.domain.instants import local_day
from pivotr.errors import PivotrError
from pivotr.ports.clock import Clock
from pivotr.ports.mailer import Mailer, Quota
from pivotr.ports.table import Table, TransactionCancelled, Update
from pivotr.storage import account, guarding, stops, transactions
from pivotr.storage.lanes import Lanes
from pivotr.storage.metrics import Metrics
from pivotr.storage.recent import Recent
from pivotr.storage.stops import Stops

_log = logging.getLogger(__name__)

#: SES's words for an account in good standing ("GetAccount", SES API v2 reference: EnforcementStatus).
_HEALTHY = ("", "HEALTHY")


class ProviderWatch:
    """One look at the provider's account in each heartbeat."""

    def __init__(self, *, table: Table, mailer: Mailer | None, clock: Clock, recent: Recent) -> None:
        self._table = table
        self._mailer = mailer
        self._clock = clock
        self._recent = recent

    def run(self, live: Sequence[Campaign]) -> None:
        """Take over the provider's room, and stop where it has stopped the account.

        The day is read before the provider is asked, so that nothing counts twice.
        """
        if self._mailer is None:
            return
        preferences = self._recent.preferences()
        today = local_day(self._clock.now(), preferences.zone)
        day = Metrics(self._table).account_day(today)
        try:
            quota = self._mailer.quota()
        except PivotrError as error:
            _log.warning("quota not read: %s", error.sentence)
            return
        if quota is None:
            self._follow_cap(today, day)
            return
        self._heed_standing(quota, live)
        if quota.max_24_hours < 0 or "limit" not in day:
            return
        doubts = sum(Metrics(self._table).totals(campaign.id)["in_doubt"] for campaign in live)
        margin = max(len(Lanes(self._table).all()) + doubts, int(quota.max_24_hours * 0.01))
        room = max(0, int(quota.max_24_hours - quota.sent_24_hours) - margin)
        quota_limit = int(day.get("used", 0)) + room
        limit = min(preferences.whole("account.cap"), quota_limit)
        if limit != day["limit"] or quota_limit != day.get("quota"):
            self._write(account.set_limit(today, limit=limit, quota=quota_limit, seen=int(day["limit"])))

    def _follow_cap(self, today: str, day: Mapping[str, Any]) -> None:
        """Without a quota the cap alone holds, also one that has come with another mailer or mailbox.

        A limit that is lower for another reason stays: the provider's word that the day is used up.
        """
        if "limit" not in day:
            return
        preferences = self._recent.preferences()
        cap, seen = preferences.whole("account.cap"), int(day["limit"])
        was_unproven = seen == preferences.whole("bounces.unproven_cap")
        limit = cap if cap < seen or was_unproven else seen
        limit = min(limit, int(day.get("quota", limit)))
        if limit != seen:
            self._write(account.set_limit(today, limit=limit, seen=seen))

    def _write(self, write: Update) -> None:
        """Write unless somebody else has changed the day meanwhile: the next heartbeat looks again."""
        try:
            transactions.run(self._table, [write], token=self._clock.token(), clock=self._clock)
        except TransactionCancelled:
            return

    def _heed_standing(self, quota: Quota, live: Sequence[Campaign]) -> None:
        """Note a word of the provider's that is new; one that ends sending trips the guard."""
        reason = standing(quota)
        known = Stops(self._table).all().get(stops.PROVIDER, {})
        if reason != str(known.get("reason", "")):
            now = self._clock.now()
            write = stops.replace(stops.PROVIDER, reason, now) if reason else stops.lift([stops.PROVIDER])
            self._table.update(write.table, write.key, write.change)
        is_shut = not quota.is_sending or quota.enforcement == "SHUTDOWN"
        if is_shut and any(campaign.status == "running" for campaign in live):
            guarding.trip(self._table, self._recent, self._clock, f"provider: {reason}")


def standing(quota: Quota) -> str:
    """What is wrong with the account at the provider, in a sentence; empty when all is well."""
    if quota.enforcement == "SHUTDOWN" or not quota.is_sending:
        return "The provider has stopped this account: it takes no mail."
    if quota.enforcement not in _HEALTHY:
        word = quota.enforcement.lower()
        return f"The provider has put this account under review ({word}): bounces or complaints are too many."
    return ""
