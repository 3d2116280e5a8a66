"""What a target's type hides is known to the target: kind, unit and scale of a column, as the source declared it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from incload.errors import Refused
from incload.loading.columns.column_kinds import ColumnKind, _as_written, _of_decimal, _of_time, read_kinds, text_of
from incload.loading.plan import Guards

if TYPE_CHECKING:
    from tests.ends import Between, Ends, Pair

INTO_SQLITE = [("duckdb", "sqlite"), ("postgres", "sqlite"), ("parquet", "sqlite")]
OUT_OF_DUCKDB = [("duckdb", "sqlite"), ("parquet", "sqlite")]
RECORD = "SELECT value FROM _incload_state WHERE strategy = '(columns)'"

CHANGES = [
    ("TIMESTAMP", "BIGINT", "'2026-03-01'", "5", "timestamp 1000000/s values, and the source has integer"),
    ("BOOLEAN", "BIGINT", "true", "7", "boolean values, and the source has integer"),
    ("BIGINT", "BOOLEAN", "7", "true", "integer values, and the source has boolean"),
    ("DATE", "TIMESTAMP", "'2026-03-01'", "'2026-03-01 12:00'", "date values, and the source has timestamp 1000000/s"),
    ("TIMESTAMP", "TIMESTAMPTZ", "'2026-03-01'", "'2026-03-01'", "and the source has timestamp 1000000/s UTC"),
    ("DECIMAL(9, 2)", "DECIMAL(9, 3)", "1.10", "1.105", "decimal 2 values, and the source has decimal 3"),
    ("DECIMAL(9, 2)", "VARCHAR(9)", "1.10", "'1.1'", "decimal 2 values, and the source has text"),
]
"""Types before and after, a value of each, and what is said of the column."""


def _filled(pair: Pair, declared: str, value: str) -> None:
    pair.write(f"CREATE TABLE events (id BIGINT, v {declared})", f"INSERT INTO events VALUES (1, {value})")
    pair.load("snapshot_diff")


def _changed(pair: Pair, declared: str, value: str) -> None:
    pair.write(
        "DROP TABLE events", f"CREATE TABLE events (id BIGINT, v {declared})", f"INSERT INTO events VALUES (2, {value})"
    )


@pytest.mark.parametrize("engines", INTO_SQLITE)
@pytest.mark.parametrize(("before", "after", "old", "new", "said"), CHANGES)
def test_a_change_that_sqlite_would_hide_is_refused(  # noqa: PLR0913, PLR0917 - a case has so many parts
    pair: Pair, before: str, after: str, old: str, new: str, said: str
) -> None:
    """One column does not come to hold two kinds, and the target stays as it was."""
    _filled(pair, before, old)
    there = pair.rows()
    _changed(pair, after, new)
    with pytest.raises(Refused, match=said):
        pair.load("snapshot_diff")

    assert pair.rows() == there


@pytest.mark.parametrize("engines", OUT_OF_DUCKDB)
def test_a_change_of_unit_is_refused(pair: Pair) -> None:
    """Nanoseconds, as one version of a writer makes them, are not mixed with microseconds, as the next does."""
    _filled(pair, "TIMESTAMP_NS", "'2026-03-01'")
    _changed(pair, "TIMESTAMP", "'2026-03-02'")
    with pytest.raises(Refused, match="holds timestamp 1000000000/s values, and the source has timestamp 1000000/s"):
        pair.load("snapshot_diff")


@pytest.mark.parametrize("engines", OUT_OF_DUCKDB)
@pytest.mark.parametrize("before", ["TIMESTAMP_S", "TIMESTAMP_MS"])
def test_a_change_of_unit_that_changes_no_stored_value_passes(pair: Pair, before: str) -> None:
    """Seconds and milliseconds arrive as microseconds, so that nothing is mixed."""
    _filled(pair, before, "'2026-03-01'")
    _changed(pair, "TIMESTAMP", "'2026-03-02'")

    assert pair.load("incrementing_id").loaded == 1


EVOLVED = [
    ("TIMESTAMP_NS", "TIMESTAMP", "'2026-03-01'", 1772323200000000),
    ("TIMESTAMP", "TIMESTAMP_NS", "'2026-03-01'", 1772323200000000000),
    ("DATE", "TIMESTAMP", "'2026-03-01'", 1772323200000000),
    ("TIMESTAMP", "DATE", "'2026-03-01'", 1772323200000000),
    ("TIMESTAMP", "TIMESTAMPTZ", "'2026-03-01'", 1772323200000000),
    ("BOOLEAN", "BIGINT", "true", 1),
    ("BIGINT", "BOOLEAN", "1", 1),
    ("DECIMAL(9, 2)", "DECIMAL(9, 3)", "1.10", "1.100"),
    ("DECIMAL(9, 0)", "DECIMAL(9, 1)", "-7", "-7.0"),
    ("DECIMAL(9, 3)", "DECIMAL(9, 2)", "-0.100", "-0.10"),
    ("DECIMAL(9, 1)", "DECIMAL(9, 0)", "7.0", "7"),
    ("DECIMAL(9, 2)", "VARCHAR", "1.10", "1.10"),
]
"""Types before and after, a value, and how it stands in SQLite afterwards."""


@pytest.mark.parametrize("engines", [("duckdb", "sqlite")])
@pytest.mark.parametrize(("before", "after", "value", "expected"), EVOLVED)
def test_evolve_converts_what_is_there(pair: Pair, before: str, after: str, value: str, expected: object) -> None:
    """Old rows are counted and written as new ones are, and the record says so."""
    _filled(pair, before, value)
    _changed(pair, after, "NULL")
    pair.load("incrementing_id", evolve=True)
    again = pair.load("incrementing_id")

    assert (pair.rows(), again.loaded) == ([(1, expected), (2, None)], 0)


LOST = [
    ("TIMESTAMP_NS", "TIMESTAMP", "'2026-03-01 00:00:00.000000001'"),
    ("TIMESTAMP", "DATE", "'2026-03-01 01:00'"),
    ("TIMESTAMP", "TIMESTAMP_NS", "'3026-03-01'"),
    ("TIMESTAMP", "BIGINT", "'2026-03-01'"),
    ("BIGINT", "TIMESTAMP", "7"),
    ("BIGINT", "BOOLEAN", "7"),
    ("DECIMAL(9, 3)", "DECIMAL(9, 2)", "1.105"),
    ("VARCHAR", "DECIMAL(9, 2)", "'1.1'"),
]
"""Types before and after, and a value that has no place in the second."""


@pytest.mark.parametrize("engines", [("duckdb", "sqlite")])
@pytest.mark.parametrize(("before", "after", "value"), LOST)
def test_evolve_refuses_what_would_be_another_value(pair: Pair, before: str, after: str, value: str) -> None:
    """A number that means another time, a digit that is cut off: the target stays as it was."""
    _filled(pair, before, value)
    there = pair.rows()
    _changed(pair, after, "NULL")
    with pytest.raises(Refused, match="of the same meaning: load into a new table"):
        pair.load("incrementing_id", evolve=True)

    assert pair.rows() == there


@pytest.mark.parametrize("engines", [("duckdb", "sqlite"), ("duckdb", "postgres")])
def test_the_record_says_what_the_source_declares(pair: Pair) -> None:
    """Kind and unit, the source's own name of the type, and the target's."""
    pair.write("CREATE TABLE events (id BIGINT PRIMARY KEY, seen TIMESTAMP_NS)", "INSERT INTO events VALUES (1, NULL)")
    pair.load("full_refresh")
    ((text,),) = pair.rows(RECORD)
    stored = {"sqlite": "INTEGER", "postgres": "timestamp without time zone"}

    assert json.loads(str(text))["columns"]["seen"] == {
        "kind": "timestamp 1000000000/s",
        "declared": "TIMESTAMP_NS",
        "stored": stored[pair.engines[1]],
    }


@pytest.mark.parametrize("damage", ["DELETE FROM _incload_state WHERE strategy = '(columns)'", None])
def test_a_target_without_a_record_is_taken_as_it_is(between: Between, damage: str | None) -> None:
    """One that an earlier version filled is loaded, and recorded from then on; so is one whose record is damaged."""
    ends = between("duckdb", "sqlite")
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts BOOLEAN)", "INSERT INTO events VALUES (1, true)")
    ends.load("full_refresh", cursor=None)
    ends.write_target(damage or "UPDATE _incload_state SET value = 'no JSON' WHERE strategy = '(columns)'")
    ends.write("DROP TABLE events", "CREATE TABLE events (id INTEGER, ts BIGINT)", "INSERT INTO events VALUES (1, 5)")
    ends.load("snapshot_diff", cursor=None)

    assert ends.rows() == [(1, 5)]
    assert '"kind": "integer"' in str(ends.rows(RECORD))


def test_the_record_costs_a_quiet_sync_no_statement(between: Between, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read with the state, in one statement, and written when it changes."""
    from incload.engines.sqlite.session import SqliteSession

    ends = between("duckdb", "sqlite")
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts BIGINT)", "INSERT INTO events VALUES (1, 1)")
    ends.load("timestamp_watermark")
    statements: list[str] = []
    rows, write = SqliteSession.rows, SqliteSession.write
    monkeypatch.setattr(
        SqliteSession, "rows", lambda self, sql, params=(): statements.append(sql) or rows(self, sql, params)
    )
    monkeypatch.setattr(
        SqliteSession, "write", lambda self, sql, params=(): statements.append(sql) or write(self, sql, params)
    )
    ends.load("timestamp_watermark")

    assert [sql.split()[0] for sql in statements if '"_incload_state"' in sql and "PRAGMA" not in sql] == ["SELECT"]


def test_a_column_without_values_says_that_its_numbers_stay_text(into: Ends) -> None:
    """Nulls first and integers later: the column is text, and that is said once."""
    file = into.folder / "events.json"
    said = []
    for records in ([{"id": 1, "n": None}], [{"id": 2, "n": 5}], [{"id": 3, "n": 6}]):
        file.write_text(json.dumps(records))
        said.append(into.load("incrementing_id", file=file, cursor=None).warnings)

    sentence = (
        "column 'n' of 'events' had no value when the table was made, and is text there: numbers are kept as text; "
        "change the type in the target, or load into a new table."
    )
    assert said == [(), (sentence,), ()]
    assert into.rows() == [(1, None), (2, "5"), (3, "6")]


@pytest.mark.parametrize("strategy", ["timestamp_watermark", "boundary_dedup", "incrementing_id", "row_hash_cdc"])
def test_a_target_emptied_by_hand_is_reported(ends: Ends, strategy: str) -> None:
    """What the state says was loaded is not read again: the load says so, and how it comes back."""
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts BIGINT)", "INSERT INTO events VALUES (1, 1), (2, 2)")
    quiet = [ends.load(strategy).warnings for _ in range(2)]
    ends.write_target("DELETE FROM events")
    (said,) = ends.load(strategy).warnings

    assert quiet == [(), ()]
    assert said == (
        "table 'events' of the target was empty, and the state says that rows were loaded into it, which are not read "
        "again: if they are to come back, reset it with `incload state reset TARGET --table events --strategy "
        f"{strategy}`, and the next load reads everything."
    )


def test_a_target_that_is_empty_as_its_source_is_not_reported(ends: Ends) -> None:
    """Where the source has no row either, nothing is missing."""
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts BIGINT)", "INSERT INTO events VALUES (1, 1)")
    ends.load("timestamp_watermark")
    ends.write("DELETE FROM events")
    ends.write_target("DELETE FROM events")

    assert ends.load("timestamp_watermark", guards=Guards(allow_ahead=True)).warnings == ()


def test_a_record_is_kept_as_it_always_was() -> None:
    """A later version reads what an earlier one wrote, and a person reads the names."""
    kinds = {"größe": ColumnKind("date", "DATE", "TEXT")}
    text = '{"version": 1, "columns": {"größe": {"kind": "date", "declared": "DATE", "stored": "TEXT"}}}'

    assert (text_of(kinds), read_kinds(text), read_kinds(None), read_kinds("")) == (text, kinds, {}, {})


@pytest.mark.parametrize(
    ("then", "now", "held", "made"),
    [
        (2, 0, "12.00", "12"), (2, 1, "12.30", "12.3"), (0, 2, "12", "12.00"), (1, 3, "-1.5", "-1.500"),
        (2, 2, "1.25", "1.25"), (0, 0, "7", "7"), (2, 0, "12.05", None), (2, 1, "12.34", None),
    ],
)  # fmt: skip
def test_decimals_of_another_scale(then: int, now: int, held: str, made: str | None) -> None:
    """Zeros come or go behind the point, which goes with the last of them; another digit is lost, and noticed."""
    lost, becomes = _of_decimal("v", then, now)

    assert _in_sqlite(lost, becomes, held) == made


@pytest.mark.parametrize(
    ("then", "now", "held", "made"),
    [
        ("timestamp 1/s", "timestamp 1000/s", 5, 5_000),
        ("timestamp 1000/s", "timestamp 1/s", 5_000, 5),
        ("timestamp 1000/s", "timestamp 1/s", 5_001, None),
        ("timestamp 1/s", "timestamp 1000000000/s", 9_223_372_036, 9_223_372_036_000_000_000),
        ("timestamp 1/s", "timestamp 1000000000/s", 9_223_372_037, None),
        ("timestamp 1000/s", "timestamp 1000/s UTC", 7, 7),
    ],
)
def test_times_in_another_unit(then: str, now: str, held: int, made: int | None) -> None:
    """What the new unit does not hold, or no number of 64 bits, is noticed."""
    lost, becomes = _of_time("v", then, now)

    assert _in_sqlite(lost, becomes, held) == made


def _in_sqlite(lost: str, becomes: str, held: object) -> object:
    """Return what a value becomes; None where it would be another."""
    with closing(sqlite3.connect(":memory:")) as connection:
        sql = f"SELECT CASE WHEN {lost or 'false'} THEN NULL ELSE {becomes} END FROM (SELECT ? AS v)"
        (made,) = connection.execute(sql, (held,)).fetchone()
        return made


@pytest.mark.parametrize(
    ("then", "now", "is_kept"),
    [
        ("text", "decimal 2", True), ("decimal 1", "decimal 2", True), ("decimal 2", "text", True),
        ("integer", "text", False), ("decimal 2", "integer", False), ("date", "timestamp 1000000/s", False),
    ],
)  # fmt: skip
def test_what_a_file_of_text_keeps_as_it_writes_it(then: str, now: str, *, is_kept: bool) -> None:
    """Texts and decimals of any scale: between them nothing changes that could be seen."""
    assert _as_written((then, now)) is is_kept
