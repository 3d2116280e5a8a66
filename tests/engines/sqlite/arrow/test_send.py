"""Streams out of SQLite: what is bound is what was given, the example stays behind, and what broke off is said."""

from __future__ import annotations

import re
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.engines.session import Query
from incload.engines.sqlite.arrow import send
from incload.engines.sqlite.session import SqliteSession
from incload.errors import Refused
from incload.table import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ends import Between, Row

COLUMNS = tuple(Column(kind.name.lower(), kind) for kind in (Kind.INTEGER, Kind.REAL, Kind.TEXT, Kind.BLOB))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file with a table of three rows, each value of a kind of its own."""
    path = tmp_path_factory.mktemp("stream") / "source.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE t (integer INTEGER, real REAL, text TEXT, blob BLOB)")
        rows = [(1, 0.1, "a\0b", b"\0"), (-1, 0.5, "", b"\0"), (None, None, None, None)]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    return path


@pytest.fixture
def session(source: Path) -> Iterator[SqliteSession]:
    """Return a session on the source."""
    session = SqliteSession(source, None)
    yield session
    session.close()


def taken(stream: object, columns: str = "*", where: str = "") -> list[Row]:
    """Let DuckDB take a stream by its capsule; return what it makes of it."""
    with duckdb.connect() as connection:
        connection.register("s", stream)
        return connection.execute(f"SELECT {columns} FROM s {where}").fetchall()


def test_rows_are_the_same_by_capsule_and_by_reader(session: SqliteSession) -> None:
    """A row that is equal to the example is a row, and the example is none."""
    query = Query("SELECT * FROM source.t")
    by_capsule = taken(session.stream(query, COLUMNS), "* EXCLUDE (incload_example)", "WHERE incload_example = 0")
    by_reader = session.stream(query, COLUMNS).reader().read_all().to_pylist()

    assert by_capsule == [(1, 0.1, "a\0b", b"\0"), (-1, 0.5, "", b"\0"), (None, None, None, None)]
    assert [tuple(row.values()) for row in by_reader] == by_capsule


def test_a_result_without_a_row_has_its_types(session: SqliteSession) -> None:
    """Types are those of the columns, and not what an engine takes for nothing."""
    query = Query("SELECT * FROM source.t WHERE false")
    types = "typeof(integer), typeof(real), typeof(text), typeof(blob), incload_example"

    assert taken(session.stream(query, COLUMNS), types) == [("BIGINT", "DOUBLE", "VARCHAR", "BLOB", 1)]
    assert [str(each) for each in session.stream(query, COLUMNS).reader().schema.types] == [
        "int64", "double", "string", "binary",
    ]  # fmt: skip


def test_looking_at_a_stream_does_not_read_it(session: SqliteSession) -> None:
    """DuckDB may ask for its types as often as it likes, and the rows are there for the one who reads them."""
    stream = session.stream(Query("SELECT * FROM source.t"), COLUMNS)
    with duckdb.connect() as connection:
        connection.register("s", stream)
        for _ in range(2):
            connection.execute("DESCRIBE SELECT * FROM s").fetchall()
        read = connection.execute("SELECT count(*) FROM s").fetchall()
        with pytest.raises(duckdb.Error, match="already been consumed"):
            connection.execute("SELECT count(*) FROM s").fetchall()

    assert read == [(4,)]


def test_the_marker_is_the_name_of_no_column(between: Between) -> None:
    """A table may have a column by the name of the marker, in any case."""
    ends = between("sqlite", "duckdb")
    ends.write(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, Incload_Example INTEGER, incload_example_ INTEGER)",
        "INSERT INTO events VALUES (1, 0, 1), (2, 1, 0)",
    )
    ends.load("full_refresh", cursor=None)

    assert ends.rows() == [(1, 0, 1), (2, 1, 0)]


def test_a_table_that_leaves_no_room_for_the_marker(between: Between) -> None:
    """SQLite has at most 2,000 columns in a table and in a result, so that a table may have as many as there can be."""
    ends = between("sqlite", "duckdb")
    names = [f"c{number}" for number in range(1_999)]
    ends.write(
        f"CREATE TABLE events (id INTEGER PRIMARY KEY, {' TEXT, '.join(names)} TEXT)",
        "INSERT INTO events (id, c0, c1998) VALUES (1, 'first', 'last'), (2, NULL, NULL)",
    )
    ends.load("full_refresh", cursor=None)

    assert ends.rows("SELECT id, c0, c1998 FROM events ORDER BY 1") == [(1, "first", "last"), (2, None, None)]


@pytest.mark.parametrize("declared", ["BOOLEAN", "TIMESTAMP"])
def test_a_column_without_a_value_takes_no_kind_that_sqlite_has_not(between: Between, declared: str) -> None:
    """A column of which nothing says the kind takes that of the target, but is not read as a truth value or a time."""
    ends = between("sqlite", "duckdb")
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, v)", "INSERT INTO events VALUES (1, NULL)")
    ends.write_target(f"CREATE TABLE events (id BIGINT PRIMARY KEY, v {declared})")
    with pytest.raises(Refused, match=f"column 'v' is {declared} there and VARCHAR here; change one, or load with"):
        ends.load("full_refresh", cursor=None)


def bound(source: Path, *values: object) -> list[dict[str, object]]:
    """Return what SQLite sees of parameters: the type and the bytes of each."""
    kinds = {int: Kind.INTEGER, float: Kind.REAL, str: Kind.TEXT, bytes: Kind.BLOB}
    columns = [Column(f"v{place}", kinds[type(value)]) for place, value in enumerate(values)]
    names = ", ".join(f"? AS {column.name}" for column in columns)
    with closing(SqliteSession(source, None)) as session:
        return session.stream(Query(f"SELECT {names}", values), tuple(columns)).reader().read_all().to_pylist()


INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)
FLOATS = st.floats(allow_nan=False)
EDGES: list[object] = [
    *(0, -(1 << 63), (1 << 63) - 1, 0.1, -0.5, 5e-324, -2.2250738585072014e-308, 1.7976931348623157e308),
    *(float("inf"), float("-inf"), "", "'", "a\0'b\"?", "naïve 表 🎉", b"", b"\0'\xff"),
]


@given(st.lists(INTEGERS | FLOATS | st.text(st.characters(codec="utf-8")) | st.binary(), min_size=1, max_size=9))
def test_a_parameter_arrives_to_the_last_bit(source: Path, values: list[object]) -> None:
    """Whatever number, text or bytes: SQLite gets it as it was given."""
    ((*found,),) = (row.values() for row in bound(source, *values))

    assert [type(each) for each in found] == [type(value) for value in values]
    assert found == values


@pytest.mark.parametrize("value", EDGES, ids=repr)
def test_a_parameter_at_the_edge_arrives_to_the_last_bit(source: Path, value: object) -> None:
    """The largest, the smallest, the endless and the empty."""
    ((found,),) = (row.values() for row in bound(source, value))

    assert (type(found), found) == (type(value), value)


@given(FLOATS.filter(lambda value: value not in {float("inf"), float("-inf")}))
def test_a_float_is_written_exactly(value: float) -> None:
    """Digits are no way to write it: SQLite need not read all of them."""
    with closing(sqlite3.connect(":memory:")) as connection:
        ((found,),) = connection.execute(f"SELECT {send._float(value)}")

    assert struct.pack("d", found) == struct.pack("d", value + 0.0)


def test_a_parameter_has_no_affinity(session: SqliteSession) -> None:
    """A text is compared with a column of no type as a text: it is not made a number, and no number a text."""
    query = "SELECT count(*) AS n FROM (SELECT 1 AS v UNION ALL SELECT '1') AS q WHERE v = ?"
    column = (Column("n", Kind.INTEGER),)
    as_text, as_number = (
        session.stream(Query(query, (value,)), column).reader().read_all().to_pylist() for value in ("1", 1)
    )

    assert (as_text, as_number) == ([{"n": 1}], [{"n": 1}])


def test_what_sqlite_cannot_bind_is_an_error(session: SqliteSession) -> None:
    """No one else makes a parameter of another type, and one would not be guessed at."""
    with pytest.raises(TypeError, match="is no parameter of SQLite"):
        session.stream(Query("SELECT ?", ([],)), COLUMNS)


def test_two_streams_at_once_do_not_meet(session: SqliteSession) -> None:
    """Each has a connection of its own."""
    one, other = (session.stream(Query("SELECT * FROM source.t"), COLUMNS) for _ in range(2))

    assert taken(other, "count(*)") == taken(one, "count(*)") == [(4,)]


def locked(source: Path) -> bool:
    """Return whether this process reads a SQLite file, which only another one can see."""
    taking = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN EXCLUSIVE')"
    done = subprocess.run([sys.executable, "-c", taking, str(source)], capture_output=True, check=False)
    return done.returncode != 0


@pytest.mark.parametrize("how", ["untouched", "looked at", "half read"])
def test_a_stream_that_no_one_finished_ends_with_the_transaction(
    source: Path, session: SqliteSession, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever came between the query and the answer, the source can be written again."""
    monkeypatch.setattr(send, "BATCH_ROWS", 1)
    stream = session.stream(Query("SELECT * FROM source.t"), COLUMNS)
    if how == "looked at":
        stream.__arrow_c_stream__()
    elif how == "half read":
        next(iter(stream.reader()))
    before = locked(source)
    session.rollback()

    assert (before, locked(source)) == (True, False)


NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 80000) "
FAILS = "CREATE VIEW events AS SELECT id, v, CASE WHEN id = {} THEN json_extract('no', '$') ELSE 1 END AS j FROM base"


@pytest.mark.parametrize(
    ("at", "said"), [(10, "IO: Failed to step query: malformed JSON."), (70_000, "malformed JSON.")]
)
def test_a_source_that_fails_while_it_is_read(between: Between, at: int, said: str) -> None:
    """In the first batch or in a later one, the sentence names the source and what it said, and nothing is loaded."""
    ends = between("sqlite", "duckdb")
    ends.write(
        "CREATE TABLE base (id INTEGER PRIMARY KEY, v TEXT)",
        NUMBERS + "INSERT INTO base SELECT i, 'text' FROM n",
        FAILS.format(at),
    )
    with pytest.raises(Refused) as refused:
        ends.load("full_refresh", cursor=None)

    assert str(refused.value) == f"{str(ends.source.path)!r} cannot be read: {said}"
    assert not ends.target.path.exists()


def test_what_fails_in_the_target_is_not_said_of_the_source(between: Between) -> None:
    """An error of the target while a stream is read, here text that is none, stays the target's."""
    ends = between("sqlite", "duckdb")
    ends.write(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, v TEXT)", "INSERT INTO events VALUES (1, CAST(x'ff41' AS TEXT))"
    )
    with pytest.raises(Refused, match=r"^loading '.*' into '.*' failed: Invalid Input Error: Invalid unicode"):
        ends.load("full_refresh", cursor=None)


@pytest.mark.parametrize(
    ("declared", "first", "second", "said"),
    [
        ("INTEGER", "1", "'abc'", "holds string values beside its declared int64"),
        ("INTEGER", "1", "1.5", "holds double values beside its declared int64"),
        ("INTEGER", "1", "x'00'", "holds binary values beside its declared int64"),
        ("REAL", "0.5", "'abc'", "holds string values beside its declared double"),
        ("TEXT", "'a'", "x'00'", "is of kind text and holds a value of type blob"),
        ("BLOB", "x'00'", "'a'", "is of kind blob and holds a value of type text"),
        ("DECIMAL", "0.5", "9007199254740993", "is of kind real and holds a value of type integer"),
    ],
)
def test_a_value_of_another_type_is_named_at_once(
    between: Between, declared: str, first: str, second: str, said: str
) -> None:
    """Among the first rows it is reported by what ADBC takes the column for, or by the query itself."""
    ends = between("sqlite", "duckdb")
    ends.write(
        f'CREATE TABLE events (id INTEGER PRIMARY KEY, "it\'s" {declared})',
        f"INSERT INTO events VALUES (1, {first}), (2, {second})",
    )
    with pytest.raises(Refused) as refused:
        ends.load("full_refresh", cursor=None)

    assert str(refused.value) == f'column "it\'s" of the SQLite source {said}: give it one type.'


@pytest.mark.parametrize(
    ("declared", "first", "second", "said"),
    [
        ("INTEGER", "1", "'abc'", "is not of one type (expected INT64 but got STRING/BINARY)"),
        ("INTEGER", "1", "1.5", "is not of one type (expected INT64 but got DOUBLE)"),
        ("REAL", "0.5", "x'00'", "is not of one type (expected DOUBLE but got STRING/BINARY)"),
        ("TEXT", "'a'", "x'00'", "is of kind text and holds a value of type blob"),
    ],
)
def test_a_value_of_another_type_is_named_later(
    between: Between, declared: str, first: str, second: str, said: str
) -> None:
    """In a later batch it is reported by the driver, whom DuckDB repeats."""
    ends = between("sqlite", "duckdb")
    ends.write(
        f'CREATE TABLE events (id INTEGER PRIMARY KEY, "it\'s" {declared})',
        f"{NUMBERS} INSERT INTO events SELECT i, {first} FROM n",
        f"INSERT INTO events VALUES (99999, {second})",
    )
    with pytest.raises(Refused) as refused:
        ends.load("full_refresh", cursor=None)

    assert str(refused.value) == f'column "it\'s" of the SQLite source {said}: give it one type.'


def test_a_reader_names_what_it_meets(session: SqliteSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads in Python gets the same sentence, and the stream remembers it."""
    monkeypatch.setattr(send, "BATCH_ROWS", 2)
    query = Query("SELECT 1 AS integer UNION ALL SELECT 2 UNION ALL SELECT 'three'")
    stream = session.stream(query, COLUMNS[:1])
    said = "column 'integer' of the SQLite source is not of one type (expected INT64 but got STRING/BINARY)"
    with pytest.raises(Refused, match=re.escape(said)) as refused:
        stream.reader().read_all()

    assert stream.broken(None) is refused.value


KEYS = [-(1 << 63), -5, 0, 1, 7, 1_000, (1 << 63) - 1]
CUT = '(SELECT * FROM source."c u\'t" WHERE {})'


@pytest.fixture
def cuttable(tmp_path: Path) -> Iterator[SqliteSession]:
    """Return a session on a source of seven keys that lie far apart, beside tables that cannot be cut."""
    with closing(sqlite3.connect(tmp_path / "cut.sqlite")) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute('CREATE TABLE "c u\'t" ("i d" INTEGER PRIMARY KEY)')
        connection.executemany('INSERT INTO "c u\'t" VALUES (?)', [(key,) for key in KEYS])
        connection.execute("CREATE TABLE big (id BIGINT PRIMARY KEY)")
        connection.execute("CREATE TABLE pair (id INTEGER, part INTEGER, PRIMARY KEY (id, part))")
        connection.execute("CREATE TABLE loose (id INTEGER)")
        connection.execute('CREATE VIEW seen AS SELECT * FROM "c u\'t"')
        connection.execute("CREATE TABLE texts (id INTEGER PRIMARY KEY) WITHOUT ROWID")
        connection.execute("INSERT INTO texts VALUES (1), (2), ('; DROP TABLE big')")
    with closing(SqliteSession(tmp_path / "cut.sqlite", None)) as session:
        yield session


@pytest.mark.parametrize("rows", [1, 2, 3, 6, 7, 8])
def test_a_table_is_cut_into_parts_of_so_many_rows(cuttable: SqliteSession, rows: int) -> None:
    """However far apart its keys are, every row is in one part, and in none are more."""
    parts = cuttable.parts.cut("c u't", ("i d",), rows)
    held = [[key for (key,) in cuttable.rows(f"SELECT * FROM {part}")] for part in parts]

    assert [key for part in held for key in part] == KEYS
    assert {len(part) for part in held[:-1]} <= {rows}
    assert len(held[-1]) <= rows


def test_a_table_is_cut_between_its_keys(cuttable: SqliteSession) -> None:
    """The first part and the last are open, so that no key that comes meanwhile lies between the parts."""
    assert cuttable.parts.cut("c u't", ("i d",), 3) == [
        CUT.format('"i d" <= 0'), CUT.format('"i d" > 0 AND "i d" <= 1000'), CUT.format('"i d" > 1000'),
    ]  # fmt: skip


def test_a_key_that_is_no_number_ends_the_cutting(cuttable: SqliteSession) -> None:
    """Without rowids a column of integers may hold texts; they come last, and none gets into a statement."""
    parts = cuttable.parts.cut("texts", ("id",), 1)

    assert parts[-1] == '(SELECT * FROM source."texts" WHERE "id" > 2)'


@pytest.mark.parametrize(
    ("table", "key"), [("big", "id"), ("pair", "id part"), ("loose", "id"), ("seen", "i d"), ("none", "id")]
)
def test_a_table_in_another_order_is_not_cut(cuttable: SqliteSession, table: str, key: str) -> None:
    """To read it by its keys would be to look up every row."""
    assert cuttable.parts.cut(table, tuple(key.split()) if table == "pair" else (key,), 1) == []


def test_streams_of_one_read_are_of_one_snapshot(cuttable: SqliteSession, tmp_path: Path) -> None:
    """What another process writes between two parts is in neither."""
    queries = [Query(f"SELECT * FROM {part}") for part in cuttable.parts.cut("c u't", ("i d",), 4)]
    writing = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"
    found: list[list[object]] = []
    for stream in cuttable.parts.streams(queries, (Column("i d", Kind.INTEGER),)):
        found.append(stream.reader().read_all()["i d"].to_pylist())
        statement = f'INSERT INTO "c u\'t" VALUES ({500 + len(found)})'
        subprocess.run([sys.executable, "-c", writing, str(tmp_path / "cut.sqlite"), statement], check=True)

    assert found == [KEYS[:4], KEYS[4:]]
    assert cuttable.rows('SELECT count(*) FROM source."c u\'t"') == [(9,)]
