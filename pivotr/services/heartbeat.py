"""The heartbeat, every five minutes: share, wake, enrol, close, complete, sweep, re-pin, watch, tell.

Every step is conditional, so two heartbeats may overlap and a missing one only delays.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta

from pivotr.domain.campaigns import Campaign
from pivotr.domain.instants import from_compact, local_day, to_text
from pivotr.domain.lanes import Lane
from pivotr.domain.leads import Lead
from pivotr.domain.steps import next_due
from pivotr.errors import PivotrError
from pivotr.ports.alarms import Alarms
from pivotr.ports.clock import Clock
from pivotr.ports.mailer import Mailer
from pivotr.ports.queues import Queues
from pivotr.ports.table import Between, Table, TransactionCancelled, Update, Write
from pivotr.storage import campaigns as campaign_writes
from pivotr.storage import (
    closing,
    guarding,
    lanes,
    log,
    repinning,
    sharing,
    sweeping,
    transactions,
    withdrawing,
)
from pivotr.storage.alarming import Alarming
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.closing import Closing
from pivotr.storage.lanes import Lanes
from pivotr.storage.leads import Leads
from pivotr.storage.metrics import Metrics
from pivotr.storage.provider_watch import ProviderWatch
from pivotr.storage.recent import Recent
from pivotr.storage.schema import queue_key
from pivotr.storage.settings import SettingsStore
from pivotr.storage.waking import Waking

_log = logging.getLogger(__name__)

#: A run ends itself by then; the function is cut off at 50 s.
_BUDGET = 40.0
#: Seconds after which a run does not begin to read the mailbox any more: that takes up to half a minute.
_MAILBOX_FROM = 15.0
#: Ten times the time-out of send-email: nobody is still at work on such a claim.
_OLD_CLAIM = timedelta(minutes=5)
#: Claimed leads stay at the head of their queue: the turns of one lane leave few of them open.
_PAGE = 10


class Heartbeat:
    """One run over everything that is alive."""

    def __init__(
        self,
        *,
        table: Table,
        queues: Queues,
        mailer: Mailer | None,
        clock: Clock,
        recent: Recent,
        enrol: Callable[[Campaign], tuple[Campaign, int] | None],
        alarms: Alarms | None = None,
        poll: Callable[[], int] = lambda: 0,
    ) -> None:
        """`poll` reads the mailbox of replies where there is one; returns how many mails were new."""
        self._table = table
        self._clock = clock
        self._recent = recent
        self._enrol = enrol
        self._campaigns = Campaigns(table)
        self._lanes = Lanes(table)
        self._leads = Leads(table)
        self._waking = Waking(table=table, queues=queues, clock=clock, recent=recent)
        self._provider = ProviderWatch(table=table, mailer=mailer, clock=clock, recent=recent)
        self._alarming = Alarming(table=table, alarms=alarms, recent=recent)
        self._poll = poll

    def run(self) -> dict[str, int]:
        """Do everything that is due; returns how much of each kind was done."""
        started = self._clock.now()
        live = list(self._campaigns.with_status("running", "paused"))
        aborted = [
            campaign
            for key in sweeping.pending(self._table)
            if (campaign := self._campaigns.get(key, consistent=True)) and campaign.status == "aborted"
        ]
        for campaign in (*live, *aborted):
            self._recent.remember(campaign)
        senders = {sender for campaign in (*live, *aborted) for sender in campaign.all_senders}
        known = self._lanes.get_many(sorted(senders), consistent=True)
        moved = sum(self._share(campaign, known) for campaign in live if campaign.status == "running")
        if moved:
            known = self._lanes.get_many(sorted(senders), consistent=True)
        done = {"shared": moved, "woken": sum(self._waking.wake(lane) for lane in known.values())}
        if SettingsStore(self._table).guard().get("tripped"):
            live = self._pause_all(live)
        done["enrolled"] = sum(
            self._enrol_slices(campaign, started) for campaign in live if campaign.status == "running"
        )
        done["closed"] = sum(
            self._close_old(campaign, sender)
            for campaign in (*live, *aborted)
            for sender in campaign.all_senders
        )
        done["repinned"] = sum(self._repin(campaign) for campaign in live)
        done["completed"] = sum(self._complete(campaign) for campaign in live if campaign.status == "running")
        done["swept"] = sum(self._sweep(campaign) for campaign in aborted)
        self._provider.run(live)
        done["alarms"] = self._alarming.run(
            self._campaigns.with_status("paused"), self._lanes.get_many(sorted(senders)).values(), started
        )
        done["replies"] = self._read_mailbox(started)
        return done

    def _read_mailbox(self, started: datetime) -> int:
        """A mailbox that does not answer must not hold up anything else; a long run leaves it to the next."""
        if (self._clock.now() - started).total_seconds() > _MAILBOX_FROM:
            return 0
        try:
            return self._poll()
        except PivotrError as error:
            _log.warning("mailbox not read: %s", error.sentence)
            return 0

    def has_sweeps(self) -> bool:
        """True while an aborted campaign still has leads to give back."""
        return bool(sweeping.pending(self._table))

    def _pause_all(self, live: list[Campaign]) -> list[Campaign]:
        """The guard has tripped: pause what a crash has left running."""
        reason = str(SettingsStore(self._table).guard().get("reason", ""))
        for campaign in live:
            if campaign.status == "running":
                guarding.pause(self._table, self._clock, campaign, f"guard: {reason}")
        return [self._campaigns.get(campaign.id, consistent=True) or campaign for campaign in live]

    def _share(self, campaign: Campaign, known: Mapping[str, Lane]) -> int:
        """Even shares on a new day; those of mailboxes that cannot send are lent to the others."""
        mine = {sender: known[sender] for sender in campaign.all_senders if sender in known}
        today = local_day(self._clock.now(), campaign.zone)
        writes = sharing.moves(campaign, mine, today) if len(campaign.senders) > 1 or campaign.gone else []
        return len(writes) if writes and self._write(writes) else 0

    def _enrol_slices(self, campaign: Campaign, started: datetime) -> int:
        """Enrol until the lists end or the run's time is up; then let lanes look again that had nobody.

        A lane whose queue was empty may be about to rest for want of leads: only a new ticket stops that.
        """
        if campaign.enrol.done:
            return 0
        empty = [sender for sender in campaign.senders if self._has_nobody(campaign.id, sender)]
        count = 0
        while (self._clock.now() - started).total_seconds() < _BUDGET:
            result = self._enrol(campaign)
            if result is None:
                break
            campaign, enrolled = result
            count += enrolled
        self._recent.remember(campaign)
        if count:
            self._end_idleness(campaign, empty)
        return count

    def _end_idleness(self, campaign: Campaign, empty: Collection[str]) -> None:
        """Leads have come to queues; `empty` were those without any, whose lanes may be about to rest."""
        for lane in self._lanes.get_many(campaign.senders, consistent=True).values():
            entry = lane.campaigns.get(campaign.id)
            if lane.is_on and entry and entry.open and (lane.id in empty or entry.idle_until):
                self._waking.end_idleness(lane, campaign.id)

    def _has_nobody(self, campaign: str, sender: str) -> bool:
        rows, _ = self._leads.waiting(queue_key(campaign, sender), Between(), limit=1)
        return not rows

    def _close_old(self, campaign: Campaign, sender: str) -> int:
        """Claims whose owner is gone: nobody knows whether the mail went out, unless evidence has come."""
        now = self._clock.now()
        queue = queue_key(campaign.id, sender)
        ranges = [Between("~", None)]
        if campaign.has_follow_ups:
            ranges.insert(0, Between(None, to_text(now)))
        count = 0
        for between in ranges:
            for lead in self._claimed_at_head(queue, between):
                if lead.claim and lead.queue == queue and _age(lead, now) > _OLD_CLAIM:
                    count += self._close(campaign, sender, lead, now)
        return count

    def _claimed_at_head(self, queue: str, between: Between) -> Iterator[Lead]:
        """Claimed leads of a queue, page by page up to the first page that has none."""
        cursor: str | None = None
        while True:
            rows, cursor = self._leads.waiting(queue, between, limit=_PAGE, cursor=cursor)
            claimed = self._leads.claimed(row.id for row in rows)
            yield from claimed
            if cursor is None or not claimed:
                return

    def _close(self, campaign: Campaign, sender: str, lead: Lead, now: datetime) -> bool:
        assert lead.claim is not None
        due = next_due(campaign.step_after(lead.step), campaign.window, campaign.id, lead.id, lead.step, now)
        ending = Closing(
            campaign=campaign,
            lead=lead.id,
            sender=sender,
            step=lead.step,
            claim=lead.claim,
            ticket=0,
            result="unknown",
            at=now,
            reason="no answer was recorded",
            next_due=to_text(due) if due else "",
            domain=lead.domain,
            by="heartbeat",
        )
        try:
            return closing.close(self._table, ending, clock=self._clock, lead=lead) == "closed"
        except PivotrError as error:
            _log.warning("claim of lead %s stays open: %s", lead.id, error.sentence)
            return False

    def _repin(self, campaign: Campaign) -> int:
        """Leads of mailboxes that have left go to others, which need not end their rest to find them."""
        if not campaign.gone:
            return 0
        now = self._clock.now()
        empty = [sender for sender in campaign.senders if self._has_nobody(campaign.id, sender)]
        count = sum(
            repinning.repin(self._table, campaign, sender, now=now, clock=self._clock)
            for sender in campaign.gone
        )
        if count and campaign.status == "running":
            self._end_idleness(campaign, empty)
        return count

    def _complete(self, campaign: Campaign) -> bool:
        """Everybody is enrolled and everybody is finished, by the counters: an empty queue proves nothing."""
        fresh = self._campaigns.get(campaign.id, consistent=True)
        if fresh is None or fresh.status != "running" or not fresh.enrol.done:
            return False
        totals = Metrics(self._table).totals(campaign.id, consistent=True)
        if totals["enrolled"] != totals["finished"]:
            return False
        now = self._clock.now()
        key = log.plain_key(now, self._clock.token(), "campaign", "completed")
        writes: list[Write] = [
            campaign_writes.complete(fresh, now=now),
            *self._forget(fresh),
            log.entry(fresh.id, key, "completed", at=now),
        ]
        return self._write(writes)

    def _forget(self, campaign: Campaign) -> list[Update]:
        """Take a campaign that is over off every lane that knows it."""
        return [lanes.remove_entry(sender, campaign.id) for sender in campaign.all_senders]

    def _sweep(self, campaign: Campaign) -> bool:
        """Give the waiting leads of an aborted campaign back, until the counters meet."""
        for sender in campaign.all_senders:
            self._withdraw_all(campaign, sender)
        totals = Metrics(self._table).totals(campaign.id, consistent=True)
        if totals["enrolled"] != totals["finished"]:
            return False
        return self._write(
            [campaign_writes.swept(campaign), *self._forget(campaign), sweeping.remove(campaign.id)]
        )

    def _withdraw_all(self, campaign: Campaign, sender: str) -> None:
        rows = [row.id for row in self._leads.open_in(queue_key(campaign.id, sender))]
        for start in range(0, len(rows), withdrawing.SLICE):
            found = self._leads.get_many(rows[start : start + withdrawing.SLICE], consistent=True)
            leads = [lead for lead in found if lead]
            withdrawing.withdraw(
                self._table, campaign, leads, now=self._clock.now(), clock=self._clock, reason="aborted"
            )

    def _write(self, writes: list[Write]) -> bool:
        try:
            transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
        except TransactionCancelled:
            return False
        return True


def _age(lead: Lead, now: datetime) -> timedelta:
    assert lead.claim is not None
    return now - from_compact(lead.claim.attempt.partition("-")[0])
