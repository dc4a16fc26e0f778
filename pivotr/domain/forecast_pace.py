"""How many mails fit into a stretch of time, and how long a number of mails takes, without stepping.

Gaps are independent, so the sum of n of them is nearly normal with n times their mean and variance (central
limit theorem; the gaps are bounded). With one normal number for a stretch, P(more than n mails) is exactly
P(n gaps are shorter than it), so counts have the right mean and spread.
"""

from __future__ import annotations

import math
from functools import lru_cache
from random import Random

from pivotr.domain.pacing import Gap, gap_seconds

#: A queue delays by whole seconds, rounded up: half a second more on average for each mail.
ROUNDING = 0.5
_POINTS = 512


@lru_cache(maxsize=256)
def moments(gap: Gap) -> tuple[float, float]:
    """Mean and variance, in seconds, of the time from mail to mail at this pace."""
    values = [gap_seconds(gap, (point + 0.5) / _POINTS) for point in range(_POINTS)]
    mean = math.fsum(values) / _POINTS
    return mean + ROUNDING, math.fsum((value - mean) ** 2 for value in values) / _POINTS


class Pace:
    """Draws counts and durations. Without `chance` it gives the expected ones."""

    def __init__(self, chance: Random | None = None) -> None:
        self._chance = chance
        self._draw = 0.0

    def count(self, seconds: float, mean: float, variance: float, carry: float) -> tuple[int, float]:
        """Mails that leave within `seconds`, the first at once, and the fraction to carry on."""
        if self._chance is None:
            expected = _expected(round(seconds, 1), mean, variance) + carry
            count = max(1, int(expected + 1e-9))
            return count, min(max(expected - count, -1.0), 1.0)
        self._draw = self._chance.gauss(0.0, 1.0)
        spread = self._draw * math.sqrt(variance)
        root = (math.sqrt(spread * spread + 4.0 * mean * seconds) - spread) / (2.0 * mean)
        return max(1, math.ceil(root * root - 1e-9)), 0.0

    def duration(self, mails: int, mean: float, variance: float) -> float:
        """Seconds that so many gaps last, under the chance of the last `count`."""
        if mails <= 0:
            return 0.0
        if self._chance is None:
            return mails * mean
        return max(0.0, mails * mean + self._draw * math.sqrt(variance * mails))

    def luck(self) -> float | None:
        """An even draw from 0 to 1; None where figures are the expected ones."""
        return None if self._chance is None else 1.0 - self._chance.random()

    def binomial(self, trials: int, share: float) -> int:
        """How many of so many trials come out, each with probability `share`."""
        expected = trials * share
        if self._chance is None or share <= 0 or share >= 1:
            return round(expected)
        drawn = self._chance.gauss(expected, math.sqrt(expected * (1 - share)))
        return min(trials, max(0, round(drawn)))


@lru_cache(maxsize=16384)
def _expected(seconds: float, mean: float, variance: float) -> float:
    """Expected number of mails within a stretch: 1 + the sum over n of P(n gaps are shorter than it)."""
    if seconds <= 0:
        return 1.0
    middle = seconds / mean
    spread = math.sqrt(variance * max(1.0, middle)) / mean
    if spread < 0.01:
        return float(math.ceil(middle - 1e-9))
    low, high = max(0, math.floor(middle - 5 * spread)), math.ceil(middle + 5 * spread)
    total = 1.0 + low
    for number in range(low + 1, high + 1):
        distance = (seconds - number * mean) / math.sqrt(2.0 * variance * number)
        total += 0.5 * (1.0 + math.erf(distance))
    return total
