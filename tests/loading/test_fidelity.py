"""Values arrive as they were: of every type, on every pair of engines, at the edges of what a type holds.

Within one engine a column keeps its declared type word for word. Between two it gets the type of its kind, and a value
that does not fit is refused, never bent.
"""

from __future__ import annotations

import tempfile
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ends import Between, Ends, Row

LARGEST = 9_223_372_036_854_775_807
PORTABLE: list[Row] = [
    (1, LARGEST, 0.1, "", b"", None),
    (2, -LARGEST - 1, -1.5e300, "a\0b", b"\0\xff", None),
    (3, 0, 5e-324, " naïve 表 🎉 ' \" ", b"x", None),
    (4, None, None, None, None, None),
]
"""Rows that both engines can hold: id, integer, real, text, blob, and a column of nulls."""


def fill(ends: Ends) -> None:
    """Put the portable rows into the source, by its own driver."""
    columns = "id INTEGER PRIMARY KEY, whole BIGINT, real DOUBLE, text VARCHAR, bytes BLOB, missing VARCHAR"
    ends.write(f"CREATE TABLE events ({columns})")
    ends.insert("events", PORTABLE)


@pytest.mark.parametrize("name", ["full_refresh", "row_hash_cdc"])
def test_values_arrive_as_they_were(ends: Ends, name: str) -> None:
    """Integers of 64 bits, the smallest float, empty and odd texts, bytes and nulls are the same afterwards."""
    fill(ends)
    ends.load(name, cursor=None)

    assert ends.rows() == PORTABLE


@pytest.mark.parametrize("name", ["row_hash_cdc", "snapshot_diff"])
def test_values_that_arrived_are_not_taken_for_changed(ends: Ends, name: str) -> None:
    """A second comparison finds every value equal to itself: nothing is written, and nothing removed."""
    fill(ends)
    ends.load(name, cursor=None)
    summary = ends.load(name, cursor=None)

    assert (summary.loaded, summary.removed, ends.rows()) == (0, 0, PORTABLE)


DIFFERENCES = [
    ("text = 'a '", "text = 'a'"),
    ("text = 'a'", "text = 'A'"),
    ("text = ''", "text = NULL"),
    ("whole = 9007199254740993", "whole = 9007199254740992"),
    ("real = 0.1", "real = 0.10000000000000002"),
    ("whole = 0", "whole = NULL"),
]


@pytest.mark.parametrize(("before", "after"), DIFFERENCES)
def test_the_smallest_change_is_seen(ends: Ends, before: str, after: str) -> None:
    """A trailing space, a letter's case, one unit in the last place, a null in place of nothing: each is a change."""
    fill(ends)
    ends.write(f"UPDATE events SET {before} WHERE id = 1")
    for name in ("row_hash_cdc", "snapshot_diff"):
        ends.load(name, cursor=None)
    ends.write(f"UPDATE events SET {after} WHERE id = 1")
    by_digest = ends.load("row_hash_cdc", cursor=None, dry_run=True)
    by_value = ends.load("snapshot_diff", cursor=None)

    assert (by_digest.loaded, by_value.loaded) == (1, 1)
    assert ends.rows("SELECT * FROM events WHERE id = 1") == ends.source_rows("SELECT * FROM events WHERE id = 1")


def test_sqlite_keeps_its_declarations(sqlite_ends: Ends) -> None:
    """Between two SQLite files a declared type is copied word for word, and values keep their storage class."""
    sqlite_ends.write(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, ts DATETIME, price DECIMAL(10,2), ok BOOLEAN, any,"
        " odd 'two words')",
        "INSERT INTO events VALUES (1, '2024-01-01 00:00:00', 10.5, 1, x'00', 1.0), (2, 5, 'n/a', 'yes', 3, 'x')",
    )
    sqlite_ends.load("full_refresh", cursor=None)
    types = sqlite_ends.rows("SELECT name, type FROM pragma_table_info('events')")

    assert types == [
        ("id", "INTEGER"),
        ("ts", "DATETIME"),
        ("price", "DECIMAL(10,2)"),
        ("ok", "BOOLEAN"),
        ("any", ""),
        ("odd", "two words"),
    ]
    assert sqlite_ends.rows() == [
        (1, "2024-01-01 00:00:00", 10.5, 1, b"\0", 1),
        (2, 5, "n/a", "yes", 3, "x"),
    ]


def test_duckdb_keeps_its_types(between: Between) -> None:
    """Between two DuckDB files every type is copied, nested ones and those of DuckDB alone included."""
    ends = between("duckdb", "duckdb")
    ends.write(
        "CREATE TABLE events (id UUID PRIMARY KEY, ts TIMESTAMP, day DATE, price DECIMAL(10,2), huge HUGEINT,"
        " tags VARCHAR[], place STRUCT(x INTEGER, y INTEGER), size ENUM('s', 'm'), exact TIMESTAMP_NS)",
        "INSERT INTO events VALUES (uuid '00000000-0000-0000-0000-00000000000a', '2024-01-01 00:00:00.000001',"
        " '2024-02-29', 1.10, 170141183460469231731687303715884105727, ['a', NULL], {'x': 1, 'y': NULL}, 'm',"
        " '2024-01-01 00:00:00.000000001')",
    )
    ends.load("full_refresh", cursor=None)
    ends.load("row_hash_cdc", cursor=None)
    summary = ends.load("row_hash_cdc", cursor=None)
    values = ends.rows("SELECT * EXCLUDE (id, exact), epoch_ns(exact) FROM events")

    assert summary.loaded == 0
    assert values == [
        (
            datetime(2024, 1, 1, microsecond=1),  # noqa: DTZ001 - a timestamp without a zone, as it is stored
            date(2024, 2, 29),
            Decimal("1.10"),
            170141183460469231731687303715884105727,
            ["a", None],
            {"x": 1, "y": None},
            "m",
            1704067200000000001,
        )
    ]


def test_types_of_duckdb_arrive_in_sqlite(between: Between) -> None:
    """Timestamps become microseconds, those of nanoseconds nanoseconds; what SQLite has no type for becomes text."""
    ends = between("duckdb", "sqlite")
    ends.write(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, ts TIMESTAMP, zoned TIMESTAMPTZ, day DATE, exact TIMESTAMP_NS,"
        " ok BOOLEAN, tiny TINYINT, single FLOAT, price DECIMAL(10,2), huge HUGEINT, tags VARCHAR[], noon TIME)",
        "INSERT INTO events VALUES (1, '2024-01-01 00:00:00.000001', '2024-01-01 02:00:00+02', '1969-12-31',"
        " '2024-01-01 00:00:00.000000001', true, -128, 0.5, 1.10, 9223372036854775808, ['a', 'b'], '12:00:00')",
        "INSERT INTO events VALUES (2, NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL)",
    )
    ends.load("full_refresh", cursor=None)
    types = [declared for (declared,) in ends.rows("SELECT type FROM pragma_table_info('events')")]
    timestamps = (1704067200000001, 1704067200000000, -86400000000, 1704067200000000001)

    assert types == [*["INTEGER"] * 7, "REAL", *["TEXT"] * 4]
    assert ends.rows() == [
        (1, *timestamps, 1, -128, 0.5, "1.10", "9223372036854775808", '["a","b"]', "12:00:00"),
        (2, None, None, None, None, 0, *[None] * 6),
    ]


def test_what_sqlite_cannot_hold_arrives_as_null(between: Between) -> None:
    """SQLite has neither NaN nor an infinite time."""
    ends = between("duckdb", "sqlite")
    ends.write(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, real DOUBLE, ts TIMESTAMP)",
        "INSERT INTO events VALUES (1, 'nan', 'infinity'), (2, '-inf', NULL)",
    )
    summary = ends.load("full_refresh", cursor=None)

    assert ends.rows() == [(1, None, None), (2, float("-inf"), None)]
    (said,) = summary.warnings
    assert said.split(". ") == [
        "NaN in column 'real' of 'events' became null, because sqlite has no NaN",
        "infinity in column 'ts' of 'events' became null, because sqlite has no time without end.",
    ]


def test_no_nan_is_no_warning(between: Between) -> None:
    """A null and an infinite number arrive as they are, and NaN does in an engine that has it."""
    plain, whole = between("duckdb", "sqlite"), between("duckdb", "duckdb")
    plain.write("CREATE TABLE events (id INTEGER PRIMARY KEY, a DOUBLE)", "INSERT INTO events VALUES (1, NULL)")
    assert plain.load("full_refresh", cursor=None).warnings == ()
    whole.write("INSERT INTO events VALUES (2, 'nan'), (3, 'inf')")

    assert whole.load("full_refresh", cursor=None).warnings == ()


def test_declarations_of_sqlite_become_types(between: Between) -> None:
    """DuckDB gets the type that the declaration promises; where it promises none, that of the first value."""
    ends = between("sqlite", "duckdb")
    ends.write(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, ts DATETIME, price DECIMAL(10,2), ok BOOLEAN, name NVARCHAR(9),"
        " any, none DATE)",
        "INSERT INTO events VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL)",
        "INSERT INTO events VALUES (2, '2024-01-01 00:00:00', 10, 1, 'a', x'00', NULL)",
        "INSERT INTO events VALUES (3, NULL, 10.5, 0, '', NULL, NULL)",
    )
    ends.load("full_refresh", cursor=None)
    types = ends.rows("SELECT data_type FROM duckdb_columns() WHERE table_name = 'events' ORDER BY column_index")

    assert types == [(each,) for each in ("BIGINT", "VARCHAR", "DOUBLE", "BIGINT", "VARCHAR", "BLOB", "VARCHAR")]
    assert ends.rows("SELECT * FROM events WHERE id > 1 ORDER BY 1") == [
        (2, "2024-01-01 00:00:00", 10.0, 1, "a", b"\0", None),
        (3, None, 10.5, 0, "", None, None),
    ]


def test_a_decimal_without_a_fraction_is_no_other_type(between: Between) -> None:
    """SQLite stores the decimal 10.0 as an integer; a later 10.5 still fits the target."""
    ends = between("sqlite", "duckdb")
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, price DECIMAL)", "INSERT INTO events VALUES (1, 10.0)")
    ends.load("snapshot_diff", cursor=None)
    ends.write("INSERT INTO events VALUES (2, 10.5)")
    ends.load("snapshot_diff", cursor=None)

    assert ends.rows() == [(1, 10.0), (2, 10.5)]


@pytest.mark.parametrize(
    ("declared", "value"), [("DATETIME", "1704067200"), ("BOOLEAN", "1"), ("", "x'00'"), ("DATE", "'2024-01-01'")]
)
def test_a_column_without_a_value_keeps_the_target_as_it_is(between: Between, declared: str, value: str) -> None:
    """Where only values could say the type and none is left, the target's column says it."""
    ends = between("sqlite", "duckdb")
    ends.write(f"CREATE TABLE events (id INTEGER PRIMARY KEY, v {declared})", f"INSERT INTO events VALUES (1, {value})")
    ends.load("row_hash_cdc_without_removes", cursor=None)
    before = ends.rows()
    ends.write("DELETE FROM events", "INSERT INTO events VALUES (2, NULL)")
    ends.load("row_hash_cdc_without_removes", cursor=None)

    assert ends.rows() == [*before, (2, None)]


def test_text_after_many_nulls_arrives(between: Between) -> None:
    """A column may be null for more rows than one batch holds, and text after them."""
    ends = between("sqlite", "duckdb")
    ends.write(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, name TEXT, any)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 70000) INSERT INTO events"
        " SELECT i, NULL, NULL FROM n",
        "INSERT INTO events VALUES (70001, 'text', 'more')",
    )
    ends.load("full_refresh", cursor=None)

    assert ends.rows("SELECT count(*), count(name) FROM events") == [(70001, 1)]
    assert ends.rows("SELECT * FROM events WHERE name IS NOT NULL") == [(70001, "text", "more")]


MISFITS = {
    "text among integers": ("INTEGER", "1", "'abc'"),
    "a fraction among integers": ("INTEGER", "1", "1.5"),
    "bytes among texts": ("TEXT", "'a'", "x'00ff'"),
    "text where a number came first": ("", "1", "'abc'"),
    "an integer that is no float": ("DECIMAL", "0.5", "9007199254740993"),
}


@pytest.mark.parametrize("before", [0, 70_000])
@pytest.mark.parametrize("fault", MISFITS)
def test_a_value_of_another_type_is_refused(between: Between, fault: str, before: int) -> None:
    """A value that its column's type cannot hold is refused wherever it stands, and no target is left behind."""
    declared, first, second = MISFITS[fault]
    ends = between("sqlite", "duckdb")
    ends.write(
        f"CREATE TABLE events (id INTEGER PRIMARY KEY, v {declared})",
        f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {before}) INSERT INTO events"
        f" SELECT i, {first} FROM n",
        f"INSERT INTO events VALUES (99999, {second})",
    )
    with pytest.raises(Refused, match=r"^column 'v' of the SQLite source .*: give it one type\.$"):
        ends.load("full_refresh", cursor=None)

    assert not ends.target.path.exists()


@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
def test_a_source_that_breaks_off_is_refused(
    between: Between, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view that fails in the middle of its rows is named in one sentence, and no file is left behind."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ends = between("duckdb", target)
    ends.write(
        "CREATE TABLE base AS SELECT range AS id, if(range = 80000, 'x', '1') AS v FROM range(90000)",
        "CREATE VIEW events AS SELECT id, CAST(v AS INTEGER) AS v FROM base",
    )
    with pytest.raises(Refused, match="Could not convert string 'x' to INT32"):
        ends.load("full_refresh", cursor=None)

    assert list(tmp_path.iterdir()) == [ends.source.path]


def test_generated_columns_arrive_as_values(between: Between) -> None:
    """What the source computes is copied like any other column."""
    ends = between("sqlite", "sqlite")
    ends.write(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, twice INTEGER AS (id * 2), thrice INTEGER AS (id * 3) STORED)",
        "INSERT INTO events VALUES (1), (2)",
    )
    ends.load("full_refresh", cursor=None)

    assert ends.rows() == [(1, 2, 3), (2, 4, 6)]


def test_a_view_is_a_source_like_any_other(ends: Ends) -> None:
    """A view has no key of its own; its rows are distinguished by the key that the load names."""
    ends.write(
        "CREATE TABLE base (id INTEGER PRIMARY KEY, ts INTEGER)",
        "INSERT INTO base VALUES (1, 10), (2, 20)",
        "CREATE VIEW events AS SELECT id, ts, ts + 1 AS next FROM base",
    )
    ends.load("timestamp_watermark")
    ends.write("INSERT INTO base VALUES (3, 30)")
    ends.load("timestamp_watermark")

    assert ends.rows() == [(1, 10, 11), (2, 20, 21), (3, 30, 31)]


def test_a_view_does_not_inherit_a_key(ends: Ends) -> None:
    """A view that shows each row of a keyed table twice, with other content, is refused as one without that key."""
    ends.write(
        "CREATE TABLE base (id INTEGER PRIMARY KEY, ts INTEGER)",
        "INSERT INTO base VALUES (1, 10), (2, 20)",
        "CREATE TABLE twice (part INTEGER)",
        "INSERT INTO twice VALUES (1), (2)",
        "CREATE VIEW events AS SELECT base.id, base.ts, twice.part FROM base, twice",
    )
    with pytest.raises(Refused, match=r"^the key 'id' is not unique in the source: 2 rows have 1"):
        ends.load("full_refresh", cursor=None)

    assert not ends.target.path.exists()
