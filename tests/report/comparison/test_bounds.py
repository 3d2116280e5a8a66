"""The bounds: each is put beside what was measured, and one that is broken is called so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison.bounds import bound_blocks
from incload.report.render.blocks import Paragraph, Table

if TYPE_CHECKING:
    from conftest import Framed


def test_a_bound_is_met_or_not(framed: Framed) -> None:
    """A multiple at the bound keeps it, one above breaks it; what has no bound is left out."""
    common = {"suite": "throughput", "rows": 1_000_000, "target_engine": "sqlite", "scenario": "no_change"}
    frame = framed(
        {**common, "strategy": "snapshot_diff", "times_reference": 0.8},
        {**common, "strategy": "row_hash_cdc", "times_reference": 2.01},
        {**common, "strategy": "full_refresh", "times_reference": 9.0},
    )
    (table,) = [block for block in bound_blocks(frame) if isinstance(block, Table)]

    assert table.rows == (
        ("sqlite → sqlite", "snapshot_diff", "no change", "0.80", "0.80", "met"),
        ("sqlite → sqlite", "row_hash_cdc", "no change", "2.00", "2.01", "not met"),
    )


def test_a_smaller_table_has_no_bounds(framed: Framed) -> None:
    """What is fixed in a load weighs more in a small one."""
    small = {"suite": "throughput", "rows": 999_999, "target_engine": "sqlite", "strategy": "row_hash_cdc"}

    assert bound_blocks(framed({**small, "scenario": "no_change", "times_reference": 1.0})) == []


def test_the_bare_statement_is_reported_beside_the_bounds(framed: Framed) -> None:
    """A bound that lies below what the engine itself takes is seen to."""
    common = {"suite": "throughput", "rows": 1_000_000, "target_engine": "sqlite", "scenario": "change_2_percent"}
    blocks = bound_blocks(
        framed(
            {**common, "strategy": "timestamp_watermark", "times_reference": 0.54},
            {**common, "strategy": "bare_statement", "times_reference": 0.51},
        )
    )

    assert blocks[-1] == Paragraph(
        "The bare statement of the engine, sqlite → sqlite, than which no load of it can take much less: "
        "change 2 percent \N{MULTIPLICATION SIGN} 0.51."
    )
