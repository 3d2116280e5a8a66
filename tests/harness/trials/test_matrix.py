"""The whole matrix at two hundred rows: which strategy is wrong in which scenario, and how, is written down here.

Every pair of engines has to come to the same verdicts by the same counters.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from incload.auditing.audit import Difference
from incload.errors import Refused
from incload.harness.load_timer import LoadClock
from incload.harness.sandbox.sandbox import PAIRS, pair_name
from incload.harness.trials.matrix import Cell, Choice, outcome
from incload.harness.trials.runner import run_cells
from tests.effort import is_hard

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.report.outcome import Outcome

    Matrix = Callable[[str], dict[tuple[str, str], Outcome]]

ROWS = 200
VARIANTS = (
    "composite_watermark",
    "full_refresh",
    "lookback_window",
    "lookback_window_minutes_1",
    "row_hash_cdc",
    "row_hash_cdc_without_removes",
    "timestamp_watermark",
    "timestamp_watermark_inclusive",
)
SOUND = (0, 0, 0, 0)

WRONG: dict[str, dict[str, tuple[int, int, int, int]]] = {
    # scenario: the variants that are wrong, with their lost, stale, phantom and duplicated rows at the end
    "clean": {},
    "late_arrivals": {
        "composite_watermark": (15, 15, 0, 0),
        "lookback_window_minutes_1": (15, 15, 0, 0),
        "timestamp_watermark": (15, 15, 0, 0),
        "timestamp_watermark_inclusive": (15, 15, 0, 0),
    },
    "duplicate_timestamps": {
        "timestamp_watermark": (15, 0, 0, 0),
    },
    "duplicate_timestamps_smaller_id": {
        "composite_watermark": (16, 0, 0, 0),
        "timestamp_watermark": (16, 0, 0, 0),
    },
    "hard_deletes": {
        "composite_watermark": (0, 0, 16, 0),
        "lookback_window": (0, 0, 16, 0),
        "lookback_window_minutes_1": (0, 0, 16, 0),
        "row_hash_cdc_without_removes": (0, 0, 16, 0),
        "timestamp_watermark": (0, 0, 16, 0),
        "timestamp_watermark_inclusive": (0, 0, 16, 0),
    },
    "updates_without_touch": {
        "composite_watermark": (0, 15, 0, 0),
        "lookback_window": (0, 15, 0, 0),
        "lookback_window_minutes_1": (0, 15, 0, 0),
        "timestamp_watermark": (0, 15, 0, 0),
        "timestamp_watermark_inclusive": (0, 15, 0, 0),
    },
}
HEALED = {"late_arrivals": (31, 30, 5.0, 5), "duplicate_timestamps": (16, 15, 5.0, 5)}
"""Rows ever wrong, never healed, syncs to heal (median, most), where a later update happened to bring one row over."""

TIMES = {"load_seconds_min", "load_seconds_median", "table_rows_per_second", "times_reference", "peak_memory_bytes"}
"""What differs from run to run."""

slow, hard = pytest.mark.slow, pytest.mark.hard  # `make check` compares all pairs with the baseline
OTHERS = [pair for pair in PAIRS if pair != ("sqlite", "sqlite")]
every_pair = pytest.mark.parametrize(
    "pair",
    [pytest.param(pair_name(pair), marks=[] if pair == ("sqlite", "sqlite") else [slow, hard]) for pair in PAIRS],
)


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    """Return what runs the matrix of a pair, once for all tests."""
    known: dict[str, dict[tuple[str, str], Outcome]] = {}

    def run(pair: str) -> dict[tuple[str, str], Outcome]:
        if pair not in known:
            chosen = Choice(strategies=VARIANTS, scenarios=tried(pair), pairs=(pair,), rows=ROWS, seed=1)
            outcomes = run_cells([cell for cell in chosen.cells() if is_expected(cell)], 1, str, workers=1)
            known[pair] = {(each.scenario, each.strategy): each for each in outcomes}
        return known[pair]

    return run


def tried(pair: str) -> tuple[str, ...]:
    """Return the scenarios: every second one on the other pairs, unless everything is to be tried."""
    return tuple(WRONG) if is_hard() or pair == "sqlite-sqlite" else tuple(WRONG)[::2]


def is_expected(cell: Cell) -> bool:
    """Return whether the table of this file names a cell; a name chooses all variants, future ones as well."""
    return cell.contender.id in {"reference_copy", *VARIANTS}


def counted(each: Outcome) -> dict[str, object]:
    """Return an outcome without its times and its engines; a state names the cursor's type as its engine does."""
    engines = {"source_engine", "target_engine", "state_bytes"}
    return {name: value for name, value in asdict(each).items() if name not in TIMES | engines}


@pytest.mark.parametrize("scenario", WRONG)
@every_pair
def test_verdicts(pair: str, scenario: str, matrix: Matrix) -> None:
    """Each variant is sound or wrong as the table says, with as many wrong rows of each kind at the end."""
    outcomes = {name: each for (where, name), each in matrix(pair).items() if where == scenario}
    found = {name: (each.lost, each.stale, each.phantom, each.duplicated) for name, each in outcomes.items()}
    verdicts = {name: each.outcome for name, each in outcomes.items()}

    assert found == dict.fromkeys(("reference_copy", *VARIANTS), SOUND) | WRONG[scenario]
    assert verdicts == {name: "sound" if counts == SOUND else "wrong" for name, counts in found.items()}


@every_pair
def test_how_wrong_and_for_how_long(pair: str, matrix: Matrix) -> None:
    """The maxima are the counts at the end, every sync after a tick leaves wrong rows, and few ever heal."""
    for (scenario, strategy), each in matrix(pair).items():
        wrong = WRONG[scenario].get(strategy)
        least = sum(wrong or ())
        healed = (each.rows_ever_wrong, each.rows_never_healed, each.heal_syncs_median, each.heal_syncs_max)

        assert (each.lost_max, each.stale_max, each.phantom_max, each.duplicated_max) == (wrong or SOUND)
        assert (each.syncs, each.wrong_syncs) == (11, 10 if wrong else 0)
        assert healed == (HEALED.get(scenario, (least, least, None, None)) if wrong else (0, 0, None, None))


@every_pair
def test_a_verdict_has_its_reasons(pair: str, matrix: Matrix) -> None:
    """A wrong outcome has a story, a sound one none, and nothing raised."""
    outcomes = matrix(pair).values()

    assert [each.trial for each in outcomes if bool(each.witness) != (each.outcome == "wrong")] == []
    assert [each.trial for each in outcomes if each.reason] == []


@every_pair
def test_every_verdict_was_predicted(pair: str, matrix: Matrix) -> None:
    """Needs and breaks predict every verdict, and the lags the number of rows ever wrong wherever they predict one."""
    predicted = [each for each in matrix(pair).values() if each.rows_ever_wrong_predicted is not None]

    assert [each.trial for each in matrix(pair).values() if each.predicted != each.outcome] == []
    assert [each.trial for each in predicted if each.rows_ever_wrong_predicted != each.rows_ever_wrong] == []
    assert len(predicted) >= len(WRONG)


@pytest.mark.slow
@pytest.mark.parametrize("pair", [pair_name(pair) for pair in OTHERS])
def test_the_pairs_agree(pair: str, matrix: Matrix) -> None:
    """Every counter of every trial, and every story, is the same on every pair of engines."""
    other = matrix("sqlite-sqlite")

    assert {name: counted(each) for name, each in matrix(pair).items()} == {
        name: counted(each) for name, each in other.items() if name[0] in tried(pair)
    }


def test_another_pair_agrees_about_a_short_life() -> None:
    """A life of a hundred rows comes to the same counters and the same story where rows go from SQLite to DuckDB."""
    pairs = ("sqlite-sqlite", "sqlite-duckdb")
    cells = Choice(("timestamp_watermark_inclusive",), ("hard_deletes",), pairs, 100, 1).cells()
    one, other = (
        counted(outcome(cell, cell.run(LoadClock()), [1.0], 1.0))
        for cell in cells
        if cell.contender.id == "timestamp_watermark_inclusive"
    )

    assert (one["outcome"], one["phantom"]) == ("wrong", 16)
    assert one == other


def test_what_a_cell_costs(matrix: Matrix) -> None:
    """The counters of the clean life are those of two hundred rows and ten ticks of three inserts and three updates."""
    costs = {
        name: (each.rows_read, each.rows_written, each.rows_removed, each.queries)
        for (scenario, name), each in matrix("sqlite-sqlite").items()
        if scenario == "clean"
    }

    assert costs == {
        "reference_copy": (2365, 2365, 0, 0),
        "composite_watermark": (260, 260, 0, 11),
        "full_refresh": (2365, 2365, 2135, 11),
        "lookback_window": (365, 365, 0, 11),
        "lookback_window_minutes_1": (275, 275, 0, 11),
        "row_hash_cdc": (2365, 260, 0, 21),
        "row_hash_cdc_without_removes": (2365, 260, 0, 11),
        "timestamp_watermark": (260, 260, 0, 11),
        "timestamp_watermark_inclusive": (270, 270, 0, 11),
    }


def test_a_cell_is_named_in_full(matrix: Matrix) -> None:
    """An outcome says of what it speaks: suite, rule, engines, size, seed, the scenario's sentence, the history."""
    each = matrix("sqlite-sqlite")["hard_deletes", "row_hash_cdc"]

    assert each.trial == ("matrix", "row_hash_cdc", "merge", "hard_deletes", "sqlite", "sqlite")
    assert (each.rows, each.seed) == (200, 1)
    assert each.meaning == "Rows disappear from the source and leave nothing behind that a query could find."
    assert len(each.history_digest) == 16
    assert '"python"' in each.environment


def test_times_are_reported_against_the_reference(matrix: Matrix) -> None:
    """The reference copy is once itself, every other trial some multiple, and rows go by in some number a second."""
    for (_, name), each in matrix("sqlite-sqlite").items():
        assert each.rounds == 1
        assert each.load_seconds_min is not None
        assert each.load_seconds_min == each.load_seconds_median
        assert (each.table_rows_per_second or 0) > 0
        assert (each.times_reference or 0) > 0
        assert each.times_reference == 1.0 or name != "reference_copy"


def test_wrong_once_is_wrong() -> None:
    """A trial that ends without a wrong row is wrong all the same when there was one on the way."""
    cell = Choice(("full_refresh",), ("clean",), ("sqlite-sqlite",), 100, 1).cells()[1]
    observed = cell.run(LoadClock())
    observed.timeline.enter_audit(3, Difference(lost=frozenset({(10,)})))
    observed.timeline.enter_audit(4, Difference())
    found = outcome(cell, observed, [2.0, 1.0, 4.0], 0.5)

    assert (found.outcome, found.lost + found.stale + found.phantom + found.duplicated) == ("wrong", 0)
    assert found.witness.endswith("It was lost after sync 3 and was right again after sync 4.")
    assert (found.load_seconds_min, found.load_seconds_median, found.rounds, found.times_reference) == (
        1.0,
        2.0,
        3,
        2.0,
    )


# The choice of cells.


def test_the_whole_matrix_is_chosen_by_default() -> None:
    """Without a choice every scenario is tried on every pair by every strategy, and the reference copy goes first."""
    names = [cell.name for cell in Choice().cells("the command")]

    assert names[0] == "reference_copy-clean-sqlite-sqlite"
    assert {f"{one}-{two}-{pair_name(pair)}" for one in VARIANTS for two in WRONG for pair in PAIRS} <= set(names)
    assert len(names) == len(set(names))
    assert {cell.command for cell in Choice().cells("the command")} == {"the command"}


def test_a_choice() -> None:
    """A name stands for all its variants, an id for one, parameters for a variant of one's own; order is kept."""
    chosen = Choice(
        strategies=("timestamp_watermark", "lookback_window:minutes=3", "timestamp_watermark_inclusive"),
        scenarios=("hard_deletes", "clean"),
        pairs=("sqlite-duckdb",),
    )

    assert [cell.name for cell in chosen.cells()] == [
        f"{name}-{scenario}-sqlite-duckdb"
        for scenario in ("hard_deletes", "clean")
        for name in (
            "reference_copy",
            "timestamp_watermark",
            "timestamp_watermark_inclusive",
            "lookback_window_minutes_3",
        )
    ]


def test_groups_of_scenarios_go_with_others() -> None:
    """`core` and `all` are names as well; a scenario that is in two of them is run once."""
    core = [each.id for each in Choice(scenarios=("core",)).chosen_scenarios()]
    more = [each.id for each in Choice(scenarios=("dst_fold", "core", "clean")).chosen_scenarios()]

    assert more == ["dst_fold", *core]
    assert Choice(scenarios=("all", "core")).chosen_scenarios() == Choice().chosen_scenarios()


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (Choice(strategies=("timestamp_watermrk",)), "unknown strategy 'timestamp_watermrk': did you mean"),
        (Choice(scenarios=("cleen",)), "unknown scenario 'cleen': did you mean clean?"),
        (Choice(pairs=("sqlite-duckbd",)), "unknown engine pair 'sqlite-duckbd': did you mean sqlite-duckdb?"),
        (Choice(rows=0), "--rows 0 leaves nothing to load: give at least 1."),
        (Choice(strategies=("lookback_window:hours=1",)), "unknown parameter of lookback_window 'hours'"),
    ],
)
def test_a_choice_that_does_not_exist_is_refused(choice: Choice, message: str) -> None:
    """An unknown name is refused with the nearest known one."""
    with pytest.raises(Refused) as refusal:
        choice.cells()

    assert str(refusal.value).startswith(message)
