"""What one pass over staged rows says of them: how many, keys that are null or repeated, the largest cursor value."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

import incload
from incload.cursor import Timestamps
from incload.engines.abilities.optional import Survey
from incload.engines.endpoints import locate
from incload.engines.spark.session import IcebergSession
from incload.table import Column, Kind
from tests.engines.spark.small import ON_SPARK, SMALLEST

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = ON_SPARK

NUMBER, NAME, REAL = Column("id", Kind.INTEGER), Column("name", Kind.TEXT), Column("size", Kind.REAL)


def rows(*values: str) -> str:
    """Return a relation of rows: a number, a name and a size, each with a later day."""
    listed = ", ".join(f"({each}, timestamp_ntz'2026-01-0{day}')" for day, each in enumerate(values, 1))
    return f"(SELECT * FROM (VALUES {listed}) AS v (id, name, size, ts))"


@pytest.mark.parametrize(
    ("key", "values", "said"),
    [
        (
            (NUMBER,),
            ("-64L, 'a', 1d", "-1L, 'a', 1d", "0L, 'a', 1d", "63L, 'a', 1d"),
            {"lacks_key": False, "repeats": False},
        ),
        (
            (NUMBER,),
            ("9000000000L, 'a', 1d", "1L, 'a', 1d", "9000000000L, 'b', 1d"),
            {"lacks_key": False, "repeats": True},
        ),
        (
            (NUMBER,),
            ("1L, 'a', 1d", "CAST(NULL AS BIGINT), 'a', 1d", "CAST(NULL AS BIGINT), 'a', 1d"),
            {"lacks_key": True, "repeats": False},
        ),
        ((NAME,), ("1L, 'a', 1d", "1L, 'b', 1d"), {"lacks_key": False, "repeats": False}),
        ((NAME,), ("1L, 'a', 1d", "2L, 'a', 1d"), {"lacks_key": False, "repeats": True}),
        ((NUMBER, NAME), ("1L, 'a', 1d", "1L, 'b', 1d", "2L, 'a', 1d"), {"lacks_key": False, "repeats": False}),
        ((NUMBER, NAME), ("1L, 'a', 1d", "2L, 'a', 1d", "1L, 'a', 2d"), {"lacks_key": False, "repeats": True}),
        ((REAL,), ("1L, 'a', 0d", "2L, 'a', -0d"), {"lacks_key": False, "repeats": True}),
        ((), ("1L, 'a', 1d", "1L, 'a', 1d"), {"lacks_key": False, "repeats": False}),
    ],
)
def test_one_pass_says_all(
    tmp_path: Path, key: tuple[Column, ...], values: tuple[str, ...], said: dict[str, bool]
) -> None:
    """Numbers go by bits of 64 in a row, below zero too; texts and several columns by a hash, floats by themselves."""
    session = IcebergSession.open(None, locate(f"iceberg:///{tmp_path}/lake?{SMALLEST}"))
    made = Column("ts", Kind.TIMESTAMP, "timestamp_ntz")
    relation = rows(*values)
    found = session.looks.survey(relation, key, (made, session.cursor("ts", Timestamps(1_000_000), made.declared)))
    known = session.count(relation)
    session.close()

    top = 1_767_225_600_000_000 + (len(values) - 1) * 86_400_000_000
    assert (found, known) == (Survey(len(values), top=(top,), **said), len(values))


def test_no_rows_have_no_largest_cursor(tmp_path: Path) -> None:
    """Nothing is counted, and nothing of it is wrong."""
    session = IcebergSession.open(None, locate(f"iceberg:///{tmp_path}/lake?{SMALLEST}"))
    made = Column("ts", Kind.TIMESTAMP, "timestamp_ntz")
    cursor = (made, session.cursor("ts", Timestamps(1_000_000), made.declared))
    one = rows("1L, 'a', 1d")
    found = session.looks.survey(f"(SELECT * FROM {one} WHERE id > 1)", (NUMBER,), cursor)
    session.close()

    assert found == Survey(0, lacks_key=False, repeats=False, top=(None,))


def test_a_first_load_adds_and_the_next_merges(tmp_path: Path) -> None:
    """Rows for an empty table are compared with nothing; the snapshots of the table say what was done."""
    source, lake = tmp_path / "source.db", f"iceberg:///{tmp_path}/lake?{SMALLEST}"
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, ts TIMESTAMP)")
        connection.execute("INSERT INTO events VALUES (1, '2026-01-01 00:00:00'), (2, '2026-01-02 00:00:00')")
    options = {"table": "db.events", "key": "id", "cursor": "ts", "strategy": "timestamp_watermark"}
    incload.load(f"sqlite:///{source}?table=events", lake, **options)  # type: ignore[arg-type]
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("UPDATE events SET ts = '2026-01-03 00:00:00' WHERE id = 1")
    incload.load(f"sqlite:///{source}?table=events", lake, **options)  # type: ignore[arg-type]
    session = IcebergSession.open(None, locate(lake))
    name = session.places.plain_name("target", "db.events.snapshots")
    found = session.rows(f"SELECT operation FROM {name} ORDER BY committed_at")
    held = session.rows(f"SELECT id FROM {session.places.plain_name('target', 'db.events')} ORDER BY id")
    session.close()

    assert (found[-2:], held) == ([("append",), ("overwrite",)], [(1,), (2,)])


def test_a_stream_of_unique_keys_takes_no_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was counted as it came in, and its largest cursor value is the watermark."""
    source, lake = tmp_path / "source.db", f"iceberg:///{tmp_path}/lake?{SMALLEST}"
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, version INTEGER)")
        connection.execute("INSERT INTO events VALUES (1, 10), (2, 30), (3, 20)")
    asked = list[str]()
    rows = IcebergSession.rows
    monkeypatch.setattr(
        IcebergSession, "rows", lambda self, sql, *params: asked.append(sql) or rows(self, sql, *params)
    )
    options = {"table": "db.events", "key": "id", "cursor": "version", "strategy": "timestamp_watermark"}
    found = incload.load(f"sqlite:///{source}?table=events", lake, **options)  # type: ignore[arg-type]

    assert (found.loaded, found.new_watermark, asked) == (3, 30, [])
