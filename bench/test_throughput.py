"""Cost at scale: initial load, 2 % change and no change, all contenders and the reference copy by turns in each round.

The table of docs/performance.md: `pytest bench -k throughput --benchmark-only --scale 1000000 --rounds 5`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import tutorial_loaders
from bare_statements import BARE

from incload.auditing.audit import Difference
from incload.commands.compare import choice
from incload.contenders.function import FunctionContender
from incload.contenders.native import NativeContender
from incload.errors import Unable
from incload.harness.load_timer import CLOCK
from incload.harness.perf.benchmark_table import PARAMS, extra_info, group
from incload.harness.perf.rounds import Times, race
from incload.harness.perf.throughput import (
    PHASES,
    Phase,
    Timing,
    Workspace,
    can_run,
    files,
    outcome,
    require_capability,
    workspace,
)
from incload.harness.sandbox.sandbox import pair_name
from incload.harness.trials.matrix import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from incload.contenders.contender import Contender
    from incload.report.outcome import Outcome

TUTORIALS = (
    FunctionContender("tutorial_watermark", lambda asked: tutorial_loaders.watermark(*files(asked))),
    FunctionContender("tutorial_row_hash", lambda asked: tutorial_loaders.row_hash(*files(asked))),
)
FLOOR = FunctionContender(BARE.id, lambda asked: BARE.load(*files(asked)))
"""The engine's own statement and nothing else: where it stands, no load can be much faster."""
TUTORIAL_PAIR = ("sqlite", "sqlite")
MEASURED = {
    "full_refresh",
    "timestamp_watermark",
    "composite_watermark",
    "lookback_window",
    "row_hash_cdc",
    "snapshot_diff",
}
"""The strategies measured by default: one of each kind of reading."""

CONTENDERS: dict[str, Contender] = {}
PAIRS: dict[str, tuple[str, str]] = {}
"""The contenders and pairs of the tests by their names, as parameters that are texts can be grouped by."""

Ran = tuple[Workspace, dict[str, Times]]
"""The workspace of a pair, and the times of a race in it."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each contender and phase, in the order of the phases."""
    chosen = choice(metafunc.config.option)
    named = chosen.chosen_strategies()
    strategies = (REFERENCE, *(NativeContender(each) for each in named if chosen.strategies or each.id in MEASURED))
    tests = []
    for pair in chosen.chosen_pairs():
        own = [("throughput", each) for each in strategies]
        if pair == TUTORIAL_PAIR:
            own += [("throughput", FLOOR), *(("tutorial", taught) for taught in TUTORIALS)]
        tests += [(pair, suite, who, phase) for suite, who in own for phase in PHASES]
    params = [(suite, who.id, phase, pair_name(pair)) for pair, suite, who, phase in tests]
    CONTENDERS.update({who.id: who for _, _, who, _ in tests})
    PAIRS.update({pair_name(pair): pair for pair, _, _, _ in tests})
    metafunc.parametrize(("suite", *PARAMS), params, ids=["-".join(each) for _, *each in params])


@pytest.fixture(scope="session")
def races(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Callable[..., Ran]]:
    """Return what runs the race of a pair and a phase when it is first asked for, among all who were selected."""
    option = request.config.option
    selected = [item.callspec.params for item in request.session.items if getattr(item, "callspec", None)]
    workspaces: dict[tuple[str, str], Workspace] = {}
    ran: dict[tuple[tuple[str, str], Phase], dict[str, Times]] = {}

    def run(pair: tuple[str, str], phase: Phase) -> Ran:
        if pair not in workspaces:
            workspaces[pair] = workspace(pair, option.scale, option.seed, tmp_path_factory.mktemp(pair_name(pair)))
        if (pair, phase) not in ran:
            names = [each["strategy"] for each in selected if PAIRS.get(each.get("engines", "")) == pair]
            chosen = {name: CONTENDERS[name] for name in names if name in CONTENDERS}
            runners = {REFERENCE.id: REFERENCE, **chosen}
            able = [each for each in runners.values() if can_run(pair, each)]
            ran[pair, phase] = race(workspaces[pair], able, phase, option.rounds)
        return workspaces[pair], ran[pair, phase]

    yield run
    for each in workspaces.values():
        each.close()


@pytest.mark.benchmark(timer=CLOCK.read)
def test_load(
    benchmark: BenchmarkFixture,
    strategy: str,
    scenario: Phase,
    engines: str,
    suite: str,
    races: Callable[..., Ran],
    record: Callable[[Outcome], None],
    command: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    """A load at scale is timed by turns with the others, and its target audited; a wrong one is a result as well."""
    pair, who, phase = PAIRS[engines], CONTENDERS[strategy], scenario
    benchmark.group = group(scenario, engines)
    try:
        require_capability(pair, who)
        own, times = races(pair, phase)
    except Unable as refusal:
        own = workspace(pair, request.config.option.scale, request.config.option.seed, tmp_path)
        untried = Times([], Difference())
        tried = outcome(own, who, phase, untried, Timing(suite, 1.0, command))
        record(replace(tried, outcome="not_applicable", reason=str(refusal)))
        pytest.skip(str(refusal))
    rounds = iter(times[who.id].seconds)
    benchmark.pedantic(lambda: CLOCK.advance(next(rounds)), rounds=len(times[who.id].seconds), iterations=1)
    reference = min(times[REFERENCE.id].seconds)
    result = outcome(own, who, phase, times[who.id], Timing(suite, reference, command))
    record(result)
    benchmark.extra_info.update(extra_info(result))

    assert result.outcome in {"sound", "wrong"}
    assert result.outcome == "sound" or any((result.lost, result.stale, result.phantom, result.duplicated))
