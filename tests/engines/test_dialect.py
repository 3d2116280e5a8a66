"""What a comparison of contents must see: the ways in which a row, or a set of keys, can differ quietly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.loading.connections import Connections
from incload.loading.plan import Guards

if TYPE_CHECKING:
    from incload.engines.session import Query
    from tests.ends import Between, Ends

COMPARING = ("snapshot_diff", "row_hash_cdc")
FREE = Guards(allow_removals=True)


@pytest.mark.parametrize("strategy", COMPARING)
@pytest.mark.parametrize("key", ["id INTEGER PRIMARY KEY", "id TEXT PRIMARY KEY", "id INTEGER"])
def test_case_is_content_even_where_the_column_passes_over_it(sqlite_ends: Ends, strategy: str, key: str) -> None:
    """A column that takes 'a' and 'A' for equal when it is searched still holds two different values."""
    sqlite_ends.write(f"CREATE TABLE events ({key}, name TEXT COLLATE NOCASE)", "INSERT INTO events VALUES (1, 'a')")
    sqlite_ends.load(strategy, cursor=None)
    sqlite_ends.write("UPDATE events SET name = 'A'")
    sqlite_ends.load(strategy, cursor=None)

    assert sqlite_ends.rows("SELECT name FROM events") == [("A",)]


@pytest.mark.parametrize("strategy", COMPARING)
def test_a_key_that_left_is_seen_behind_one_that_came(ends: Ends, strategy: str) -> None:
    """As many rows came as went, so that the number of rows says nothing."""
    ends.write(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, name VARCHAR)", "INSERT INTO events VALUES (1, 'a'), (2, 'b')"
    )
    ends.load(strategy, cursor=None)
    ends.write("DELETE FROM events WHERE id = 1", "INSERT INTO events VALUES (3, 'c')")
    summary = ends.load(strategy, cursor=None, guards=FREE)

    assert (summary.loaded, summary.removed) == (1, 1)
    assert ends.rows("SELECT id, name FROM events ORDER BY id") == [(2, "b"), (3, "c")]


@pytest.mark.parametrize("strategy", COMPARING)
def test_the_last_digit_of_a_real_among_integers_is_content(sqlite_ends: Ends, strategy: str) -> None:
    """A column of integers may hold a real in SQLite, and all its digits count."""
    sqlite_ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, n INTEGER)", "INSERT INTO events VALUES (1, 0.1)")
    sqlite_ends.load(strategy, cursor=None)
    sqlite_ends.write("UPDATE events SET n = 0.10000000000000002")
    sqlite_ends.load(strategy, cursor=None)

    assert sqlite_ends.rows("SELECT n FROM events") == [(0.10000000000000002,)]


def test_keys_are_missed_in_no_more_than_one_look_each(sqlite_ends: Ends) -> None:
    """Thousands of keys against a stage without an index: an index is made for them, or the test would not end."""
    rows = ", ".join(f"('k{number}', 0)" for number in range(30_000))
    sqlite_ends.write("CREATE TABLE events (id TEXT, n INTEGER)", f"INSERT INTO events VALUES {rows}")
    sqlite_ends.load("snapshot_diff", cursor=None)
    sqlite_ends.write("DELETE FROM events WHERE id = 'k7'")

    assert sqlite_ends.load("snapshot_diff", cursor=None).removed == 1
    assert sqlite_ends.rows("SELECT count(*) FROM events") == [(29_999,)]


def test_a_new_sqlite_target_has_large_pages_and_an_old_one_keeps_its_own(sqlite_ends: Ends) -> None:
    """The size of a page is settled when a file is made."""
    sqlite_ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY)", "INSERT INTO events VALUES (1)")
    sqlite_ends.load("full_refresh", cursor=None)
    made = sqlite_ends.rows("PRAGMA page_size")
    sqlite_ends.target.path.unlink()
    sqlite_ends.write_target("CREATE TABLE other (id INTEGER)")
    sqlite_ends.load("full_refresh", cursor=None)

    assert (made, sqlite_ends.rows("PRAGMA page_size")) == ([(16_384,)], [(4_096,)])


@pytest.mark.parametrize("engines", [("sqlite", "duckdb"), ("duckdb", "sqlite")])
def test_digests_that_all_agree_need_no_second_look(
    between: Between, engines: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two engines the rows themselves are asked for only when some digest differs."""
    into = between(*engines)
    into.write("CREATE TABLE events (id INTEGER PRIMARY KEY, name VARCHAR)", "INSERT INTO events VALUES (1, 'a')")
    into.load("row_hash_cdc", cursor=None)
    streamed: list[Query] = []
    incoming = Connections.incoming
    monkeypatch.setattr(
        Connections, "incoming", lambda self, query, *rest: (streamed.append(query), incoming(self, query, *rest))[1]
    )
    into.load("row_hash_cdc", cursor=None)
    quiet = len(streamed)
    into.write("UPDATE events SET name = 'A'")
    into.load("row_hash_cdc", cursor=None)

    assert (quiet, len(streamed) - quiet) == (1, 2)
    assert into.rows("SELECT * FROM events") == [(1, "A")]
