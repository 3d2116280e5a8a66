"""The healing table: only wrong trials count, and pairs of engines that say the same share a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison.time_to_heal import healing_blocks
from incload.report.render.blocks import Paragraph, Table

if TYPE_CHECKING:
    from conftest import Framed

HEALED = {
    "outcome": "wrong", "lost_max": 2, "syncs": 6, "wrong_syncs": 2, "rows_ever_wrong": 2, "heal_syncs_median": 1.0,
    "heal_syncs_max": 3,
}  # fmt: skip
NEVER = {"outcome": "wrong", "lost": 4, "syncs": 6, "wrong_syncs": 5, "rows_ever_wrong": 4, "rows_never_healed": 4}


def test_wrong_trials_are_added_up(framed: Framed) -> None:
    """Counts and what was predicted are sums, the time to heal is a median and a largest, the sound are left out."""
    blocks = healing_blocks(
        framed({}, {**HEALED, "scenario": "a", "rows_ever_wrong_predicted": 2}, {**NEVER, "scenario": "b"})
    )

    assert isinstance(blocks[-1], Table)
    assert blocks[-1].rows == (("timestamp_watermark", "2", "7 of 12", "6", "2", "4", "1", "3"),)


def test_what_never_healed_has_no_time_to_heal(framed: Framed) -> None:
    """Without a healed row the time to heal is a dash, and so is what nothing predicts."""
    blocks = healing_blocks(framed(NEVER))

    assert isinstance(blocks[-1], Table)
    assert blocks[-1].rows == (("timestamp_watermark", "1", "5 of 6", "4", "–", "4", "–", "–"),)  # noqa: RUF001 - dashes


def test_equal_tables_are_reported_once(framed: Framed) -> None:
    """Two pairs that agree share a table; a third that does not has its own."""
    other = {"source_engine": "duckdb"}
    third = {"target_engine": "sqlite", "rows_ever_wrong": 5}
    blocks = healing_blocks(framed(NEVER, {**NEVER, **other}, {**NEVER, **third}))

    assert [block.lead for block in blocks if isinstance(block, Paragraph)][1:] == [
        "sqlite → duckdb and duckdb → duckdb:",
        "sqlite → sqlite:",
    ]


def test_a_sound_report_has_no_healing(framed: Framed) -> None:
    """Nothing wrong, nothing to heal."""
    assert healing_blocks(framed({})) == []
