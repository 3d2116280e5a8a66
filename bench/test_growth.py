"""Growth: the cost of a sync over the size of the table and over the number of changes, as a CSV and a picture.

`pytest bench -k growth --benchmark-only --growth-rows 10000,100000,1000000,10000000`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from incload.strategies.timestamp_watermark import TimestampWatermark

from incload.commands.compare import choice
from incload.harness.load_timer import CLOCK
from incload.harness.perf.records import Measured, figures
from incload.harness.perf.scaling import GrownText, grown
from incload.report.comparison.scaling import scenario
from incload.report.outcome_csv import write_outcomes
from incload.report.render.figure import draw_growth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from incload.harness.perf.scaling import Cost
    from incload.report.outcome import Outcome
    from incload.strategy import Strategy

MEASURED = ("timestamp_watermark", "composite_watermark", "lookback_window", "row_hash_cdc", "snapshot_diff")
PAIR = ("sqlite", "sqlite")
CHANGES = 1_000
"""How many rows change where the size of the table varies."""
ROWS = 100_000
"""The size of the table where the number of changes varies."""

pytestmark = [pytest.mark.on_request, pytest.mark.benchmark(timer=CLOCK.read)]


def numbers(text: str) -> list[int]:
    """Return whole numbers that are separated by commas."""
    return [int(part) for part in text.split(",")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each strategy at each size and each number of changes."""
    option = metafunc.config.option
    sizes = [(rows, min(CHANGES, rows // 10)) for rows in numbers(option.growth_rows)]
    points = dict.fromkeys([*sizes, *((ROWS, changed) for changed in numbers(option.growth_changes))])
    chosen = choice(option)
    if "of_text" in metafunc.function.__name__:
        metafunc.parametrize(("rows", "changed"), points, ids=[f"{changed}-of-{rows}" for rows, changed in points])
        return
    named = [each for each in chosen.chosen_strategies() if chosen.strategies or each.id in MEASURED]
    tests = [(rows, changed, each) for rows, changed in points for each in named]
    ids = [f"{each.id}-{changed}-of-{rows}" for rows, changed, each in tests]
    metafunc.parametrize(("rows", "changed", "strategy"), tests, ids=ids)


@pytest.fixture(scope="module")
def measured(request: pytest.FixtureRequest) -> Iterator[list[Outcome]]:
    """Gather what is measured, and draw it at the end."""
    gathered: list[Outcome] = []
    yield gathered
    folder = request.config.option.report_dir
    folder.mkdir(parents=True, exist_ok=True)
    write_outcomes(gathered, folder / "growth.csv")
    draw_growth(gathered, folder / "growth.svg")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Return what gives every size a folder of its own, so that its table is made once."""
    made: dict[int, Path] = {}
    return lambda rows: made.setdefault(rows, made.get(rows) or tmp_path_factory.mktemp(f"of-{rows}"))


@pytest.fixture
def record_cost(
    record_rounds: Callable[[Sequence[float]], None],
    rows: int,
    changed: int,
    measured: list[Outcome],
    record: Callable[[Outcome], None],
    command: str,
) -> Callable[[str, Cost], None]:
    """Return what takes the cost of a sync into the report, the picture and the benchmark."""

    def take(who: str, cost: Cost) -> None:
        what = Measured("growth", who, scenario(changed, rows), PAIR, rows, command)
        result = figures(what, cost.seconds, read=cost.read)
        record(result)
        measured.append(result)
        record_rounds(cost.seconds)

    return take


def test_growth(
    rows: int,
    changed: int,
    strategy: Strategy,
    folders: Callable[[int], Path],
    record_cost: Callable[[str, Cost], None],
    request: pytest.FixtureRequest,
) -> None:
    """A sync reads what changed, or everything, and is timed."""
    cost = grown(rows, changed, folders(rows)).cost(strategy, request.config.option.rounds)
    record_cost(strategy.id, cost)

    assert cost.read >= changed


def test_growth_of_text(
    rows: int, changed: int, tmp_path: Path, record_cost: Callable[[str, Cost], None], request: pytest.FixtureRequest
) -> None:
    """A sync by a cursor of indexed texts looks at the days that there are and at what changed, and is timed."""
    cost = grown(rows, changed, tmp_path, GrownText).cost(TimestampWatermark(), request.config.option.rounds)
    record_cost("timestamp_watermark of text", cost)

    assert cost.read == changed
