"""What a verdict means for the mail of a lead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pivotr.domain.instants import to_text
from pivotr.domain.verification import Decision, Policy, decide, is_fresh

BOLD = Policy(catch_all="send", unknown="send", role="send", disposable="send")
SHY = Policy(catch_all="skip", unknown="skip", role="skip", disposable="skip")
NOW = datetime(2026, 11, 24, 9, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("verdict", "flags", "usual", "bold", "shy"),
    [
        ("valid", (), "send", "send", "send"),
        ("valid", ("free",), "send", "send", "send"),
        ("valid", ("role",), "send", "send", "skip"),
        ("valid", ("disposable",), "skip", "send", "skip"),
        ("risky", ("catch_all",), "skip", "send", "skip"),
        ("risky", ("catch_all", "role"), "skip", "send", "skip"),
        ("risky", ("greylisted",), "later", "later", "later"),
        ("risky", ("greylisted", "disposable"), "skip", "later", "skip"),
        ("unknown", (), "later", "later", "later"),
        # nothing to argue about, whatever the policy
        ("invalid", (), "skip", "skip", "skip"),
        ("valid", ("spam_trap",), "skip", "skip", "skip"),
        ("risky", (), "skip", "skip", "skip"),
        ("", (), "skip", "skip", "skip"),
        ("toxic", (), "skip", "skip", "skip"),
    ],
)
def test_decisions(verdict: str, flags: tuple[str, ...], usual: str, bold: str, shy: str) -> None:
    for policy, action in ((Policy(), usual), (BOLD, bold), (SHY, shy)):
        decision = decide(verdict, frozenset(flags), policy)
        assert decision.action == action
        assert bool(decision.reason) == (action != "send")


@pytest.mark.parametrize(("verdict", "flags"), [("unknown", ()), ("risky", ("greylisted",))])
def test_there_is_one_second_look(verdict: str, flags: tuple[str, ...]) -> None:
    for policy, then in ((Policy(), "skip"), (BOLD, "send")):
        assert decide(verdict, frozenset(flags), policy, tries=0).action == "later"
        assert decide(verdict, frozenset(flags), policy, tries=1).action == then


def test_the_reason_of_a_skip_is_a_sentence() -> None:
    assert decide("risky", frozenset({"catch_all"}), Policy()) == Decision(
        "skip", "The domain takes mail for any name, so the mailbox may not exist."
    )


@pytest.mark.parametrize(
    ("age", "days", "expected"),
    [
        (timedelta(), 30, True),
        (timedelta(days=30) - timedelta(seconds=1), 30, True),
        (timedelta(days=30), 30, False),
        (timedelta(), 0, False),
        # the clock was set back
        (-timedelta(hours=1), 30, True),
    ],
)
def test_freshness(age: timedelta, days: int, expected: bool) -> None:
    assert is_fresh(to_text(NOW - age), NOW, days=days) is expected


@pytest.mark.parametrize("verified_at", ["", "yesterday"])
def test_without_a_readable_instant_nothing_is_fresh(verified_at: str) -> None:
    assert is_fresh(verified_at, NOW) is False


def test_an_instant_without_zone_is_read_as_utc() -> None:
    assert is_fresh("2026-11-24T09:00:00", NOW) is True
