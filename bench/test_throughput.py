"""Cost at scale: initial load, 2 % change and no change, each contender beside a reference copy of the same rounds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import tutorial_loaders

from incload.commands.compare import choice
from incload.errors import Unable
from incload.lab.audit import Difference
from incload.lab.matrix import REFERENCE
from incload.lab.pair import pair_name
from incload.lab.throughput import PHASES, Contender, Phase, Yard, contender, outcome, yard
from incload.load.location import path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

    from incload.report.outcome import Outcome

TUTORIALS = (
    Contender("tutorial_watermark", "", lambda *ends: tutorial_loaders.watermark(*map(path_of, ends))),
    Contender("tutorial_row_hash", "", lambda *ends: tutorial_loaders.row_hash(*map(path_of, ends))),
)
TUTORIAL_PAIR = ("sqlite", "sqlite")
MEASURED = {
    "full_refresh",
    "timestamp_watermark",
    "composite_watermark",
    "lookback_window",
    "row_hash_cdc",
    "snapshot_diff",
}
"""Who is measured when nobody is named: one strategy of each kind of reading."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each contender and phase, in the order of the phases."""
    chosen = choice(metafunc.config.option)
    named = chosen.chosen_strategies()
    strategies = (REFERENCE, *(each for each in named if chosen.strategies or each.id in MEASURED))
    tests = []
    for pair in chosen.chosen_pairs():
        own = [("throughput", contender(strategy)) for strategy in strategies]
        taught = [("tutorial", taught) for taught in TUTORIALS] if pair == TUTORIAL_PAIR else []
        tests += [(pair, suite, who, phase) for suite, who in own + taught for phase in PHASES]
    ids = [f"{who.id}-{phase}-{pair_name(pair)}" for pair, _, who, phase in tests]
    metafunc.parametrize(("pair", "suite", "who", "phase"), tests, ids=ids)


@pytest.fixture(scope="session")
def yards(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Callable[..., Yard]]:
    """Return what gives the yard of a pair, made once."""
    made: dict[tuple[str, str], Yard] = {}
    option = request.config.option

    def of(pair: tuple[str, str]) -> Yard:
        if pair not in made:
            made[pair] = yard(pair, option.scale, option.seed, tmp_path_factory.mktemp(pair_name(pair)))
        return made[pair]

    yield of
    for each in made.values():
        each.close()


def test_load(  # noqa: PLR0913, PLR0917 - a test asks for its fixtures
    benchmark: BenchmarkFixture,
    pair: tuple[str, str],
    suite: str,
    who: Contender,
    phase: Phase,
    yards: Callable[..., Yard],
    record: Callable[[Outcome], None],
    command: str,
    request: pytest.FixtureRequest,
) -> None:
    """A load at scale is timed, and its target audited; a wrong one is a result like any other."""
    benchmark.group = f"{phase} {pair[0]} to {pair[1]}"
    own = yards(pair)
    own.references.clear()
    try:
        source = own.source(phase)
    except Unable as refusal:
        tried = outcome(own, who, phase, suite=suite, seconds=[], found=Difference(), command=command)
        record(replace(tried, outcome="n/a", reason=str(refusal)))
        pytest.skip(str(refusal))

    def setup() -> tuple[tuple[object, ...], dict[str, object]]:
        own.reference(phase)
        return (source, own.stage(who, phase)), {}

    benchmark.pedantic(who.load, setup=setup, rounds=request.config.option.rounds, iterations=1)
    seconds = list(benchmark.stats.stats.data) if benchmark.stats else []
    own.keep(who, phase)
    found = own.difference(phase)
    result = outcome(own, who, phase, suite=suite, seconds=seconds, found=found, command=command)
    record(result)
    benchmark.extra_info["outcome"] = result.outcome

    assert result.outcome in {"sound", "wrong"}
    assert result.outcome == "sound" or result.lost + result.stale + result.phantom + result.duplicated
