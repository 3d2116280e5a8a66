"""The section about loaders that declare nothing, rendered from a CSV alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison.files import render_reports
from incload.report.foreign.sections import foreign_blocks
from incload.report.outcome_csv import write_outcomes
from incload.report.render.blocks import Points, Table

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Framed, Make

MINE = {"strategy": "mine", "write_rule": "", "syncs": 10, "rows_unchanged": None, "breaks": "INSERT_ONLY"}
WRONG = {"outcome": "wrong", "lost": 3, "lost_max": 3, "scenario": "duplicate_timestamps"}
REFERENCE = {"strategy": "reference_copy", "write_rule": "replace", "syncs": 10, "load_seconds_min": 0.5}


def test_what_is_not_foreign_has_no_section(framed: Framed) -> None:
    """A strategy of ours declares what it needs."""
    assert foreign_blocks(framed({})) == []


def test_fingerprint_needs_and_cost_are_shown(framed: Framed) -> None:
    """A tie explains the wrong cell; a cell without a verdict is named; seconds are those of a sync."""
    frame = framed(
        REFERENCE,
        {
            **MINE,
            "load_seconds_min": 2.0,
            "times_reference": 4.0,
            "start_up_seconds": 1.5,
            "peak_memory_bytes": 5 * 10**7,
        },
        {**MINE, **WRONG, "load_seconds_min": 2.0, "breaks": "INSERT_ONLY UNIQUE_CURSOR"},
        {**MINE, "scenario": "hard_deletes", "outcome": "unknown", "reason": "ContenderFailed: it broke"},
    )
    blocks = foreign_blocks(frame)
    (points,) = [block for block in blocks if isinstance(block, Points)]
    (table,) = [block for block in blocks if isinstance(block, Table)]
    ((who, said),) = points.items

    assert who == "mine, sqlite → duckdb:"
    assert said.startswith("Nearest known: timestamp_watermark with merge, ")
    assert "Inferred needs: UNIQUE_CURSOR. No verdict, and so no evidence, in 1 scenario: hard_deletes." in said
    assert table.rows == (("mine", "sqlite → duckdb", "0.200", "0.0500", "4.00", "1.50", "50.0", "–"),)  # noqa: RUF001


def test_rows_rewritten_without_need_are_counted_where_they_are_known(framed: Framed) -> None:
    """Their sum over the scenarios stands in the table."""
    known = {**MINE, "rows_unchanged": 7, "load_seconds_min": 1.0}
    blocks = foreign_blocks(framed(known, {**known, "scenario": "inserts_only", "breaks": "nothing"}))
    (table,) = [block for block in blocks if isinstance(block, Table)]

    assert table.rows[0][-1] == "14"


def test_every_form_of_the_report_has_it(make: Make, tmp_path: Path) -> None:
    """Markdown and HTML are made from the CSV."""
    csv = tmp_path / "latest.csv"
    write_outcomes([make(**{**MINE, **WRONG, "breaks": "UNIQUE_CURSOR"})], csv)
    text, page = (path.read_text(encoding="utf-8") for path in render_reports(csv, tmp_path))

    assert "Loaders that declare nothing" in text
    assert "Inferred needs: UNIQUE_CURSOR." in text
    assert "Inferred needs: UNIQUE_CURSOR." in page
