"""verify-email: find the next due lead of a sender, check it, and keep its instant.

Writes nothing on the usual path. All reads may be stale: the claim decides.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from pivotr import names
from pivotr.domain.campaigns import Campaign
from pivotr.domain.days import next_midnight
from pivotr.domain.instants import from_text, local_day, to_text
from pivotr.domain.jobs import SendJob, VerifyJob
from pivotr.domain.lanes import Lane, choose, turn_at
from pivotr.domain.leads import Lead
from pivotr.errors import Unavailable
from pivotr.ports.clock import Clock
from pivotr.ports.queues import Queues
from pivotr.ports.table import Between, ConditionFailed, Item, Table, TransactionCancelled
from pivotr.ports.verifier import Verifier
from pivotr.storage import campaigns as campaign_writes
from pivotr.storage import lanes, leads, transactions, turns
from pivotr.storage.candidates import Candidates, Hindrance
from pivotr.storage.codec import campaign_from, lane_from, lead_from
from pivotr.storage.leads import Leads, Waiting
from pivotr.storage.recent import Recent
from pivotr.storage.schema import queue_key
from pivotr.storage.suppressions import Suppressions

_log = logging.getLogger(__name__)

#: A new candidate is begun only within this many seconds of the invocation (time-out 15 s, one check 9 s).
_BUDGET = 5.0
_IDLE = timedelta(minutes=15)
_IDLE_WHILE_ENROLLING = timedelta(minutes=5)
_BACK_OFF = (60, 900)
#: After so many fruitless turns in a row (about eight hours) the campaigns are paused.
_MAX_TRIES = 36
#: Seconds by which a job is put off when the table cannot be reached.
_PUT_OFF = 5


@dataclass(frozen=True, slots=True)
class _Turn:
    """What was read for one turn."""

    job: VerifyJob
    lane: Lane
    campaign: Campaign
    now: datetime


@dataclass(slots=True)
class _Place:
    """Where in the queues of a campaign the turn is looking."""

    campaign: str
    phase: Literal["follow_ups", "first_mails"] = "follow_ups"
    cursor: str | None = None
    #: Follow-ups were not looked for, since the campaign had none when it was seen last.
    is_plain: bool = False

    def is_outdated_by(self, campaign: Campaign) -> bool:
        """True when follow-ups were passed over that the campaign has by now."""
        return self.is_plain and campaign.has_follow_ups


class Verifying:
    """One turn of a lane, up to the SendJob."""

    def __init__(
        self, *, table: Table, queues: Queues, verifier: Verifier, clock: Clock, recent: Recent, key: bytes
    ) -> None:
        self._table = table
        self._queues = queues
        self._clock = clock
        self._recent = recent
        self._leads = Leads(table)
        self._suppressions = Suppressions(table, key)
        self._candidates = Candidates(table=table, verifier=verifier, clock=clock, recent=recent)

    def handle(self, job: VerifyJob) -> str:
        """As `verify`; an unreachable table puts the job off, so that receives are spent by poison only."""
        try:
            return self.verify(job)
        except Unavailable as error:
            _log.warning("verify job put off: %s", error.sentence)
            turns.emit(self._queues, job, delay=_PUT_OFF)
            return "put off"

    def verify(self, job: VerifyJob) -> str:  # noqa: PLR0911 - each way a turn can end is one return
        """Run a turn; says in one word what became of it. Raises Unavailable: the table cannot be read."""
        started = self._clock.now()
        place = _Place(job.campaign)
        idle: dict[str, str] = {}
        for _ in range(60):
            now = self._clock.now()
            if (now - started).total_seconds() > _BUDGET:
                break
            rows, cursor = self._page(place, job, now)
            lane, campaign, lead, is_suppressed = self._read(job, place.campaign, rows)
            if lane is None or job.ticket != lane.ticket:
                return "dropped"
            if not lane.is_on:
                return "shut"
            self._recent.heed(lane)
            lane = resting(lane, idle)
            choice = choose(lane, now, turns.windows_of(lane, self._recent))
            if choice is None or not self._has_room(lane, now):
                return self._park(job, lane, now)
            if choice != place.campaign or campaign is None or place.is_outdated_by(campaign):
                place = _Place(choice)
                continue
            turn = _Turn(job, lane, campaign, now)
            outcome = self._first_of(turn, rows, lead, is_suppressed, started)
            if outcome:
                return outcome
            if place.phase == "follow_ups" or cursor is not None:
                place = _Place(
                    place.campaign, "first_mails", cursor if place.phase == "first_mails" else None
                )
                continue
            until = self._idle(turn)
            if until is None:
                return "dropped"
            idle[campaign.id] = until
            lane = resting(lane, idle)
            if choose(lane, now, turns.windows_of(lane, self._recent)) is None:
                return self._park(job, lane, now)
            place = _Place(place.campaign)
        turns.emit(self._queues, job)
        return "continued"

    def _page(self, place: _Place, job: VerifyJob, now: datetime) -> tuple[list[Waiting], str | None]:
        """The rows at a place: follow-ups that are due, and only if there is none, first mails."""
        queue = queue_key(place.campaign, job.sender)
        if place.phase == "follow_ups":
            known = self._recent.seen_campaign(place.campaign)
            place.is_plain = known is not None and not known.has_follow_ups
            if not place.is_plain:
                rows, cursor = self._leads.waiting(queue, Between(None, to_text(now)))
                if rows := self._usable(rows, job, now):
                    return rows, cursor
            place.phase = "first_mails"
        rows, cursor = self._leads.waiting(queue, Between("~", None), cursor=place.cursor)
        usable = self._usable(rows, job, now)
        is_end = len(usable) < len(rows) and leads.is_put_off(rows[-1].due, now)
        return usable, None if is_end else cursor

    def _usable(self, rows: list[Waiting], job: VerifyJob, now: datetime) -> list[Waiting]:
        return [row for row in rows if row.id != job.done and not leads.is_put_off(row.due, now)]

    def _read(
        self, job: VerifyJob, campaign: str, rows: list[Waiting]
    ) -> tuple[Lane | None, Campaign | None, Lead | None, bool]:
        """Lane, campaign, first candidate and its suppression in one call; the lane again if it is older."""
        keys = [(names.SENDERS, (job.sender,)), (names.CAMPAIGNS, (campaign,))]
        if rows:
            keys.append((names.LEADS, (rows[0].id,)))
            keys.append((names.SUPPRESSIONS, (self._suppressions.key_of(rows[0].email),)))
        items = self._recent.read_with(keys, ("day", ""), ("domains", ""))
        lane_item: Item | None = items[0]
        if lane_item and lane_item["ticket"] < job.ticket:
            lane_item = self._table.get(names.SENDERS, (job.sender,), consistent=True)
        found = campaign_from(items[1]) if items[1] else None
        if found:
            self._recent.remember(found)
        lead = lead_from(items[2]) if rows and items[2] else None
        return lane_from(lane_item) if lane_item else None, found, lead, bool(rows and items[3])

    def _has_room(self, lane: Lane, now: datetime) -> bool:
        """True when mailbox and account have room at the lane's instant, before a credit is spent.

        The account's day is known as of a minute ago, which spares a read per mail; the claim decides.
        """
        at = turn_at(lane, now)
        item = self._recent.account_day(local_day(at, self._recent.preferences().zone))
        is_open = "limit" not in item or item.get("used", 0) + lane.copies < item["limit"]
        return (is_open or bool(item.get("stopped"))) and lane.has_room(local_day(at, lane.zone))

    def _park(self, job: VerifyJob, lane: Lane, now: datetime) -> str:
        """No campaign can send at the lane's next instant, or the day is used up."""
        if choose(lane, now, turns.windows_of(lane, self._recent)) is not None:
            at = turn_at(lane, now)
            is_lane_full = not lane.has_room(local_day(at, lane.zone))
            until = next_midnight(at, lane.zone if is_lane_full else self._recent.preferences().zone)
            turns.park(
                self._table, self._queues, lane, campaign=job.campaign, until=until, why="cap", now=now
            )
            return "parked"
        turns.park_idle(self._table, self._queues, lane, self._recent, campaign=job.campaign, now=now)
        return "parked"

    def _first_of(
        self, turn: _Turn, rows: list[Waiting], first: Lead | None, is_suppressed: bool, started: datetime
    ) -> str | None:
        """Hand on the first eligible lead of the page; None when the page has none."""
        for number, row in enumerate(rows):
            if (self._clock.now() - started).total_seconds() > _BUDGET:
                turns.emit(self._queues, turn.job)
                return "continued"
            if number == 0:
                lead, suppressed = first, is_suppressed
            else:
                lead, suppressed = self._candidate(row)
            if lead is None or not self._waits_here(turn, lead):
                continue
            outcome = self._try(turn, lead, suppressed)
            if outcome:
                return outcome
        return None

    def _candidate(self, row: Waiting) -> tuple[Lead | None, bool]:
        key = self._suppressions.key_of(row.email)
        items = self._table.get_many([(names.LEADS, (row.id,)), (names.SUPPRESSIONS, (key,))])
        return lead_from(items[0]) if items[0] else None, items[1] is not None

    def _waits_here(self, turn: _Turn, lead: Lead) -> bool:
        due = lead.due or ""
        is_due = due.startswith("~") or due <= to_text(turn.now)
        queue = queue_key(turn.campaign.id, turn.lane.id)
        return lead.is_waiting and lead.queue == queue and is_due and not leads.is_put_off(due, turn.now)

    def _try(self, turn: _Turn, lead: Lead, is_suppressed: bool) -> str | None:
        """Check one waiting lead and hand it on. None: it is skipped or put off, take the next."""
        checked = self._candidates.examine(turn.campaign, lead, now=turn.now, is_suppressed=is_suppressed)
        if checked is None:
            return None
        if isinstance(checked, Hindrance):
            return self._hindered(turn, checked)
        job = SendJob(
            sender=turn.lane.id,
            ticket=turn.lane.ticket,
            campaign=turn.campaign.id,
            lead=checked.id,
            step=checked.step,
            verdict=checked.verdict,
            verdict_flags=tuple(sorted(checked.verdict_flags)),
            verified_at=checked.verified_at,
            cc=self._copies(turn.lane),
        )
        now = self._clock.now()
        turns.emit(self._queues, job, delay=turns.delay_until(turn_at(turn.lane, now), now))
        return "send"

    def _copies(self, lane: Lane) -> tuple[str, ...]:
        """Who gets a copy of the mailbox's mails: nobody who is suppressed (P4)."""
        profile = self._recent.profile(lane.id) if lane.copies else None
        return self._suppressions.free(profile.cc) if profile else ()

    def _hindered(self, turn: _Turn, hindrance: Hindrance) -> str:
        """What the verifier's rate, silence or refusal means for the turn."""
        if hindrance.kind == "rate":
            delay = min(names.MAX_DELAY_SECONDS, int(hindrance.seconds) + 1)
            turns.emit(self._queues, turn.job, delay=delay)
            return "rate"
        if hindrance.kind == "refused":
            return self._pause(turn, hindrance.text)
        return self._back_off(turn, hindrance.text)

    def _back_off(self, turn: _Turn, text: str) -> str:
        tries = turn.job.tries
        if tries >= _MAX_TRIES:
            return self._pause(turn, f"no answer for hours. {text}")
        first, longest = _BACK_OFF
        seconds = min(longest, first * 2 ** min(tries, 8))
        _log.warning("verifier unavailable, next try in %d s: %s", seconds, text)
        turns.park(
            self._table,
            self._queues,
            turn.lane,
            campaign=turn.campaign.id,
            until=turn.now + timedelta(seconds=seconds),
            why="backoff",
            now=turn.now,
            tries=tries + 1,
        )
        return "backoff"

    def _pause(self, turn: _Turn, reason: str) -> str:
        """The verifier refuses us for good: pause the campaign with the reason, let the others go on."""
        campaign = turn.campaign
        _log.error("campaign %s paused: verifier: %s", campaign.id, reason)
        writes = [
            campaign_writes.transition(campaign.id, "pause", now=turn.now, reason=f"verifier: {reason}"),
            *(lanes.shut_entry(sender, campaign.id) for sender in campaign.senders),
        ]
        try:
            transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
        except TransactionCancelled:
            _log.info("campaign %s was no longer running", campaign.id)
        turns.emit(self._queues, turn.job)
        return "paused"

    def _idle(self, turn: _Turn) -> str | None:
        """Nobody of this campaign is due here: rest it until an instant, so that others get the turn.

        None where the ticket has moved on.
        """
        queue = queue_key(turn.campaign.id, turn.lane.id)
        limit = _IDLE if turn.campaign.enrol.done else _IDLE_WHILE_ENROLLING
        until = turn.now + limit
        rows, _ = self._leads.waiting(queue, Between(to_text(turn.now), "~"), limit=1)
        put_off, _ = self._leads.waiting(queue, Between("~~", None), limit=1)
        for row in (*rows, *put_off):
            until = min(until, max(from_text(row.due.lstrip("~")), turn.now + timedelta(seconds=1)))
        write = lanes.idle(turn.lane, turn.campaign.id, until)
        try:
            self._table.update(write.table, write.key, write.change, condition=write.condition)
        except ConditionFailed:
            return None
        return to_text(until)


def resting(lane: Lane, idle: Mapping[str, str]) -> Lane:
    """The lane with what this turn has put to rest: an eventually consistent read may not show it yet."""
    if not idle:
        return lane
    entries = {
        campaign: replace(entry, idle_until=idle[campaign]) if campaign in idle else entry
        for campaign, entry in lane.campaigns.items()
    }
    return replace(lane, campaigns=entries)
