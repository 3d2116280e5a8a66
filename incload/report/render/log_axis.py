"""A logarithmic axis of a picture that is drawn without a plotting library; zero lies at its beginning."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MANY = 150
"""From which span on an axis shows powers of ten alone."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Where values lie on an axis.

    Attributes:
        low, high: The values between which it is logarithmic.
        start, end: Where it begins and ends, in pixels; its first tenth is for zero.
    """

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return where a value lies; what is below the axis, zero above all, lies at its beginning."""
        if value < self.low:
            return self.start
        span = math.log10(self.high) - math.log10(self.low)
        # The first tenth of the axis is for zero, which has no logarithm.
        begin = self.start + (self.end - self.start) * 0.1
        return begin + (self.end - begin) * (math.log10(value) - math.log10(self.low)) / span


def scale_of(values: Sequence[float], start: float, end: float) -> Scale:
    """Return the axis that some values need."""
    some = [value for value in values if value > 0] or [1.0]
    low = max(step for step in _steps(min(some)) if step <= min(some))
    high = min(step for step in _steps(max(some)) if step >= max(some))
    return Scale(low, high if high > low else low * 10, start, end)


def _steps(value: float) -> list[float]:
    """Return round numbers around a value: 1, 2 and 5 times powers of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return [power, 2 * power, 5 * power, 10 * power]


def decades(scale: Scale) -> Iterator[float]:
    """Yield the round numbers of an axis; only powers of ten where it spans many."""
    power = 10.0 ** math.floor(math.log10(scale.low))
    many = scale.high / scale.low > _MANY
    while power <= scale.high:
        yield from (power * step for step in ((1,) if many else (1, 2, 5)) if scale.low <= power * step <= scale.high)
        power *= 10
