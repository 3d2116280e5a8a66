"""A column that the target gains is reported as incomplete, or filled in rows that the sync does not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from every_pair import Ends

CURSOR = ("--cursor", "ts", "--cursor-unit", "s")
INCREMENTAL = ("timestamp_watermark", *CURSOR)
TYPES = "BIGINT, VARCHAR"
OLD, NEW = ("id", "ts"), ("id", "ts", "note")
ROWS = [(1, 1, "a"), (2, 2, None), (3, 3, "c"), (4, 4, "d")]


def gained(ends: Ends, *more: str) -> tuple[int, str, str]:
    """Load three rows, then a fourth with a column that all have by now."""
    ends.fill(OLD, *(row[:2] for row in ROWS[:3]), types="BIGINT")
    assert ends.load(*INCREMENTAL)[0] == 0
    ends.fill(NEW, *ROWS, types=TYPES)
    return ends.load(*INCREMENTAL, "--evolve", *more)


def test_old_rows_without_the_new_values_are_reported(everywhere: Ends) -> None:
    """The sentence gives both counts and the option, which a later load still takes."""
    code, _, error = gained(everywhere)

    assert (code, everywhere.rows()) == (0, [(1, 1, None), (2, 2, None), (3, 3, None), (4, 4, "d")])
    assert error == (
        "incload: warning: the source has 3 values in the new column 'note' and 't' has 1, because rows that were "
        "loaded before keep null: load once with --backfill-columns note.\n"
    )
    code, out, error = everywhere.load(*INCREMENTAL, "--backfill-columns", "note")
    assert (code, error, everywhere.rows()) == (0, "", ROWS)
    assert out.startswith("Loaded 0 rows into t, new columns filled in 2 rows.")


def test_new_columns_are_filled_in_the_same_sync(everywhere: Ends) -> None:
    """Without names the option means the columns that the sync adds."""
    code, out, error = gained(everywhere, "--backfill-columns")

    assert (code, error, everywhere.rows()) == (0, "", ROWS)
    assert out.startswith("Loaded 1 row into t, new columns filled in 2 rows.")
    assert "  backfilled: 2\n" in out


@pytest.mark.parametrize("everywhere", ["sqlite-sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--backfill-columns", "nota"), "unknown column in --backfill-columns 'nota': did you mean note?"),
        (("--backfill-columns", "id"), "--backfill-columns names the key column 'id', by which rows are found: "),
        (("--backfill-columns", "--write-rule", "append"), "--backfill-columns finds rows by their key, and the write"),
    ],
)
def test_what_cannot_be_filled_is_refused(options: tuple[str, ...], said: str, everywhere: Ends) -> None:
    """The sentence names the column or the rule, and nothing is loaded."""
    everywhere.fill(NEW, *ROWS, types=TYPES)
    everywhere.load(*INCREMENTAL)

    code, _, error = everywhere.load(*INCREMENTAL, *options)

    assert (code, error.startswith(f"incload: {said}")) == (2, True)


@pytest.mark.parametrize("everywhere", ["sqlite-duckdb"], indirect=True)
def test_a_strategy_that_reads_everything_needs_no_filling(everywhere: Ends) -> None:
    """What it loads has the new values, so that nothing is reported."""
    everywhere.fill(OLD, *(row[:2] for row in ROWS), types="BIGINT")
    everywhere.load("snapshot_diff")
    everywhere.fill(NEW, *ROWS, types=TYPES)

    assert everywhere.load("snapshot_diff", "--evolve")[2] == ""
    assert everywhere.rows() == ROWS
