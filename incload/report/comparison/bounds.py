"""What a load at scale may take at most, as a multiple of the reference copy, and whether it kept to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison.cost import PHASES
from incload.report.format import TIMES, ratio
from incload.report.render.blocks import Block, Heading, Paragraph, Table

if TYPE_CHECKING:
    import pandas as pd

ROWS = 1_000_000
"""The bounds are for a table of this size."""

FLOOR = "bare_statement"
"""Who runs the engine's own statement and nothing else."""

_CURSOR = ("timestamp_watermark", "composite_watermark")
_LIMITS: tuple[tuple[tuple[str, ...], str, tuple[float, float, float]], ...] = (
    (_CURSOR, "sqlite → sqlite", (1.15, 0.35, 0.03)),
    (_CURSOR, "duckdb → duckdb", (1.3, 0.35, 0.15)),
    (_CURSOR, "sqlite → duckdb", (1.3, 0.35, 0.15)),
    (_CURSOR, "postgres → postgres", (1.15, 0.35, 0.03)),
    (_CURSOR, "postgres → duckdb", (1.3, 0.35, 0.03)),
    (("row_hash_cdc",), "sqlite → sqlite", (3.5, 2.5, 2.0)),
    (("row_hash_cdc",), "duckdb → duckdb", (1.8, 1.0, 0.8)),
    (("snapshot_diff",), "sqlite → sqlite", (1.5, 1.2, 0.8)),
    (("snapshot_diff",), "duckdb → duckdb", (1.5, 1.0, 0.8)),
)
BOUNDS = {
    (strategy, pair, phase): limit
    for strategies, pair, limits in _LIMITS
    for strategy in strategies
    for phase, limit in zip(PHASES, limits, strict=True)
}
"""The largest multiple of the reference copy, by strategy, pair of engines and phase."""


def bound_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return the table of the bounds that were put to the test, those of a smaller table not among them."""
    tried = frame[(frame["suite"] == "throughput") & (frame["rows"] == ROWS)]
    rows = []
    for row in tried.itertuples():
        limit = BOUNDS.get((str(row.strategy), str(row.pair), str(row.scenario)))
        if limit is not None:
            met = "met" if float(str(row.times_reference)) <= limit else "not met"
            phase = str(row.scenario).replace("_", " ")
            rows.append((str(row.pair), str(row.strategy), phase, ratio(limit), ratio(row.times_reference), met))
    if not rows:
        return []
    intro = f"{ROWS:,} rows; the largest multiple of the reference copy that a load may take, and what it took."
    heads = ("engines", "strategy", "phase", f"{TIMES} at most", f"{TIMES} measured", "bound")
    table = Table(heads, tuple(rows), left=3, left_last=True)
    return [Heading(2, "Bounds"), Paragraph(intro), table, *_floor(tried)]


def _floor(tried: pd.DataFrame) -> list[Block]:
    """Say what the engine's own statement took, where it was measured: no load can take much less."""
    bare = tried[tried["strategy"] == FLOOR]
    if bare.empty:
        return []
    each = [f"{str(row.scenario).replace('_', ' ')} {TIMES} {ratio(row.times_reference)}" for row in bare.itertuples()]
    pair = str(bare["pair"].iloc[0])
    return [
        Paragraph(
            f"The bare statement of the engine, {pair}, than which no load of it can take much less: {', '.join(each)}."
        )
    ]
