"""Cursor columns of every sort: which order their values have, and which have none that is certain."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from incload.cursor import Scale, shape_of
from incload.errors import Refused
from incload.loading.cursor_check import _scale
from incload.table import Column, Kind

if TYPE_CHECKING:
    from incload.loading.run import LoadSummary
    from tests.ends import Between, Ends

KEYED = "CREATE TABLE events (id INTEGER PRIMARY KEY, ts {})"
NO_ISO = "holds '{}', which is no ISO timestamp: incload will not guess the order of such texts"


def put(ends: Ends, *timestamps: str, declared: str = "VARCHAR") -> None:
    """Make the source of rows with these cursor values, given as SQL."""
    ends.write(KEYED.format(declared))
    add(ends, 1, *timestamps)


def add(ends: Ends, first: int, *timestamps: str) -> None:
    """Add rows to the source, numbered from the first on."""
    ends.write(
        *(f"INSERT INTO events VALUES ({number}, {timestamp})" for number, timestamp in enumerate(timestamps, first))
    )


def printed(summary: LoadSummary) -> tuple[int, object]:
    """Return what a load wrote and up to where."""
    return summary.loaded, summary.new_watermark


@pytest.mark.parametrize(
    ("old", "new", "late"),
    [
        ("2024-01-31", "2024-02-01", "2024-01-30"),
        ("2024-01-01T09:59", "2024-01-01T10:00", "2024-01-01T09:58"),
        ("2024-01-01 09:59:59", "2024-01-01 10:00:00", "2024-01-01 09:59:58"),
        ("2024-01-01T09:59:59.9Z", "2024-01-01T10:00:00.0Z", "2024-01-01T09:59:59.8Z"),
        ("2024-01-01T09:59:59.999999+05:30", "2024-01-01T10:00:00.000000+05:30", "2024-01-01T09:59:59.999998+05:30"),
        (
            "2024-01-01 09:59:59.999999999-0800",
            "2024-01-01 10:00:00.000000000-0800",
            "2024-01-01 09:59:59.999999998-0800",
        ),
        ("0999-12-31", "1000-01-01", "0999-12-30"),
    ],
)
def test_texts_of_one_shape_are_ordered_by_time(ends: Ends, old: str, new: str, late: str) -> None:
    """A newer timestamp is loaded and an older one is not; the watermark is a timestamp of the same shape."""
    put(ends, f"'{old}'")
    first = ends.load("timestamp_watermark")
    add(ends, 2, f"'{new}'", f"'{late}'")
    second = ends.load("timestamp_watermark")

    assert printed(first) == (1, old)
    assert printed(second) == (1, new)
    assert ends.rows() == [(1, old), (2, new)]


def test_a_window_of_time_reaches_back_in_text(ends: Ends) -> None:
    """Ten minutes are ten minutes of a text timestamp, over the end of a month, to the microsecond."""
    put(ends, "'2024-03-01T00:05:00.000000Z'")
    ends.load("lookback_window")
    add(ends, 2, "'2024-02-29T23:55:00.000000Z'", "'2024-02-29T23:54:59.999999Z'")
    summary = ends.load("lookback_window")

    assert printed(summary) == (2, "2024-03-01T00:05:00.000000Z")
    assert ends.rows("SELECT id FROM events ORDER BY 1") == [(1,), (2,)]


def test_a_window_may_reach_beyond_the_calendar(ends: Ends) -> None:
    """A window longer than all time before the watermark reads everything."""
    put(ends, "'0001-01-02'")
    ends.load("lookback_window:minutes=100000000")
    add(ends, 2, "'0001-01-01'")
    summary = ends.load("lookback_window:minutes=100000000")

    assert printed(summary) == (2, "0001-01-02")


@pytest.mark.parametrize("source", ["sqlite", "duckdb"])
@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
@pytest.mark.parametrize(
    ("timestamps", "said"),
    [
        (("'9'", "'10'"), NO_ISO.format(r"(9|10)")),
        (("'2024-01-01'", "'01.02.2024'"), NO_ISO.format(r"01\.02\.2024")),
        (("'2024-1-1'",), NO_ISO.format("2024-1-1")),
        (("''",), NO_ISO.format("")),
        (("'2024-01-01T00:00:00'", "'2024-01-01T00:00:00Z'"), "mixes timestamps with and without a zone"),
        (("'2024-02-30'",), "holds '2024-02-30', which names no real time"),
        (("'2024-01-01T24:00:00'",), "which names no real time"),
        (("'2024-01-01T12:30.5'",), "which is no ISO timestamp"),
    ],
)
def test_texts_without_a_certain_order_are_refused(
    between: Between, source: str, target: str, timestamps: tuple[str, ...], said: str
) -> None:
    """Numbers as text, other notations, zones here and not there: none of them is compared as text."""
    ends = between(source, target)
    put(ends, *timestamps)
    with pytest.raises(Refused, match=said):
        ends.load("timestamp_watermark")

    assert not ends.target.path.exists()


@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
def test_sqlite_refuses_texts_of_several_shapes(between: Between, target: str) -> None:
    """SQLite compares timestamps as texts, so that all of them have to have one shape."""
    ends = between("sqlite", target)
    put(ends, "'2024-01-01T00:00:00Z'", "'2024-01-01T00:00:00.5Z'")

    with pytest.raises(Refused, match="SQLite compares them as text: write all timestamps in one shape"):
        ends.load("timestamp_watermark")


def test_sqlite_refuses_a_new_shape_later(between: Between) -> None:
    """A shape that turns up after the first load is found, wherever it stands."""
    ends = between("sqlite", "sqlite")
    put(ends, "'2024-01-01T00:00:00Z'")
    ends.load("timestamp_watermark")
    add(ends, 2, "'2023-01-01T00:00:00+01:00'")
    with pytest.raises(Refused, match="write all timestamps in one shape"):
        ends.load("timestamp_watermark")

    assert ends.rows() == [(1, "2024-01-01T00:00:00Z")]


@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
def test_duckdb_takes_texts_for_what_they_mean(between: Between, target: str) -> None:
    """Timestamps of several zones and shapes are ordered by the time they name; each stays as it was written."""
    ends = between("duckdb", target)
    put(ends, "'2024-01-01T23:00:00+00:00'", "'2024-01-02T00:30:00+05:30'")
    first = ends.load("composite_watermark")
    add(ends, 3, "'2024-01-02T04:30:00.5+05:30'", "'2024-01-02T00:31:00+05:30'")
    second = ends.load("composite_watermark")
    third = ends.load("composite_watermark")

    assert printed(first) == (2, "2024-01-01T23:00:00.000000Z")
    assert printed(second) == (1, "2024-01-01T23:00:00.500000Z")
    assert printed(third) == (0, "2024-01-01T23:00:00.500000Z")
    assert ends.rows("SELECT ts FROM events WHERE id = 3") == [("2024-01-02T04:30:00.5+05:30",)]


@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
def test_shapes_may_change_from_one_load_to_the_next(between: Between, target: str) -> None:
    """A fraction that is left out when it is zero, a Z in place of +00:00: the watermark is carried over."""
    ends = between("duckdb", target)
    put(ends, "'2024-01-01T00:00:00.250000+00:00'")
    loads = [ends.load("timestamp_watermark")]
    for number, timestamp in enumerate(("2024-01-01T00:00:01+00:00", "2024-01-01T00:00:01.000001Z"), 2):
        ends.write("DELETE FROM events")
        add(ends, number, f"'{timestamp}'", f"'{timestamp.replace('2024', '2023')}'")
        loads.append(ends.load("timestamp_watermark"))

    assert [printed(each) for each in loads] == [
        (1, "2024-01-01T00:00:00.250000+00:00"),
        (1, "2024-01-01T00:00:01+00:00"),
        (1, "2024-01-01T00:00:01.000001Z"),
    ]


def test_timestamps_that_lose_their_zone_are_refused(between: Between) -> None:
    """A watermark in UTC cannot be compared with timestamps whose zone no one says."""
    ends = between("duckdb", "duckdb")
    put(ends, "'2024-01-01T00:00:00Z'")
    ends.load("timestamp_watermark")
    ends.write("UPDATE events SET ts = '2024-01-01T00:00:01'")

    with pytest.raises(Refused, match="was written for a cursor of the form 'text like 1970-01-01T00:00:00Z'"):
        ends.load("timestamp_watermark")


TIMESTAMPS = {
    "TIMESTAMP": ("2024-01-01 00:00:00.000001", "2024-01-01 00:00:00.000002", "2024-01-01T00:00:00.000002"),
    "TIMESTAMP_S": ("2024-01-01 00:00:00", "2024-01-01 00:00:01", "2024-01-01T00:00:01.000000"),
    "TIMESTAMP_MS": ("2024-01-01 00:00:00.001", "2024-01-01 00:00:00.002", "2024-01-01T00:00:00.002000"),
    "TIMESTAMP_NS": (
        "2024-01-01 00:00:00.000000001",
        "2024-01-01 00:00:00.000000002",
        "2024-01-01T00:00:00.000000002",
    ),
    "TIMESTAMPTZ": ("2024-01-01 00:00:00+02", "2024-01-01 00:00:00+01", "2023-12-31T23:00:00.000000"),
    "DATE": ("1969-12-30", "1969-12-31", "1969-12-31T00:00:00.000000"),
}
"""A timestamp of each type, the next one, and how that is shown."""


@pytest.mark.parametrize("declared", TIMESTAMPS)
@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
@pytest.mark.parametrize("name", ["timestamp_watermark", "composite_watermark"])
def test_timestamps_of_duckdb_are_compared_exactly(between: Between, target: str, name: str, declared: str) -> None:
    """Whatever the precision of the type, the next tick is newer and the same one is not."""
    old, new, shown = TIMESTAMPS[declared]
    ends = between("duckdb", target)
    put(ends, f"'{old}'", declared=declared)
    ends.load(name)
    add(ends, 0, f"'{old}'")
    add(ends, 3, f"'{new}'")
    summary = ends.load(name)

    assert printed(summary) == (1, shown)
    assert ends.rows("SELECT id FROM events ORDER BY 1") == [(1,), (3,)]


@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
@pytest.mark.parametrize(
    ("declared", "old", "new"),
    [
        ("TIMESTAMP", "'2024-01-01'", "'2024-01-02'"),
        ("DATE", "'2024-01-01'", "'2024-01-02'"),
        ("TIMESTAMPTZ", "'2024-01-01 00:00:00+00'", "'2024-01-01 00:00:00-01'"),
        ("BOOLEAN", "false", "true"),
        ("BLOB", "'\\x01'", "'\\x02'"),
        ("DOUBLE", "9.5", "10.5"),
    ],
)
def test_keys_of_duckdb_break_ties(between: Between, target: str, declared: str, old: str, new: str) -> None:
    """A largest key of any ordered type is remembered, and compared as that type, into both engines."""
    ends = between("duckdb", target)
    ends.write(f"CREATE TABLE events (id {declared} PRIMARY KEY, ts INTEGER)", f"INSERT INTO events VALUES ({old}, 5)")
    ends.load("composite_watermark")
    ends.write(f"INSERT INTO events VALUES ({new}, 5)")
    loads = [ends.load("composite_watermark").loaded for _ in range(2)]

    assert loads == [1, 0]
    assert ends.rows("SELECT count(*) FROM events") == [(2,)]


@pytest.mark.parametrize(("declared", "old", "new"), [("UUID", "'0a'", "'a0'"), ("DECIMAL(9,1)", "9.5", "10.5")])
def test_keys_of_duckdb_alone_stay_in_duckdb(between: Between, declared: str, old: str, new: str) -> None:
    """A key of a type that SQLite has not got is ordered within DuckDB, and refused where text would order it."""
    values = [f"'{key[1:3] * 4}-0000-0000-0000-{'0' * 12}'" if declared == "UUID" else key for key in (old, new)]
    within, across = between("duckdb", "duckdb"), between("duckdb", "sqlite")
    within.write(
        f"CREATE TABLE events (id {declared} PRIMARY KEY, ts INTEGER)", f"INSERT INTO events VALUES ({values[0]}, 5)"
    )
    within.load("composite_watermark")
    within.write(f"INSERT INTO events VALUES ({values[1]}, 5)")
    loads = [within.load("composite_watermark").loaded for _ in range(2)]

    assert loads == [1, 0]
    with pytest.raises(Refused, match=r"key column 'id' of type .* becomes text in sqlite"):
        across.load("composite_watermark")


@pytest.mark.parametrize("declared", ["UHUGEINT", "BIT", "BOOLEAN", "UUID", "TIME", "INTERVAL", "INTEGER[]"])
def test_types_without_a_cursors_order_are_refused(between: Between, declared: str) -> None:
    """A cursor counts time or numbers; a type that does neither is named."""
    ends = between("duckdb", "duckdb")
    put(ends, declared=declared)
    shown = declared.replace("(", r"\(").replace(")", r"\)").replace("[]", r"\[\]")

    with pytest.raises(Refused, match=f"^cursor column 'ts' is of type {shown}, which incload does not order by: name"):
        ends.load("timestamp_watermark")


@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_number_that_is_none_is_refused(between: Between, target: str, value: str) -> None:
    """After a watermark of NaN or infinity nothing would ever be newer."""
    ends = between("duckdb", target)
    put(ends, "1.5", f"'{value}'", declared="DOUBLE")

    with pytest.raises(Refused, match=f"holds {value}, which has no place in an order: write a number or null"):
        ends.load("timestamp_watermark")


@pytest.mark.parametrize("values", [("1", "'2024-01-01'"), ("'2024-01-01'", "1"), ("1", "x'00'"), ("x'00'", "1")])
def test_a_sqlite_column_of_several_types_is_refused(between: Between, values: tuple[str, str]) -> None:
    """SQLite sorts any type after another, which is no order of time."""
    ends = between("sqlite", "sqlite")
    put(ends, *values, declared="")

    with pytest.raises(Refused, match=r"cursor column .*its values must be of one type"):
        ends.load("timestamp_watermark")


def test_a_sqlite_column_that_gains_another_type_is_refused(between: Between) -> None:
    """A text that turns up among numbers after the first load is found, although it sorts after all of them."""
    ends = between("sqlite", "sqlite")
    put(ends, "1", declared="")
    ends.load("timestamp_watermark")
    add(ends, 2, "'2024-01-01'")
    with pytest.raises(Refused, match="holds '2024-01-01' among numbers"):
        ends.load("timestamp_watermark")

    assert ends.rows() == [(1, 1)]


def test_integers_and_fractions_are_one_order(between: Between) -> None:
    """Numbers are compared as numbers, in whatever class SQLite stores them."""
    ends = between("sqlite", "sqlite")
    put(ends, "1", "2.5", declared="")
    first = ends.load("timestamp_watermark")
    add(ends, 3, "2", "3", "2.75")
    second = ends.load("timestamp_watermark")

    assert (printed(first), printed(second)) == ((2, 2.5), (2, 3))


def test_numbers_beyond_a_float_are_compared_exactly(ends: Ends) -> None:
    """Two integers that one float stands for are two watermarks."""
    put(ends, "9007199254740992", declared="BIGINT")
    ends.load("timestamp_watermark")
    add(ends, 2, "9007199254740993")
    summary = ends.load("timestamp_watermark")

    assert printed(summary) == (1, 9007199254740993)


@pytest.mark.parametrize(
    "name", ["lookback_window", "settling_delay", "sparse_lookback", "lookback_window_minutes_30_from_clock"]
)
def test_a_window_of_time_needs_a_cursor_of_time(ends: Ends, name: str) -> None:
    """Ten minutes before the number 7 is no number until a user says what it counts; the first load says so."""
    put(ends, "7", declared="INTEGER")
    with pytest.raises(Refused, match="say what they count with --cursor-unit s, ms, us or ns"):
        ends.load(name, cursor_per_second=None)

    assert not ends.target.path.exists()


@pytest.mark.parametrize(("per_second", "reached"), [(1, 600), (1_000, 600_000), (1_000_000, 600_000_000)])
def test_the_unit_says_how_far_a_window_reaches(ends: Ends, per_second: int, reached: int) -> None:
    """Ten minutes are 600 seconds, in the unit that the cursor counts; a row just beyond is lost."""
    put(ends, "2000000000", declared="BIGINT")
    ends.load("lookback_window", cursor_per_second=per_second)
    add(ends, 2, f"{2000000000 - reached}", f"{2000000000 - reached - 1}")
    ends.load("lookback_window", cursor_per_second=per_second)

    assert ends.rows("SELECT id FROM events ORDER BY 1") == [(1,), (2,)]


def test_the_clock_is_read_in_the_cursors_unit(ends: Ends) -> None:
    """A timestamp of the year 9999 is loaded and not remembered, in whatever form the cursor counts."""
    put(ends, "'2024-01-01T00:00:00Z'", "'9999-01-01T00:00:00Z'")
    summary = ends.load("clock_bounded_watermark")

    assert printed(summary) == (2, "2024-01-01T00:00:00Z")


def test_a_clock_is_no_number(ends: Ends) -> None:
    """A cursor of plain numbers cannot be bounded by a clock."""
    put(ends, "7", declared="INTEGER")

    with pytest.raises(Refused, match="--cursor-unit"):
        ends.load("clock_bounded_watermark", cursor_per_second=None)


@pytest.mark.parametrize(
    ("kind", "per_second", "scale"),
    [
        (Kind.INTEGER, 1_000, Scale(1_000)),
        (Kind.INTEGER, None, Scale(None)),
        (Kind.TEXT, 1, Scale(1)),
        (Kind.TEXT, None, shape_of("1970-01-01T00:00:00.000000Z")),
    ],
)
def test_a_cursor_without_a_value_means_what_was_said(kind: Kind, per_second: int | None, scale: Scale) -> None:
    """A unit that the user names, else numbers; texts can only be times."""
    source = SimpleNamespace(scale=lambda *_: None)
    ends, store = SimpleNamespace(source=source, table="t"), SimpleNamespace(scale=lambda: None)
    plan = SimpleNamespace(cursor_per_second=per_second)

    assert _scale(ends, plan, Column("ts", kind), store) == scale  # type: ignore[arg-type]  # as much as is asked
