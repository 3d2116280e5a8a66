"""When DuckDB merges the row groups that merges of rows leave behind: seldom, and often enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from incload.engines.duckdb import vacuum
from incload.engines.duckdb.sandbox import DuckdbFixture
from incload.engines.duckdb.session import DuckdbSession
from incload.engines.duckdb.vacuum import is_due
from incload.engines.session import Query
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TABLE = Table("events", ("id",), None, (Column("id", Kind.INTEGER), Column("n", Kind.INTEGER)))
HELD, ADDED, MERGES = 5_000, 100, 34


def merged(path: Path, first: int, number: int) -> None:
    """Merge two hundred rows, half of them new, in a session of its own."""
    session = DuckdbSession(None, path)
    session.begin("events")
    stage = session.stage(Query(f"SELECT range AS id, {number} AS n FROM range({first}, {first + 2 * ADDED})"))
    session.merge(TABLE, stage)
    session.commit()
    session.close()


def row_groups_after_merges(path: Path) -> int:
    """Fill a table, merge into it many times; return how many row groups it then has."""
    session = DuckdbSession(None, path)
    DuckdbFixture(session).settle("target", TABLE)
    session.write(f"INSERT INTO target.main.events SELECT range, 0 FROM range({HELD})")
    session.close()
    for number in range(MERGES):
        merged(path, HELD + (number - 1) * ADDED, number)
    with duckdb.connect(str(path)) as connection:
        found = connection.sql("SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('events')").fetchall()
    return int(found[0][0])


def test_every_sixteenth_addition_of_one_size_is_due() -> None:
    """Of additions of a hundred rows, those that reach beyond the next multiple of sixteen hundred."""
    due = [held for held in range(5_000, 10_000, 100) if is_due(held, 100)]

    assert due == [6_300, 7_900, 9_500]


def test_an_addition_of_nothing_is_not_due() -> None:
    """Whatever the table holds, without a row there is nothing to merge."""
    assert not any(is_due(held, 0) for held in range(100))


def test_row_groups_do_not_pile_up(tmp_path: Path) -> None:
    """Thirty-four merges leave fewer than sixteen row groups more than the table needs, and no row is wrong."""
    path = tmp_path / "copy.duckdb"
    groups = row_groups_after_merges(path)

    assert 1 < groups <= 17
    with duckdb.connect(str(path)) as connection:
        found = connection.sql("SELECT count(*), count(DISTINCT id), sum(n) FROM events").fetchall()
    # Each merge writes its number over the later half of the one before, so that the last one counts twice.
    assert found == [(HELD + MERGES * ADDED, HELD + MERGES * ADDED, ADDED * (sum(range(MERGES)) + MERGES - 1))]


def test_row_groups_pile_up_where_merging_them_is_never_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row groups that are counted are the ones that merges leave: without upkeep there is one for each."""
    monkeypatch.setattr(vacuum, "is_due", lambda *_: False)

    assert row_groups_after_merges(tmp_path / "copy.duckdb") == 1 + MERGES


def test_what_follows_a_merge_that_was_put_off_is_as_ever(tmp_path: Path) -> None:
    """The setting is the session's own and ends with the transaction."""
    session = DuckdbSession(None, tmp_path / "copy.duckdb")
    DuckdbFixture(session).settle("target", TABLE)
    session.begin("events")
    session.merge(TABLE, session.stage(Query("SELECT 1 AS id, 1 AS n")))
    session.commit()
    during = session.rows("SELECT current_setting('max_vacuum_tasks')")
    session.begin("events")
    after = session.rows("SELECT current_setting('max_vacuum_tasks')")
    session.rollback()
    session.close()

    assert (during, after) == ([(0,)], [(100,)])
