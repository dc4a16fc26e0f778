"""Start, pause, resume, abort: one transaction each over the campaign and every lane it uses.

What makes more possible spends the lanes' tickets and emits; what makes less possible only shuts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pivotr import names
from pivotr.domain.campaigns import MAX_CAMPAIGNS_PER_LANE, Campaign, Verb, refuse_transition
from pivotr.domain.chance import seeded_unit
from pivotr.domain.jobs import VerifyJob
from pivotr.domain.lanes import Entry, Lane
from pivotr.domain.pacing import gap_seconds
from pivotr.domain.senders import slower
from pivotr.domain.steps import Step
from pivotr.errors import Conflict, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.queues import Queues
from pivotr.ports.table import Reason, Table, TransactionCancelled, Write
from pivotr.storage import account, conditions, lanes, log, settings, stops, sweeping, transactions, turns
from pivotr.storage import campaigns as campaign_writes
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.lanes import Lanes
from pivotr.storage.recent import Recent
from pivotr.storage.settings import SettingsStore
from pivotr.storage.stops import Stops
from pivotr.storage.templates import Templates

_log = logging.getLogger(__name__)
_TRIES = 8


class Transitions:
    """Moves a campaign from state to state."""

    def __init__(
        self,
        *,
        table: Table,
        queues: Queues,
        clock: Clock,
        recent: Recent,
        refuse: Callable[[Campaign], None] = lambda _: None,
    ) -> None:
        """`refuse` raises what forbids the start of a draft (services/readiness.py)."""
        self._refuse = refuse
        self._table = table
        self._queues = queues
        self._clock = clock
        self._recent = recent
        self._campaigns = Campaigns(table)
        self._lanes = Lanes(table)
        self._templates = Templates(table)

    def start(self, key: str, *, actor: str = "", acknowledge: bool = False) -> Campaign:
        """Begin: fix the template versions, put the campaign on its lanes, emit. O(1) whatever the audience.

        Raises Conflict (state, full lane, and where it is not acknowledged a stop by the guard), and what
        forbids a start: InvalidInput, Misconfigured.
        """
        campaign = self._find(key)
        if campaign.status != "draft":
            raise refuse_transition(campaign, "start")
        self._refuse(campaign)
        self._heed_guard(campaign, "start", actor, acknowledge=acknowledge)
        steps = tuple(self._fixed(step) for step in campaign.steps)
        values = {"steps": [step.model_dump(mode="json") for step in steps]}
        return self._open(campaign, "start", actor, values=values)

    def resume(self, key: str, *, actor: str = "", acknowledge: bool = False) -> Campaign:
        """Go on exactly where it stopped.

        Raises Conflict, among others when the guard or the provider stopped it and that is not acknowledged.
        """
        campaign = self._find(key)
        if campaign.status != "paused":
            raise refuse_transition(campaign, "resume")
        if campaign.is_stopped and not acknowledge:
            raise Conflict(
                f"“{campaign.name}” was paused by {campaign.reason}",
                hint=f"If the cause is mended: pivotr campaign resume {campaign.id} --acknowledge",
            )
        self._heed_guard(campaign, "resume", actor, acknowledge=acknowledge)
        return self._open(campaign, "resume", actor)

    def pause(self, key: str, *, actor: str = "", reason: str = "operator") -> Campaign:
        """Shut the campaign's gates; when this returns, no new mail of it is claimed."""
        return self._shut(key, "pause", actor, reason)

    def pause_all(self, *, reason: str, actor: str = "") -> list[Campaign]:
        """Pause every campaign that runs, one after the other; those that end meanwhile are left out.

        Raises Conflict where one goes on running.
        """
        paused: list[Campaign] = []
        for campaign in list(self._campaigns.with_status("running")):
            try:
                paused.append(self.pause(campaign.id, actor=actor, reason=reason))
            except Conflict:
                if self._find(campaign.id).status == "running":
                    raise
                _log.info("campaign %s is not running any more", campaign.id)
        return paused

    def abort(self, key: str, *, actor: str = "") -> Campaign:
        """End for good; waiting leads are given back by the heartbeat."""
        campaign = self._shut(key, "abort", actor, "operator")
        self._queues.invoke(names.HEARTBEAT.name)
        return campaign

    def _find(self, key: str) -> Campaign:
        campaign = self._campaigns.get(key, consistent=True)
        if campaign is None:
            raise NotFound(f"There is no campaign “{key}”.", hint="See all with: pivotr campaign list")
        return campaign

    def _fixed(self, step: Step) -> Step:
        """The step with its template version fixed. Raises NotFound."""
        if step.version:
            found = self._templates.get(step.template, step.version)
        else:
            found = self._templates.newest(step.template)
        if found is None:
            raise NotFound(
                f"There is no template “{step.template}”"
                + (f" version {step.version}." if step.version else "."),
                hint="See all with: pivotr template list",
            )
        return step.model_copy(update={"version": found.version})

    def _open(
        self, campaign: Campaign, verb: Verb, actor: str, *, values: dict[str, Any] | None = None
    ) -> Campaign:
        """The transaction of start and resume, then one VerifyJob for each lane."""
        for _ in range(_TRIES):
            now = self._clock.now()
            known = self._lanes.get_many(campaign.senders, consistent=True)
            missing = [sender for sender in campaign.senders if sender not in known]
            if missing:
                raise NotFound("A sender of this campaign does not exist any more.",
                               hint="See all with: pivotr sender list")  # fmt: skip
            transition = campaign_writes.transition(campaign.id, verb, now=now, **(values or {}))
            writes: list[Write] = [transition]
            writes += [self._lane_write(campaign, lane, verb, now) for lane in known.values()]
            writes += [settings.guard_clear(), self._entry(campaign, verb, actor, now)]
            try:
                transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
            except TransactionCancelled as cancelled:
                self._explain(campaign, verb, list(known.values()), cancelled.reasons)
                continue
            self._emit(campaign, list(known.values()))
            return self._find(campaign.id)
        raise Conflict("The senders are too busy to start this now.", hint="Try again.")

    def _lane_write(self, campaign: Campaign, lane: Lane, verb: Verb, now: datetime) -> Write:
        profile = self._recent.profile(lane.id)
        pace = slower(campaign.gap, profile.gap if profile else None)
        gap = gap_seconds(pace, seeded_unit(lane.id, str(lane.ticket), "gap"))
        due_at = lanes.reopened_at(lane, now, gap)
        known = lane.campaigns.get(campaign.id)
        if known is not None and known.left:
            return lanes.wake(lane, due_at)
        if known is None or verb == "start":
            entry = Entry(open=True, share=campaign.shares[lane.id])
            return lanes.wake(
                lane,
                due_at,
                lanes.put_entry(campaign.id, entry),
                conditions.has_entry_room(campaign.id, MAX_CAMPAIGNS_PER_LANE),
            )
        return lanes.wake(lane, due_at, lanes.open_entry(campaign.id))

    def _explain(
        self, campaign: Campaign, verb: Verb, known: list[Lane], reasons: tuple[Reason | None, ...]
    ) -> None:
        """Raise the refusal that an operator can act on; return when it is worth trying again."""
        if reasons[0] and reasons[0].kind == "condition":
            raise refuse_transition(self._find(campaign.id), verb)
        if reasons[len(known) + 1]:
            raise Conflict(
                "The guard has stopped all sending.",
                hint="See why: pivotr metrics show. Then: pivotr campaign resume ID --acknowledge",
            )
        for lane, reason in zip(known, reasons[1:], strict=False):
            if reason and reason.item and len(reason.item.get("campaigns", {})) >= MAX_CAMPAIGNS_PER_LANE:
                profile = self._recent.profile(lane.id)
                address = profile.address if profile else lane.id
                raise Conflict(
                    f"{address} serves {MAX_CAMPAIGNS_PER_LANE} campaigns already.",
                    hint="Complete or abort one of them, or use another sender.",
                )

    def _emit(self, campaign: Campaign, known: list[Lane]) -> None:
        self._queues.invoke(names.HEARTBEAT.name)
        for lane in known:
            if lane.open and not lane.stopped:
                job = VerifyJob(sender=lane.id, ticket=lane.ticket + 1, campaign=campaign.id)
                turns.emit(self._queues, job)

    def _heed_guard(self, campaign: Campaign, verb: Verb, actor: str, *, acknowledge: bool) -> None:
        """What the guard has stopped, everything or a list, goes on only in the name of an operator."""
        guard = SettingsStore(self._table).guard()
        reason = str(guard.get("reason", ""))
        if guard.get("tripped") and not acknowledge:
            raise Conflict(
                f"The guard has stopped all sending: {reason}",
                hint=f"If the cause is mended: pivotr campaign {verb} {campaign.id} --acknowledge",
            )
        self._heed_lists(campaign, verb, actor, acknowledge=acknowledge)
        if guard.get("tripped"):
            self._acknowledge(actor, reason)

    def _heed_lists(self, campaign: Campaign, verb: Verb, actor: str, *, acknowledge: bool) -> None:
        """A list that the guard has stopped is used again only when an operator has looked at it."""
        stopped = Stops(self._table).of_lists(campaign.lists)
        if not stopped:
            return
        reason = " ".join(stopped.values())
        if not acknowledge:
            raise Conflict(
                f"The guard has stopped the {reason}",
                hint=f"If its addresses are mended: pivotr campaign {verb} {campaign.id} --acknowledge",
            )
        writes = [stops.lift(map(stops.list_key, stopped)), self._acknowledgement(reason, actor)]
        transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)

    def _acknowledgement(self, reason: str, actor: str) -> Write:
        return log.acknowledgement(self._clock.now(), self._clock.token(), actor=actor, reason=reason)

    def _acknowledge(self, actor: str, reason: str) -> None:
        now = self._clock.now()
        days = account.days_around(now, self._recent.preferences().zone)
        writes: list[Write] = [
            settings.acknowledge_guard(actor, now),
            *map(account.clear_day, days),
            self._acknowledgement(reason, actor),
        ]
        try:
            transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
        except TransactionCancelled:
            _log.info("the guard was acknowledged by somebody else")

    def _shut(self, key: str, verb: Verb, actor: str, reason: str) -> Campaign:
        for _ in range(_TRIES):
            campaign = self._find(key)
            now = self._clock.now()
            writes: list[Write] = [
                campaign_writes.transition(campaign.id, verb, now=now, reason=reason),
                self._entry(campaign, verb, actor, now),
            ]
            if campaign.is_live:
                writes += [lanes.shut_entry(sender, campaign.id) for sender in campaign.all_senders]
            if verb == "abort" and campaign.is_live:
                writes.append(sweeping.add(campaign.id))
            try:
                transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
            except TransactionCancelled as cancelled:
                if cancelled.reasons[0] and cancelled.reasons[0].kind == "condition":
                    raise refuse_transition(self._find(key), verb) from None
                continue
            return self._find(key)
        raise Conflict("The campaign changed at this very moment.", hint="Try again.")

    def _entry(self, campaign: Campaign, verb: Verb, actor: str, now: datetime) -> Write:
        kind = {"start": "started", "pause": "paused", "resume": "resumed", "abort": "aborted"}[verb]
        key = log.plain_key(now, self._clock.token(), "campaign", kind)
        return log.entry(campaign.id, key, kind, at=now, actor=actor)
