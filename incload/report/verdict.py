"""What one cell of a verdict matrix says: the same words, sign and number in every form of the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.report.format import MISSING, shortened

if TYPE_CHECKING:
    from incload.report.outcome import Outcome

SHOWN = {"not_applicable": "n/a"}
"""How an outcome is shown where that is not its name."""

KINDS = ("lost", "stale", "phantom", "duplicated")
"""The kinds of wrong rows, in the order in which they are shown."""

REASON_LENGTH = 40
"""How many characters of a reason a cell shows; the whole reason stands below the matrix."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict of one trial, as a cell shows it.

    Attributes:
        outcome: As in `Outcome`, or `not run` for a trial that is not in the report.
        counts: The wrong rows by kind, kinds without any left out: those at the end, or when nothing was wrong at
            the end the largest counts on the way.
        later: When nothing was wrong at the end: `healed`, or `gone` when rows left the source before they were right.
        reason: Why, when the outcome is `unknown` or `not_applicable`.
    """

    outcome: str
    counts: tuple[tuple[str, int], ...] = ()
    later: str = ""
    reason: str = ""

    @property
    def number(self) -> int | None:
        """How many rows are shown as wrong; None where nothing was counted."""
        return sum(count for _, count in self.counts) if self.counts or self.outcome == "sound" else None

    @property
    def sign(self) -> str:
        """The sign that shows the outcome without colour."""
        if self.later == "healed":
            return "↺"
        return {"sound": "✓", "wrong": "✗", "unknown": "?", **SHOWN}.get(self.outcome, MISSING)

    @property
    def shade(self) -> str:
        """The class that a cell's colour shows: `none`, `1-9`, `10-99` or `100+` wrong rows, `unknown` or `absent`."""
        if self.number is None:
            return "unknown" if self.outcome == "unknown" else "absent"
        return ("1-9", "10-99", "100+")[min(3, len(str(self.number))) - 1] if self.number else "none"

    @property
    def text(self) -> str:
        """The cell in words: `sound`, `12 lost, 3 stale`, `12 lost (healed)`, `unknown: reason`, `n/a`, `not run`."""
        if self.outcome == "unknown" and self.reason:
            return f"unknown: {shortened(self.reason, REASON_LENGTH)}"
        if self.outcome != "wrong" or not self.counts:
            return SHOWN.get(self.outcome, self.outcome)
        counts = ", ".join(f"{count:,} {kind}" for kind, count in self.counts)
        return f"{counts} ({self.later})" if self.later else counts


NOT_RUN = Verdict("not run")
"""The cell of a trial that is not in the report."""


def verdict(outcome: Outcome) -> Verdict:
    """Return what the cell of a trial says."""
    if outcome.outcome != "wrong":
        return Verdict(outcome.outcome, reason=outcome.reason)
    at_end, on_the_way = _counts(outcome, ""), _counts(outcome, "_max")
    if at_end or not on_the_way:
        return Verdict("wrong", at_end)
    return Verdict("wrong", on_the_way, "gone" if outcome.rows_never_healed else "healed")


def _counts(outcome: Outcome, suffix: str) -> tuple[tuple[str, int], ...]:
    counts: list[tuple[str, int]] = [(kind, getattr(outcome, kind + suffix)) for kind in KINDS]
    return tuple((kind, count) for kind, count in counts if count)
