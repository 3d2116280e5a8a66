"""The causes that an audit gives are those of the histories themselves, and none is given as certain and wrong."""

from __future__ import annotations

import pytest
from confusion import LOADER, Case, Pairs, certain_and_wrong, diagnosed, everything, share

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
    """The cause is not given as certain."""
    found = diagnosed(Case.of(scenario("partial_read")), strategy("timestamp_watermark"))

    assert set(found.exact) == {(LOADER, "late")}
    assert not certain_and_wrong(found.exact, exact=True)


@pytest.mark.slow
def test_every_scenario_and_strategy() -> None:
    """At least nine causes of ten are right without a state, all but those of the loader with one.

    With a recording the loader's are right as well, but for rows of a first sync that a later one took for deleted.
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
    assert share(watched) >= 0.99
    assert {true for true, given in exact if true != given} <= {LOADER}
