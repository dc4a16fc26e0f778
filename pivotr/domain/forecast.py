"""The forecast of a campaign: day by day, when it ends, what it costs and what holds it back.

It plays the mailboxes forward by the very rules of the engine (`forecast_lanes`), once with expected figures
for the plan and many times by derived chance for the band of the finish. Pure: no clock, no port.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random

from pivotr.domain.chance import seeded
from pivotr.domain.forecast_costs import Cost, cost
from pivotr.domain.forecast_days import Days, Openings, instant
from pivotr.domain.forecast_lanes import Account, Arrivals, Entry, Mailbox, Stage, Tally
from pivotr.domain.forecast_pace import Pace, moments
from pivotr.domain.forecast_plans import CampaignPlan, LanePlan, Plan
from pivotr.domain.senders import slower
from pivotr.domain.windows import Window

#: A campaign that lasts longer is not foreseen in detail.
HORIZON_DAYS = 3660
#: Runs by chance for the band; fewer where one run takes many steps.
_RUNS = 41
_LEAST_RUNS = 9
_STEPS = 120_000
#: The part of a provider's quota that is kept back (the heartbeat's margin).
_MARGIN = 0.01
_SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Day:
    """Mails on one day of the campaign's zone, and what kept them from being more (`leads`: nothing)."""

    day: str
    mails: int
    limit: str


@dataclass(frozen=True, slots=True)
class Band:
    """When the last mail leaves: one time in ten earlier than `early`, one in ten later than `late`."""

    early: datetime
    middle: datetime
    late: datetime


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected. `finish` is None where the end lies beyond ten years or is never reached.

    `limit` names what limits most of the days. `stuck` counts leads whose mailbox cannot send.
    """

    start: datetime
    zone: str
    leads: int
    mails: int
    skipped: int
    days: tuple[Day, ...]
    first_at: datetime | None
    finish: Band | None
    limit: str
    credits: int
    cost: Cost
    stuck: int = 0


@dataclass(slots=True)
class _Run:
    tally: Tally
    is_finished: bool
    steps: int
    skipped: int


class _World:
    """The calendars, which all runs share, and the making of a run."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._openings: dict[Window, Openings] = {}
        self._days: dict[str, Days] = {}

    def openings(self, window: Window) -> Openings:
        """The openings of a window, worked out once."""
        if window not in self._openings:
            self._openings[window] = Openings(window, self.plan.start)
        return self._openings[window]

    def days(self, zone: str) -> Days:
        """The days of a zone, worked out once."""
        if zone not in self._days:
            self._days[zone] = Days(zone, self.plan.start)
        return self._days[zone]

    def run(self, pace: Pace) -> _Run:
        """Play to the end of the subject campaign or to the horizon."""
        plan, start = self.plan, self.plan.start.timestamp()
        boxes, skipped = self._boxes(pace)
        account = self._account(boxes)
        tally = Tally()
        stage = Stage(account, pace, tally)
        heap = [
            (max(start, lane.free_at.timestamp() if lane.free_at else start), number)
            for number, lane in enumerate(plan.lanes)
        ]
        heapq.heapify(heap)
        waiting = sum(any(e.is_subject and not e.is_done for e in box.entries) for box in boxes)
        horizon, steps = start + HORIZON_DAYS * _SECONDS_PER_DAY, 0
        while heap and waiting:
            at, number = heap[0]
            box = boxes[number]
            subject = next((entry for entry in box.entries if entry.is_subject), None)
            was_done = subject is None or subject.is_done
            after = box.turn(at, stage)
            steps += 1
            if not was_done and subject is not None and subject.is_done:
                waiting -= 1
            is_over = after is None or after > horizon or (subject is not None and subject.is_done
                                                           and not account.sharers)  # fmt: skip
            if is_over:
                heapq.heappop(heap)
            else:
                heapq.heapreplace(heap, (after or at, number))
        return _Run(tally, waiting == 0, steps, skipped)

    def _account(self, boxes: list[Mailbox]) -> Account:
        plan = self.plan
        limit, why = plan.account_cap, "account cap"
        if plan.quota is not None:
            kept = plan.quota - max(len(plan.lanes), int(plan.quota * _MARGIN))
            if kept < limit:
                limit, why = max(0, kept), "quota"
        most = sum(
            min(box.ramp.maximum if box.ramp else box.cap, sum(entry.share for entry in box.entries))
            for box in boxes
        )
        days = self.days(plan.account_zone)
        sharers = len(boxes) if most + plan.account_used > limit else 0
        return Account(days, limit, why, plan.account_used, sharers)

    def _boxes(self, pace: Pace) -> tuple[list[Mailbox], int]:
        plan = self.plan
        subjects, skipped = self._shared(plan.campaign, pace)
        others = [(campaign, self._shared(campaign, pace)[0]) for campaign in plan.others]
        floor = self._verifier_floor(sum(count > 0 for count in subjects.values()))
        boxes = []
        for lane in plan.lanes:
            entries = [
                self._entry(campaign, lane, counts.get(lane.sender, 0), is_subject=campaign is plan.campaign)
                for campaign, counts in ((plan.campaign, subjects), *others)
                if lane.sender in campaign.shares
            ]
            boxes.append(self._box(lane, entries, floor))
        return boxes, skipped

    def _shared(self, campaign: CampaignPlan, pace: Pace) -> tuple[dict[str, int], int]:
        """Leads that will get a first mail, by sender, and how many the verifier leaves out."""
        counts = dict(campaign.leads)
        left, weight = campaign.unpinned, sum(campaign.shares.values())
        for sender, share in sorted(campaign.shares.items()):
            drawn = left if share >= weight else pace.binomial(left, share / weight)
            counts[sender] = counts.get(sender, 0) + drawn
            left, weight = left - drawn, weight - share
        invalid = self.plan.invalid_share * self.plan.unchecked_share
        out = {sender: pace.binomial(count, invalid) for sender, count in counts.items()}
        return {sender: count - out[sender] for sender, count in counts.items()}, sum(out.values())

    def _verifier_floor(self, lanes: int) -> float:
        """Seconds between two mails of a mailbox that the verifier's rate leaves where all take part."""
        plan = self.plan
        if plan.verifier_rate is None or not plan.unchecked_share:
            return 0.0
        mails_per_minute = plan.verifier_rate * (1 - plan.invalid_share)
        return 60.0 * lanes / mails_per_minute if mails_per_minute > 0 else 0.0

    def _entry(self, campaign: CampaignPlan, lane: LanePlan, first: int, *, is_subject: bool) -> Entry:
        mean, variance = moments(slower(campaign.gap, lane.gap))
        openings = self.openings(campaign.window)
        begin = openings.after(self.plan.start.timestamp())
        entry = Entry(
            openings=openings,
            mean=mean,
            variance=variance,
            share=campaign.shares[lane.sender],
            first=first,
            delays=campaign.delays,
            is_subject=is_subject,
            day=openings.days[begin] if begin is not None else "",
            used=campaign.used.get(lane.sender, 0),
        )
        for number, (step, due) in enumerate(campaign.follow_ups.get(lane.sender, ())):
            at = due.timestamp()
            entry.arrivals[-number - 1, step] = Arrivals(step, at - 1, at, 1)
        return entry

    def _box(self, lane: LanePlan, entries: list[Entry], floor: float) -> Mailbox:
        start = self.plan.start.timestamp()
        days = self.days(lane.zone)
        is_today = bool(lane.day) and lane.used > 0 and days.number(start) == 0
        return Mailbox(
            sender=lane.sender,
            days=days,
            cap=lane.cap,
            ramp=lane.ramp,
            entries=entries,
            used=lane.used if is_today else 0,
            is_counted=is_today,
            floor=floor,
        )


def forecast(plan: Plan) -> Forecast:
    """The forecast of a plan: the same for the same plan, always."""
    world = _World(plan)
    calm = world.run(Pace())
    finish = None
    if calm.is_finished and calm.tally.mails:
        count = max(_LEAST_RUNS, min(_RUNS, _STEPS // max(1, calm.steps)))
        ends = []
        for number in range(count):
            chance = Random(seeded(plan.campaign.id, str(number), "forecast"))
            run = world.run(Pace(chance))
            if run.is_finished:
                ends.append(run.tally.last_at)
        finish = _band(sorted(ends) or [calm.tally.last_at])
    return _report(plan, calm, finish)


def _band(ends: list[float]) -> Band:
    last = len(ends) - 1
    early, middle, late = (ends[round(last * share)] for share in (0.1, 0.5, 0.9))
    return Band(instant(early), instant(middle), instant(late))


def _report(plan: Plan, calm: _Run, finish: Band | None) -> Forecast:
    tally = calm.tally
    days = tuple(
        Day(day, mails, _word(tally.limits.get(day, {}))) for day, mails in sorted(tally.mails.items())
    )
    known = {lane.sender for lane in plan.lanes}
    stuck = sum(count for sender, count in plan.campaign.leads.items() if sender not in known)
    mails = sum(tally.mails.values())
    leads = plan.campaign.waiting
    lasts = (finish.middle - plan.start).total_seconds() / _SECONDS_PER_DAY if finish else len(days)
    return Forecast(
        start=plan.start,
        zone=plan.campaign.window.zone,
        leads=leads,
        mails=mails,
        skipped=calm.skipped,
        days=days,
        first_at=instant(tally.first_at) if tally.mails else None,
        finish=finish,
        limit=_overall(days),
        credits=_credits(plan, leads),
        cost=cost(mails, leads, calm.skipped, lasts),
        stuck=stuck,
    )


def _word(limits: Mapping[str, str]) -> str:
    """What limits a day over all mailboxes: the most frequent word; a mailbox that is done says nothing."""
    words = Counter(word for word in limits.values() if word != "leads")
    return words.most_common(1)[0][0] if words else "leads"


def _overall(days: tuple[Day, ...]) -> str:
    words = Counter(day.limit for day in days if day.limit != "leads")
    return words.most_common(1)[0][0] if words else "leads"


def _credits(plan: Plan, leads: int) -> int:
    """Checks to be bought: one for each lead without fresh verdict, more where a sequence outlasts it."""
    if plan.verifier_rate is None:
        return 0
    checks = leads * plan.unchecked_share
    age = 0.0
    per_week = max(1, len(plan.campaign.window.days))
    for delay in plan.campaign.delays:
        age += delay * 7 / per_week
        if age >= plan.verdict_days:
            checks += leads * (1 - plan.invalid_share)
            age = 0.0
    return round(checks)
