"""A report against its baseline: what was counted must be exactly equal, what was timed is advice.

A trial is the same trial in both reports when its identity is (`Outcome.trial`). Nothing that the baseline holds may be
missing from the latest report; what is new passes and is listed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incload.errors import Refused, unknown
from incload.report.frame import check_unique
from incload.report.outcome_csv import COLUMNS, read_outcomes, write_outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from incload.report.csv_records import Value
    from incload.report.outcome import Outcome

Trial = tuple[str, str, str, str, str, str]
"""The identity of a trial: suite, strategy, write rule, scenario, source engine, target engine."""

MEASURED = frozenset({
    "load_seconds_min", "load_seconds_median", "rounds", "table_rows_per_second", "times_reference",
    "peak_memory_bytes", "start_up_seconds", "run",
})  # fmt: skip
"""The columns that differ between two runs of the same code. Every other column must be exactly equal."""

WARN_RATIO = 1.25
FAIL_RATIO = 3.0
FAIL_DIFFERENCE = 0.5

TIME_RULE = (
    f"Times are judged as multiples of the reference copy: a warning above {WARN_RATIO} times the baseline, a failure "
    f"only above {FAIL_RATIO:g} times the baseline and more than {FAIL_DIFFERENCE} reference copies beyond it, where "
    "both were timed in more than one round."
)
"""The whole rule for times, as `slowdown` applies it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A column of a trial whose two values are not equal."""

    trial: Trial
    column: str
    baseline: Value
    latest: Value


@dataclass(frozen=True, slots=True)
class Slowdown:
    """A trial that took longer than it did, in reference copies.

    Attributes:
        trial: Which trial.
        baseline: Its time in the baseline, as a multiple of the reference copy of that run.
        latest: Its time now, likewise.
        gross: Whether it fails the comparison, by `TIME_RULE`.
    """

    trial: Trial
    baseline: float
    latest: float
    gross: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two reports differ in.

    Attributes:
        compared: How many trials stand in both.
        differences: Every column that differs and must not, in the order of the baseline.
        missing: The trials of the baseline that the latest report lacks.
        gone: What it lacks altogether, as (`suite`, `strategy` or `scenario`, name); their trials are missing too.
        new: The trials that only the latest report has.
        slowdowns: The trials whose time is worth a warning, or worse.
        untimed: How many trials have no time against a reference in one of the reports; they are never judged.
        trials: The trials that stand in both.
    """

    compared: int
    differences: tuple[Difference, ...]
    missing: tuple[Trial, ...]
    gone: tuple[tuple[str, str], ...]
    new: tuple[Trial, ...]
    slowdowns: tuple[Slowdown, ...]
    untimed: int
    trials: tuple[Trial, ...] = field(default=(), compare=False)

    @property
    def regressed(self) -> bool:
        """Whether the latest report fails against the baseline."""
        return bool(self.differences or self.missing or any(slowdown.gross for slowdown in self.slowdowns))

    @property
    def exit_code(self) -> int:
        """0 when the reports are equal, 1 for a regression; bad input, which ends with 2, never gets this far."""
        return int(self.regressed)


def compare(baseline: Path | str, latest: Path | str, suites: Iterable[str] | None = None) -> Comparison:
    """Compare two reports.

    Args:
        baseline: The CSV of what is expected.
        latest: The CSV of what was just observed.
        suites: The suites to look at; all of them unless given.

    Raises:
        Refused: For a file that is no report, a trial that stands twice in one, or a suite that the baseline lacks.
    """
    return compare_outcomes(_trials(baseline, suites), _trials(latest, suites, may_lack=True))


def compare_outcomes(baseline: Mapping[Trial, Outcome], latest: Mapping[Trial, Outcome]) -> Comparison:
    """Compare the outcomes of two reports, given by their trials."""
    both = [trial for trial in baseline if trial in latest]
    slowdowns = [slowdown(baseline[trial], latest[trial]) for trial in both]
    return Comparison(
        compared=len(both),
        differences=tuple(each for trial in both for each in _differences(baseline[trial], latest[trial])),
        missing=tuple(trial for trial in baseline if trial not in latest),
        gone=tuple(_gone(baseline, latest)),
        new=tuple(trial for trial in latest if trial not in baseline),
        slowdowns=tuple(each for each in slowdowns if each),
        untimed=sum(_times(baseline[trial], latest[trial]) is None for trial in both),
        trials=tuple(both),
    )


def slowdown(baseline: Outcome, latest: Outcome) -> Slowdown | None:
    """Apply `TIME_RULE` to one trial; None when its time is no worse than the rule allows, or cannot be judged."""
    times = _times(baseline, latest)
    if times is None or times[1] <= WARN_RATIO * times[0]:
        return None
    before, after = times
    repeated = min(baseline.rounds or 0, latest.rounds or 0) > 1
    gross = repeated and after > FAIL_RATIO * before and after - before > FAIL_DIFFERENCE
    return Slowdown(latest.trial, before, after, gross=gross)


def accept(latest: Path | str, baseline: Path | str, suites: Iterable[str] | None = None) -> int:
    """Make the latest report the baseline; return how many trials the baseline now holds.

    The lines are sorted by trial, so that a diff of two baselines shows what changed and nothing else. Times and
    environment are kept as they were measured.

    Args:
        latest: The CSV to accept.
        baseline: The CSV to write.
        suites: The suites to accept; those of the old baseline that are not named stay. All are replaced unless given.

    Raises:
        Refused: For a file that is no report, a trial that stands in it twice, or a suite that the latest report lacks.
    """
    chosen = None if suites is None else tuple(suites)
    kept = {} if chosen is None else _trials(baseline, None)
    accepted = {
        **{trial: outcome for trial, outcome in kept.items() if trial[0] not in (chosen or ())},
        **_trials(latest, chosen),
    }
    write_outcomes([accepted[trial] for trial in sorted(accepted)], baseline)
    return len(accepted)


def _trials(path: Path | str, suites: Iterable[str] | None, *, may_lack: bool = False) -> dict[Trial, Outcome]:
    """Return the outcomes of a report by trial, of the suites asked for."""
    outcomes = read_outcomes(path)
    check_unique(outcomes, str(path))
    present = {outcome.suite for outcome in outcomes}
    wanted = present if suites is None else set(suites)
    for suite in sorted(wanted - present):
        if not may_lack:
            raise unknown(f"suite in {path}", suite, present)
    if not wanted:
        raise Refused("no suite was named: name one, or leave the choice of suites out.")
    return {outcome.trial: outcome for outcome in outcomes if outcome.suite in wanted}


def _gone(baseline: Iterable[Trial], latest: Iterable[Trial]) -> Iterator[tuple[str, str]]:
    for noun, place in (("suite", 0), ("strategy", 1), ("scenario", 3)):
        present = {trial[place] for trial in latest}
        yield from ((noun, name) for name in dict.fromkeys(trial[place] for trial in baseline) if name not in present)


def _differences(baseline: Outcome, latest: Outcome) -> Sequence[Difference]:
    pairs = (
        (column, getattr(baseline, column), getattr(latest, column)) for column in COLUMNS if column not in MEASURED
    )
    return [Difference(latest.trial, column, before, after) for column, before, after in pairs if before != after]


def _times(baseline: Outcome, latest: Outcome) -> tuple[float, float] | None:
    if baseline.times_reference is None or latest.times_reference is None:
        return None
    return baseline.times_reference, latest.times_reference
