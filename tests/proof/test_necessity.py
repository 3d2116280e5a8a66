"""For everything that is needed there is a life of a few rows that breaks it alone and makes a row wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING

import pytest

from incload.engines.registry import session_type
from incload.harness.falsify.claims import attempt, breakable, observe, provable
from incload.harness.sandbox.sandbox import PAIRS, pair_name
from incload.harness.trials.witness import story
from incload.strategy import Assumption, Need, WriteRule
from tests.effort import effort

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Shown

    from incload.harness.falsify.tiny_history import Life, Row
    from incload.strategy import Strategy

MOST_ROWS, MOST_BEATS = 5, 4
every_strategy = pytest.mark.parametrize("each", provable(), ids=lambda each: each.id)


@every_strategy
def test_every_need_is_shown(each: Strategy, on_file: tuple[Shown, ...]) -> None:
    """For each need of a strategy under its own rule there is a counterexample on file, and for nothing else."""
    shown = {s.assumption for s in on_file if (s.strategy, s.rule) == (each, each.write_rule)}

    assert shown == {need.assumption for need in breakable(each, each.write_rule)}


@every_strategy
@pytest.mark.parametrize("rule", WriteRule)
def test_every_need_of_a_rule_is_shown(each: Strategy, rule: WriteRule, on_file: tuple[Shown, ...]) -> None:
    """For each need that a strategy has only because of a rule there is a counterexample on file, unless implied."""
    shown = {s.assumption for s in on_file if (s.strategy, s.rule) == (each, rule)}
    added = {need.assumption for need in breakable(each, rule) - each.needs}

    assert added - implied(each) == shown - {need.assumption for need in each.needs}


def implied(each: Strategy) -> set[Assumption]:
    """Return what never breaks alone: an older version changes a row, and its timestamp is late or another's ahead."""
    behind = {Need(Assumption.LAG_WITHIN, timedelta(0)), Need(Assumption.CURSOR_NOT_IN_FUTURE)}
    safe = behind <= each.needs or Need(Assumption.INSERT_ONLY) in each.needs
    return {Assumption.VERSIONS_IN_ORDER} if safe else set()


@every_strategy
def test_a_counterexample_breaks_one_need_alone(each: Strategy, on_file: tuple[Shown, ...]) -> None:
    """It breaks that need and no other, by a microsecond more than is borne, and a row is wrong; here is its story."""
    for shown in on_file:
        if shown.strategy != each:
            continue
        need = attempt(shown.life, each, shown.rule).shows
        text = story(shown.life.history(), observe(shown.life, each, shown.rule))
        print(f"{each.id} with {shown.rule} needs {shown.assumption.name}:\n{text}\n")  # noqa: T201 - to be read with -rP

        assert (need.assumption if need else None, shown.life) == (shown.assumption, shown.life)
        assert text.startswith("1. ")


@every_strategy
def test_a_break_of_the_size_that_is_borne_does_no_harm(each: Strategy, on_file: tuple[Shown, ...]) -> None:
    """A microsecond less than in a counterexample leaves every row right; two less where a tie does harm of its own."""
    bounded = {need.assumption for need in each.needs if need.within is not None}
    for shown in on_file:
        if shown.strategy == each and shown.assumption in bounded:
            tried = (attempt(life, each, shown.rule) for life in nearby(shown.life))

            assert any(not one.unmet and not one.wrong for one in tried), shown.life


def nearby(life: Life) -> Iterator[Life]:
    """Yield the lives in which one timestamp is a microsecond or two later wherever it stands, or the clock earlier."""
    for by in (1, 2):
        yield replace(life, beats=tuple(replace(beat, at=beat.at - by) for beat in life.beats))
    timestamps = {
        at for rows in (life.base, *(beat.upserts for beat in life.beats)) for _, _, at in rows if at is not None
    }
    for timestamp, by in product(timestamps, (1, 2)):
        base = later(life.base, timestamp, by)
        beats = (replace(beat, upserts=later(beat.upserts, timestamp, by)) for beat in life.beats)
        yield replace(life, base=base, beats=tuple(beats))


def later(rows: tuple[Row, ...], timestamp: int, by: int) -> tuple[Row, ...]:
    """Return rows with one timestamp moved."""
    return tuple((key, value, at + by if at == timestamp else at) for key, value, at in rows)


def test_counterexamples_are_small(on_file: tuple[Shown, ...]) -> None:
    """Each life on file can be followed by hand."""
    assert max(shown.life.rows for shown in on_file) <= MOST_ROWS
    assert max(len(shown.life.beats) for shown in on_file) <= MOST_BEATS


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS[1:], ids=pair_name)
def test_other_engines_agree(pair: tuple[str, str], on_file: tuple[Shown, ...], tmp_path: Path) -> None:
    """A life on file makes the same rows wrong, after the same syncs, on every pair of engines: one in four, or all."""
    for number, shown in enumerate(on_file[:: effort(4, 1)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        if shown.strategy.asks and session_type(pair[0]).cannot(shown.strategy.asks):
            continue
        expected = observe(shown.life, shown.strategy, shown.rule).timeline.ever_wrong
        found = observe(shown.life, shown.strategy, shown.rule, pair, folder).timeline.ever_wrong

        assert (shown.life, found) == (shown.life, expected)
