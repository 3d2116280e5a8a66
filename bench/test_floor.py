"""The floor: what SQLite's own statement takes of a change, under settings that bear on it.

`pytest bench -k floor --benchmark-only --scale 1000000 --rounds 5`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bare_statements import SETTINGS, Setting

from incload.commands.compare import choice
from incload.contenders.function import FunctionContender
from incload.contenders.native import NativeContender
from incload.harness.load_timer import CLOCK
from incload.harness.perf.rounds import Times, race
from incload.harness.perf.throughput import Phase, Timing, Workspace, files, outcome, workspace
from incload.harness.trials.matrix import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from incload.report.outcome import Outcome

PAIR = ("sqlite", "sqlite")
PHASES: tuple[Phase, ...] = ("initial_load", "change_2_percent")
LOAD = "timestamp_watermark"

pytestmark = [pytest.mark.on_request, pytest.mark.benchmark(timer=CLOCK.read)]


def bare(setting: Setting) -> FunctionContender:
    """Return a setting as a contender."""
    return FunctionContender(setting.id, lambda asked: setting.load(*files(asked)))


@pytest.fixture(scope="module")
def races(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> tuple[Workspace, dict[Phase, dict[str, Times]]]:
    """Let all settings load by turns with the reference copy and a load of this project."""
    option = request.config.option
    own = workspace(PAIR, option.scale, option.seed, tmp_path_factory.mktemp("floor"))
    (load,) = (each for each in choice(option).chosen_strategies() if each.id == LOAD)
    contenders = [REFERENCE, NativeContender(load), *map(bare, SETTINGS)]
    return own, {phase: race(own, contenders, phase, option.rounds) for phase in PHASES}


@pytest.mark.parametrize("who", [REFERENCE.id, LOAD, *(setting.id for setting in SETTINGS)])
@pytest.mark.parametrize("phase", PHASES)
def test_floor(
    record_rounds: Callable[[Sequence[float]], None],
    who: str,
    phase: Phase,
    races: tuple[Workspace, dict[Phase, dict[str, Times]]],
    record: Callable[[Outcome], None],
    command: str,
) -> None:
    """A setting is timed by turns with the others, and its copy audited."""
    own, ran = races
    times, reference = ran[phase][who], min(ran[phase][REFERENCE.id].seconds)
    record_rounds(times.seconds)
    contended = FunctionContender(who, lambda _: 0)
    record(outcome(own, contended, phase, times, Timing("floor", reference, command)))

    assert not times.found.wrong
