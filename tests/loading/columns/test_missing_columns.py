"""A column that a record file has lost keeps its values, unless that is said to be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from every_pair import Ends

FILES = [f"{source}-{target}" for source in ("json", "csv") for target in ("sqlite", "duckdb", "postgres")]
ROWS = [(1, 1, "a"), (2, 2, "b"), (3, 3, "c")]
CURSOR = ("--cursor", "ts", "--cursor-unit", "s")


@pytest.mark.parametrize("everywhere", FILES, indirect=True)
@pytest.mark.parametrize("strategy", ["snapshot_diff", "full_refresh", "row_hash_cdc", "timestamp_watermark"])
def test_a_column_that_left_the_file_is_held_back(strategy: str, everywhere: Ends) -> None:
    """All else is loaded, the first line and exit code 3 say it, and the next load says it again and writes nothing."""
    everywhere.fill(("id", "ts", "note"), *ROWS)
    assert everywhere.load(strategy, *CURSOR)[0] == 0
    everywhere.fill(("id", "ts"), *((id_, ts) for id_, ts, _ in ROWS[:2]), (3, 7), (4, 8))

    code, out, error = everywhere.load(strategy, *CURSOR)

    assert code == 3
    assert out.startswith("Held back the emptying of column 'note' of t; ")
    assert error == (
        "incload: warning: column 'note' is not in the source any more, and its values in 3 rows of 't' were kept, as "
        "after a header that was renamed: if it is really gone, load with --allow-emptied-columns.\n"
    )
    assert everywhere.rows() == [(1, 1, "a"), (2, 2, "b"), (3, 7, "c"), (4, 8, None)]
    code, out, _ = everywhere.load(strategy, *CURSOR)
    assert (code, everywhere.rows()[2:]) == (3, [(3, 7, "c"), (4, 8, None)])
    assert strategy == "full_refresh" or "; 0 rows loaded into t, 0 removed." in out


@pytest.mark.parametrize("everywhere", FILES, indirect=True)
def test_a_renamed_column_is_added_and_the_old_one_kept(everywhere: Ends) -> None:
    """With --evolve the new name becomes a column, and nothing that stood under the old one is lost."""
    everywhere.fill(("id", "ts", "note"), *ROWS)
    everywhere.load("snapshot_diff")
    everywhere.fill(("id", "ts", "remark"), *ROWS)

    assert everywhere.load("snapshot_diff", "--evolve")[0] == 3
    assert everywhere.rows() == [(1, 1, "a", "a"), (2, 2, "b", "b"), (3, 3, "c", "c")]

    assert everywhere.load("snapshot_diff", "--allow-emptied-columns")[0] == 0
    assert everywhere.rows() == [(1, 1, None, "a"), (2, 2, None, "b"), (3, 3, None, "c")]
    assert everywhere.load("snapshot_diff")[0] == 0


@pytest.mark.parametrize("everywhere", ["json-sqlite", "json-duckdb"], indirect=True)
def test_a_few_records_without_a_field_are_loaded(everywhere: Ends) -> None:
    """A file of a few changes in which a field has no value is no file that lost it; what becomes null is reported."""
    everywhere.fill(("id", "ts", "note"), *((n, n, f"{n}") for n in range(30)))
    everywhere.load("timestamp_watermark", *CURSOR)
    everywhere.fill(("id", "ts"), (3, 100))

    code, _, error = everywhere.load("timestamp_watermark", *CURSOR)

    assert (code, everywhere.rows("SELECT * FROM t WHERE ts > 28 ORDER BY ts")) == (0, [(29, 29, "29"), (3, 100, None)])
    assert "column 'note' is not in the source any more, and becomes null in rows of 't' that are loaded." in error
