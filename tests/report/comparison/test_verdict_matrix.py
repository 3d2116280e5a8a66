"""The verdict matrices: every cell filled, agreement of the engines reported, reasons reported once and in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.comparison.verdict_matrix import grid, matrix_blocks, pair_title
from incload.report.render.blocks import Grid, Heading, Paragraph, Points

if TYPE_CHECKING:
    from conftest import Framed

    from incload.report.render.blocks import Block

LATE = {"scenario": "late_rows", "outcome": "wrong", "lost": 2}
OTHER_PAIR = {"target_engine": "sqlite"}
FULL = {"strategy": "full_refresh"}


def paragraphs(framed: Framed, *changes: dict[str, object]) -> list[str]:
    """Return the paragraphs of the section on a report's matrices, the legend left out."""
    return [block.text for block in matrix_blocks(framed(*changes))[2:] if isinstance(block, Paragraph)]


def test_a_matrix_has_a_cell_permanentlyything(framed: Framed) -> None:
    """Names stand in the order of the report, and a trial that is not in it is reported as not run."""
    matrix = grid(framed(LATE, {}, {**FULL, "scenario": "clean"}))

    assert matrix.contenders == ("timestamp_watermark", "full_refresh")
    assert matrix.scenarios == ("late_rows", "clean")
    assert [[cell.text for cell in row] for row in matrix.cells] == [["2 lost", "sound"], ["not run", "sound"]]


def test_reference_copies_and_timed_trials_are_in_no_matrix(framed: Framed) -> None:
    """Only verdicts of strategies make a matrix."""
    assert matrix_blocks(framed({"strategy": "reference_copy"}, {"suite": "throughput"})) == []


def headings(blocks: list[Block]) -> list[str]:
    """Return the headings above the matrices."""
    return [block.text for block in blocks if isinstance(block, Heading)][1:]


def test_pairs_that_differ_have_a_matrix_each(framed: Framed) -> None:
    """A pair of engines with another cell has a matrix of its own under its own heading."""
    blocks = matrix_blocks(framed({}, LATE, OTHER_PAIR, {**LATE, **OTHER_PAIR, "lost": 3}))

    assert headings(blocks) == ["sqlite → duckdb", "sqlite → sqlite"]
    assert [block.cells[0][1].text for block in blocks if isinstance(block, Grid)] == ["2 lost", "3 lost"]


def test_pairs_that_agree_share_a_matrix(framed: Framed) -> None:
    """Equal matrices are shown once, under a heading that names every pair."""
    blocks = matrix_blocks(framed({}, LATE, OTHER_PAIR, {**LATE, **OTHER_PAIR}))

    assert headings(blocks) == ["sqlite → duckdb and sqlite → sqlite"]
    assert sum(isinstance(block, Grid) for block in blocks) == 1


def test_agreement_of_all_pairs_is_reported(framed: Framed) -> None:
    """Equal cells on all pairs are reported in one sentence."""
    assert paragraphs(framed, {}, LATE, OTHER_PAIR, {**LATE, **OTHER_PAIR}) == [
        "All 2 pairs of engines agree, cell by cell."
    ]


def test_a_single_different_count_is_no_agreement(framed: Framed) -> None:
    """One row more on one pair is reported, with the cell."""
    assert paragraphs(framed, {}, LATE, OTHER_PAIR, {**LATE, **OTHER_PAIR, "lost": 3}) == [
        "The pairs of engines differ in 1 cell: timestamp_watermark in late_rows."
    ]


def test_a_cell_that_one_pair_lacks_is_no_agreement(framed: Framed) -> None:
    """A trial that was run on one pair only is a difference."""
    assert paragraphs(framed, {}, LATE, OTHER_PAIR) == [
        "The pairs of engines differ in 1 cell: timestamp_watermark in late_rows."
    ]


def test_what_cannot_be_tried_on_one_pair_is_no_difference(framed: Framed) -> None:
    """A strategy that one engine has no means for says nothing about agreement, and that is reported."""
    refused = {**FULL, **OTHER_PAIR, "outcome": "not_applicable", "reason": "no triggers"}

    assert paragraphs(framed, {}, FULL, OTHER_PAIR, refused)[0] == (
        "All 2 pairs of engines agree, cell by cell, where a strategy can be tried."
    )


def test_many_different_cells_are_counted(framed: Framed) -> None:
    """Five cells are named and the others counted."""
    names = [f"s{number}" for number in range(7)]
    changes = [{"scenario": name} for name in names] + [
        {"scenario": name, **OTHER_PAIR, "outcome": "unknown"} for name in names
    ]

    assert paragraphs(framed, *changes)[0] == (
        "The pairs of engines differ in 7 cells: timestamp_watermark in s0; timestamp_watermark in s1; "
        "timestamp_watermark in s2; timestamp_watermark in s3; timestamp_watermark in s4, and 2 more."
    )


def test_one_pair_is_not_said_to_agree(framed: Framed) -> None:
    """With one pair there is nothing to agree with."""
    assert paragraphs(framed, {}) == ["One pair of engines was tried: sqlite → duckdb."]


def test_reasons_are_reported_in_full(framed: Framed) -> None:
    """What a cell cuts short stands below the matrix, once for all cells with that reason."""
    reason = "Refused: " + "a long reason " * 8
    blocks = matrix_blocks(
        framed(
            {"outcome": "unknown", "reason": reason},
            {"outcome": "unknown", "reason": reason, "scenario": "late_rows"},
            {**FULL, "outcome": "not_applicable", "reason": "no horizon"},
            {**FULL, "outcome": "not_applicable", "reason": "no horizon", "scenario": "late_rows"},
        )
    )

    assert blocks[-1] == Points(
        (
            ("timestamp_watermark in clean and late_rows, unknown:", f"{reason.strip()}."),
            ("full_refresh, n/a:", "no horizon."),
        )
    )


def test_only_an_unusual_suite_is_named() -> None:
    """The usual suite goes without saying."""
    assert [pair_title("matrix", "a → b"), pair_title("replay", "a → b")] == ["a → b", "a → b, suite replay"]
