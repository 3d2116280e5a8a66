"""Advice from one state of a table: what it shows, what it leaves open, and the one observation that would decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.advice.other_tools import settings
from incload.advice.result import Advice, Alternative
from incload.registry import spelled, strategy

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.report.replay.table_profile import Standing
    from incload.strategy import Strategy

_OPEN = (
    "How late rows become visible is not shown, and so what a window of any size would miss.",
    "Whether every update touches the cursor is not shown.",
    "Whether rows are deleted is not shown: a row that is gone leaves nothing behind.",
)


def advise(standing: Standing, source: str, watch: str, command: Callable[[Strategy], str], *, deletes: bool) -> Advice:
    """Advise from one state of a table: the load that relies on nothing that the state leaves open.

    Args:
        standing: What the state shows.
        source: What the table is called.
        watch: The command that would observe it.
        command: Returns the command of a load by a strategy.
        deletes: Whether rows that the source removes matter.
    """
    best = strategy("row_hash_cdc")
    return Advice(
        source=source,
        basis="state",
        strategy=spelled(best),
        write_rule=str(best.write_rule),
        command=command(best),
        because=(
            f"One state of {standing.rows:,} rows was seen, which does not show how rows change.",
            "A comparison of row digests keeps every row right whatever the cursor says; every sync reads all rows.",
            *_shown(standing),
        ),
        alternatives=tuple(_alternatives(standing, deletes=deletes)),
        gives_up=("Every sync reads the whole table, and the copy keeps a digest of every row.",),
        unknown=_OPEN if deletes else _OPEN[:2],
        decide=watch,
        residual_risk="It relies on nothing that the table's cursor, updates or deletes can break.",
        risk={"rows": standing.rows},
        cost={"rows_read_a_sync": standing.rows, "behind_seconds": 0.0, "asks": ""},
        other_tools=settings(best, standing.key, standing.cursor),
    )


def _shown(standing: Standing) -> list[str]:
    """Return what the state shows against loads by the cursor."""
    cursor = standing.cursor
    found = (
        (standing.objection, f"A load by {cursor} would be refused: {standing.objection}."),
        (standing.null_timestamps, f"{standing.null_timestamps:,} rows have no {cursor}: no cursor load sees them."),
        (standing.ahead, f"{standing.ahead:,} rows are ahead of the clock: a plain watermark would pass over others."),
        (standing.tied_rows, f"{standing.tied_rows:,} rows share their {cursor}: a strict watermark may miss ties."),
    )
    return [sentence for is_so, sentence in found if is_so]


def _alternatives(standing: Standing, *, deletes: bool) -> list[Alternative]:
    """Return what may do as well, and what would have to be known for it."""
    full = strategy("full_refresh")
    found = [Alternative(spelled(full), str(full.write_rule), True, "right after every sync, and writes all rows too")]  # noqa: FBT003 - as the field says
    blind = standing.objection or standing.no_times
    if standing.null_timestamps or blind:
        return found
    window = strategy("lookback_window:minutes=60")
    nulls = "if no row is later than the window, every update touches the cursor"
    why = f"reads the changes alone; right {nulls}{' and no row is deleted' if deletes else ''}, which is not shown"
    return [*found, Alternative(spelled(window), str(window.write_rule), False, why)]  # noqa: FBT003 - likewise
