"""The proof of a claim: what a strategy says that it needs is enough, and no part of it is too much.

A claim is sound when no life that leaves every need met makes a row wrong. It is necessary when for each need there is
a life that breaks that need alone, by no more than it must, and makes a row wrong. Nothing here knows a strategy by
name: the author of one can have it searched by `counterexample`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from incload.engines.registry import session_type
from incload.harness.falsify.generate import draw
from incload.harness.falsify.shrink import shrink
from incload.harness.load_timer import LoadClock
from incload.harness.trials.matrix import contender
from incload.harness.trials.prediction import broken
from incload.harness.trials.trial import Trial
from incload.history.breaks import Breaks, measure
from incload.registry import strategies
from incload.strategy import Assumption, needs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from incload.auditing.audit import Key
    from incload.harness.falsify.tiny_history import Life
    from incload.harness.trials.trial import Observed
    from incload.strategy import Need, Strategy, WriteRule

_SQLITE = ("sqlite", "sqlite")


@dataclass(frozen=True, slots=True)
class Tried:
    """What a life did to a strategy.

    Attributes:
        life: The life.
        strategy: Who was tried.
        rule: By which write rule.
        breaks: What the life breaks, by how much.
        wrong: The rows that were ever wrong.
    """

    life: Life
    strategy: Strategy
    rule: WriteRule
    breaks: Breaks
    wrong: frozenset[Key]

    @property
    def unmet(self) -> tuple[Need, ...]:
        """The needs that the life breaks, as the strategy states them now."""
        return broken(self.strategy, self.rule, self.breaks)

    @property
    def shows(self) -> Need | None:
        """The need that the life shows to be needed: broken alone, by a microsecond beyond its size if it has one."""
        if not self.wrong or len(self.unmet) != 1:
            return None
        (need,) = self.unmet
        least = need.within is None or self.breaks.get(need.assumption) == need.within + timedelta.resolution
        return need if least else None


def provable() -> tuple[Strategy, ...]:
    """Return the strategies whose lives can be loaded in memory: all but those that ask for what SQLite cannot do."""
    sqlite = session_type(_SQLITE[0])
    return tuple(each for each in strategies() if each.asks is None or not sqlite.cannot(each.asks))


def observe(
    life: Life, strategy: Strategy, rule: WriteRule, pair: tuple[str, str] = _SQLITE, folder: Path | None = None
) -> Observed:
    """Load a life for real; a pair of two engines needs a folder."""
    return Trial(life.history(), contender(strategy, rule, guarded=True), pair, life.faults).run(folder, LoadClock())


def attempt(
    life: Life, strategy: Strategy, rule: WriteRule, pair: tuple[str, str] = _SQLITE, folder: Path | None = None
) -> Tried:
    """Load a life for real, in memory unless a folder is given, and say what it breaks and which rows were wrong."""
    breaks = measure(life.history(), life.faults)
    return Tried(
        life, strategy, rule, breaks, frozenset(observe(life, strategy, rule, pair, folder).timeline.ever_wrong)
    )


def unsound(tried: Iterable[Tried]) -> Iterator[Tried]:
    """Yield the lives that made a row wrong although nothing that was needed was broken."""
    return (each for each in tried if each.wrong and not each.unmet)


def unneeded(strategy: Strategy, rule: WriteRule, tried: Iterable[Tried]) -> frozenset[Need]:
    """Return the needs for which none of some lives shows that they are needed."""
    return breakable(strategy, rule) - {each.shows for each in tried}


def breakable(strategy: Strategy, rule: WriteRule) -> frozenset[Need]:
    """Return the needs that can be broken alone.

    What the strategy breaks by design is broken in every life, and nothing else is ever broken alone. That the whole
    table is read only a design can break, no life.
    """
    by_design = broken(strategy, rule, {})
    lives_break = (need for need in needs_of(strategy, rule) if need.assumption is not Assumption.WHOLE_READ)
    return frozenset(by_design or lives_break)


def counterexample(
    strategy: Strategy, rule: WriteRule | None = None, *, lives: int = 1_000, seed: int = 1
) -> Life | None:
    """Draw lives until one makes a row wrong although every need is met; return it, shrunk, or None without any.

    Args:
        strategy: Who is tried.
        rule: By which write rule; None for the strategy's own.
        lives: How many are drawn at most.
        seed: What they are drawn from.
    """
    rule = rule or strategy.write_rule

    def shows(life: Life) -> bool:
        return any(unsound([attempt(life, strategy, rule)]))

    found = next(filter(shows, drawn(lives, seed)), None)
    return None if found is None else shrink(found, shows)


def drawn(lives: int, seed: int) -> Iterator[Life]:
    """Draw lives from random numbers; the same seed gives the same lives, and more of them the same and more."""
    for number in range(lives):
        chance = Random(f"{seed} {number}")  # noqa: S311 - a history is no secret
        yield draw(lambda options, chance=chance: options[chance.randrange(len(options))])
