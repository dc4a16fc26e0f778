"""Shares of a daily cap: even, whole, and together with what has left never more than the cap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pivotr.domain.shares import shares_of_day
from pivotr.errors import InvalidInput

SENDERS = ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("cap", "used", "resting", "shares"),
    [
        (10, {}, (), {"a": 3, "b": 3, "c": 2, "d": 2}),
        (10, {"a": 3, "c": 1}, (), {"a": 3, "b": 3, "c": 2, "d": 2}),
        # one sender has gone, or the cap was higher this morning: the rest of the cap is shared
        (10, {"gone": 4}, (), {"a": 2, "b": 2, "c": 1, "d": 1}),
        (8, {"a": 5}, (), {"a": 2, "b": 1, "c": 1, "d": 1}),
        (8, {"a": 9}, (), {"a": 2, "b": 0, "c": 0, "d": 0}),
        (4, {"a": 3, "gone": 1}, (), {"a": 1, "b": 0, "c": 0, "d": 0}),
        # who cannot send lends all but one, or what is used
        (10, {}, ("a",), {"a": 1, "b": 3, "c": 3, "d": 3}),
        (10, {"a": 2}, ("a", "b"), {"a": 2, "b": 1, "c": 4, "d": 3}),
        # nobody to lend to, or nothing to lend
        (10, {}, SENDERS, {"a": 3, "b": 3, "c": 2, "d": 2}),
        (4, {}, ("a", "b"), {"a": 1, "b": 1, "c": 1, "d": 1}),
    ],
)
def test_shares(cap: int, used: dict[str, int], resting: tuple[str, ...], shares: dict[str, int]) -> None:
    assert shares_of_day(cap, SENDERS, used, resting=resting) == shares


def test_a_cap_below_the_number_of_senders_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cannot be shared by 4 senders"):
        shares_of_day(3, SENDERS, {})


@given(
    cap=st.integers(4, 500),
    used=st.dictionaries(st.sampled_from((*SENDERS, "gone", "long gone")), st.integers(0, 200)),
    resting=st.sets(st.sampled_from(SENDERS)),
)
def test_the_cap_holds_and_nothing_of_it_is_lost(cap: int, used: dict[str, int], resting: set[str]) -> None:
    shares = shares_of_day(cap, SENDERS, used, resting=resting)
    gone = sum(count for sender, count in used.items() if sender not in SENDERS)
    today = gone + sum(max(used.get(sender, 0), shares[sender]) for sender in SENDERS)
    assert today == max(cap, sum(used.values()))
    # the first claim of the next day asks for no share
    assert sum(max(1, shares[sender]) for sender in SENDERS) <= cap
