"""A column that the source has lost keeps its values, unless that is said to be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.loading.columns.missing_columns import _too_many
from incload.loading.plan import Guards

if TYPE_CHECKING:
    from every_pair import Ends

ENGINES = ("sqlite", "duckdb", "postgres")
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


TABLES = [f"{source}-{target}" for source in ("sqlite", "duckdb", "postgres") for target in ENGINES]
LOST = {
    "dropped": "ALTER TABLE t DROP COLUMN note",
    "renamed": "ALTER TABLE t RENAME COLUMN note TO remark",
}


def filled(ends: Ends, types: str = "INTEGER, VARCHAR", *rows: tuple[object, ...]) -> None:
    """Let the source be a table with a note, loaded once by `load`."""
    ends.fill(("id", "ts", "note"), *(rows or ROWS), types=types)


@pytest.mark.parametrize("everywhere", TABLES, indirect=True)
@pytest.mark.parametrize("strategy", ["snapshot_diff", "full_refresh", "row_hash_cdc", "timestamp_watermark"])
def test_a_column_that_left_the_table_is_held_back(strategy: str, everywhere: Ends) -> None:
    """As with a record file: all else is loaded, and exit code 3 says it, at every load until it is settled."""
    filled(everywhere)
    assert everywhere.load(strategy, *CURSOR)[0] == 0
    everywhere.write("source", LOST["dropped"], "UPDATE t SET ts = 7 WHERE id = 3", "INSERT INTO t VALUES (4, 8)")

    code, out, error = everywhere.load(strategy, *CURSOR)

    assert code == 3
    assert out.startswith("Held back the emptying of column 'note' of t; ")
    assert error == (
        "incload: warning: column 'note' is not in the source any more, and its values in 3 rows of 't' were kept, as "
        "after a column that was renamed: if it is really gone, drop it in the target, or load with "
        "--allow-emptied-columns; if it is the target's own, give it a default.\n"
    )
    expected = [(1, 1, "a"), (2, 2, "b"), (3, 7, "c"), (4, 8, None)]
    assert everywhere.rows() == expected
    code, out, _ = everywhere.load(strategy, *CURSOR)
    assert (code, everywhere.rows()) == (3, expected)
    assert strategy == "full_refresh" or "; 0 rows loaded into t, 0 removed." in out
    everywhere.write("target", LOST["dropped"])
    assert everywhere.load(strategy, *CURSOR)[0] == 0
    assert everywhere.rows() == [row[:2] for row in expected]


@pytest.mark.parametrize("everywhere", TABLES, indirect=True)
def test_a_renamed_column_of_a_table_is_added_and_the_old_one_kept(everywhere: Ends) -> None:
    """With --evolve the new name becomes a column; the switch empties the old one."""
    filled(everywhere)
    everywhere.load("snapshot_diff")
    everywhere.write("source", LOST["renamed"])

    assert everywhere.load("snapshot_diff", "--evolve")[0] == 3
    assert everywhere.rows("SELECT id, ts, note, remark FROM t ORDER BY 1") == [
        (id_, ts, note, note) for id_, ts, note in ROWS
    ]
    assert everywhere.load("snapshot_diff", "--allow-emptied-columns")[0] == 0
    assert everywhere.rows("SELECT id, note, remark FROM t ORDER BY 1") == [
        (1, None, "a"),
        (2, None, "b"),
        (3, None, "c"),
    ]
    assert everywhere.load("snapshot_diff")[0] == 0


TYPED = ["DATE", "TIMESTAMP", "DECIMAL(10,2)", "BOOLEAN", "DOUBLE PRECISION", "BIGINT", "BYTEA", "TIME", "INTERVAL"]
VALUES = ["2026-01-02", "2026-01-02 03:04:05", "1.50", "true", "1.5", "7", "ab", "10:11:12", "1 day"]


@pytest.mark.parametrize("everywhere", [pair for pair in TABLES if not pair.startswith("sqlite")], indirect=True)
@pytest.mark.parametrize("strategy", ["row_hash_cdc", "full_refresh"])
def test_lost_columns_of_every_type_keep_their_values(strategy: str, everywhere: Ends) -> None:
    """A null in their place is of the target's type; with the switch they are null."""
    names = [f"c{number}" for number in range(len(TYPED))]
    columns = ", ".join(f"{name} {declared}" for name, declared in zip(names, TYPED, strict=True))
    values = ", ".join(f"'{value}'" for value in VALUES)
    everywhere.write("source", f"CREATE TABLE t (id INTEGER PRIMARY KEY, ts INTEGER, {columns})")
    everywhere.write("source", f"INSERT INTO t VALUES (1, 1, {values}), (2, 2, {values})")
    assert everywhere.load(strategy, *CURSOR)[0] == 0
    before = everywhere.rows()
    everywhere.write("source", *(f"ALTER TABLE t DROP COLUMN {name}" for name in names), "UPDATE t SET ts = 9")

    assert everywhere.load(strategy, *CURSOR)[0] == 3
    assert everywhere.rows() == [(row[0], 9, *row[2:]) for row in before]
    assert everywhere.load(strategy, *CURSOR, "--allow-emptied-columns")[0] == 0
    assert everywhere.rows() == [(row[0], 9, *(None for _ in names)) for row in before]


@pytest.mark.parametrize("everywhere", ["sqlite-sqlite", "duckdb-duckdb", "postgres-sqlite"], indirect=True)
def test_a_column_that_the_load_leaves_out_is_no_lost_one(everywhere: Ends) -> None:
    """It is in the source: to leave it out of a target that has it would let its values go stale."""
    filled(everywhere)
    everywhere.load("full_refresh")
    code, _, error = everywhere.load("full_refresh", "--exclude", "note")

    assert (code, "it has a column 'note' of its own; drop it there" in error) == (2, True)
    assert everywhere.rows() == ROWS


@pytest.mark.parametrize("everywhere", ["sqlite-duckdb", "duckdb-duckdb", "postgres-postgres"], indirect=True)
def test_rows_that_are_appended_say_what_they_lack(everywhere: Ends) -> None:
    """Nothing that is there changes; the new rows have null."""
    filled(everywhere)
    everywhere.load("incrementing_id", "--write-rule", "append")
    everywhere.write("source", LOST["dropped"], "INSERT INTO t VALUES (4, 4)")
    code, _, error = everywhere.load("incrementing_id", "--write-rule", "append")

    assert (code, everywhere.rows()) == (0, [*ROWS, (4, 4, None)])
    assert "column 'note' is not in the source any more, and becomes null in rows of 't' that are loaded." in error


OWN = "ALTER TABLE t ADD COLUMN note VARCHAR"
PAIRS = [f"{source}-{target}" for source in ("sqlite", "duckdb", "postgres", "json") for target in ENGINES]


@pytest.mark.parametrize("everywhere", PAIRS, indirect=True)
@pytest.mark.parametrize("strategy", ["timestamp_watermark", "row_hash_cdc"])
def test_a_column_that_no_load_has_brought_keeps_its_values(strategy: str, everywhere: Ends) -> None:
    """The user adds it to the copy; rows that change keep it, and no load has anything to say of it."""
    everywhere.fill(("id", "ts"), *((n, n) for n in range(1, 6)), types="INTEGER")
    everywhere.load(strategy, *CURSOR)
    everywhere.write("target", OWN, "UPDATE t SET note = 'mine' WHERE id >= 3")
    everywhere.fill(("id", "ts"), (1, 1), (2, 2), (3, 9), (4, 4), (6, 8), types="INTEGER")

    code, _, error = everywhere.load(strategy, *CURSOR)

    assert (code, "note" in error) == (0, False)
    expected = [(1, 1, None), (2, 2, None), (3, 9, "mine"), (4, 4, "mine"), (6, 8, None)]
    assert [row for row in everywhere.rows() if row[0] != 5] == expected
    assert everywhere.load(strategy, *CURSOR)[0] == 0
    assert [row for row in everywhere.rows() if row[0] != 5] == expected


@pytest.mark.parametrize(
    "everywhere", ["sqlite-sqlite", "sqlite-duckdb", "duckdb-postgres", "json-sqlite"], indirect=True
)
@pytest.mark.parametrize("strategy", ["snapshot_diff", "full_refresh", "row_hash_cdc"])
def test_a_sparse_column_is_held_back_where_one_of_its_rows_goes_too(strategy: str, everywhere: Ends) -> None:
    """Of 6 values in 40 rows the 5 in rows that stay are all that there are."""
    everywhere.fill(("id", "ts", "w"), *((n, n, "w" if n < 6 else None) for n in range(40)))
    everywhere.load(strategy, *CURSOR)
    everywhere.fill(("id", "ts"), *((n, n) for n in range(1, 40)))

    assert everywhere.load(strategy, *CURSOR)[0] == 3
    assert everywhere.rows("SELECT count(*), count(w) FROM t WHERE id > 0") == [(39, 5)]


@pytest.mark.parametrize(
    ("lost", "held", "is_kept"),
    [(3, 3, True), (11, 100, True), (10, 100, False), (11, 22, True), (20, 100, False), (21, 100, True)],
)
def test_many_values_are_held_back_and_few_are_not(lost: int, held: int, *, is_kept: bool) -> None:
    """All that there are, or more than both bounds: a number of rows, and a share of them."""
    share = 10 if lost < 20 else 20

    assert _too_many(Guards(percent=share, rows=10), lost, held) is is_kept
