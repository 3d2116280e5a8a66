"""A cursor's unit is the source's own: what is read back from a target of coarser timestamps is counted in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.errors import Refused
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from tests.ends import Pair

NANO_SOURCES = ("duckdb", "parquet")
TARGETS = ("sqlite", "duckdb", "postgres")
ALL = [(source, target) for source in ("sqlite", "duckdb", "postgres") for target in TARGETS]
NANO = [(source, target) for source in NANO_SOURCES for target in TARGETS]
CASES = [
    ("composite_watermark", "TIMESTAMP_NS"),
    ("lookback_window", "TIMESTAMP_NS"),
    ("timestamp_watermark", "TIMESTAMPTZ_NS"),
]
"""Strategies, each with one of the types that count nanoseconds."""


def _of_nanoseconds(pair: Pair, declared: str = "TIMESTAMP_NS") -> None:
    """Make a source of three rows, a day apart."""
    pair.write(
        f"CREATE TABLE events (id BIGINT, ts {declared})",
        "INSERT INTO events VALUES (1, '2026-03-01 00:00:00.000001'), (2, '2026-03-02 00:00:00.000002'),"
        " (3, '2026-03-03 00:00:00.000003')",
    )


@pytest.mark.parametrize("engines", NANO)
@pytest.mark.parametrize(("strategy", "declared"), CASES)
def test_a_cursor_of_nanoseconds_is_continued(pair: Pair, strategy: str, declared: str) -> None:
    """The watermark is of 2026 on every target, and the next load reads what is new and no more."""
    _of_nanoseconds(pair, declared)
    first = pair.load(strategy, cursor="ts")
    pair.write("INSERT INTO events VALUES (4, '2026-03-04 00:00:00.000004')")
    second = pair.load(strategy, cursor="ts")

    assert (first.loaded, str(first.new_watermark)) == (3, "2026-03-03T00:00:00.000003000")
    assert (second.loaded, str(second.new_watermark)) == (
        2 if strategy == "lookback_window" else 1,
        "2026-03-04T00:00:00.000004000",
    )
    assert [key for key, _ in pair.rows()] == [1, 2, 3, 4]


@pytest.mark.parametrize("engines", [("duckdb", target) for target in TARGETS])
def test_append_of_nanoseconds_doubles_nothing(pair: Pair) -> None:
    """A second load of an unchanged source adds no row."""
    _of_nanoseconds(pair)
    for _ in range(2):
        pair.load("timestamp_watermark", cursor="ts", write_rule=WriteRule.APPEND)

    assert [key for key, _ in pair.rows()] == [1, 2, 3]


@pytest.mark.parametrize("engines", [("duckdb", target) for target in TARGETS])
def test_a_key_of_nanoseconds_is_continued(pair: Pair) -> None:
    """The remembered key is counted in the source's ticks, wherever it was read."""
    _of_nanoseconds(pair)
    pair.load("incrementing_id", key=("ts",))
    pair.write("INSERT INTO events VALUES (4, '2026-03-04 00:00:00.000004')")
    second = pair.load("incrementing_id", key=("ts",))

    assert (second.loaded, [key for key, _ in pair.rows()]) == (1, [1, 2, 3, 4])


@pytest.mark.parametrize("engines", [(source, "postgres") for source in NANO_SOURCES])
def test_a_time_finer_than_a_target_holds_is_refused(pair: Pair) -> None:
    """PostgreSQL has microseconds; a nanosecond is not rounded away."""
    pair.write(
        "CREATE TABLE events (id BIGINT, ts TIMESTAMP_NS)",
        "INSERT INTO events VALUES (1, '2026-03-01 00:00:00.000000001')",
    )
    with pytest.raises(Refused, match="column 'ts' holds a value that PostgreSQL cannot hold exactly"):
        pair.load("timestamp_watermark", cursor="ts")


@pytest.mark.parametrize("engines", ALL)
def test_a_boolean_in_a_composite_key_is_continued(pair: Pair) -> None:
    """True and false are kept as the source compares them, also where the target holds 1 and 0."""
    ts = {"sqlite": "TEXT"}.get(pair.engines[0], "TIMESTAMP")
    pair.write(
        f"CREATE TABLE events (id BIGINT, flag BOOLEAN, ts {ts}, PRIMARY KEY (id, flag))",
        "INSERT INTO events VALUES (1, false, '2026-03-01 00:00:00'), (1, true, '2026-03-01 00:00:00')",
    )
    pair.load("composite_watermark", key=("id", "flag"), cursor="ts")
    pair.write("INSERT INTO events VALUES (2, false, '2026-03-01 00:00:00')")
    second = pair.load("composite_watermark", key=("id", "flag"), cursor="ts")
    pair.write("INSERT INTO events VALUES (2, true, '2026-03-01 00:00:00')")
    third = pair.load("composite_watermark", key=("id", "flag"), cursor="ts")

    assert (second.loaded, third.loaded, len(pair.rows())) == (1, 1, 4)


@pytest.mark.parametrize("engines", ALL)
@pytest.mark.parametrize("strategy", ["clock_bounded_watermark", "settling_delay"])
def test_an_empty_table_with_a_text_cursor_is_loaded(pair: Pair, strategy: str) -> None:
    """Texts that are not there yet can only be times; the rows that come are loaded."""
    pair.write("CREATE TABLE events (id BIGINT PRIMARY KEY, ts VARCHAR(30))")
    first = pair.load(strategy, cursor="ts")
    pair.write("INSERT INTO events VALUES (1, '2020-03-01T00:00:00Z'), (2, '2020-03-02T00:00:00Z')")
    second = pair.load(strategy, cursor="ts")

    assert (first.loaded, second.loaded, second.new_watermark) == (0, 2, "2020-03-02T00:00:00Z")


ENDLESS = [(source, target) for source in ("duckdb", "postgres") for target in TARGETS]


@pytest.mark.parametrize("engines", ENDLESS)
@pytest.mark.parametrize(("declared", "already"), [("TIMESTAMP", True), ("TIMESTAMPTZ", False), ("DATE", True)])
def test_a_cursor_without_end_is_refused(pair: Pair, declared: str, *, already: bool) -> None:
    """No later row would be found behind it: at the first load or a later one, the target is as it was."""
    pair.write(
        f"CREATE TABLE events (id BIGINT PRIMARY KEY, ts {declared})",
        "INSERT INTO events VALUES (1, '2026-03-01')",
    )
    if already:
        pair.load("timestamp_watermark", cursor="ts")
    pair.write("INSERT INTO events VALUES (2, 'infinity')")
    for _ in range(2):
        with pytest.raises(Refused, match="the cursor column holds infinity, which has no place in an order"):
            pair.load("timestamp_watermark", cursor="ts")
    if already:
        assert len(pair.rows()) == 1


@pytest.mark.parametrize("engines", ENDLESS)
@pytest.mark.parametrize("declared", ["TIMESTAMPTZ", "DATE"])
def test_a_cursor_without_beginning_is_before_all_others(pair: Pair, declared: str) -> None:
    """It is loaded with the rest, and the watermark is that of the rest."""
    pair.write(
        f"CREATE TABLE events (id BIGINT PRIMARY KEY, ts {declared})",
        "INSERT INTO events VALUES (1, '2026-03-01'), (2, '-infinity')",
    )
    first, second = (pair.load("composite_watermark", cursor="ts") for _ in range(2))

    assert (first.loaded, str(first.new_watermark)[:10], second.loaded) == (2, "2026-03-01", 0)


@pytest.mark.parametrize("engines", [pair for pair in ENDLESS if "sqlite" not in pair])
@pytest.mark.parametrize("declared", ["TIMESTAMP", "TIMESTAMPTZ", "DATE"])
def test_times_without_end_arrive_as_they_are(pair: Pair, declared: str) -> None:
    """In a column that nothing is ordered by, and in a key, both infinities stay themselves."""
    pair.write(
        f"CREATE TABLE events (id BIGINT, until {declared}, ts TIMESTAMP, PRIMARY KEY (id, until))",
        "INSERT INTO events VALUES (1, 'infinity', '2026-03-01'), (2, '-infinity', '2026-03-01')",
    )
    pair.load("composite_watermark", key=("id", "until"), cursor="ts")
    second = pair.load("composite_watermark", key=("id", "until"), cursor="ts")
    pair.write("INSERT INTO events VALUES (2, 'infinity', '2026-03-01')")
    third = pair.load("composite_watermark", key=("id", "until"), cursor="ts")

    assert (second.loaded, third.loaded) == (0, 1)
    shown = pair.rows("SELECT id, CAST(until AS VARCHAR(20)) FROM events ORDER BY 1, 2")
    assert shown == [(1, "infinity"), (2, "-infinity"), (2, "infinity")]


@pytest.mark.parametrize("engines", [(source, target) for source in ("duckdb", "postgres") for target in TARGETS])
def test_a_cursor_of_short_floats_is_read_once(pair: Pair) -> None:
    """0.1 in four bytes is not the 0.1 of eight; append adds no row twice."""
    pair.write("CREATE TABLE events (id BIGINT PRIMARY KEY, ts REAL)", "INSERT INTO events VALUES (1, 0.1), (2, 0.7)")
    for _ in range(2):
        pair.load("timestamp_watermark", cursor="ts", write_rule=WriteRule.APPEND)
    pair.write("INSERT INTO events VALUES (3, 0.9)")
    pair.load("timestamp_watermark", cursor="ts", write_rule=WriteRule.APPEND)

    assert [key for key, _ in pair.rows()] == [1, 2, 3]


@pytest.mark.parametrize("engines", [("postgres", target) for target in ("sqlite", "duckdb")])
@pytest.mark.parametrize("timestamp", ["294276-12-31 23:59:59.999999", "294247-01-10 04:00:54.775807"])
def test_a_year_beyond_other_engines_is_refused(pair: Pair, timestamp: str) -> None:
    """A time that 64 bits from 1970 cannot count is no other time."""
    pair.write(
        "CREATE TABLE events (id BIGINT PRIMARY KEY, at TIMESTAMP)", f"INSERT INTO events VALUES (1, '{timestamp}')"
    )
    with pytest.raises(Refused, match="column 'at' holds a time after the year 294247"):
        pair.load()
