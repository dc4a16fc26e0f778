"""What an operator changes while things run: one table of keys, kinds, defaults and sentences.

They live in the `settings` table, are changed by `pivotr settings set`, and every change is logged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pivotr.domain.guard import Levels
from pivotr.domain.instants import day_of
from pivotr.domain.texts import did_you_mean
from pivotr.domain.zones import zone_named
from pivotr.errors import InvalidInput, NotFound

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Preference:
    """One operator setting. `kind` is int, float, share (0–1), zone, days, bool or text."""

    kind: str
    default: Value
    help: str
    low: float | None = None
    high: float | None = None


PREFERENCES: dict[str, Preference] = {
    "account.cap": Preference("int", 300, "Most mails a day from all senders together.", 1, 10_000_000),
    "account.zone": Preference("zone", "Asia/Kolkata", "Time zone of the account's day."),
    "bounces.unproven_cap": Preference(
        "int", 50, "Most mails a day while bounces cannot be seen.", 1, 10_000
    ),
    "holidays": Preference("days", "", "Days without mails in new campaigns, as 2026-01-26,2026-08-15."),
    "footer.address": Preference("text", "", "Postal address under every mail."),
    "footer.required": Preference("bool", False, "Refuse a start while footer.address is empty."),
    "basis.required": Preference("bool", False, "Write to nobody without source and basis."),
    "greeting.threshold": Preference("share", 0.65, "Least confidence for a greeting by first name."),
    "verifier.rate": Preference("float", 30, "Checks a minute that the verifier allows.", 0.1, 100_000),
    "verifier.days": Preference("int", 30, "Days for which a verdict is trusted.", 0, 3650),
    "guard.bounce.stop": Preference("share", 0.05, "Permanent bounces over 7 days that stop everything."),
    "guard.bounce.warn": Preference("share", 0.02, "Permanent bounces over 7 days that warn."),
    "guard.bounce.floor": Preference("int", 3, "Fewest bounces before the guard acts.", 1, 1_000_000),
    "guard.complaint.stop": Preference("share", 0.001, "Complaints over 7 days that stop everything."),
    "guard.complaint.warn": Preference("share", 0.0005, "Complaints over 7 days that warn."),
    "guard.complaint.floor": Preference("int", 2, "Fewest complaints before the guard acts.", 1, 1_000_000),
    "guard.early.after": Preference("int", 10, "Mails before a campaign is judged alone.", 1, 1_000_000),
    "guard.early.rate": Preference("share", 0.08, "Permanent bounces that stop a campaign early."),
    "guard.early.floor": Preference("int", 3, "Fewest bounces for that.", 1, 1_000_000),
    "guard.sender.bounce.floor": Preference("int", 3, "Fewest bounces before a mailbox stops.", 1, 1_000_000),
    "guard.sender.complaint.floor": Preference("int", 2, "Fewest complaints for that.", 1, 1_000_000),
    "guard.domain.rate": Preference("share", 0.3, "Bounces at one receiving domain that raise an alarm."),
    "guard.domain.floor": Preference("int", 3, "Fewest bounces for that.", 1, 1_000_000),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Preferences:
    """All operator settings at one moment."""

    values: Mapping[str, Value]

    def text(self, key: str) -> str:
        """A setting as text."""
        return str(self.values[key])

    def number(self, key: str) -> float:
        """A setting as a number."""
        return float(self.values[key])

    def whole(self, key: str) -> int:
        """A setting as a whole number."""
        return int(self.values[key])

    def flag(self, key: str) -> bool:
        """A setting as yes or no."""
        return bool(self.values[key])

    @property
    def zone(self) -> str:
        """Time zone of the account's day."""
        return self.text("account.zone")

    def without_bounce_path(self) -> Preferences:
        """The settings where nobody would see a bounce: the low cap holds, whatever the account's says."""
        cap = min(self.whole("account.cap"), self.whole("bounces.unproven_cap"))
        return Preferences({**self.values, "account.cap": cap})

    @property
    def levels(self) -> Levels:
        """The guard's levels."""
        return Levels(
            bounce_stop=self.number("guard.bounce.stop"),
            bounce_warn=self.number("guard.bounce.warn"),
            bounce_floor=self.whole("guard.bounce.floor"),
            complaint_stop=self.number("guard.complaint.stop"),
            complaint_warn=self.number("guard.complaint.warn"),
            complaint_floor=self.whole("guard.complaint.floor"),
            early_after=self.whole("guard.early.after"),
            early_rate=self.number("guard.early.rate"),
            early_floor=self.whole("guard.early.floor"),
            sender_bounce_floor=self.whole("guard.sender.bounce.floor"),
            sender_complaint_floor=self.whole("guard.sender.complaint.floor"),
            domain_rate=self.number("guard.domain.rate"),
            domain_floor=self.whole("guard.domain.floor"),
        )


def from_stored(stored: Mapping[str, Any]) -> Preferences:
    """Stored values over the defaults."""
    return Preferences({key: stored.get(key, known.default) for key, known in PREFERENCES.items()})


def parse(key: str, text: str) -> Value:
    """The value that a text means for a setting. Raises NotFound for the key, InvalidInput for the value."""
    known = PREFERENCES.get(key)
    if known is None:
        near = did_you_mean(key, PREFERENCES)
        raise NotFound(f"There is no setting “{key}”.{near}", hint="See all with: pivotr settings list")
    value = _PARSERS[known.kind](key, text.strip())
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        low, high = known.low, known.high
        if (low is not None and value < low) or (high is not None and value > high):
            raise InvalidInput(f"{key} must lie between {low:,} and {high:,}.", hint=known.help)
    return value


def loosens_guard(key: str, old: str, new: str) -> bool:
    """True for a change, both values as text, after which the guard acts later than before."""
    try:
        return key.startswith("guard.") and float(new) > float(old)
    except ValueError:
        return False


def warns_too_late(preferences: Preferences, key: str) -> str:
    """What is odd about the guard after `key` has changed, as a sentence: it stops before it has warned."""
    kind = key.removeprefix("guard.").rpartition(".")[0]
    warn, stop = f"guard.{kind}.warn", f"guard.{kind}.stop"
    if key not in (warn, stop) or preferences.number(warn) <= preferences.number(stop):
        return ""
    return (
        f"{warn} ({preferences.number(warn):.4g}) lies above {stop} ({preferences.number(stop):.4g}): "
        "the guard stops before it warns."
    )


def _whole(key: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidInput(f"{key} takes a whole number, not “{text}”.", hint=PREFERENCES[key].help) from None


def _number(key: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise InvalidInput(f"{key} takes a number, not “{text}”.", hint=PREFERENCES[key].help) from None
    if not math.isfinite(value):
        raise InvalidInput(f"{key} takes a number, not “{text}”.", hint=PREFERENCES[key].help)
    return value


def _share(key: str, text: str) -> float:
    value = _number(key, text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 <= value <= 1:
        raise InvalidInput(f"{key} takes a share between 0 and 1, or 0% to 100%.", hint=PREFERENCES[key].help)
    return value


def _zone(_key: str, text: str) -> str:
    return zone_named(text)


def _days(key: str, text: str) -> str:
    days = [day.strip() for day in text.split(",") if day.strip()]
    try:
        return ",".join(sorted({day_of(day).isoformat() for day in days}))
    except ValueError:
        raise InvalidInput(
            f"{key} takes days as 2026-01-26,2026-08-15.", hint=PREFERENCES[key].help
        ) from None


def _yes_or_no(key: str, text: str) -> bool:
    word = text.lower()
    if word in ("yes", "true", "on", "1"):
        return True
    if word in ("no", "false", "off", "0"):
        return False
    raise InvalidInput(f"{key} takes yes or no, not “{text}”.", hint=PREFERENCES[key].help)


def _text(key: str, text: str) -> str:
    if len(text) > 500:
        raise InvalidInput(f"{key} takes at most 500 characters.", hint=PREFERENCES[key].help)
    return text


_PARSERS: dict[str, Callable[[str, str], Value]] = {
    "int": _whole, "float": _number, "share": _share, "zone": _zone, "days": _days, "bool": _yes_or_no,
    "text": _text,
}  # fmt: skip
