"""The matrix: every strategy against every scenario on every pair of engines, each trial turned into an outcome."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from incload.contenders.native import NativeContender
from incload.errors import Refused, Unable, unknown
from incload.harness.reference_copy import ReferenceCopy, copy
from incload.harness.sandbox.environment import described, environment
from incload.harness.sandbox.sandbox import OTHER_PAIRS, PAIRS, SERVER_PAIRS, pair_name
from incload.harness.trials.error_timeline import ErrorTimeline, counts
from incload.harness.trials.prediction import predict
from incload.harness.trials.trial import Trial
from incload.harness.trials.witness import story
from incload.history.synthetic import built
from incload.history.synthetic.reading.scenarios import READING
from incload.history.synthetic.scenarios import EVERY_SCENARIO, SCENARIOS, scenario
from incload.loading.plan import Guards
from incload.registry import strategies, strategy
from incload.report.foreign.breaks import breaks_text
from incload.report.outcome import Outcome
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from incload.contenders.contender import Claims, Contender
    from incload.harness.load_timer import LoadClock
    from incload.harness.trials.prediction import Breaks, Prediction
    from incload.harness.trials.trial import Observed
    from incload.history.history import History
    from incload.history.synthetic.scenarios import Scenario
    from incload.strategy import Strategy

CORE = (
    "clean", "late_arrivals", "duplicate_timestamps", "duplicate_timestamps_smaller_id", "hard_deletes",
    "updates_without_touch",
)  # fmt: skip
"""The control and the five flaws that are met most often; enough for a quick look."""

RULES = "write_rules"
RULES_PAIR = ("sqlite", "sqlite")
RULES_SCENARIOS = ("inserts_only", "clean", "hard_deletes", "out_of_order_versions", "memory_lost")
"""Where the write rules part ways: rows only added, updated, deleted, put back to an older version, or read twice."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix; it can be handed to another process, which rebuilds the history that it needs.

    Attributes:
        contender: Who is tried; the reference copy is a contender like any other.
        scenario: On which history.
        pair: On which engines.
        rows: How many rows the history's base has.
        seed: What the history is drawn from.
        command: What reproduces the run.
        suite: `matrix`, each strategy with its own write rule, or `write_rules`, each with all of them.
        any_loader: Whether what its scenario breaks is measured for any loader, and not only for strategies.
    """

    contender: Contender
    scenario: Scenario
    pair: tuple[str, str]
    rows: int
    seed: int
    command: str = ""
    suite: str = "matrix"
    any_loader: bool = False

    @property
    def name(self) -> str:
        """A name for progress and for the tests' ids."""
        rule = f"-{self.contender.write_rule}" if self.suite == RULES else ""
        return f"{self.contender.id}{rule}-{self.scenario.id}-{pair_name(self.pair)}"

    def history(self) -> History:
        """Build the cell's history, once for all cells that share it."""
        return built.history(self.scenario.id, self.rows, self.seed)

    def run(self, clock: LoadClock) -> Observed:
        """Run the trial once, in a folder of its own."""
        with tempfile.TemporaryDirectory(prefix="incload-") as folder:
            trial = Trial(self.history(), self.contender, self.pair, self.scenario.faults, self.scenario.late_commits)
            return trial.run(Path(folder), clock)


def contender(strategy: Strategy, rule: WriteRule | None = None, *, guarded: bool = False) -> NativeContender:
    """Return a strategy as it is put into the matrix: its own rule unless another is given, removals as it likes.

    Args:
        strategy: Who is tried.
        rule: By which write rule; None for the strategy's own.
        guarded: Whether the load's guard against mass removal is on.
    """
    guards = Guards(allow_removals=not guarded)
    return NativeContender(strategy, rule or strategy.write_rule, guards, evolve=True, count_unchanged=True)


REFERENCE = NativeContender(ReferenceCopy(), ReferenceCopy.write_rule, loader=copy)
"""The reference copy as a contender."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which part of the matrix to run; an empty choice is everything.

    Attributes:
        strategies: Names or ids of strategies; a name stands for all its variants, and `all` alone for all of them.
        scenarios: Ids of scenarios, `core` for the six of `CORE`, `loaders` for those of other loaders; by
            default those of strategies, or every one for loaders that say what they need.
        pairs: Names of engine pairs; an engine stands for the pairs whose source it is.
        rows: Rows of each history's base.
        seed: What histories are drawn from.
        contenders: Others that are tried beside the strategies; where some are and no strategy is named, they alone.
        any_loader: Whether what scenarios break is measured for any loader; it is where one of `loaders` is chosen.
    """

    strategies: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    rows: int = 1_000
    seed: int = 1
    contenders: tuple[Contender, ...] = ()
    any_loader: bool = False

    def cells(self, command: str = "") -> list[Cell]:
        """Return the chosen cells, the reference copy first in each row; refuse a name that does not exist."""
        if self.rows < 1:
            raise Refused(f"--rows {self.rows} leaves nothing to load: give at least 1.")
        any_loader = self.any_loader or any(each in READING for each in self.chosen_scenarios())
        return [
            Cell(who, found, pair, self.rows, self.seed, command, any_loader=any_loader)
            for pair in self.chosen_pairs()
            for found in self.chosen_scenarios()
            for who in self._row(found, pair_name(pair))
        ]

    def _row(self, found: Scenario, pair: str) -> tuple[Contender, ...]:
        """Return who runs in a scenario on a pair, the reference copy first; none where only that is left."""
        tried = self._tried(guarded=found.guarded)
        here = [who for who in tried if self.pairs or pair in (who.capabilities.usual or (pair,))]
        return (REFERENCE, *here) if here else ()

    def foreign_cells(self) -> list[Cell]:
        """Return the cells of the contenders that are given, without a reference copy."""
        return [each for each in self.cells() if each.contender in self.contenders]

    def _tried(self, *, guarded: bool) -> tuple[Contender, ...]:
        """Return who is tried besides the reference copy."""
        if self.contenders and not self.strategies:
            return self.contenders
        return (*(contender(each, guarded=guarded) for each in self.chosen_strategies()), *self.contenders)

    def rule_cells(self, command: str = "") -> list[Cell]:
        """Return the chosen strategies under every write rule, on the scenarios in which rules differ."""
        return [
            Cell(contender(each, rule), scenario(name), RULES_PAIR, self.rows, self.seed, command, RULES)
            for name in RULES_SCENARIOS
            for each in self.chosen_strategies()
            for rule in WriteRule
        ]

    def chosen_strategies(self) -> tuple[Strategy, ...]:
        """Return the strategies, variants included where a plain name was given."""
        if self.strategies in {(), ("all",)}:
            return strategies()
        named = [[each for each in strategies() if each.name == name] or [strategy(name)] for name in self.strategies]
        return tuple(dict.fromkeys(variant for group in named for variant in group))

    def chosen_scenarios(self) -> tuple[Scenario, ...]:
        """Return the scenarios."""
        if not self.scenarios:
            states = [each.stated is not None for each in self.contenders]
            return EVERY_SCENARIO if states and all(states) and not self.strategies else SCENARIOS
        groups = {"core": CORE, "all": [each.id for each in SCENARIOS], "loaders": [each.id for each in READING]}
        names = dict.fromkeys(name for each in self.scenarios for name in groups.get(each, (each,)))
        return tuple(map(scenario, names))

    def chosen_pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the engine pairs."""
        known = {pair_name(pair): (pair,) for pair in (*PAIRS, *SERVER_PAIRS, *OTHER_PAIRS)}
        for pair in (*PAIRS, *SERVER_PAIRS):
            known[pair[0]] = (*known.get(pair[0], ()), pair)
        for name in self.pairs:
            if name not in known:
                raise unknown("engine pair", name, known)
        return tuple(dict.fromkeys(pair for name in self.pairs for pair in known[name])) or PAIRS


def breaks_of(cell: Cell) -> Breaks:
    """Return what a cell's scenario breaks of what strategies need, or of what any loader needs where that is asked."""
    found = built.every_break if cell.any_loader or cell.contender.stated is not None else built.breaks
    return found(cell.scenario.id, cell.rows, cell.seed)


@cache
def _prediction(claims: Claims, scenario_id: str, rows: int, seed: int) -> Prediction:
    made, breaks = built.history(scenario_id, rows, seed), built.breaks(scenario_id, rows, seed)
    return predict(made, claims, breaks, scenario(scenario_id))


def outcome(cell: Cell, observed: Observed, seconds: Iterable[float], reference: float | None) -> Outcome:
    """Turn what a cell showed into its record.

    Args:
        cell: The cell.
        observed: What the last round showed.
        seconds: The load seconds of each round.
        reference: The fastest reference copy of the same history on the same engines; None where it is not known.
    """
    wrong = bool(observed.timeline.ever_wrong)
    return replace(
        _identity(cell),
        outcome="wrong" if wrong else "sound",
        witness=story(cell.history(), observed) if wrong else "",
        **_errors(observed.timeline),
        **_work(observed),
        **_times(observed, sorted(seconds), reference),
    )


def _errors(timeline: ErrorTimeline) -> dict[str, Any]:
    """Return the fields of a record that say what was wrong, in the end and at most, and for how long."""
    last = counts(timeline.last) if timeline.last else (0, 0, 0, 0)
    names = (f"{name}{most}" for most in ("", "_max") for name in ("lost", "stale", "phantom", "duplicated"))
    return {
        **dict(zip(names, (*last, *timeline.most), strict=True)),
        "wrong_syncs": timeline.wrong_syncs,
        "rows_ever_wrong": len(timeline.ever_wrong),
        "rows_never_healed": timeline.rows_never_healed,
        "heal_syncs_median": timeline.heal_syncs_median,
        "heal_syncs_max": timeline.heal_syncs_max,
    }


def _work(observed: Observed) -> dict[str, Any]:
    """Return the fields that say what the syncs did."""
    return {
        "syncs": len(observed.syncs),
        **{f"rows_{name}": observed.total(name) for name in ("read", "written", "unchanged", "removed")},
        "rows_waiting": observed.waiting,
        "queries": observed.total("queries"),
        "state_bytes": observed.state_bytes,
        "peak_memory_bytes": observed.peak_bytes,
    }


def _times(observed: Observed, times: Sequence[float], reference: float | None) -> dict[str, Any]:
    """Return the fields that say how long the rounds took, the shortest first, also beside the reference copy."""
    return {
        "load_seconds_min": times[0] if times else None,
        "load_seconds_median": median(times) if times else None,
        "rounds": len(times) or None,
        "table_rows_per_second": observed.rows_at_end / times[0] if times and times[0] else None,
        "times_reference": times[0] / reference if times and reference else None,
        "start_up_seconds": observed.start_up,
    }


def failure(cell: Cell, error: Exception) -> Outcome:
    """Turn what a cell raised into its record: the error is the cell, never a pass and never a blank."""
    return replace(_identity(cell), reason=" ".join(f"{type(error).__name__}: {error}".split()))


def not_applicable(cell: Cell, refusal: Unable) -> Outcome:
    """Turn the refusal of a strategy at set-up into its record: nothing was tried, so nothing is predicted either."""
    said = replace(_identity(cell), predicted="", rows_ever_wrong_predicted=None, assumption="")
    return replace(said, outcome="not_applicable", reason=str(refusal))


def _identity(cell: Cell) -> Outcome:
    """Return the record of a cell of which only the prediction is known yet."""
    claims = cell.contender.claims
    expected = _prediction(claims, cell.scenario.id, cell.rows, cell.seed) if claims else None
    return Outcome(
        suite=cell.suite,
        strategy=cell.contender.id,
        write_rule=cell.contender.write_rule,
        scenario=cell.scenario.id,
        meaning=cell.scenario.sentence,
        source_engine=cell.pair[0],
        target_engine=cell.pair[1],
        rows=cell.rows,
        seed=cell.seed,
        history_digest=built.digest(cell.scenario.id, cell.rows, cell.seed),
        outcome="unknown",
        predicted=expected.verdict if expected else "",
        rows_ever_wrong_predicted=expected.rows_ever_wrong if expected else None,
        assumption=expected.assumptions if expected else "",
        breaks="" if expected else breaks_text(breaks_of(cell)),
        environment=described(environment(cell.pair), cell.contender.facts),
        command=cell.command,
    )
