"""The loads that a history does not rule out: every strategy, with windows of the widths that the lags ask for."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from incload.assumptions import Assumption
from incload.harness.trials.prediction import unmet
from incload.registry import strategies
from incload.strategy import needs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.advice.evidence import Evidence
    from incload.history.breaks import Breaks
    from incload.strategy import Capability, Need, Strategy

MARGINS = (1.0, 1.1, 1.25, 1.5, 2.0)
"""How wide windows are tried, as multiples of the largest lag that was seen."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a user asks of a load.

    Attributes:
        delay: For how long a row may be wrong or missing; zero for not at any sync.
        deletes: Whether rows that the source has removed matter.
        asks: What may be asked of the source: triggers, a log, transaction numbers.
    """

    delay: timedelta = timedelta(0)
    deletes: bool = True
    asks: frozenset[Capability] = frozenset()

    def breaks(self, evidence: Evidence) -> Breaks:
        """Return what the history breaks that matters."""
        return dict(evidence.breaks) if self.deletes else evidence.without(Assumption.NO_HARD_DELETES)


def lacking(strategy: Strategy, breaks: Breaks) -> tuple[Need, ...]:
    """Return what a strategy under its own write rule needs and a history breaks."""
    return unmet(needs_of(strategy, strategy.write_rule), strategy.breaks, breaks)


def possible(evidence: Evidence, wishes: Wishes) -> tuple[Strategy, ...]:
    """Return the loads worth a replay: nothing that they need is broken, or what is wrong may heal in time."""
    breaks = wishes.breaks(evidence)
    found = [each for each in every(evidence, wishes) if not lacking(each, breaks) and each.delay <= wishes.delay]
    if wishes.delay:
        found += _healing(evidence, wishes)
    return tuple(dict.fromkeys(found))


def every(evidence: Evidence, wishes: Wishes) -> tuple[Strategy, ...]:
    """Return every strategy that may follow a history, sound on it or not."""
    breaks = wishes.breaks(evidence)
    plain = [each for each in strategies() if each.asks is None or each.asks in wishes.asks]
    sized = [wider for each in plain for wider in _sized(each, breaks)]
    return tuple(dict.fromkeys([*plain, *sized]))


def needed_window(strategy: Strategy, breaks: Breaks) -> timedelta | None:
    """Return the narrowest window in which a strategy keeps everything; None where none does, or it has none."""
    if "minutes" not in {each.name for each in fields(strategy)}:
        return None
    widest = timedelta(0)
    for need in needs_of(strategy, strategy.write_rule):
        if need.within is None or need.assumption not in breaks:
            continue
        size = breaks[need.assumption]
        if size is None:
            return None
        widest = max(widest, size)
    return widest


def _sized(strategy: Strategy, breaks: Breaks) -> Iterator[Strategy]:
    """Yield a strategy with windows as wide as it takes, and wider ones."""
    window = needed_window(strategy, breaks)
    if window is None:
        return
    for margin in MARGINS:
        yield replace(strategy, minutes=_rounded(window / _MINUTE * margin))  # type: ignore[call-arg]  # it has the field


def _rounded(minutes: float) -> float:
    """Round up to what a user would write: whole minutes, or hundredths of a minute below ten."""
    if minutes > 10:
        return float(math.ceil(minutes))
    return math.ceil(round(minutes * 100, 6)) / 100


def _healing(evidence: Evidence, wishes: Wishes) -> Iterator[Strategy]:
    """Yield loads that compare everything so often that nothing stays wrong for longer than is allowed."""
    from incload.registry import strategy

    often = wishes.delay // evidence.interval if evidence.interval else 0
    if often < 2:
        return
    lags = dict(evidence.lateness.quantiles)
    cap = _rounded(timedelta(microseconds=max(lags.get(100, 0), 0)) / _MINUTE * max(MARGINS))
    for per in (50, 90, 99, 100):
        minutes = _rounded(timedelta(microseconds=lags.get(per, 0)) / _MINUTE)
        yield strategy(f"lookback_with_reconciliation:minutes={minutes},every={often}")
        if 0 < minutes <= cap:
            yield strategy(f"adaptive_lookback:floor_minutes={minutes},cap_minutes={cap},every={often}")
