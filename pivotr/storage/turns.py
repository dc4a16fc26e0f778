"""What verify-email, send-email and the heartbeat share about a turn: emitting jobs and parking a lane."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from pivotr import names
from pivotr.domain.instants import from_text
from pivotr.domain.jobs import SendJob, VerifyJob
from pivotr.domain.lanes import Lane, Why, park_until
from pivotr.domain.windows import Window
from pivotr.ports.queues import Queues
from pivotr.ports.table import ConditionFailed, Table
from pivotr.storage import lanes
from pivotr.storage.recent import Recent


def delay_until(instant: datetime, now: datetime) -> int:
    """Whole seconds of queue delay, rounded up, within what a queue can hold."""
    seconds = (instant - now).total_seconds()
    return max(0, min(names.MAX_DELAY_SECONDS, -int(-seconds // 1)))


def emit(queues: Queues, job: VerifyJob | SendJob, *, delay: int = 0) -> None:
    """Put a job on its queue."""
    queue = names.VERIFICATION_QUEUE if isinstance(job, VerifyJob) else names.SENDING_QUEUE
    queues.send(queue.name, job.model_dump_json(), delay=delay)


def emit_next(queues: Queues, job: VerifyJob, due_at: datetime, now: datetime) -> None:
    """Emit the job of a dated turn at once where it falls within a queue's delay; else the heartbeat will.

    The VerifyJob comes without delay while the gap runs down, so that the next lead is checked meanwhile.
    """
    if (due_at - now).total_seconds() <= names.MAX_DELAY_SECONDS:
        emit(queues, job)


def windows_of(lane: Lane, recent: Recent) -> dict[str, Window]:
    """The windows of the lane's open campaigns, as known at most a minute ago."""
    found: dict[str, Window] = {}
    for campaign_id, entry in lane.campaigns.items():
        if entry.open and (campaign := recent.campaign(campaign_id)) is not None:
            found[campaign_id] = campaign.window
    return found


def park(
    table: Table,
    queues: Queues,
    lane: Lane,
    *,
    campaign: str,
    until: datetime,
    why: Why,
    now: datetime,
    tries: int = 0,
) -> bool:
    """Lay the lane to rest; within a queue's delay its next job is emitted now, else the heartbeat wakes it.

    Returns False where the ticket has moved on: then somebody else has the turn.
    """
    until = max(until, now + timedelta(milliseconds=1))
    try:
        table.update(names.SENDERS, (lane.id,), (write := lanes.park(lane, until, why)).change,
                     condition=write.condition)  # fmt: skip
    except ConditionFailed:
        return False
    delay = (until - now).total_seconds()
    if delay <= names.MAX_DELAY_SECONDS:
        job = VerifyJob(sender=lane.id, ticket=lane.ticket + 1, campaign=campaign, tries=tries)
        emit(queues, job, delay=delay_until(until, now))
    return True


def park_idle(
    table: Table, queues: Queues, lane: Lane, recent: Recent, *, campaign: str, now: datetime
) -> bool:
    """Park a lane none of whose campaigns can send now."""
    until, why = park_until(lane, now, windows_of(lane, recent))
    return park(table, queues, lane, campaign=campaign, until=until, why=why, now=now)


def hint_for(lane: Lane) -> str:
    """The campaign to name in a job when nothing better is known: the open one with the smallest turn."""
    entries: Iterable[tuple[int, str]] = (
        (entry.turn, campaign) for campaign, entry in lane.campaigns.items() if entry.open
    )
    return min(entries, default=(0, ""))[1]


def is_parked(lane: Lane) -> bool:
    """True when the lane waits for the heartbeat: not for a gap, or further away than a queue's delay.

    A back-off is shorter than a queue's delay: its job is on its way and counts the tries. A copy that knows
    nothing of them would begin the back-off anew. A job that is lost shows as a stall.
    """
    if lane.why == "backoff":
        return False
    if lane.why != "gap":
        return True
    if not lane.last_sent_at or not lane.due_at:
        return False
    gap = from_text(lane.due_at) - from_text(lane.last_sent_at)
    return gap.total_seconds() > names.MAX_DELAY_SECONDS
