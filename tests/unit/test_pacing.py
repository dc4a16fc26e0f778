"""Gaps on a bell curve and the growth of a daily cap."""

from __future__ import annotations

from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pivotr.domain.chance import seeded_unit
from pivotr.domain.lanes import LaneRamp
from pivotr.domain.pacing import (
    LONGEST_GAP,
    Gap,
    Ramp,
    format_gap,
    format_ramp,
    gap_seconds,
    parse_gap,
    parse_ramp,
)
from pivotr.errors import InvalidInput

UNITS = [seeded_unit("campaign", f"lead{number}", "1", "gap") for number in range(10_000)]

seconds = st.floats(0, LONGEST_GAP).map(abs)


@st.composite
def gaps(draw: st.DrawFn) -> Gap:
    minimum, mean, maximum = sorted(draw(st.tuples(seconds, seconds, seconds)))
    return Gap(mean=mean, deviation=draw(seconds), minimum=minimum, maximum=maximum)


class TestCurve:
    """The distribution of 10,000 seeded gaps."""

    def test_usual_gap_is_a_bell(self) -> None:
        drawn = [gap_seconds(parse_gap("60-180"), unit) for unit in UNITS]
        assert 60 <= min(drawn) < 70
        assert 170 < max(drawn) <= 180
        assert fmean(drawn) == pytest.approx(120, abs=1)
        assert stdev(drawn) == pytest.approx(20, abs=1)
        # shares of a normal distribution within one and two deviations
        assert sum(100 <= gap <= 140 for gap in drawn) / len(drawn) == pytest.approx(0.683, abs=0.015)
        assert sum(80 <= gap <= 160 for gap in drawn) / len(drawn) == pytest.approx(0.955, abs=0.01)

    def test_a_curve_that_is_cut_off_does_not_pile_up_at_its_limits(self) -> None:
        drawn = [gap_seconds(parse_gap("60-180 ~90/60"), unit) for unit in UNITS]
        assert min(drawn) >= 60
        assert max(drawn) <= 180
        assert len(set(drawn)) == len(drawn)
        # mean of a normal distribution with mean 90 and deviation 60, cut off at 60 and 180
        assert fmean(drawn) == pytest.approx(111, abs=1.5)

    def test_hardly_two_gaps_are_alike(self) -> None:
        drawn = {round(gap_seconds(parse_gap("60-180"), unit), 3) for unit in UNITS[:1000]}
        assert len(drawn) > 950

    @given(gap=gaps(), unit=st.floats(0, 1))
    def test_never_outside_the_limits(self, gap: Gap, unit: float) -> None:
        assert gap.minimum <= gap_seconds(gap, unit) <= gap.maximum

    @given(gap=gaps(), units=st.tuples(st.floats(0, 1), st.floats(0, 1)))
    def test_grows_with_the_position(self, gap: Gap, units: tuple[float, float]) -> None:
        low, high = sorted(units)
        assert gap_seconds(gap, low) <= gap_seconds(gap, high)

    @given(length=seconds, deviation=seconds, unit=st.floats(0, 1))
    def test_equal_limits_are_exact(self, length: float, deviation: float, unit: float) -> None:
        gap = Gap(mean=length, deviation=deviation, minimum=length, maximum=length)
        assert gap_seconds(gap, unit) == length

    @given(unit=st.floats(0, 1))
    def test_without_deviation_the_mean_is_exact(self, unit: float) -> None:
        assert gap_seconds(Gap(mean=90.1, deviation=0, minimum=60, maximum=180), unit) == 90.1


class TestGapText:
    """What an operator writes behind --gap."""

    @pytest.mark.parametrize(
        ("text", "figures"),
        [
            ("60-180", (120, 20, 60, 180)),
            (" 60 – 180 ", (120, 20, 60, 180)),
            ("120", (120, 0, 120, 120)),
            ("0", (0, 0, 0, 0)),
            ("0-0", (0, 0, 0, 0)),
            ("0.5-2", (1.25, 0.25, 0.5, 2)),
            ("60-180 ~90/15", (90, 15, 60, 180)),
        ],
    )
    def test_forms(self, text: str, figures: tuple[float, float, float, float]) -> None:
        gap = parse_gap(text)
        assert (gap.mean, gap.deviation, gap.minimum, gap.maximum) == figures

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "“” is not a gap."),
            ("soon", "“soon” is not a gap."),
            ("60-", "“60-” is not a gap."),
            ("nan", "“nan” is not a gap."),
            ("1e3", "“1e3” is not a gap."),
            ("-5", "“-5” holds a negative gap."),
            ("60--5", "“60--5” holds a negative gap."),
            ("180-60", "The gap “180-60” has a minimum of 180 s above its maximum of 60 s."),
            ("60-180 ~200/5", "The gap “60-180 ~200/5” has a mean of 200 s outside 60-180 s."),
            ("60-90000", "The gap “60-90000” is longer than a day."),
        ],
    )
    def test_bad_input(self, text: str, sentence: str) -> None:
        with pytest.raises(InvalidInput) as raised:
            parse_gap(text)
        assert raised.value.sentence == sentence
        assert raised.value.hint.startswith(("Use --gap", "Lower --cap"))

    @given(gap=gaps())
    def test_round_trip(self, gap: Gap) -> None:
        assert parse_gap(format_gap(gap)) == gap

    def test_is_written_as_short_as_can_be(self) -> None:
        for text in ("60-180", "120", "0", "60-180 ~90/15"):
            assert format_gap(parse_gap(text)) == text

    @given(st.text(max_size=30))
    def test_any_text_gives_a_gap_or_a_sentence(self, text: str) -> None:
        try:
            gap = parse_gap(text)
        except InvalidInput:
            return
        assert gap.minimum <= gap.mean <= gap.maximum

    @pytest.mark.parametrize(
        "changes",
        [{"mean": 50}, {"mean": 200}, {"deviation": -1}, {"maximum": float("inf")}, {"minimum": 181}],
    )
    def test_stored_nonsense_is_refused(self, changes: dict[str, float]) -> None:
        good = {"mean": 120, "deviation": 20, "minimum": 60, "maximum": 180}
        with pytest.raises(ValidationError):
            Gap.model_validate({**good, **changes})


class TestRamp:
    """A mailbox that is warmed up."""

    def test_five_days(self) -> None:
        day = LaneRamp(1, 20, 10, 50)
        caps = [day.cap]
        caps += [(day := day.next_day()).cap for _ in range(4)]
        assert caps == [20, 30, 40, 50, 50]

    def test_before_the_first_day(self) -> None:
        assert LaneRamp(0, 20, 10, 80).cap == 20

    def test_text(self) -> None:
        assert parse_ramp("20+10..80") == Ramp(start=20, step=10, maximum=80)
        assert parse_ramp(" 20 + 10 .. 80 ") == Ramp(start=20, step=10, maximum=80)
        assert parse_ramp("None") is None
        assert format_ramp(parse_ramp("20+10..80")) == "20+10..80"
        assert format_ramp(None) == "none"

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "“” is not a ramp."),
            ("20", "“20” is not a ramp."),
            ("20-10..80", "“20-10..80” is not a ramp."),
            ("0+10..80", "The ramp “0+10..80” starts with no mail at all."),
            ("90+10..80", "The ramp “90+10..80” starts with more mails than its maximum."),
        ],
    )
    def test_bad_input(self, text: str, sentence: str) -> None:
        with pytest.raises(InvalidInput) as raised:
            parse_ramp(text)
        assert raised.value.sentence == sentence
        assert raised.value.hint.startswith("Use --ramp")
