"""Records of what is measured besides loads by turns: a figure or two, with the machine and the command beside them."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from incload.harness.sandbox.environment import environment
from incload.report.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence


def figures(  # noqa: PLR0913 - it only gathers
    suite: str,
    who: str,
    what: str,
    pair: tuple[str, str],
    *,
    rows: int,
    seconds: Sequence[float],
    command: str,
    peak_bytes: int | None = None,
    read: int = 0,
    reference: float | None = None,
) -> Outcome:
    """Return the record of what somebody took for something, over so many rounds."""
    fastest = min(seconds)
    return Outcome(
        suite=suite,
        strategy=who,
        write_rule="",
        scenario=what,
        source_engine=pair[0],
        target_engine=pair[1],
        rows=rows,
        seed=1,
        history_digest="",
        outcome="sound",
        syncs=1,
        rows_read=read,
        load_seconds_min=fastest,
        load_seconds_median=median(seconds),
        rounds=len(seconds),
        rows_per_second=rows / fastest if rows else None,
        times_reference=fastest / reference if reference else None,
        peak_memory_bytes=peak_bytes,
        environment=environment(pair),
        command=command,
    )
