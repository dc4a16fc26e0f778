"""Forecasts by figures alone: days, what limits them, the band, credits and cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pivotr.domain.forecast import Forecast, forecast
from pivotr.domain.forecast_costs import cost
from pivotr.domain.forecast_plans import CampaignPlan, LanePlan, Plan
from pivotr.domain.instants import to_text
from pivotr.domain.lanes import LaneRamp
from pivotr.domain.pacing import parse_gap
from pivotr.domain.windows import parse_window

MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
WINDOW = "mon-fri 09:30-17:30 Asia/Kolkata"


def plan(leads: int = 200, *, cap: int = 80, gap: str = "60-180", window: str = WINDOW, senders: int = 1,
         lane: dict[str, Any] | None = None, delays: tuple[int, ...] = (),
         **options: Any) -> Plan:  # fmt: skip
    ids = [f"s{number}" for number in range(senders)]
    shares = dict.fromkeys(ids, cap // senders)
    campaign = CampaignPlan("c", parse_window(window), parse_gap(gap), shares, unpinned=leads, delays=delays)
    lanes = tuple(LanePlan(one, **{"zone": "Asia/Kolkata", "cap": 1000, **(lane or {})}) for one in ids)
    return Plan(MONDAY, campaign, lanes, **{"account_cap": 10_000, "account_zone": "Asia/Kolkata", **options})


def per_day(found: Forecast) -> list[tuple[str, int, str]]:
    return [(day.day[5:], day.mails, day.limit) for day in found.days]


def test_a_cap_fills_day_by_day_and_weekends_are_left_out() -> None:
    found = forecast(plan(430))
    assert per_day(found) == [
        ("11-23", 80, "cap"), ("11-24", 80, "cap"), ("11-25", 80, "cap"), ("11-26", 80, "cap"),
        ("11-27", 80, "cap"), ("11-30", 30, "leads"),
    ]  # fmt: skip
    assert found.limit == "cap"
    assert found.first_at is not None
    assert to_text(found.first_at) == "2026-11-23T04:00:00.000Z"
    assert found.finish is not None
    assert found.finish.early <= found.finish.middle <= found.finish.late
    assert found.finish.middle.date().isoformat() == "2026-11-30"


def test_without_a_cap_hours_and_gap_decide() -> None:
    found = forecast(plan(400, cap=1000, gap="120"))
    assert per_day(found) == [("11-23", 240, "window"), ("11-24", 160, "leads")]
    assert forecast(plan(1000, cap=1000, gap="300", window="always")).limit == "gap"


def test_a_ramp_grows_on_days_with_mails_only() -> None:
    ramp = {"ramp": LaneRamp(0, 20, 10, 50), "cap": 20}
    found = forecast(plan(300, cap=300, lane=ramp))
    assert [day.mails for day in found.days] == [20, 30, 40, 50, 50, 50, 50, 10]
    assert [day.limit for day in found.days[:5]] == ["ramp", "ramp", "ramp", "sender cap", "sender cap"]


def test_account_cap_and_quota_are_told_apart() -> None:
    found = forecast(plan(200, cap=120, senders=3, account_cap=60))
    assert [(day.mails, day.limit) for day in found.days[:3]] == [(60, "account cap")] * 3
    found = forecast(plan(200, cap=120, senders=3, quota=80))
    assert [(day.mails, day.limit) for day in found.days[:2]] == [(77, "quota")] * 2
    found = forecast(plan(100, account_cap=60, account_used=45))
    assert [day.mails for day in found.days] == [15, 60, 25], "what is used today is not there any more"


def test_a_slow_verifier_holds_every_mailbox_back() -> None:
    found = forecast(plan(300, cap=1000, senders=2, verifier_rate=0.25))
    assert found.days[0].limit == "verifier rate"
    assert found.days[0].mails == pytest.approx(0.25 * 60 * 8, abs=3)
    assert found.credits == 300


def test_other_campaigns_take_their_turns() -> None:
    alone = plan(300, cap=1000)
    other = replace(alone.campaign, id="d", unpinned=1000)
    found = forecast(replace(alone, others=(other,)))
    assert found.days[0].limit == "other campaigns"
    assert found.days[0].mails == pytest.approx(forecast(alone).days[0].mails / 2, abs=1)


def test_invalid_addresses_take_no_turn_but_a_credit() -> None:
    found = forecast(plan(1000, invalid_share=0.1, verifier_rate=30))
    assert (found.mails, found.skipped, found.credits) == (900, 100, 1000)


def test_follow_ups_come_their_business_days_later() -> None:
    found = forecast(plan(50, delays=(2,)))
    assert found.mails == 100
    assert [(day.day[5:], day.mails) for day in found.days] == [("11-23", 50), ("11-25", 50)]
    late = forecast(plan(50, delays=(30,), verifier_rate=30))
    assert late.credits == 100, "a verdict is older than thirty days by then"


def test_leads_of_a_shut_mailbox_only_wait() -> None:
    campaign = replace(plan().campaign, leads={"s0": 10, "shut": 7}, unpinned=0)
    found = forecast(replace(plan(), campaign=campaign))
    assert (found.mails, found.stuck) == (10, 7)


def test_a_cap_of_nothing_for_ten_years_has_no_finish() -> None:
    assert forecast(plan(10_000, cap=1)).finish is None


def test_the_same_plan_gives_the_same_forecast() -> None:
    assert forecast(plan(700, cap=300)) == forecast(plan(700, cap=300))


def test_more_chance_means_a_wider_band() -> None:
    narrow, wide = (forecast(plan(900, cap=1000, gap=gap)).finish for gap in ("115-125", "10-230"))
    assert narrow is not None
    assert wide is not None
    assert wide.late - wide.early > 2 * (narrow.late - narrow.early)


def test_price_of_a_thousand_mails() -> None:
    found = cost(1000, 0, 0, 0)
    assert found.ses == pytest.approx(0.10)
    assert 0.10 < found.per_thousand <= 0.120
    assert cost(0, 0, 0, 30).total == pytest.approx(6.25)
