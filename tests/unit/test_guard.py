"""The guard: stops when rate and count are both over the line, and says so in figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivotr.domain.guard import Figures, Levels, judge, judge_early, judge_sender

LEVELS = Levels()


@pytest.mark.parametrize(
    ("sent", "bounced", "complained", "level"),
    [
        (0, 0, 0, "ok"),
        (1000, 0, 0, "ok"),
        # both are needed: two bounces of ten stop nothing, neither do three of exactly 5 %
        (10, 1, 0, "ok"),
        (10, 2, 0, "warn"),
        (60, 3, 0, "warn"),
        (59, 3, 0, "stop"),
        (150, 3, 0, "ok"),
        (149, 3, 0, "warn"),
        (10_000, 500, 0, "warn"),
        (10_000, 501, 0, "stop"),
        (100, 0, 1, "warn"),
        (2000, 0, 1, "ok"),
        (2000, 0, 2, "warn"),
        (1999, 0, 2, "stop"),
        (10_000, 0, 10, "warn"),
        (10_000, 0, 11, "stop"),
        # late bounces of mails that left before the week began
        (0, 3, 0, "stop"),
    ],
)
def test_account(sent: int, bounced: int, complained: int, level: str) -> None:
    health = judge(Figures(sent, bounced, complained), LEVELS)
    assert health.level == level
    assert bool(health.reason) == (level != "ok")


@pytest.mark.parametrize(
    ("sent", "bounced", "complained", "level"),
    [
        (9, 3, 0, "ok"),
        (10, 3, 0, "stop"),
        (10, 2, 0, "warn"),
        (37, 3, 0, "stop"),
        (38, 3, 0, "ok"),
        (1000, 60, 0, "ok"),
        (100, 0, 1, "warn"),
        (500, 0, 2, "stop"),
        (10, 3, 2, "stop"),
    ],
)
def test_first_mails_of_a_campaign_or_list(sent: int, bounced: int, complained: int, level: str) -> None:
    assert judge_early(Figures(sent, bounced, complained), LEVELS).level == level


@pytest.mark.parametrize(
    ("sent", "bounced", "complained", "level"),
    [(59, 3, 0, "stop"), (60, 3, 0, "warn"), (9, 3, 0, "stop"), (1999, 0, 2, "stop"), (500, 0, 0, "ok")],
)
def test_mailbox(sent: int, bounced: int, complained: int, level: str) -> None:
    assert judge_sender(Figures(sent, bounced, complained), LEVELS).level == level


def test_a_mailbox_has_floors_of_its_own() -> None:
    levels = Levels(sender_bounce_floor=5, sender_complaint_floor=3, early_rate=1)
    assert judge_sender(Figures(50, 4, 0), levels).level == "warn"
    assert judge_sender(Figures(50, 5, 0), levels).level == "stop"
    assert judge_sender(Figures(500, 0, 2), levels).level == "warn"
    assert judge_sender(Figures(500, 0, 3), levels).level == "stop"


def test_reasons_can_be_read_aloud() -> None:
    assert judge(Figures(1800, 120, 0), LEVELS).reason == (
        "120 of 1,800 mails bounced permanently: 6.667 %, over the limit of 5 %."
    )
    assert judge(Figures(1500, 0, 1), LEVELS).reason == (
        "1 of 1,500 mails reported as spam: 0.06667 %, over 0.05 %. Sending stops over 0.1 %, from 2 on."
    )
    assert judge_early(Figures(30, 3, 0), LEVELS).reason == (
        "3 of 30 mails bounced permanently: 10 %, over the limit of 8 %."
    )


def test_all_that_is_wrong_is_told() -> None:
    reason = judge(Figures(100, 20, 3), LEVELS).reason
    assert reason == (
        "3 of 100 mails reported as spam: 3 %, over the limit of 0.1 %. "
        "20 of 100 mails bounced permanently: 20 %, over the limit of 5 %."
    )


@given(
    sent=st.integers(0, 100_000),
    bounced=st.integers(0, 1000),
    complained=st.integers(0, 1000),
    more=st.integers(0, 1000),
)
def test_more_trouble_is_never_judged_better(sent: int, bounced: int, complained: int, more: int) -> None:
    order = ("ok", "warn", "stop")
    for rule in (judge, judge_early, judge_sender):
        now = rule(Figures(sent, bounced, complained), LEVELS).level
        for worse in (Figures(sent, bounced + more, complained), Figures(sent, bounced, complained + more)):
            assert order.index(rule(worse, LEVELS).level) >= order.index(now)
