"""The answer of a comparison for a terminal: at most 20 lines of at most 100 columns, but for a long path."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from incload.report.answers.decisions import decisions
from incload.report.comparison.summary import answer
from incload.report.format import shortened, whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from incload.report.answers.decisions import Decision

LINES, COLUMNS = 20, 100
_SENTENCES = 6
"""How many lines the sentences before the table may take."""


def answer_lines(frame: pd.DataFrame, page: Path | None = None) -> list[str]:
    """Return who is right everywhere, what is cheapest for which source, and where the report is.

    Args:
        frame: The frame of a report.
        page: The report, if it was written.
    """
    lead, others = answer(frame)
    said = [each for text in (lead, others) if text for each in wrap(text, COLUMNS)]
    if len(said) > _SENTENCES:
        said = [*said[: _SENTENCES - 1], shortened(" ".join(said[_SENTENCES - 1 :]), COLUMNS - 1)]
    found = decisions(frame)
    where = [f"The report: {page}"] if page else []  # a path that is cut leads nowhere
    table = _table(found)[: LINES - len(said) - len(where) - 1] if len(found) > 1 else []
    return [*said, *(["Cheapest sound strategy, and the rows it read:"] if table else []), *table, *where]


def _table(found: Sequence[Decision]) -> list[str]:
    """Return a line for each situation, its columns below one another."""
    rows = [(each.situation, *_named(each)) for each in found]
    width = max(len(situation) for situation, _, _ in rows)
    figures = max(len(rows_read) for _, _, rows_read in rows)
    room = COLUMNS - 2 - width - figures - 4
    return [
        f"  {situation.ljust(width)}  {rows_read.rjust(figures)}  {shortened(names, room)}"
        for situation, names, rows_read in rows
    ]


def _named(decision: Decision) -> tuple[str, str]:
    if not decision.best:
        return (f"none; {decision.other.contender} where it can run", "") if decision.other else ("none", "")
    other = f", or {decision.other.contender} {whole(decision.other.rows_read)}" if decision.other else ""
    more = f" and {len(decision.best) - 1} more" if len(decision.best) > 1 else ""
    return f"{decision.best[0].contender}{more}{other}", whole(decision.best[0].rows_read)
