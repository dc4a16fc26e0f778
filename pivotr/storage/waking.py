"""Lanes that rest: waking them to the second, and those whose chain of jobs broke."""

from __future__ import annotations

from datetime import datetime, timedelta

from pivotr import names
from pivotr.domain.chance import seeded_unit
from pivotr.domain.instants import from_text, local_day
from pivotr.domain.jobs import VerifyJob
from pivotr.domain.lanes import Lane, choose, turn_at
from pivotr.domain.pacing import gap_seconds
from pivotr.domain.senders import slower
from pivotr.ports.clock import Clock
from pivotr.ports.queues import Queues
from pivotr.ports.table import ConditionFailed, Table
from pivotr.storage import lanes, turns
from pivotr.storage.lanes import Lanes
from pivotr.storage.metrics import Metrics
from pivotr.storage.recent import Recent

_STALL = timedelta(seconds=120)
_TRIES = 5


class Waking:
    """Emits the jobs of lanes at rest."""

    def __init__(self, *, table: Table, queues: Queues, clock: Clock, recent: Recent) -> None:
        self._table = table
        self._queues = queues
        self._clock = clock
        self._recent = recent
        self._lanes = Lanes(table)

    def wake(self, lane: Lane) -> bool:
        """Emit the job of a parked lane at its exact instant, and of a lane whose chain broke."""
        now = self._clock.now()
        if not lane.is_on:
            return False
        at = turn_at(lane, now)
        due_at = from_text(lane.due_at)
        nudged = from_text(lane.nudged_at) if lane.nudged_at else None
        is_due_soon = at <= now + timedelta(seconds=names.MAX_DELAY_SECONDS) and lane.nudged_at != lane.due_at
        is_stalled = max(due_at, nudged or due_at) + _STALL <= now
        if (turns.is_parked(lane) and is_due_soon) or is_stalled:
            return self._nudge(lane, at, now)
        return lane.why == "cap" and self._has_room_again(lane, now) and self._reopen(lane, now)

    def _nudge(self, lane: Lane, at: datetime, now: datetime) -> bool:
        """Emit, then mark: a crash in between costs a second job, not a lost one."""
        job = VerifyJob(sender=lane.id, ticket=lane.ticket, campaign=turns.hint_for(lane))
        turns.emit(self._queues, job, delay=turns.delay_until(at, now))
        write = lanes.nudged(lane, at)
        try:
            self._table.update(write.table, write.key, write.change, condition=write.condition)
        except ConditionFailed:
            return False
        return True

    def _has_room_again(self, lane: Lane, now: datetime) -> bool:
        zone = self._recent.preferences().zone
        day = Metrics(self._table).account_day(local_day(now, zone))
        is_open = "limit" not in day or day.get("used", 0) + lane.copies < day["limit"]
        if not is_open or not lane.has_room(local_day(now, lane.zone)):
            return False
        return choose(lanes.due_now(lane), now, turns.windows_of(lane, self._recent)) is not None

    def _reopen(self, lane: Lane, now: datetime) -> bool:
        """More has become possible on this lane: a new ticket, an earlier instant, a job."""
        write = lanes.wake(lane, lanes.reopened_at(lane, now, self._gap(lane)))
        try:
            self._table.update(write.table, write.key, write.change, condition=write.condition)
        except ConditionFailed:
            return False
        job = VerifyJob(sender=lane.id, ticket=lane.ticket + 1, campaign=turns.hint_for(lane))
        turns.emit(self._queues, job)
        return True

    def _gap(self, lane: Lane) -> float:
        campaign = self._recent.campaign(turns.hint_for(lane))
        profile = self._recent.profile(lane.id)
        if campaign is None:
            return 0.0
        pace = slower(campaign.gap, profile.gap if profile else None)
        return gap_seconds(pace, seeded_unit(lane.id, str(lane.ticket), "gap"))

    def end_idleness(self, lane: Lane, campaign: str) -> None:
        """New leads wait for a lane that rests for want of them: that makes more possible."""
        now = self._clock.now()
        for _ in range(_TRIES):
            due_at = lanes.reopened_at(lane, now, self._gap(lane)) if lane.why == "idle" else None
            write = lanes.wake(lane, due_at, lanes.open_entry(campaign), lanes.entry_is_open(campaign))
            try:
                self._table.update(write.table, write.key, write.change, condition=write.condition)
                break
            except ConditionFailed:
                # A turn ended or the lane was laid to rest at this very moment: look again.
                fresh = self._lanes.get(lane.id, consistent=True)
                if fresh is None or not fresh.is_on:
                    return
                lane = fresh
        else:
            return
        if due_at is not None or lane.why == "gap":
            job = VerifyJob(sender=lane.id, ticket=lane.ticket + 1, campaign=campaign)
            turns.emit_next(self._queues, job, due_at or from_text(lane.due_at), now)
