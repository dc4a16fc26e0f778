"""What a mail costs and how fast the engine plays: F10 to F13, F17 and F18, on the simulated world.

Calls are counted at the ports, capacity is that of `bench.capacity`, prices are those of the forecast.
Run `python -m bench.engine_cost [LEADS [WEEK]]`: LEADS are those of the larger campaign of F13 (1,000;
100,000 takes an hour), WEEK those of the six days of F17 (1,000). `--places` prints each call, where
it is made and what it costs.
"""

from __future__ import annotations

import heapq
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from bench.counting import Account, CountingMailer, CountingQueues, CountingTable
from pivotr.domain.forecast import forecast
from pivotr.domain.forecast_costs import (
    CALLS,
    GB_SECONDS,
    PER_CALL,
    PER_GB_SECOND,
    PER_QUEUE_REQUEST,
    PER_READ_UNIT,
    PER_WRITE_UNIT,
    QUEUE_REQUESTS,
    SES_PER_MAIL,
)
from pivotr.domain.forecast_plans import CampaignPlan, LanePlan, Plan
from pivotr.domain.pacing import parse_gap
from pivotr.domain.windows import parse_window
from tests.simulation.world import World

SMALL, LARGE = 100, 1000
WEEK_LEADS = 1000
Rows = list[dict[str, object]]


class CountedWorld(World):
    """A world whose ports are counted."""

    def __init__(self) -> None:
        self.account = Account()
        super().__init__()

    def connect(self):  # type: ignore[no-untyped-def]
        table, queues, provider = self.table, self.queues, self.provider
        self.table = CountingTable(table, self.account)
        self.queues = CountingQueues(queues, self.account)
        self.provider = CountingMailer(provider, self.account)
        services = super().connect()
        self.table, self.queues, self.provider = table, queues, provider
        return services


def costs(leads: int, *, steps: tuple[str, ...] = ("intro",)) -> tuple[Account, int]:
    """Run one campaign to its end; the calls, and the number of delivered mails."""
    world = CountedWorld()
    world.setting("account.cap", 10**6)
    world.sender(cap=10**6)
    world.template()
    world.template("nudge", "unused", "And again, {{FirstName|there}}.")
    world.leads(leads)
    campaign = world.campaign(cap=10**6, steps=steps)
    world.services.transitions.start(campaign)
    world.run_until_over(campaign, days=400)
    world.run(timedelta(minutes=1))
    delivered = world.totals(campaign)["delivered"]
    if delivered != leads * len(steps):
        raise AssertionError(f"{delivered} of {leads * len(steps)} mails were delivered")
    return world.account, delivered


def places(leads: int = SMALL) -> Rows:
    """Every call of a mail: function, call, place, how often a mail, and its units."""
    account, mails = costs(leads)
    return [
        {
            "function": function,
            "call": call,
            "place": place,
            "calls": round(count / mails, 3),
            "wcu": round(account.writes[function, call, place] / mails, 2),
            "rcu": round(account.reads[function, call, place] / mails, 2),
        }
        for (function, call, place), count in sorted(account.calls.items())
        if function in ("verify_email", "send_email", "process_feedback")
    ]


def measure(large: int = LARGE, week: int = WEEK_LEADS) -> Rows:
    """F10 to F13, F17 and F18 as rows {figure, what, value, unit, goal}."""
    return [*_per_mail(large), *_speed(week), *_start()]


def _per_mail(large: int) -> Rows:
    small, mails = costs(SMALL)
    figures = _figures(small, mails)
    grown = _figures(*costs(large))
    sequence = _figures(*costs(SMALL, steps=("intro", "nudge+1d")))
    price = _price(figures)
    what = "a delivered mail"
    return [
        _row("F10", f"calls for {what}", figures["calls"], "calls", "≤ 9"),
        _row("F10", f"calls for {what} of a sequence of two, sparse", sequence["calls"], "calls", ""),
        _row("F11", f"write capacity of {what}", figures["writes"], "WCU", "≤ 20"),
        _row("F11", f"read capacity of {what}", figures["reads"], "RCU", "≤ 4"),
        _row(
            "F11", f"write capacity of {what} of a sequence of two, sparse", sequence["writes"], "WCU", "≤ 20"
        ),
        _row("F12", "1,000 delivered mails (us-east-1)", price, "$", "≤ 0.120"),
        _row("F12", "of it SES", SES_PER_MAIL * 1000, "$", ""),
        *(
            _row("F13", f"{name}: {large:,} leads ÷ {SMALL:,}", grown[key] / figures[key], "ratio", "≤ 1.02")
            for name, key in (("calls", "calls"), ("WCU", "writes"), ("RCU", "reads"))
        ),
    ]


def _figures(account: Account, mails: int) -> dict[str, float]:
    return {
        "calls": account.total(account.calls) / mails,
        "writes": account.total(account.writes) / mails,
        "reads": account.total(account.reads) / mails,
    }


def _price(figures: dict[str, float]) -> float:
    """Dollars for 1,000 mails: measured capacity, requests of two jobs, billed time of the functions."""
    one = SES_PER_MAIL + figures["writes"] * PER_WRITE_UNIT + figures["reads"] * PER_READ_UNIT
    one += QUEUE_REQUESTS * PER_QUEUE_REQUEST + CALLS * PER_CALL + GB_SECONDS * PER_GB_SECOND
    return one * 1000


def _speed(leads: int) -> Rows:
    began = time.process_time()
    world = World(announces=False)
    world.setting("account.cap", 10**6)
    senders = tuple(f"s{number}@acme.example" for number in range(8))
    for sender in senders:
        world.sender(sender, cap=10**6)
    world.template()
    world.leads(leads)
    campaign = world.campaign(senders=senders, cap=-(-leads // 6), window="daily 09:30-17:30 Asia/Kolkata")
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    seconds = time.process_time() - began
    bare, ours = _cpu(_bare_loop), _cpu(_forecast)
    return [
        _row("F17", f"{leads:,} leads over six days, simulated", seconds, "cpu-s", ""),
        _row("F17", "the same for 10,000 leads", seconds * 10_000 / leads, "cpu-s", "≤ 60"),
        _row("F17", "forecast of 1,000,000 mails ÷ bare heap loop", ours / bare, "ratio", "≤ 3"),
    ]


def _bare_loop(mails: int = 1_000_000, lanes: int = 50) -> None:
    """The least that a simulation mail by mail can do: one heap of lanes, one gap drawn for each mail."""
    chance = Random(1)
    heap = [(0.0, lane) for lane in range(lanes)]
    left = mails
    while left:
        at, lane = heap[0]
        heapq.heapreplace(heap, (at + max(60.0, chance.gauss(120.0, 20.0)), lane))
        left -= 1


def _forecast() -> None:
    window, gap = parse_window("mon-fri 09:30-17:30 Asia/Kolkata"), parse_gap("60-180")
    senders = [f"s{number}" for number in range(50)]
    plan = Plan(
        start=datetime(2026, 11, 23, 4, 5, tzinfo=UTC),
        campaign=CampaignPlan("c", window, gap, dict.fromkeys(senders, 200), unpinned=1_000_000),
        lanes=tuple(LanePlan(sender, "Asia/Kolkata", 200) for sender in senders),
        account_cap=9_000,
        account_zone="Asia/Kolkata",
    )
    if forecast(plan).mails != 1_000_000:
        raise AssertionError("the forecast lost mails")


def _cpu(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _start(leads: int = 100_000) -> Rows:
    """What the caller of a start waits for: its calls, and its time against the same with 100 leads."""
    small, few = _started(SMALL)
    large, many = _started(leads)
    return [
        _row("F18", f"start with {leads:,} leads: calls of the caller", many, "calls", f"as with 100: {few}"),
        _row("F18", f"start with {leads:,} leads", large, "cpu-s", "< 1"),
        _row("F18", "start with 100 leads", small, "cpu-s", ""),
    ]


def _started(leads: int) -> tuple[float, int]:
    world = CountedWorld()
    world.sender()
    world.template()
    world.leads(leads)
    campaign = world.campaign()
    world.account.calls.clear()
    began = time.process_time()
    world.services.transitions.start(campaign)
    return time.process_time() - began, sum(world.account.calls.values())


def _row(figure: str, what: str, value: float, unit: str, goal: str) -> dict[str, object]:
    return {"figure": figure, "what": what, "value": round(value, 4), "unit": unit, "goal": goal}


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()]
    rows = places() if "--places" in words else measure(*numbers)
    print(json.dumps(rows, indent=1, ensure_ascii=False))
