"""A comparison of two reports as findings: one for each trial that differs, is missing or takes much longer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from incload.report.format import plural, ratio
from incload.report.frame import trial_name
from incload.report.regression_text import change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from incload.report.regression import Comparison, Difference, Trial


class FailOn(StrEnum):
    """What makes a check fail."""

    ANY = "any"
    """Any difference of verdicts and counters, a missing trial, a gross loss of speed."""
    LOSS = "loss"
    """A trial that is missing, that is no longer sound, or of which more rows are wrong than before."""


WRONG_ROWS = frozenset({
    *(f"{kind}{suffix}" for kind in ("lost", "stale", "phantom", "duplicated") for suffix in ("", "_max")),
    *("rows_ever_wrong", "rows_never_healed"),
})  # fmt: skip
"""The counters of wrong rows."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be said of one trial.

    Attributes:
        kind: `different`, `missing` or `much slower`.
        trial: Which one.
        text: What differs, each column with its value in the baseline and the latest one.
        is_loss: Whether the copy is worse than it was, or nothing is known of it any more.
    """

    kind: str
    trial: Trial
    text: str
    is_loss: bool

    @property
    def name(self) -> str:
        """The trial's name."""
        return trial_name(self.trial)


@dataclass(frozen=True, slots=True)
class Checked:
    """A comparison, judged.

    Attributes:
        comparison: What was compared.
        fail_on: What makes it fail.
        findings: What is different, missing or much slower.
    """

    comparison: Comparison
    fail_on: FailOn
    findings: tuple[Finding, ...]

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that make the check fail."""
        return tuple(each for each in self.findings if self.fail_on is FailOn.ANY or each.is_loss)

    @property
    def tolerated(self) -> tuple[Finding, ...]:
        """Those that do not."""
        failures = {*self.failures}
        return tuple(each for each in self.findings if each not in failures)

    @property
    def exit_code(self) -> int:
        """0 when nothing fails, 1 for a regression."""
        return int(bool(self.failures))

    @property
    def headline(self) -> str:
        """The verdict as one sentence."""
        found, slower = self.comparison, sum(not each.gross for each in self.comparison.slowdowns)
        kinds = ("different", "missing", "much slower")
        counts = [(sum(each.kind == kind for each in self.findings), kind) for kind in kinds]
        said = [
            f"{number:,} {kind}" for number, kind in (*counts, (slower, "slower"), (len(found.new), "new")) if number
        ]
        verdict = "regression" if self.failures else "equal" if not self.findings else "passed"
        return f"{verdict}: {plural(found.compared, 'trial')} compared, {', '.join(said) or 'none different'}."


def judged(comparison: Comparison, fail_on: FailOn = FailOn.ANY) -> Checked:
    """Return a comparison with its findings."""
    found = [*_differences(comparison.differences), *_missing(comparison.missing), *_slower(comparison)]
    return Checked(comparison, fail_on, tuple(found))


def _differences(differences: Iterable[Difference]) -> Iterator[Finding]:
    """Return one finding for each trial, with every column that differs."""
    for trial, columns in groupby(differences, key=lambda difference: difference.trial):
        found = list(columns)
        text = "; ".join(f"{each.column} {change(each.baseline, each.latest)}" for each in found)
        yield Finding("different", trial, text, _is_worse(found))


def _is_worse(differences: Sequence[Difference]) -> bool:
    """Return whether the copy is wrong where it was not, or more rows of it are wrong."""
    for each in differences:
        if each.column == "outcome" and each.baseline == "sound":
            return True
        if each.column == "outcome" and each.latest == "unknown":
            return True
        if each.column in WRONG_ROWS and _number(each.latest) > _number(each.baseline):
            return True
    return False


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _missing(trials: Iterable[Trial]) -> Iterator[Finding]:
    for trial in trials:
        yield Finding("missing", trial, "stands in the baseline and not in the latest report", is_loss=True)


def _slower(comparison: Comparison) -> Iterator[Finding]:
    for each in comparison.slowdowns:
        if each.gross:
            text = f"{ratio(each.baseline)} -> {ratio(each.latest)} times the reference copy"
            yield Finding("much slower", each.trial, text, is_loss=False)
