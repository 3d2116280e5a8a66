"""The proof finds a claim that says too little and one that says too much."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar

from incload.harness.falsify.claims import attempt, breakable, counterexample, drawn, unneeded, unsound
from incload.harness.falsify.tiny_history import Beat, Life
from incload.history.synthetic.clean import MINUTE
from incload.registry import strategy
from incload.strategy import Assumption, Delta, Need, Seen, Source, State, Strategy, WriteRule

WATERMARK = strategy("timestamp_watermark_inclusive")
WHOLE = strategy("full_refresh")
LATE = Life(((1, 0, 0),), (Beat(10 * MINUTE, ((2, 0, -1),)),))
"""A row that is late by a microsecond."""
LATER = replace(LATE, beats=(Beat(10 * MINUTE, ((2, 0, -2),)),))
TIE = replace(LATE, beats=(Beat(10 * MINUTE, ((2, 0, 0),)),))
LAG = Need(Assumption.LAG_WITHIN, timedelta(0))


@dataclass(frozen=True)
class Careless(Strategy):
    """Reads everything once, and then nothing that is not newer, and claims to need no more than complete answers."""

    name: ClassVar[str] = "careless"

    @property
    def needs(self) -> frozenset[Need]:
        """Too little."""
        return frozenset({Need(Assumption.COMPLETE_READ)})

    def read(self, source: Source, state: State) -> Delta:
        """Ask for what is newer."""
        return Delta((source.everything() if state.watermark is None else source.since(state.watermark),))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest timestamp."""
        largest = seen.largest()
        return state if largest is None else State(watermark=largest)


def test_a_counterexample_is_found_and_shrunk() -> None:
    """A strategy that claims too little is shown a life of no more than two rows and one beat."""
    found = counterexample(Careless(), lives=200)

    assert found is not None
    assert (found.rows <= 2, len(found.beats) <= 1, found.faults) == (True, True, ())
    assert list(unsound([attempt(found, Careless(), WriteRule.MERGE)])) != []


def test_there_is_none_against_a_sound_strategy() -> None:
    """A strategy whose claim is enough is not contradicted, nor is it under another rule that it goes with."""
    assert counterexample(WHOLE, lives=30) is None
    assert counterexample(strategy("timestamp_watermark"), WriteRule.APPEND, lives=30) is None


def test_a_life_shows_the_need_that_it_breaks_alone() -> None:
    """A need is shown by a break a microsecond beyond what is borne, not a larger one, and not where all is right."""
    assert attempt(LATE, WATERMARK, WriteRule.MERGE).shows == LAG
    assert attempt(LATER, WATERMARK, WriteRule.MERGE).shows is None
    assert attempt(TIE, WATERMARK, WriteRule.MERGE).shows is None
    assert attempt(LATE, WHOLE, WriteRule.REPLACE).shows is None


def test_what_a_life_did() -> None:
    """It is said which rows were wrong, and which needs were broken."""
    tried = attempt(LATER, WATERMARK, WriteRule.MERGE)

    assert (tried.wrong, tried.unmet) == ({(2,)}, (LAG,))
    assert tried.breaks[Assumption.LAG_WITHIN] == timedelta(microseconds=2)
    assert list(unsound([tried])) == []


def test_a_need_that_nothing_shows_is_named() -> None:
    """Of the needs of a strategy those are left that no life showed."""
    left = unneeded(WATERMARK, WriteRule.MERGE, [attempt(LATE, WATERMARK, WriteRule.MERGE)])

    assert left == breakable(WATERMARK, WriteRule.MERGE) - {LAG}
    assert Need(Assumption.NO_HARD_DELETES) in left


def test_a_strategy_that_reads_everything_always_does() -> None:
    """That the whole table is read no life can break for it, and so none has to show it."""
    assert breakable(WHOLE, WriteRule.REPLACE) == {Need(Assumption.COMPLETE_READ)}
    assert Need(Assumption.WHOLE_READ) in breakable(WATERMARK, WriteRule.REPLACE)


def test_lives_are_the_same_from_the_same_seed() -> None:
    """More lives begin with the fewer, and another seed gives others."""
    assert [*drawn(3, 1)] == [*drawn(5, 1)][:3]
    assert [*drawn(3, 1)] != [*drawn(3, 2)]
