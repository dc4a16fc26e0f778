"""send-email: claim one lead for one mail, call the provider exactly once, close the claim.

The claim is one transaction over lane, lead and account day; every gate and limit is a condition in it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from pivotr import names
from pivotr.domain.campaigns import Campaign
from pivotr.domain.chance import attempt_id, seeded_unit
from pivotr.domain.days import next_midnight
from pivotr.domain.instants import from_text, local_day
from pivotr.domain.jobs import SendJob, VerifyJob
from pivotr.domain.lanes import Lane, earliest_opening
from pivotr.domain.leads import Claim, Lead
from pivotr.domain.outgoing import Outgoing, Wording
from pivotr.domain.pacing import gap_seconds
from pivotr.domain.senders import Sender, slower
from pivotr.domain.windows import is_open
from pivotr.errors import InvalidInput, NoAnswer, PivotrError, Unavailable
from pivotr.ports.clock import Clock
from pivotr.ports.mailer import Mail, Mailer, NotSent, Outcome
from pivotr.ports.queues import Queues
from pivotr.ports.table import Reason, Table, TransactionCancelled, Write
from pivotr.storage import (
    account,
    closing,
    guarding,
    lanes,
    leads,
    outcomes,
    skipping,
    transactions,
    turns,
)
from pivotr.storage.codec import campaign_from, lane_from, lead_from
from pivotr.storage.recent import Recent
from pivotr.storage.schema import queue_key

_log = logging.getLogger(__name__)

#: Seconds after which a claim is too old to call the provider: the function slept or was swapped out.
_STALE_CLAIM = 20.0
#: Seconds by which a job is put off when the table cannot be reached.
_PUT_OFF = 5


@dataclass(frozen=True, slots=True)
class _Turn:
    """What was read for one mail, and what is about to be claimed."""

    job: SendJob
    lane: Lane
    campaign: Campaign
    lead: Lead
    profile: Sender
    now: datetime
    outgoing: Outgoing
    claim: Claim
    due_at: datetime


class Sending:
    """One mail."""

    def __init__(
        self, *, table: Table, queues: Queues, mailer: Mailer, clock: Clock, recent: Recent, wording: Wording
    ) -> None:
        self._table = table
        self._queues = queues
        self._mailer = mailer
        self._clock = clock
        self._recent = recent
        self._wording = wording

    def handle(self, job: SendJob) -> str:
        """As `send`; an unreachable table puts the job off, so that receives are spent by poison only."""
        try:
            return self.send(job)
        except Unavailable as error:
            _log.warning("send job put off: %s", error.sentence)
            turns.emit(self._queues, job, delay=_PUT_OFF)
            return "put off"

    def send(self, job: SendJob) -> str:
        """Send the job's mail if it is its turn; says in one word what became of it.

        Raises Unavailable when the table cannot be read or the claim could not be written: nothing was sent.
        """
        lane, campaign, lead = self._read(job)
        now = self._clock.now()
        if lane is None or job.ticket != lane.ticket:
            return "dropped"
        if not lane.is_on:
            return "shut"
        if campaign is None or lead is None or not self._is_possible(job, lane, campaign, lead, now):
            return self._pass_on(job)
        due_at = from_text(lane.due_at)
        if now < due_at:
            turns.emit(self._queues, job, delay=turns.delay_until(due_at, now))
            return "early"
        turn = self._prepare(job, lane, campaign, lead, now)
        if turn is None:
            return "skipped"
        return self._claim(turn) or self._deliver(turn)

    def _read(self, job: SendJob) -> tuple[Lane | None, Campaign | None, Lead | None]:
        keys = [
            (names.SENDERS, (job.sender,)),
            (names.CAMPAIGNS, (job.campaign,)),
            (names.LEADS, (job.lead,)),
        ]
        items = self._recent.read_with(keys, ("profile", job.sender))
        lane = lane_from(items[0]) if items[0] else None
        if lane and lane.ticket < job.ticket:
            fresh = self._table.get(names.SENDERS, (job.sender,), consistent=True)
            lane = lane_from(fresh) if fresh else None
        campaign = campaign_from(items[1]) if items[1] else None
        if campaign:
            self._recent.remember(campaign)
        if lane:
            self._recent.heed(lane)
        return lane, campaign, lead_from(items[2]) if items[2] else None

    def _is_possible(self, job: SendJob, lane: Lane, campaign: Campaign, lead: Lead, now: datetime) -> bool:
        """False where this lead's mail cannot go out now: the turn is then passed on."""
        entry = lane.campaigns.get(campaign.id)
        if campaign.status != "running" or entry is None or not entry.open:
            return False
        if not is_open(campaign.window, now) or job.step > len(campaign.steps):
            return False
        return lead.is_waiting and lead.queue == queue_key(campaign.id, lane.id) and lead.step == job.step

    def _pass_on(self, job: SendJob) -> str:
        """Whoever finds work impossible passes the turn on: the same ticket, at once, then with a pause."""
        again = VerifyJob(sender=job.sender, ticket=job.ticket, campaign=job.campaign, tries=0)
        turns.emit(self._queues, again, delay=5 if job.tries else 0)
        return "passed on"

    def _prepare(
        self, job: SendJob, lane: Lane, campaign: Campaign, lead: Lead, now: datetime
    ) -> _Turn | None:
        """Render before anything is spent; a lead whose mail cannot be rendered is skipped (None)."""
        attempt = attempt_id(now, self._clock.token())
        profile = self._recent.profile(lane.id)
        preferences = self._recent.preferences()
        step = campaign.steps[job.step - 1]
        try:
            if profile is None:
                raise InvalidInput("The sender has no profile.")
            outgoing = self._wording.mail(
                campaign=campaign.id,
                template=self._recent.template(step.template, step.version),
                first_template=self._recent.template(campaign.steps[0].template, campaign.steps[0].version),
                lead=lead,
                step=job.step,
                sender=profile,
                preferences=preferences,
                attempt=attempt,
                at=now,
                copies=[one for one in job.cc if one in profile.cc],
            )
        except PivotrError as error:
            if error.retryable:
                raise
            self._skip(job, campaign, lead, error, now)
            return None
        claim = Claim(
            attempt=attempt,
            account_day=local_day(now, preferences.zone),
            lane_day=max(lane.day, local_day(now, lane.zone)),
            campaign_day=max(lane.campaigns[campaign.id].day, local_day(now, campaign.zone)),
            copies=len(outgoing.copies),
        )
        gap = gap_seconds(
            slower(campaign.gap, profile.gap), seeded_unit(campaign.id, lead.id, str(job.step), "gap")
        )
        due_at = earliest_opening(turns.windows_of(lane, self._recent), now + timedelta(seconds=gap))
        return _Turn(job, lane, campaign, lead, profile, now, outgoing, claim, due_at)

    def _skip(self, job: SendJob, campaign: Campaign, lead: Lead, error: PivotrError, now: datetime) -> None:
        _log.warning("campaign %s, lead %s skipped: %s", campaign.id, lead.id, error.sentence)
        skipping.skip(self._table, campaign, lead, error.sentence, now=now, clock=self._clock)
        again = VerifyJob(sender=job.sender, ticket=job.ticket, campaign=job.campaign, done=lead.id)
        turns.emit(self._queues, again)

    def _claim(self, turn: _Turn) -> str | None:
        """Take the turn; None when the mail is ours to send, else what became of the job.

        The attempt id is the request token: drawn afresh in each call, so that the second copy of a job
        cannot meet the answer of the first.
        """
        for is_first in (True, False):
            try:
                transactions.run(
                    self._table, self._claim_writes(turn), token=turn.claim.attempt, clock=self._clock
                )
                return None
            except TransactionCancelled as cancelled:
                refusal = self._after_refusal(turn, cancelled.reasons)
                if refusal != "open the day" or not is_first:
                    return refusal
                self._open_day(turn)
            except NoAnswer:
                lead = self._table.get(names.LEADS, (turn.lead.id,), consistent=True)
                if lead and lead.get("claim", {}).get("attempt") == turn.claim.attempt:
                    return None
                return "no answer"
        return "refused"

    def _claim_writes(self, turn: _Turn) -> list[Write]:
        job, claim = turn.job, turn.claim
        verdict: dict[str, object] = {}
        if job.verified_at:
            flags = frozenset(job.verdict_flags)
            verdict = {"verdict": job.verdict, "verified_at": job.verified_at}
            verdict["verdict_flags"] = flags or None
        return [
            lanes.grant(
                turn.lane,
                job.campaign,
                job.ticket,
                now=turn.now,
                due_at=turn.due_at,
                lane_day=local_day(turn.now, turn.lane.zone),
                campaign_day=local_day(turn.now, turn.campaign.zone),
                copies=claim.copies,
            ),
            leads.claim(
                turn.lead.id,
                queue_key(job.campaign, job.sender),
                job.step,
                now=turn.now,
                claim=claim,
                verdict=verdict,
            ),
            account.take(self._table, claim.account_day, copies=claim.copies),
        ]

    def _after_refusal(self, turn: _Turn, reasons: tuple[Reason | None, ...]) -> str:
        """What a refused claim means, in the protocol's order: lane, lead, account day."""
        lane_reason, lead_reason, day_reason = reasons
        if lane_reason and lane_reason.kind == "condition":
            return self._lane_refused(turn, lane_from(lane_reason.item) if lane_reason.item else None)
        if lead_reason and lead_reason.kind == "condition":
            return self._pass_on(turn.job.model_copy(update={"tries": 1}))
        if day_reason and day_reason.kind == "condition":
            day = day_reason.item or {}
            if "limit" not in day:
                return "open the day"
            if day.get("stopped"):
                return "stopped"
            self._park(turn.lane, turn.job, turn.now, self._recent.preferences().zone)
            return "parked"
        return "refused"

    def _lane_refused(self, turn: _Turn, lane: Lane | None) -> str:
        job, now = turn.job, turn.now
        if lane is None or lane.ticket != job.ticket:
            return "dropped"
        if not lane.is_on:
            return "shut"
        entry = lane.campaigns.get(job.campaign)
        today = local_day(now, turn.campaign.zone)
        if entry is None or not entry.open or not entry.has_room(today, lane.copies):
            return self._pass_on(job)
        if from_text(lane.due_at) > now:
            turns.emit(self._queues, job, delay=turns.delay_until(from_text(lane.due_at), now))
            return "early"
        if not lane.has_room(local_day(now, lane.zone)):
            self._park(lane, job, now, lane.zone)
            return "parked"
        # The lane changed between read and claim (a refund, a new day): look again from the beginning.
        turns.emit(self._queues, job)
        return "again"

    def _park(self, lane: Lane, job: SendJob, now: datetime, zone: str) -> None:
        until = next_midnight(now, zone)
        turns.park(self._table, self._queues, lane, campaign=job.campaign, until=until, why="cap", now=now)

    def _open_day(self, turn: _Turn) -> None:
        account.open_day(
            self._table,
            turn.claim.account_day,
            cap=self._recent.preferences().whole("account.cap"),
            clock=self._clock,
        )

    def _deliver(self, turn: _Turn) -> str:
        """The claim is ours: call the provider once, record what it said, hand on the next turn."""
        asked = self._clock.now()
        if (asked - turn.now).total_seconds() > _STALE_CLAIM:
            outcome: Outcome = NotSent("unreachable", "The claim was too old to be used.")
        else:
            outcome = self._mailer.send(self._mail(turn))
        now = self._clock.now()
        ending = outcomes.ending(
            outcome,
            campaign=turn.campaign,
            lead=turn.lead,
            sender=turn.profile,
            step=turn.job.step,
            claim=turn.claim,
            ticket=turn.job.ticket,
            provider=self._wording.provider,
            region=self._wording.region,
            facts=turn.outgoing.facts,
            now=now,
        )
        if told := outcomes.trouble(ending, turn.profile.address):
            _log.warning(told)
        lead = turn.lead.model_copy(update={"claim": turn.claim})
        try:
            if closing.close(self._table, ending, clock=self._clock, lead=lead) == "lost":
                _log.error("mail %s left, but its claim is gone", ending.attempt)
        except Unavailable as error:
            _log.error("mail %s is not recorded, the heartbeat will look: %s", ending.attempt, error.sentence)
        if ending.result == "rejected":
            guarding.check_rejections(self._table, self._clock, turn.campaign)
        next_job = VerifyJob(
            sender=turn.job.sender,
            ticket=turn.job.ticket + 1,
            campaign=turn.job.campaign,
            # a lead that was given back waits on and may be the only one
            done="" if ending.result == "not_sent" else turn.lead.id,
        )
        due_at = ending.back_off or turn.due_at
        if ending.back_off:
            if (ending.back_off - now).total_seconds() <= names.MAX_DELAY_SECONDS:
                turns.emit(self._queues, next_job, delay=turns.delay_until(ending.back_off, now))
        else:
            turns.emit_next(self._queues, next_job, due_at, now)
        return ending.result

    def _mail(self, turn: _Turn) -> Mail:
        tags = {
            "campaign": turn.campaign.id,
            "sender": turn.lane.id,
            "lead": turn.lead.id,
            "step": str(turn.job.step),
            "attempt": turn.claim.attempt,
        }
        return Mail(turn.profile.address, (turn.lead.email, *turn.outgoing.copies), turn.outgoing.data, tags)
