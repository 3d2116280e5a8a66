"""Spans of time: an INTERVAL where the target has one, else text that names its unit; never a number without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from incload.errors import Refused

if TYPE_CHECKING:
    from conftest import Ends

TEXT = "column 'v' (INTERVAL) of 'events' is kept as text in sqlite, and what is nested as JSON, because incload knows"
UNFIT = "spans of time that are finer than a microsecond, or longer than an INTERVAL can be"


def type_there(ends: Ends) -> str:
    """Return what the target calls the type of the column."""
    query = {"sqlite": "SELECT typeof(v)", "duckdb": "SELECT typeof(v)", "postgres": "SELECT pg_typeof(v)::text"}
    return str(ends.rows(f"{query[ends.engines[1]]} FROM events ORDER BY id")[0][0]).lower()


@pytest.mark.parametrize(
    ("unit", "ticks", "texts"),
    [
        ("s", [5, -90_061], ["00:00:05", "-25:01:01"]),
        ("ms", [1_500, -1], ["00:00:01.5", "-00:00:00.001"]),
        ("us", [1, 360_000_000_001], ["00:00:00.000001", "100:00:00.000001"]),
        ("ns", [1_000, -3_600_000_000_000], ["00:00:00.000001", "-01:00:00"]),
    ],
)
def test_a_span_of_a_file_keeps_its_unit(into_any: Ends, unit: str, ticks: list[int], texts: list[str]) -> None:
    """The target has an INTERVAL of the same length, SQLite its text; a second load changes nothing."""
    first = into_any.load_parquet(pa.array([*ticks, None], pa.duration(unit)))
    again = into_any.load_parquet(pa.array([*ticks, None], pa.duration(unit)))

    assert into_any.shown() == [*texts, None]
    assert type_there(into_any) == ("text" if into_any.engines[1] == "sqlite" else "interval")
    assert (len(first.warnings), again.warnings) == (into_any.engines[1] == "sqlite", ())
    assert all(warning.startswith(TEXT) for warning in first.warnings)


@pytest.mark.parametrize(
    ("unit", "ticks", "texts"),
    [
        ("ns", [1, -3_600_000_000_001], ["00:00:00.000000001", "-01:00:00.000000001"]),
        ("s", [9_223_372_036_855, 60], ["2562047788:00:55", "00:01:00"]),
        ("ms", [-(2**63), 10], ["-2562047788015:12:55.808", "00:00:00.01"]),
    ],
)
def test_a_span_that_no_interval_holds_is_text(into_any: Ends, unit: str, ticks: list[int], texts: list[str]) -> None:
    """With every digit, in hours, minutes and seconds; it is reported, and a second load agrees."""
    for _ in range(2):
        summary = into_any.load_parquet(pa.array(ticks, pa.duration(unit)))
        assert into_any.shown() == texts
        known = into_any.engines[1] == "duckdb" and _ == 1
        assert summary.warnings == (() if known else into_any.said("e.parquet", f"is kept as text: it holds {UNFIT}."))


def test_a_span_that_does_not_fit_later_is_refused(into_any: Ends) -> None:
    """The target is an INTERVAL already; in SQLite it is text, which holds any span."""
    into_any.load_parquet(pa.array([1_000], pa.duration("ns")))
    if into_any.engines[1] == "sqlite":
        into_any.load_parquet(pa.array([1], pa.duration("ns")))
        assert into_any.shown() == ["00:00:00.000000001"]
        return
    with pytest.raises(Refused, match=f"holds {UNFIT}, and is (INTERVAL|interval) in the target: load"):
        into_any.load_parquet(pa.array([1], pa.duration("ns")))
    assert into_any.shown() == ["00:00:00.000001"]


def test_a_number_that_is_there_stays_one(into_any: Ends) -> None:
    """A target of an earlier version gets the number of the file, and the sentence names its unit."""
    whole = "INTEGER" if into_any.engines[1] == "sqlite" else "BIGINT"
    into_any.write_target(f"CREATE TABLE events (id {whole} PRIMARY KEY, ts {whole}, v {whole})")
    summary = into_any.load_parquet(pa.array([5, None], pa.duration("ms")))

    assert into_any.rows("SELECT v FROM events ORDER BY id") == [(5,), (None,)]
    assert summary.warnings == into_any.said("e.parquet", "holds spans of time, which are kept as whole milliseconds.")


def test_a_cursor_of_spans_is_a_number(into_any: Ends) -> None:
    """Its order is that of its numbers."""
    table = pa.table({"id": [1, 2], "ts": pa.array([7, 9], pa.duration("s"))})
    pq.write_table(table, into_any.folder / "e.parquet")
    summary = into_any.load("timestamp_watermark", file=into_any.folder / "e.parquet", cursor_per_second=None)

    assert into_any.rows() == [(1, 7), (2, 9)]
    assert summary.warnings == (
        f"column 'ts' of {str(into_any.folder / 'e.parquet')!r} holds spans of time, which are kept as whole seconds.",
    )


def test_spans_inside_others_keep_their_unit(into_any: Ends) -> None:
    """A list and a struct of spans; those finer than a microsecond stay numbers, and the sentence names their unit."""
    kind = pa.struct([("a", pa.duration("ms")), ("b", pa.list_(pa.duration("s")))])
    into_any.load_parquet(pa.array([{"a": 1_500, "b": [60, None]}], kind))
    if into_any.engines[1] != "duckdb":
        assert into_any.shown() == ['{"a":"00:00:01.5","b":["00:01:00",null]}']
    else:
        assert into_any.shown() == ["{'a': '00:00:01.5', 'b': ['00:01:00', NULL]}"]
    into_any.write_target("DROP TABLE events")
    summary = into_any.load_parquet(pa.array([[1], None], pa.list_(pa.duration("ns"))))

    assert (
        into_any.said("e.parquet", "holds nested spans of time, which are kept as whole nanoseconds.")
        == (summary.warnings[:1])
    )
