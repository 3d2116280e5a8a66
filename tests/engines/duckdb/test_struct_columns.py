"""Columns of DuckDB with fields: `s.id` may be a field of a column s as well as the id of a relation s."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ends import Between


@pytest.mark.parametrize("name", ["s", "t", "d", "k", "o", "r", "c"])
@pytest.mark.parametrize("strategy", ["snapshot_diff", "row_hash_cdc", "full_refresh"])
def test_a_field_named_as_the_key_is_not_taken_for_it(between: Between, strategy: str, name: str) -> None:
    """A row leaves and another comes, and the copy follows, whatever stands in the field."""
    ends = between("duckdb", "duckdb")
    ends.write(
        f"CREATE TABLE events (id INTEGER PRIMARY KEY, {name} STRUCT(id INTEGER))",
        "INSERT INTO events VALUES (1, {'id': 1}), (2, {'id': 7})",
    )
    ends.load(strategy, cursor=None)
    ends.write("DELETE FROM events WHERE id = 2", "INSERT INTO events VALUES (3, {'id': 8})")
    ends.load(strategy, cursor=None)

    assert ends.rows() == [(1, {"id": 1}), (3, {"id": 8})]


@pytest.mark.parametrize("strategy", ["snapshot_diff", "row_hash_cdc"])
@pytest.mark.parametrize("declared", ["STRUCT(a INTEGER)", "INTEGER"])
def test_a_column_without_such_a_field_is_loaded(between: Between, strategy: str, declared: str) -> None:
    """Nor is the key looked for in a column that has no such field, or none at all."""
    ends = between("duckdb", "duckdb")
    ends.write(
        f"CREATE TABLE events (id INTEGER, s {declared}, t {declared}, d {declared})",
        "INSERT INTO events VALUES (1, NULL, NULL, NULL), (2, NULL, NULL, NULL)",
    )
    ends.load(strategy, cursor=None)
    ends.write("DELETE FROM events WHERE id = 2", "INSERT INTO events VALUES (3, NULL, NULL, NULL)")
    ends.load(strategy, cursor=None)

    assert ends.rows("SELECT id FROM events ORDER BY 1") == [(1,), (3,)]


def test_a_key_of_columns_named_as_relations_is_distinguished_by_its_values(between: Between) -> None:
    """Rows are held back and their digests kept, though the key's columns have the names of relations."""
    ends = between("duckdb", "duckdb")
    ends.write(
        "CREATE TABLE events (id INTEGER, t INTEGER, k INTEGER, PRIMARY KEY (id, t, k))",
        "INSERT INTO events SELECT i, i, i FROM range(30) AS n(i)",
    )
    ends.load("row_hash_cdc", key=("id", "t", "k"), cursor=None)
    ends.load("full_refresh", key=("id", "t", "k"), cursor=None)
    ends.write("DELETE FROM events WHERE id >= 2")
    summary = ends.load("row_hash_cdc", key=("id", "t", "k"), cursor=None)

    assert (summary.removed, len(ends.rows())) == (0, 30)
