"""The causes that an audit gives are those of the histories themselves, and none is given as certain and wrong."""

from __future__ import annotations

import pytest
from confusion import Case, Pairs, certain_and_wrong, diagnosed, everything, share

from incload.history.synthetic.scenarios import SCENARIOS, scenario
from incload.registry import strategy


@pytest.mark.parametrize(
    ("name", "load", "cause"),
    [
        ("late_arrivals", "timestamp_watermark", "late"),
        ("duplicate_timestamps", "timestamp_watermark", "tie"),
        ("hard_deletes", "lookback_window", "hard delete"),
        ("updates_without_touch", "composite_watermark", "updated without touching the cursor"),
        ("null_cursor", "timestamp_watermark", "null cursor"),
    ],
)
def test_the_cause_is_the_scenario_s_own(name: str, load: str, cause: str) -> None:
    """With the state of the load and without it."""
    found = diagnosed(Case.of(scenario(name)), strategy(load))

    assert set(found.exact) == {(cause, cause)}
    assert found.inferred[cause, cause] >= 0.8 * found.exact[cause, cause] > 0


def test_a_loader_that_read_in_part_leaves_the_traces_of_late_rows() -> None:
    """But for their keys, and so the cause is not given as certain."""
    found = diagnosed(Case.of(scenario("partial_read")), strategy("timestamp_watermark"))

    assert set(found.exact) == {("in a missing part of a sync", "in a missing part of a sync")}
    assert set(found.inferred) == {("in a missing part of a sync", "late")}
    assert not certain_and_wrong(found.exact, exact=True)


@pytest.mark.slow
def test_every_scenario_and_strategy() -> None:
    """With a state all causes but some are right, without one at least nine of ten, and none is certain and wrong.

    Of a load by the clock 17 late rows are not called late: syncs that found nothing, and left no trace, covered them.
    """
    exact, inferred, watched = Pairs(), Pairs(), Pairs()
    for _, found in everything(map(Case.of, SCENARIOS)):
        exact += found.exact
        inferred += found.inferred
        watched += found.watched

    assert not certain_and_wrong(exact, exact=True)
    assert not certain_and_wrong(inferred, exact=False)
    assert not certain_and_wrong(watched, exact=True)
    assert share(inferred) >= 0.9
    for pairs in (exact, watched):
        wrong = {each: count for each, count in pairs.items() if each[0] != each[1]}
        assert wrong == {("late", "never in any window"): 17}
