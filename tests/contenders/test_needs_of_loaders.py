"""Every need that only other loaders have is shown by a few rows that break it alone, on every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.assumptions import OF_READING, Assumption
from incload.contenders.wild import wild
from incload.harness.catalogue.showing import ROWS, SEED, observe, who
from incload.harness.catalogue.smallest import restricted
from incload.harness.load_timer import LoadClock
from incload.harness.trials.trial import Trial
from incload.history.synthetic import built
from incload.history.synthetic.scenarios import scenario
from tests.contenders.counterexamples import Counterexample, broken, claims, is_wrong, on_file

if TYPE_CHECKING:
    from pathlib import Path

ON_FILE = on_file()
MOST_ROWS = 5
every_counterexample = pytest.mark.parametrize("shown", ON_FILE, ids=lambda shown: shown.id)
one_of_each_need = pytest.mark.parametrize(
    "shown", {each.need: each for each in reversed(ON_FILE)}.values(), ids=lambda shown: shown.id
)


def test_every_need_is_shown() -> None:
    """There is one for each need of each loader, none has more than five rows, and no need is without a loader."""
    assert sorted((each.need, each.loader) for each in ON_FILE) == sorted((need, who.id) for need, who in claims())
    assert {Assumption[each.need] for each in ON_FILE} == OF_READING
    assert [each.id for each in ON_FILE if not 1 <= len(each.keys) <= MOST_ROWS] == []


@every_counterexample
def test_a_need_alone_is_broken_and_makes_a_row_wrong(shown: Counterexample) -> None:
    """Nothing else that the loader needs is broken, its copy is wrong, and that of its right counterpart is not."""
    (loader,) = wild()[shown.loader]
    history = shown.history()

    assert broken(loader, history, shown.scenario) == (Assumption[shown.need],)
    assert is_wrong(history, shown.loader, shown.scenario)
    assert not is_wrong(history, shown.right, shown.scenario)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
@one_of_each_need
def test_it_is_the_same_on_every_engine(
    shown: Counterexample, engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The rows that are wrong on SQLite are wrong, and in the same way, and the counterpart is right."""
    if engine == "postgres":
        request.getfixturevalue("postgres_server")
    history, faults = shown.history(), scenario(shown.scenario).faults
    seen = {}
    for name in (shown.loader, shown.right):
        (tmp_path / name).mkdir()
        trial = Trial(history, who(name, shown.scenario), (engine, engine), faults)
        seen[name] = dict(trial.run(tmp_path / name, LoadClock()).timeline.found_as)

    assert seen == {shown.loader: observe(history, shown.loader, shown.scenario).timeline.found_as, shown.right: {}}


@pytest.mark.slow
@every_counterexample
def test_no_row_can_be_left_out(shown: Counterexample) -> None:
    """Without any one of its rows, it breaks something else as well, or no row is wrong."""
    (loader,) = wild()[shown.loader]
    whole = built.history(shown.scenario, ROWS, SEED)
    rest = [restricted(whole, [key for key in shown.keys if key != left]) for left in shown.keys if len(shown.keys) > 1]

    assert [
        broken(loader, history, shown.scenario) == (Assumption[shown.need],)
        and is_wrong(history, shown.loader, shown.scenario)
        for history in rest
    ] == [False] * len(rest)
