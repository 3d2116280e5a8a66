"""The decision table: what a source does, and the cheapest strategy that was sound when it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.report.cheapest import cheaper_somewhere, costs, first_of
from incload.report.format import MISSING, TIMES, listed, ratio, whole
from incload.report.render.blocks import Block, Heading, Paragraph, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from incload.report.cheapest import Cost

SITUATIONS = (
    ("Rows come in the order of their timestamps", ("clean",)),
    ("Rows can be late, by minutes", ("late_arrivals", "late_commit", "clock_skew")),
    ("Rows can be late, by hours or days", ("late_beyond_window", "backdated_bulk", "dst_fold")),
    (
        "Timestamps are coarse, or tie",
        (
            "duplicate_timestamps", "duplicate_timestamps_smaller_id", "coarse_timestamps", "coarse_timestamps_seconds",
            "coarse_timestamps_days",
        ),
    ),
    ("Updates can leave the timestamp as it was", ("updates_without_touch", "soft_deletes", "null_cursor")),
    ("Rows are deleted", ("hard_deletes", "delete_and_reinsert", "key_change", "truncate_and_reload")),
)  # fmt: skip
"""What a source may do, and the scenarios in which one does."""
ALL = "All of these"

_HEADS = (
    "your source", "cheapest sound strategy", "with triggers or a log, where there are some", "rows read",
    f"{TIMES} full copy", "rows read by those",
)  # fmt: skip
_NAMED = 4
INTRO = (
    "Find the lines that are true of your source. If several are, take a strategy that is right in all of them: "
    "{last}. A full copy reads every row in every sync."
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What fits a source.

    Attributes:
        situation: What the source does.
        scenarios: In which scenarios a source does so.
        best: The cheapest sound strategies that run on every pair of engines: all that read as few rows.
        other: A sound one that only some pairs can run, where it reads fewer rows; None without one.
        full_copy: The rows that a full copy at every sync reads; None where none was made.
    """

    situation: str
    scenarios: tuple[str, ...]
    best: tuple[Cost, ...]
    other: Cost | None
    full_copy: float | None


def decision_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return the decision table of a report; nothing where fewer than two situations were tried."""
    found = decisions(frame)
    if len(found) < 2:
        return []
    intro = INTRO.format(last=_last(found[-1]))
    return [Heading(2, "Which strategy?"), Paragraph(intro), Table(_HEADS, tuple(map(_row, found)), left=3)]


def _last(every: Decision) -> str:
    """Say what the last line, that of all situations together, has to offer."""
    if every.best:
        return "one of the last line is right in all of these"
    if every.other:
        return f"{every.other.contender} is right in all of these, where it can run"
    return "the last line has none that is right in all of these"


def decisions(frame: pd.DataFrame) -> list[Decision]:
    """Return what fits each situation that a report tried, all of them together last."""
    trials = judged(frame)
    found = []
    for name, ids in situations(trials):
        part = trials[trials["scenario"].isin(ids)]
        best = tuple(first_of(each for each in costs(part) if each.everywhere))
        found.append(Decision(name, ids, best, cheaper_somewhere(part), full_copy(frame, ids)))
    return found


def judged(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the trials of the suite from which answers are taken."""
    return frame[(frame["suite"] == "matrix") & ~frame["reference"]]


def situations(trials: pd.DataFrame) -> list[tuple[str, tuple[str, ...]]]:
    """Return the situations that a report tried, each with its scenarios there, and all of them together."""
    present = set(trials["scenario"])
    tried = [(name, tuple(each for each in ids if each in present)) for name, ids in SITUATIONS]
    tried = [(name, ids) for name, ids in tried if ids]
    return [*tried, (ALL, tuple(each for _, ids in tried for each in ids))] if len(tried) > 1 else tried


def full_copy(frame: pd.DataFrame, scenarios: Sequence[str]) -> float | None:
    """Return the rows that a full copy at every sync reads in some scenarios; None where none was made."""
    copies = frame[frame["reference"] & (frame["suite"] == "matrix") & frame["scenario"].isin(scenarios)]
    if copies.empty or bool(copies["rows_read"].isna().any()):
        return None
    return float(copies.groupby("scenario")["rows_read"].median().sum())


def _row(found: Decision) -> tuple[str, ...]:
    read = found.best[0].rows_read if found.best else None
    return (
        found.situation,
        _names([each.contender for each in found.best]),
        found.other.contender if found.other else MISSING,
        whole(read),
        ratio(read / found.full_copy) if read is not None and found.full_copy else MISSING,
        whole(found.other.rows_read) if found.other else MISSING,
    )


def _names(names: list[str]) -> str:
    more = len(names) - _NAMED
    return listed([*names[:_NAMED], f"{more} more"] if more > 0 else names)
