"""Records of what is measured besides loads by turns: a figure or two, with the machine and the command beside them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from incload.harness.sandbox.environment import environment
from incload.report.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured.

    Attributes:
        suite: The benchmark suite.
        who: What did the work.
        what: Which work it was.
        pair: The engines, source first; empty names where none takes part.
        rows: Of how many rows.
        command: What reproduces the run.
    """

    suite: str
    who: str
    what: str
    pair: tuple[str, str]
    rows: int
    command: str


def figures(
    measured: Measured,
    seconds: Sequence[float],
    *,
    peak_bytes: int | None = None,
    read: int | None = None,
    reference: float | None = None,
) -> Outcome:
    """Return the record of what was measured, over so many rounds.

    Args:
        measured: What it was.
        seconds: What each round took.
        peak_bytes: The largest memory of the process, where that was measured.
        read: Rows that the source handed over, where they were counted.
        reference: The seconds of what it is compared with.
    """
    fastest = min(seconds)
    return Outcome(
        suite=measured.suite,
        strategy=measured.who,
        write_rule="",
        scenario=measured.what,
        source_engine=measured.pair[0],
        target_engine=measured.pair[1],
        rows=measured.rows or None,
        seed=1,
        history_digest="",
        outcome="measured",
        rows_read=read,
        load_seconds_min=fastest,
        load_seconds_median=median(seconds),
        rounds=len(seconds),
        table_rows_per_second=measured.rows / fastest if measured.rows else None,
        times_reference=fastest / reference if reference else None,
        peak_memory_bytes=peak_bytes,
        environment=environment(measured.pair),
        command=measured.command,
    )
