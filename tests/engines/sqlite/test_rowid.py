"""The row number of SQLite is a key for tables without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from every_pair import Ends

FROM_SQLITE = ["sqlite-sqlite", "sqlite-duckdb", "sqlite-postgres"]


@pytest.mark.parametrize("everywhere", FROM_SQLITE, indirect=True)
@pytest.mark.parametrize("strategy", ["incrementing_id", "row_hash_cdc", "full_refresh", "snapshot_diff"])
@pytest.mark.parametrize("more", [(), ("--where", "note <> 'x'")], ids=["all", "where"])
def test_rows_without_a_key_are_distinguished_by_their_number(
    strategy: str, more: tuple[str, ...], everywhere: Ends
) -> None:
    """The target gets a column of that name as its key, and later loads find their rows by it."""
    everywhere.write("source", "CREATE TABLE t (note TEXT)", "INSERT INTO t VALUES ('a'), ('a'), ('b')")
    assert everywhere.load(strategy, *more, key="rowid")[::2] == (0, "")
    everywhere.write("source", "INSERT INTO t VALUES ('a')")

    assert everywhere.load(strategy, *more, key="rowid")[::2] == (0, "")
    assert everywhere.rows("SELECT rowid, note FROM t ORDER BY 1") == [(1, "a"), (2, "a"), (3, "b"), (4, "a")]


@pytest.mark.parametrize("everywhere", ["sqlite-duckdb"], indirect=True)
@pytest.mark.parametrize(
    "made", ["CREATE TABLE t (id INTEGER PRIMARY KEY) WITHOUT ROWID", "CREATE VIEW t AS SELECT 1 AS id"]
)
def test_what_has_no_number_is_refused(made: str, everywhere: Ends) -> None:
    """A view and a table WITHOUT ROWID have none, and it is no text of that name either."""
    everywhere.write("source", made)

    code, _, error = everywhere.load("full_refresh", key="rowid")

    assert (code, error) == (2, "incload: unknown key column 'rowid': did you mean id?\n")
