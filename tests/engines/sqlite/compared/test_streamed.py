"""Rows that are digested by DuckDB as they stream out of SQLite have the digests that Python computes, or none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incload.api.audit import audit
from incload.engines.digests.canonical import Buckets, Cut, Form, Held, Ranges, Within
from incload.engines.sqlite.canonical import SqliteDigests
from incload.engines.sqlite.compared import streamed
from incload.engines.sqlite.session import SqliteSession
from incload.table import Kind

if TYPE_CHECKING:
    from pathlib import Path

VALUES = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
    | st.sampled_from(["1.50", "-0.0", "007", "2026-01-01", "a\0b"])
    | st.binary(max_size=3)
)
OF_KIND = {
    Kind.INTEGER: st.none() | st.integers(-(2**63), 2**63 - 1),
    Kind.REAL: st.none() | st.floats(allow_nan=False),
}
FORMS = {
    # a column: its declared type, its kind, the form of the comparison
    "a": ("BIGINT", Kind.INTEGER, Form(Kind.INTEGER)),
    "b": ("REAL", Kind.REAL, Form(Kind.REAL, lossy=True)),
    "c": ("REAL", Kind.REAL, Form(Kind.REAL, single=True)),
    "d": ("TEXT", Kind.TEXT, Form(Kind.TEXT)),
    "e": ("TEXT", Kind.TEXT, Form(Kind.TEXT, trimmed=True)),
    "f": ("BIGINT", Kind.INTEGER, Form(Kind.TIMESTAMP, per_second=1_000_000_000)),
    "g": ("TEXT", Kind.TEXT, Form(Kind.DECIMAL)),
    "h": ("BLOB", Kind.BLOB, Form(Kind.BLOB)),
}
CUTS: dict[str, tuple[Cut, Within | None]] = {
    "ranges": (Ranges(0, 2), None),
    "finer ranges": (Ranges(0, 1), Within(Ranges(0, 2), (0, 2, None))),
    "buckets": (Buckets(1), None),
    "finer buckets": (Buckets(2), Within(Buckets(1), ("0", "1", "2", "3", "4", "5", "6", "7"))),
}


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_the_digests_are_those_of_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: st.DataObject
) -> None:
    """For columns of one type, and for any values in them, which are streamed or left to Python."""
    declared, kind, form = FORMS[name]
    cut = data.draw(st.sampled_from(list(CUTS)))
    values: st.SearchStrategy[Any] = data.draw(st.sampled_from([VALUES, OF_KIND.get(kind, VALUES)]))
    rows = list(enumerate(data.draw(st.lists(values, min_size=1, max_size=6))))
    file = tmp_path / "rows.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DROP TABLE IF EXISTS t")
        connection.execute(f"CREATE TABLE t (id INTEGER PRIMARY KEY, v {declared})")
        connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
    monkeypatch.setattr(streamed, "_FEWEST_ROWS", 1)
    with closing(SqliteSession(file, None)) as session:
        (key, column) = session.columns("source", "t") or ()
        held = [Held(key, Form(Kind.INTEGER)), Held(column, form, 1_000_000 if name == "f" else 0)]
        assert column.kind is kind
        table = SqliteDigests(session, session.relation("source", "t"), held, [0])
        found = streamed.streamed_blocks(table, *CUTS[cut])
        table.__dict__["_can_stream"] = False

        assert found is None or found == table.blocks(*CUTS[cut])


@pytest.mark.parametrize("late", ["'text'", "1.5", "x'00'"])
def test_a_value_of_another_type_is_found_where_the_rest_is_streamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    """A stream that meets it breaks off, and both sides are digested as they always can be."""
    monkeypatch.setattr(streamed, "_FEWEST_ROWS", 1)
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection, connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v BIGINT, w TEXT)")
        connection.executemany("INSERT INTO t VALUES (?, ?, 'x')", [(number, number) for number in range(70_000)])
        connection.execute(f"UPDATE t SET v = {late} WHERE id = 69000")
    with closing(duckdb.connect(str(tmp_path / "c.db"))) as copy:
        copy.execute("CREATE TABLE t AS SELECT i AS id, i AS v, if(i = 5, 'y', 'x') AS w FROM range(70000) AS r (i)")

    found = audit(f"sqlite:///{tmp_path}/s.db?table=t", f"duckdb:///{tmp_path}/c.db?table=t", key="id")

    assert [(sample.kind, sample.key) for sample in found.samples] == [("stale", (5,)), ("stale", (69_000,))]


def test_rows_are_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of columns of one type each is digested without a value passing through Python."""
    monkeypatch.setattr(streamed, "_FEWEST_ROWS", 1)
    monkeypatch.setattr(SqliteDigests, "_written", lambda *_: pytest.fail("digested here"))
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection, connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v BIGINT)")
        connection.execute("INSERT INTO t VALUES (1, 2), (2, NULL)")
    with closing(duckdb.connect(str(tmp_path / "c.db"))) as copy:
        copy.execute("CREATE TABLE t AS SELECT * FROM (VALUES (1::BIGINT, 2::BIGINT), (2, NULL)) AS r (id, v)")

    assert audit(f"sqlite:///{tmp_path}/s.db?table=t", f"duckdb:///{tmp_path}/c.db?table=t", key="id").wrong == 0
