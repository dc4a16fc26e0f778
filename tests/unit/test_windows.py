"""Sending windows: hours, weekdays, holidays and the two days a year on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pivotr.domain.days import next_midnight, spans
from pivotr.domain.windows import (
    Window,
    business_days_later,
    closes_at,
    format_window,
    is_open,
    next_open,
    parse_window,
)
from pivotr.errors import InvalidInput

MINUTE = timedelta(minutes=1)
ZONES = ("Asia/Kolkata", "Europe/Berlin", "America/New_York", "America/Havana", "Asia/Kathmandu", "UTC")


def at(text: str) -> datetime:
    """An instant in UTC, as `2026-03-29 01:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opening_from(window: str, instant: str) -> tuple[datetime | None, datetime | None]:
    """The next opening from an instant on, and its end."""
    parsed = parse_window(window)
    opening = next_open(parsed, at(instant))
    return opening, closes_at(parsed, opening) if opening else None


def clock(minute: int) -> str:
    """A time of day as it is stored."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start = draw(st.integers(0, 1438))
    end = min(start + draw(st.integers(1, 1439)), 1440)
    days = draw(st.frozensets(st.integers(0, 6), min_size=1))
    holidays = draw(st.frozensets(st.dates(date(2026, 1, 1), date(2027, 1, 1)).map(str), max_size=4))
    zone = draw(st.sampled_from(ZONES))
    return Window(days=days, start=clock(start), end=clock(end), zone=zone, holidays=holidays)


class TestOffice:
    """mon-fri 09:30-17:30 Asia/Kolkata, which is 04:00 to 12:00 UTC all year."""

    WINDOW = parse_window("mon-fri 09:30-17:30 Asia/Kolkata")

    @pytest.mark.parametrize(
        ("instant", "expected"),
        [
            ("2026-11-24 03:59:59.999999", False),
            ("2026-11-24 04:00:00", True),
            ("2026-11-24 11:59:59.999999", True),
            ("2026-11-24 12:00:00", False),
            ("2026-11-28 08:00:00", False),
            ("2026-11-29 08:00:00", False),
        ],
    )
    def test_start_counts_and_end_does_not(self, instant: str, expected: bool) -> None:
        assert is_open(self.WINDOW, at(instant)) is expected

    @pytest.mark.parametrize(
        ("instant", "opening"),
        [
            ("2026-11-24 00:00", "2026-11-24 04:00"),
            ("2026-11-24 09:13:05.123", "2026-11-24 09:13:05.123"),
            ("2026-11-24 12:00", "2026-11-25 04:00"),
            ("2026-11-27 12:00", "2026-11-30 04:00"),
            ("2026-11-28 20:00", "2026-11-30 04:00"),
            # the zone has no summer time: the same hours on the days that change clocks elsewhere
            ("2026-03-30 00:00", "2026-03-30 04:00"),
            ("2026-10-26 00:00", "2026-10-26 04:00"),
        ],
    )
    def test_next_opening(self, instant: str, opening: str) -> None:
        assert next_open(self.WINDOW, at(instant)) == at(opening)

    def test_closing(self) -> None:
        assert closes_at(self.WINDOW, at("2026-11-24 11:29:00")) == at("2026-11-24 12:00")
        assert closes_at(self.WINDOW, at("2026-11-24 12:00")) is None

    def test_holidays_stay_shut(self) -> None:
        window = parse_window("mon-fri 09:30-17:30 Asia/Kolkata except 2026-11-30, 2026-12-01")
        assert not is_open(window, at("2026-11-30 08:00"))
        assert next_open(window, at("2026-11-27 12:00")) == at("2026-12-02 04:00")

    def test_instants_of_any_zone_come_out_in_utc(self) -> None:
        instant = datetime.fromisoformat("2026-11-24T14:43:05+05:30")
        opening = next_open(self.WINDOW, instant)
        assert opening == instant
        assert opening.tzinfo is UTC


class TestClockChanges:
    """Berlin: 29 March 01:00 UTC and 25 October 01:00 UTC 2026. New York: 8 March 07:00, 1 November 06:00."""

    @pytest.mark.parametrize(
        ("window", "instant", "opening", "closing"),
        [
            # office hours move by an hour in UTC
            ("mon-fri 09:30-17:30 Europe/Berlin", "2026-03-27 00:00", "2026-03-27 08:30", "2026-03-27 16:30"),
            ("mon-fri 09:30-17:30 Europe/Berlin", "2026-03-28 00:00", "2026-03-30 07:30", "2026-03-30 15:30"),
            ("mon-fri 09:30-17:30 Europe/Berlin", "2026-10-24 00:00", "2026-10-26 08:30", "2026-10-26 16:30"),
            ("mon-fri 9-17 America/New_York", "2026-03-06 00:00", "2026-03-06 14:00", "2026-03-06 22:00"),
            ("mon-fri 9-17 America/New_York", "2026-03-07 00:00", "2026-03-09 13:00", "2026-03-09 21:00"),
            ("mon-fri 9-17 America/New_York", "2026-10-31 00:00", "2026-11-02 14:00", "2026-11-02 22:00"),
            # a start in the hour that spring leaves out: right after it
            ("sun 02:30-05:00 Europe/Berlin", "2026-03-29 00:00", "2026-03-29 01:00", "2026-03-29 03:00"),
            ("sun 02:15-05:00 America/New_York", "2026-03-08 00:00", "2026-03-08 07:00", "2026-03-08 09:00"),
            # an end in that hour, and a window around it, which is an hour shorter
            ("sun 01:00-02:30 Europe/Berlin", "2026-03-29 00:00", "2026-03-29 00:00", "2026-03-29 01:00"),
            ("sun 01:30-03:30 America/New_York", "2026-03-08 00:00", "2026-03-08 06:30", "2026-03-08 07:30"),
            # all of it in that hour: not before the next Sunday
            ("sun 02:15-02:45 Europe/Berlin", "2026-03-29 00:00", "2026-04-05 00:15", "2026-04-05 00:45"),
            # around the hour that autumn repeats: an hour longer
            ("sun 01:00-04:00 Europe/Berlin", "2026-10-24 20:00", "2026-10-24 23:00", "2026-10-25 03:00"),
            ("sun 00:00-24:00 America/New_York", "2026-10-31 20:00", "2026-11-01 04:00", "2026-11-02 05:00"),
            # a start in that hour: the clock shows it twice, so the window opens twice
            ("sun 02:30-05:00 Europe/Berlin", "2026-10-25 00:00", "2026-10-25 00:30", "2026-10-25 01:00"),
            ("sun 02:30-05:00 Europe/Berlin", "2026-10-25 01:00", "2026-10-25 01:30", "2026-10-25 04:00"),
            # an end in that hour
            ("sun 00:30-01:30 America/New_York", "2026-11-01 00:00", "2026-11-01 04:30", "2026-11-01 05:30"),
            ("sun 00:30-01:30 America/New_York", "2026-11-01 05:30", "2026-11-01 06:00", "2026-11-01 06:30"),
        ],
    )
    def test_opening_and_closing(self, window: str, instant: str, opening: str, closing: str) -> None:
        assert opening_from(window, instant) == (at(opening), at(closing))

    @given(
        window=windows(),
        around=st.sampled_from(
            ["2026-03-08 06:00", "2026-03-29 00:00", "2026-10-25 00:00", "2026-11-01 05:00"]
        ),
        minute=st.integers(-1500, 300),
    )
    @settings(max_examples=40, deadline=None)
    def test_next_opening_is_open_and_nothing_before_it_is(
        self, window: Window, around: str, minute: int
    ) -> None:
        instant = at(around) + minute * MINUTE
        opening = next_open(window, instant)
        assert opening is not None
        assert is_open(window, opening)
        moment = instant
        while moment < min(opening, instant + timedelta(days=2)):
            assert not is_open(window, moment)
            moment += MINUTE
        closing = closes_at(window, opening)
        assert closing is not None
        assert is_open(window, closing - MINUTE)
        assert not is_open(window, closing) or closing == next_midnight(opening, window.zone)


class TestNever:
    """A window may be shut for ever by its holidays."""

    def window(self) -> Window:
        mondays = (date(2026, 11, 23) + timedelta(days=7 * week) for week in range(70))
        return Window(
            days=frozenset({0}),
            start="09:00",
            end="17:00",
            zone="UTC",
            holidays=frozenset(day.isoformat() for day in mondays),
        )

    def test_no_opening_is_found(self) -> None:
        assert next_open(self.window(), at("2026-11-22 12:00")) is None

    def test_an_opening_after_a_year_is_found(self) -> None:
        assert next_open(self.window(), at("2027-06-01 12:00")) == at("2028-03-27 09:00")

    def test_a_follow_up_still_gets_a_date(self) -> None:
        assert business_days_later(self.window(), at("2026-11-22 12:00"), 3, 0.5) == at("2026-11-25 12:00")


class TestBusinessDays:
    """Follow-ups wait for open days of the campaign's calendar."""

    OFFICE = parse_window("mon-fri 09:30-17:30 Asia/Kolkata")

    @pytest.mark.parametrize(
        ("sent", "days", "unit", "due"),
        [
            ("2026-11-24 05:00", 1, 0.5, "2026-11-25 08:00"),
            ("2026-11-24 05:00", 3, 0.25, "2026-11-27 06:00"),
            ("2026-11-24 05:00", 4, 0.5, "2026-11-30 08:00"),
            ("2026-11-27 11:59", 1, 0.5, "2026-11-30 08:00"),
            # sent on a Saturday by the calendar in Kolkata
            ("2026-11-27 19:00", 1, 0.5, "2026-11-30 08:00"),
            # in what is left of today, or on the next open day
            ("2026-11-24 10:00", 0, 0.5, "2026-11-24 11:00"),
            ("2026-11-27 13:00", 0, 0.5, "2026-11-30 08:00"),
        ],
    )
    def test_due(self, sent: str, days: int, unit: float, due: str) -> None:
        assert business_days_later(self.OFFICE, at(sent), days, unit) == at(due)

    def test_holidays_do_not_count(self) -> None:
        window = parse_window("mon-fri 09:30-17:30 Asia/Kolkata except 2026-11-25 2026-11-27")
        assert business_days_later(window, at("2026-11-24 05:00"), 2, 0.5) == at("2026-11-30 08:00")

    def test_a_year_of_business_days(self) -> None:
        window = parse_window("mon 9-17 UTC")
        assert business_days_later(window, at("2026-11-23 10:00"), 365, 0.5) == at("2033-11-21 13:00")

    def test_position_of_a_day_that_opens_twice(self) -> None:
        window = parse_window("sat,sun 02:30-05:00 Europe/Berlin")
        # half an hour before the clock is set back, two and a half after it: 180 minutes in all
        assert business_days_later(window, at("2026-10-24 02:00"), 1, 1 / 12) == at("2026-10-25 00:45")
        assert business_days_later(window, at("2026-10-24 02:00"), 1, 2 / 3) == at("2026-10-25 03:00")

    @given(unit=st.floats(0, 1), days=st.integers(0, 30), minute=st.integers(0, 20_000))
    @settings(deadline=None)
    def test_due_is_always_within_the_window(self, unit: float, days: int, minute: int) -> None:
        sent = at("2026-03-20 00:00") + minute * MINUTE
        for window in (self.OFFICE, parse_window("tue,sun 01:00-02:30 Europe/Berlin")):
            due = business_days_later(window, sent, days, unit)
            assert is_open(window, due)
            assert due >= sent


class TestDays:
    """Calendar days of a zone."""

    @pytest.mark.parametrize(
        ("instant", "zone", "midnight"),
        [
            ("2026-11-24 05:00", "Asia/Kolkata", "2026-11-24 18:30"),
            ("2026-11-24 18:30", "Asia/Kolkata", "2026-11-25 18:30"),
            ("2026-03-29 00:30", "Europe/Berlin", "2026-03-29 22:00"),
            ("2026-10-25 00:30", "Europe/Berlin", "2026-10-25 23:00"),
            # clocks go from 23:59 to 01:00 there: the day begins at one
            ("2026-03-08 04:59", "America/Havana", "2026-03-08 05:00"),
            # a day that this island left out when it changed sides of the date line
            ("2011-12-30 09:00", "Pacific/Apia", "2011-12-30 10:00"),
        ],
    )
    def test_next_midnight(self, instant: str, zone: str, midnight: str) -> None:
        assert next_midnight(at(instant), zone) == at(midnight)

    def test_a_day_that_never_was(self) -> None:
        assert spans(date(2011, 12, 30), 0, 1440, "Pacific/Apia") == ()


class TestText:
    """What an operator writes behind --window."""

    @pytest.mark.parametrize(
        ("text", "days", "hours", "zone"),
        [
            ("mon-fri 09:30-17:30 Asia/Kolkata", {0, 1, 2, 3, 4}, ("09:30", "17:30"), "Asia/Kolkata"),
            ("MON,Wed,fri 9-17 europe/berlin", {0, 2, 4}, ("09:00", "17:00"), "Europe/Berlin"),
            ("daily 00:00-24:00 UTC", set(range(7)), ("00:00", "24:00"), "UTC"),
            ("always", set(range(7)), ("00:00", "24:00"), "UTC"),
            ("  Always ", set(range(7)), ("00:00", "24:00"), "UTC"),
            ("fri-mon 9.15 – 17 UTC", {4, 5, 6, 0}, ("09:15", "17:00"), "UTC"),
            (
                "Monday - Thursday, sat 10-11 America/New_York",
                {0, 1, 2, 3, 5},
                ("10:00", "11:00"),
                "America/New_York",
            ),
            ("weekdays 9-17 UTC", {0, 1, 2, 3, 4}, ("09:00", "17:00"), "UTC"),
        ],
    )
    def test_forms(self, text: str, days: set[int], hours: tuple[str, str], zone: str) -> None:
        window = parse_window(text)
        assert (window.days, (window.start, window.end), window.zone) == (days, hours, zone)

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("always", "daily 00:00-24:00 Asia/Kolkata"),
            ("always except 2026-12-25", "daily 00:00-24:00 Asia/Kolkata except 2026-12-25"),
            ("mon-fri 9-17", "mon-fri 09:00-17:00 Asia/Kolkata"),
            ("mon-fri 9-17 Except 2026-12-25", "mon-fri 09:00-17:00 Asia/Kolkata except 2026-12-25"),
            ("mon-fri 9-17 Europe/Berlin", "mon-fri 09:00-17:00 Europe/Berlin"),
        ],
    )
    def test_a_zone_for_a_text_that_names_none(self, text: str, told: str) -> None:
        assert format_window(parse_window(text, "Asia/Kolkata")) == told

    @pytest.mark.parametrize(
        ("text", "sentence", "hint"),
        [
            ("", "“” is not a sending window.", "mon-fri 09:30-17:30 Asia/Kolkata"),
            ("whenever", "“whenever” is not a sending window.", "always"),
            ("mon-fri 9-17 Kolkata", "“Kolkata” is not a time zone.", "Did you mean Asia/Kolkata?"),
            (
                "mon-fri 9-17 Europe/Berln",
                "“Europe/Berln” is not a time zone.",
                "Did you mean Europe/Berlin?",
            ),
            ("mon-fri 9-17 ../../etc/passwd", "“../../etc/passwd” is not a time zone.", "IANA"),
            ("mon-fri 9-17", "The sending window names no time zone.", "Asia/Kolkata"),
            ("mon-fri 9-17 except 2026-12-25", "The sending window names no time zone.", "Asia/Kolkata"),
            ("9-17 UTC", "The sending window names no days.", "mon-fri"),
            ("mon-fry 9-17 UTC", "“mon-fry” is not a weekday.", "mon tue wed"),
            ("mon-wed-fri 9-17 UTC", "“mon-wed-fri” is not a weekday.", "mon tue wed"),
            (
                "mon-fri 17:30-09:30 UTC",
                "The window 17:30-09:30 never opens: it does not end after its start.",
                "24:00",
            ),
            (
                "mon-fri 9-9 UTC",
                "The window 09:00-09:00 never opens: it does not end after its start.",
                "24:00",
            ),
            ("mon-fri 9-25 UTC", "“25” is not a time of day.", "24:00"),
            ("mon-fri 9:60-17 UTC", "“9:60” is not a time of day.", "24:00"),
            ("mon-fri 9-24:01 UTC", "“24:01” is not a time of day.", "24:00"),
            ("mon-fri 9-17 UTC except christmas", "“christmas” are not days.", "2026-01-26"),
            ("mon-fri 9-17 UTC except 2026-02-30", "“2026-02-30” are not days.", "2026-01-26"),
        ],
    )
    def test_bad_input(self, text: str, sentence: str, hint: str) -> None:
        with pytest.raises(InvalidInput) as raised:
            parse_window(text)
        assert raised.value.sentence == sentence
        assert hint in raised.value.hint

    @given(window=windows())
    def test_round_trip(self, window: Window) -> None:
        assert parse_window(format_window(window)) == window
        assert parse_window(format_window(window).upper()) == window
        assert Window.model_validate_json(window.model_dump_json()) == window

    @given(st.text(max_size=80) | st.from_regex(r"[a-z,-]{0,9} \d{1,2}-\d{1,2} \S{1,9}", fullmatch=True))
    def test_any_text_gives_a_window_or_a_sentence(self, text: str) -> None:
        try:
            window = parse_window(text)
        except InvalidInput:
            return
        assert next_open(window, at("2026-11-24 00:00")) is not None

    @pytest.mark.parametrize(
        "changes",
        [
            {"days": frozenset()},
            {"days": frozenset({7})},
            {"start": "9:30"},
            {"start": "24:00"},
            {"end": "24:30"},
            {"end": "09:30"},
            {"zone": "Mars/Olympus"},
            {"holidays": frozenset({"20261225"})},
        ],
    )
    def test_stored_nonsense_is_refused(self, changes: dict[str, object]) -> None:
        good = {"days": {0}, "start": "09:30", "end": "17:30", "zone": "UTC", "holidays": ()}
        with pytest.raises(ValidationError):
            Window.model_validate({**good, **changes})
