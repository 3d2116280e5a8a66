"""PostgreSQL as a source and as a target: every type both ways, names, locks, plans and refusals."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import duckdb
import psycopg
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.engines import registry as catalog
from incload.engines.endpoints import locate as find
from incload.engines.postgres import endpoint as url_module
from incload.engines.postgres import server
from incload.engines.postgres.sandbox import PostgresFixture
from incload.engines.postgres.session import PostgresSession, locate
from incload.engines.session import Query
from incload.errors import Refused
from incload.loading.plan import Guards, Plan
from incload.loading.run import LoadSummary, load
from incload.registry import strategy
from incload.strategy import Since
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = tuple[object, ...]
PAIRS = [
    ("postgres", "postgres"),
    ("postgres", "elsewhere"),
    ("postgres", "duckdb"),
    ("postgres", "sqlite"),
    ("duckdb", "postgres"),
    ("sqlite", "postgres"),
]
"""The pairs with PostgreSQL, source first; `elsewhere` is another database of the same server."""
LARGEST = 9_223_372_036_854_775_807
PORTABLE: list[Row] = [
    (1, LARGEST, 0.1, "", b"", None),
    (2, -LARGEST - 1, -1.5e300, "a", b"\0\xff", None),
    (3, 0, 5e-324, " naïve 表 🎉 ' \" \\ \t\n?", b"x", None),
    (4, None, None, None, None, None),
]
SHAPE = "id INTEGER PRIMARY KEY, whole BIGINT, real {double}, text VARCHAR(99), bytes {blob}, missing VARCHAR"


@dataclass
class Ends:
    """A source and a target; plain drivers write and read them.

    Attributes:
        pair: The engines, source first.
        source_url, target_url: What a load is given.
        folder: Where files are.
    """

    pair: tuple[str, str]
    source_url: str
    target_url: str
    folder: Path

    def write(self, *statements: str) -> None:
        """Run statements on the source."""
        _run(self.pair[0], self.source_url, statements)

    def write_target(self, *statements: str) -> None:
        """Run statements on the target."""
        _run(self.pair[1], self.target_url, statements)

    def insert(self, rows: list[Row]) -> None:
        """Put rows of plain values into the source table."""
        places = ", ".join("?" * len(rows[0]))
        with _connected(self.pair[0], self.source_url) as connection:
            cursor = connection.cursor()
            mark = "%s" if self.pair[0] == "postgres" else "?"
            cursor.executemany(f"INSERT INTO events VALUES ({places.replace('?', mark)})", rows)
            connection.commit()

    def rows(self, sql: str = "SELECT * FROM events ORDER BY 1") -> list[Row]:
        """Return rows of the target."""
        with _connected(self.pair[1], self.target_url) as connection:
            found: list[Row] = connection.cursor().execute(sql).fetchall()
            return found

    def load(self, by: str = "full_refresh", *, dry_run: bool = False, **changes: Any) -> LoadSummary:  # noqa: ANN401 - fields of a plan
        """Load once by a strategy."""
        fields: dict[str, Any] = {"name": "events", "key": ("id",), "cursor": None, **changes}
        plan = Plan(strategy=strategy(by), **fields)
        return load(find(self.source_url), find(self.target_url), plan, dry_run=dry_run)


def _connected(engine: str, url: str) -> Any:  # noqa: ANN401 - three drivers
    if engine == "sqlite":
        return closing(sqlite3.connect(url.removeprefix("sqlite:///")))
    if engine == "duckdb":
        return duckdb.connect(url.removeprefix("duckdb:///"))
    server, _, schema = url.partition("&schema=")
    return psycopg.connect(server, options=f"-csearch_path={schema or 'public'}")


def _run(engine: str, url: str, statements: tuple[str, ...]) -> None:
    with _connected(engine, url) as connection:
        for statement in statements:
            connection.cursor().execute(statement)
        if engine != "duckdb":
            connection.commit()


@pytest.fixture(scope="session")
def elsewhere(postgres_server: str) -> Iterator[str]:
    """Return the URL of another database of the server."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        name = f"incload_{uuid4().hex}"
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def copies(postgres_server: str) -> Iterator[str]:
    """Return the URL of one more schema."""
    assert postgres_server
    with server.schema() as url:
        yield url


@pytest.fixture(params=PAIRS, ids="-".join)
def ends(request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path) -> Ends:
    """Return a source and a target on each pair in turn."""
    return made(request, request.param, postgres_url, tmp_path)


@pytest.fixture
def within(request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path) -> Ends:
    """Return a source and a target in one database."""
    return made(request, ("postgres", "postgres"), postgres_url, tmp_path)


@pytest.fixture
def out(request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path) -> Ends:
    """Return a source in PostgreSQL and a target in DuckDB."""
    return made(request, ("postgres", "duckdb"), postgres_url, tmp_path)


def made(request: pytest.FixtureRequest, pair: tuple[str, str], schema: str, folder: Path) -> Ends:
    """Return the ends of a pair; within one database the target is another schema."""
    urls = []
    for engine, place in zip(pair, ("source", "target"), strict=True):
        if engine in {"sqlite", "duckdb"}:
            urls.append(f"{engine}:///{folder}/{place}.{engine}")
        elif engine == "elsewhere":
            urls.append(request.getfixturevalue("elsewhere"))
            _run("postgres", urls[-1], ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"))
        elif place == "target" and pair[0] == "postgres":
            urls.append(request.getfixturevalue("copies"))
        else:
            urls.append(schema)
    named = (pair[0], "postgres" if pair[1] == "elsewhere" else pair[1])
    return Ends(named, urls[0], urls[1], folder)


def fill(ends: Ends) -> None:
    """Put the portable rows into the source, by its own driver."""
    names = {"double": "DOUBLE PRECISION", "blob": "BYTEA" if ends.pair[0] == "postgres" else "BLOB"}
    ends.write(f"CREATE TABLE events ({SHAPE.format(**names)})")
    ends.insert(PORTABLE)


@pytest.mark.parametrize("name", ["full_refresh", "row_hash_cdc", "snapshot_diff"])
def test_values_arrive_as_they_were_and_are_not_taken_for_changed(ends: Ends, name: str) -> None:
    """Integers of 64 bits, the smallest float, empty and odd texts, bytes and nulls; a comparison finds them equal."""
    fill(ends)
    ends.load(name)
    again = ends.load(name)
    assert ends.rows() == PORTABLE
    assert again.loaded == (len(PORTABLE) if name == "full_refresh" else 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("text = 'a '", "text = 'a'"),
        ("text = 'a'", "text = 'A'"),
        ("text = ''", "text = NULL"),
        ("whole = 9007199254740993", "whole = 9007199254740992"),
        ("real = 0.1", "real = 0.10000000000000002"),
        ("whole = 0", "whole = NULL"),
    ],
)
def test_the_smallest_change_is_seen(ends: Ends, before: str, after: str) -> None:
    """A trailing space, a letter's case, one unit in the last place, a null in place of nothing: each is a change."""
    fill(ends)
    ends.write(f"UPDATE events SET {before} WHERE id = 1")
    for name in ("row_hash_cdc", "snapshot_diff"):
        ends.load(name)
    ends.write(f"UPDATE events SET {after} WHERE id = 1")
    by_digest = ends.load("row_hash_cdc", dry_run=True)
    by_value = ends.load("snapshot_diff")
    assert (by_digest.loaded, by_value.loaded) == (1, 1)


TYPES = (
    "id INTEGER PRIMARY KEY, small SMALLINT, single REAL, price NUMERIC(10,2), any_number NUMERIC, ok BOOLEAN,"
    " ts TIMESTAMP, zoned TIMESTAMPTZ, day DATE, u UUID, j JSON, tags INTEGER[], code CHAR(3), mail VARCHAR(20)"
)
VALUES = (
    "(1, 7, 0.1, 1.10, 1.100, true, '2024-01-01 00:00:00.000001', '2024-01-01 02:00:00.5+01', '2024-02-29',"
    " '00000000-0000-0000-0000-00000000000a', '{\"a\":  1}', '{1,NULL}', 'ab', 'a@b')"
)
TIMESTAMP = datetime(2024, 1, 1, microsecond=1)  # noqa: DTZ001 - a timestamp without a zone, as it is stored
ZONED = datetime(2024, 1, 1, 1, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize("target", ["postgres", "elsewhere"])
def test_postgres_keeps_its_types(
    target: str, request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path
) -> None:
    """Between two schemas and between two databases every type is copied word for word, every value to the letter."""
    ends = made(request, ("postgres", target), postgres_url, tmp_path)
    ends.write(f"CREATE TABLE events ({TYPES})", f"INSERT INTO events VALUES {VALUES}")
    for name in ("row_hash_cdc", "snapshot_diff"):
        ends.load(name)
        assert ends.load(name).loaded == 0
    types = ends.rows(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'events'::regclass"
        " AND attnum > 0 ORDER BY attnum"
    )
    assert [kind for (kind,) in types] == [
        "integer", "smallint", "real", "numeric(10,2)", "numeric", "boolean", "timestamp without time zone",
        "timestamp with time zone", "date", "uuid", "json", "integer[]", "character(3)", "character varying(20)",
    ]  # fmt: skip
    assert ends.rows("SELECT price::text, any_number::text, ts, zoned, day, u, j::text, tags, code FROM events") == [
        ("1.10", "1.100", TIMESTAMP, ZONED, date(2024, 2, 29), UUID(int=10), '{"a":  1}', [1, None], "ab "),
    ]


def test_types_cross_to_duckdb_and_back(
    out: Ends, copies: str, postgres_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Decimals, days, zoned timestamps, UUIDs, JSON and lists keep their types; other values travel as text."""
    out.write(f"CREATE TABLE events ({TYPES})", f"INSERT INTO events VALUES {VALUES}")
    out.load()
    types = [kind for (kind,) in out.rows("SELECT data_type FROM duckdb_columns() WHERE table_name = 'events'")]
    assert types == [
        "BIGINT", "BIGINT", "DOUBLE", "DECIMAL(10,2)", "VARCHAR", "BOOLEAN", "TIMESTAMP",
        "TIMESTAMP WITH TIME ZONE", "DATE", "UUID", "JSON", "INTEGER[]", "VARCHAR", "VARCHAR",
    ]  # fmt: skip
    shown = "price, any_number, ok, ts, epoch_us(zoned), day, u, j, tags"
    expected = (
        Decimal("1.10"), "1.100", True, TIMESTAMP, int(ZONED.timestamp() * 1_000_000), date(2024, 2, 29),
        UUID(int=10), '{"a":  1}', [1, None],
    )  # fmt: skip
    assert out.rows(f"SELECT {shown} FROM events") == [expected]

    back = made(request, ("duckdb", "postgres"), postgres_url, tmp_path)
    back.source_url = out.target_url
    back.target_url = copies
    back.load()
    assert back.rows("SELECT price::text, any_number, ok, ts, zoned, day FROM events") == [
        ("1.10", "1.100", True, TIMESTAMP, ZONED, date(2024, 2, 29))
    ]


def test_timestamps_and_decimals_arrive_in_sqlite_as_numbers_and_text(
    request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path
) -> None:
    """SQLite has no such types: microseconds as an integer, decimals to the letter as text, no time without end."""
    ends = made(request, ("postgres", "sqlite"), postgres_url, tmp_path)
    ends.write(
        f"CREATE TABLE events ({TYPES})",
        f"INSERT INTO events VALUES {VALUES}",
        "INSERT INTO events (id, ts, zoned, day) VALUES (2, 'infinity', '-infinity', 'infinity')",
    )
    ends.load()
    assert ends.rows("SELECT price, ok, ts, zoned, day FROM events") == [
        ("1.10", 1, 1_704_067_200_000_001, 1_704_070_800_500_000, 1_709_164_800_000_000),
        (None, None, None, None, None),
    ]


def test_a_time_without_end_stays_one(out: Ends) -> None:
    """Infinity is the same in PostgreSQL and in DuckDB."""
    out.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts TIMESTAMP)")
    out.write("INSERT INTO events VALUES (1, 'infinity'), (2, '-infinity'), (3, '0001-01-01 BC')")
    out.load()
    assert out.rows("SELECT id, ts = 'infinity', ts = '-infinity', isfinite(ts) FROM events ORDER BY id") == [
        (1, True, False, False),
        (2, False, True, False),
        (3, False, False, True),
    ]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("price NUMERIC(10,2)", "'NaN'", r"column 'price' holds a value that is no decimal128\(10, 2\)"),
    ],
)
def test_what_duckdb_cannot_hold_is_refused(out: Ends, column: str, value: str, said: str) -> None:
    """A number that is none has no decimal; nothing is bent."""
    out.write(f"CREATE TABLE events (id INTEGER PRIMARY KEY, {column})", f"INSERT INTO events VALUES (1, {value})")
    with pytest.raises(Refused, match=said):
        out.load()


@pytest.mark.parametrize(
    ("engine", "column", "value", "said"),
    [
        ("sqlite", "name TEXT", "char(97, 0, 98)", "has a text with the character NUL"),
        (
            "duckdb",
            "exact TIMESTAMP_NS",
            "'2024-01-01 00:00:00.000000001'",
            r"cannot hold exactly \(.* would lose data",
        ),
    ],
)
def test_what_postgres_cannot_hold_is_refused(  # noqa: PLR0913, PLR0917 - parameters and fixtures
    engine: str,
    column: str,
    value: str,
    said: str,
    request: pytest.FixtureRequest,
    postgres_url: str,
    tmp_path: Path,
) -> None:
    """A text with a NUL character, and digits beyond the microsecond."""
    ends = made(request, (engine, "postgres"), postgres_url, tmp_path)
    ends.write(f"CREATE TABLE events (id INTEGER PRIMARY KEY, {column})", f"INSERT INTO events VALUES (1, {value})")
    with pytest.raises(Refused, match=said):
        ends.load()


@pytest.mark.parametrize("name", ["timestamp_watermark", "composite_watermark", "lookback_window", "boundary_dedup"])
@pytest.mark.parametrize("declared", ["TIMESTAMP", "TIMESTAMPTZ", "DATE", "BIGINT", "TEXT"])
@pytest.mark.parametrize("target", ["postgres", "elsewhere", "duckdb", "sqlite"])
def test_cursors_of_every_type(  # noqa: PLR0913, PLR0917 - parameters and fixtures
    name: str, declared: str, target: str, request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path
) -> None:
    """Loaded, nothing new, and one row newer than the others: 2, then none, then one row, beside those re-read."""
    ends = made(request, ("postgres", target), postgres_url, tmp_path)
    values = {
        "BIGINT": ("1", "2", "3"),
        "DATE": ("'2024-01-01'", "'2024-01-02'", "'2024-01-03'"),
    }.get(declared, ("'2024-01-01T00:00:00.000001Z'", "'2024-01-01T00:00:00.000002Z'", "'2024-01-01T00:00:01.000000Z'"))
    ends.write(
        f"CREATE TABLE events (id INTEGER PRIMARY KEY, ts {declared})",
        f"INSERT INTO events VALUES (1, {values[0]}), (2, {values[1]})",
    )
    plan = {"cursor": "ts", "cursor_per_second": 1}
    first, second = (ends.load(name, **plan).loaded for _ in range(2))
    ends.write(f"INSERT INTO events VALUES (3, {values[2]})")
    third = ends.load(name, **plan).loaded
    again = 2 if name == "lookback_window" else 0  # a window within a day reaches back to its beginning
    assert (first, second, third) == (2, again, again + 1)
    assert [key for key, *_ in ends.rows("SELECT id FROM events ORDER BY id")] == [1, 2, 3]


def test_the_keyset_query_uses_the_index(within: Ends) -> None:
    """A page deep in the table starts in the index where the page starts, whichever bound is asked for."""
    within.write(
        "CREATE TABLE events (id BIGINT PRIMARY KEY, ts TIMESTAMPTZ)",
        "INSERT INTO events SELECT i, to_timestamp(i) FROM generate_series(1, 20000) AS i",
        "CREATE INDEX ON events (ts, id)",
        "ANALYZE events",
    )
    session = PostgresSession(locate(within.source_url), None)
    columns = session.columns("source", "events") or ()
    table = Table("events", ("id",), "ts", columns)
    scale = session.scale("source", "events", table.column("ts"), None)
    relation = session.name("source", "events")
    query = session.select(table, scale, Since(19_990_000_000, key=(19_990,)), relation)
    plan = [str(line) for (line,) in session.rows(f"EXPLAIN ANALYZE {query.sql}", query.params)]
    rows = session.rows(query.sql, query.params)
    session.close()
    assert len(rows) == 10
    assert any("Index" in line for line in plan)
    assert not any("Seq Scan" in line for line in plan)


def test_two_loads_of_one_table_take_turns(within: Ends) -> None:
    """Of two loads at once the second starts from what the first remembers: no row is loaded twice."""
    within.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)", "INSERT INTO events VALUES (1, 1), (2, 2)")
    plan = {"cursor": "ts", "cursor_per_second": 1}
    with ThreadPoolExecutor(4) as threads:
        loads = [threads.submit(within.load, "timestamp_watermark", **plan) for _ in range(4)]
    assert sorted(found.result().loaded for found in loads) == [0, 0, 0, 2]


def test_a_load_that_does_not_finish_is_not_waited_for_permanently(
    within: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that waits is refused after a while, with what to do."""
    within.write("CREATE TABLE events (id INTEGER PRIMARY KEY)")
    monkeypatch.setattr(url_module, "_SETTINGS", url_module._SETTINGS.replace("'30s'", "'50ms'"))
    holding = PostgresSession(None, locate(within.target_url))
    holding.begin("events")
    with pytest.raises(Refused, match="table 'events' is being loaded by another process"):
        within.load()
    holding.rollback()
    holding.close()
    assert within.load().loaded == 0


def test_a_table_is_not_loaded_into_itself(within: Ends) -> None:
    """Source and target are distinguished by database, schema and table."""
    within.write("CREATE TABLE events (id INTEGER PRIMARY KEY)")
    within.target_url = within.source_url
    with pytest.raises(Refused, match="source and target are both table 'events' of 'postgresql://"):
        within.load()


def test_odd_names_stay_what_they_are(ends: Ends) -> None:
    """Quotes, spaces, question marks and capitals in a column's name, and a name of 63 bytes."""
    names = ['a "b" c', "Who?", "select", "é" * 31]
    columns = ", ".join(f'"{name.replace(chr(34), chr(34) * 2)}" INTEGER' for name in names)
    ends.write(f"CREATE TABLE events (id INTEGER PRIMARY KEY, {columns})", "INSERT INTO events VALUES (1, 2, 3, 4, 5)")
    for name in ("row_hash_cdc", "snapshot_diff", "composite_watermark"):
        ends.load(name, cursor="Who?", cursor_per_second=1)
    assert ends.rows() == [(1, 2, 3, 4, 5)]


def test_a_name_that_would_be_cut_off_is_refused(
    request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path
) -> None:
    """PostgreSQL would keep the first 63 bytes of it, and say nothing."""
    ends = made(request, ("sqlite", "postgres"), postgres_url, tmp_path)
    ends.write(f"CREATE TABLE events (id INTEGER PRIMARY KEY, {'x' * 64} INTEGER)")
    with pytest.raises(Refused, match=r"PostgreSQL keeps 63 bytes of the column name 'x{64}': shorten it"):
        ends.load()
    ends.write("CREATE TABLE short (id INTEGER PRIMARY KEY)")
    ends.source_url += "?table=short"
    with pytest.raises(Refused, match=r"PostgreSQL keeps 63 bytes of the table name 'y{64}': shorten it"):
        ends.load(name="y" * 64)


def test_a_long_table_name_keeps_its_digests_apart(within: Ends) -> None:
    """The table of digests has a name of its own, though two would be cut off to the same."""
    for ending in "ab":
        within.write(f"CREATE TABLE {'t' * 62}{ending} (id INTEGER PRIMARY KEY)")
        within.write(f"INSERT INTO {'t' * 62}{ending} VALUES (1)")
    for ending in "ab":
        source = find(f"{within.source_url}&table={'t' * 62}{ending}")
        plan = Plan(f"{'t' * 62}{ending}", ("id",), None, strategy("row_hash_cdc"))
        assert [load(source, find(within.target_url), plan).loaded for _ in range(2)] == [1, 0]


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without psycopg the sentence says what to install."""

    def absent(name: str) -> object:
        raise ModuleNotFoundError(name=name and "psycopg")

    monkeypatch.setattr(catalog, "import_module", absent)
    with pytest.raises(Refused, match=r"needs the package psycopg, .*`pip install 'incload\[postgres\]'`"):
        find("postgresql://host/db")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("postgresql://host/db?tabel=t", "unknown URL option 'tabel': did you mean table"),
        ("postgresql://host/db?table=", "names no table"),
        ("postgresql://host/db?schema=", "names no schema"),
        ("postgresql://a:b@c@host/db", "holds an @ or a / in its password"),
        ("postgresql://a:b%@host/db", "is not of the form"),
        ("postgresql://host/db?x", "not of the form name=value"),
    ],
)
def test_a_url_that_names_no_table_is_refused(text: str, said: str) -> None:
    """The sentence says what would name one."""
    with pytest.raises(Refused, match=said):
        find(text)


def test_a_server_that_is_not_there_is_named() -> None:
    """The sentence names the database and says why it cannot be opened."""
    plan = Plan("t", ("id",), None, strategy("full_refresh"))
    with pytest.raises(Refused, match=r"database 'postgresql://me@127.0.0.1:1/db' cannot be opened: connection failed"):
        load(find("postgresql://me@127.0.0.1:1/db"), find("duckdb:///copy.duckdb"), plan)
    with pytest.raises(Refused, match=r"database 'postgresql://\./db' cannot be opened: .*label empty"):
        load(find("postgresql://./db"), find("duckdb:///copy.duckdb"), plan)
    assert not Path("copy.duckdb").exists()


VALUE = {
    pa.int64(): st.integers(-LARGEST - 1, LARGEST),
    pa.float64(): st.floats(),
    pa.string(): st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=12),
    pa.bool_(): st.booleans(),
    pa.binary(): st.binary(max_size=9),
    pa.timestamp("us"): st.datetimes(datetime(1, 1, 1), datetime(9999, 1, 1)),  # noqa: DTZ001 - as it is stored
}
KINDS = (Kind.INTEGER, Kind.REAL, Kind.TEXT, Kind.BOOLEAN, Kind.BLOB, Kind.TIMESTAMP)
CROSSED = Table(
    "crossed", ("id",), None,
    (Column("id", Kind.INTEGER), *(Column(kind.value, kind) for kind in KINDS)),
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.tuples(*(st.none() | values for values in VALUE.values())), max_size=30))
def test_whatever_is_copied_in_comes_out_the_same(postgres_session: PostgresSession, rows: list[Row]) -> None:
    """Binary COPY in and out again, nulls anywhere, text and bytes of any length."""
    columns = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(VALUE)]
    table = pa.table([pa.array(range(len(rows)), pa.int64()), *columns], names=list(CROSSED.names))
    session = postgres_session
    session.write(f"DELETE FROM {session.name('target', 'crossed')}")
    PostgresFixture(session).put("target", CROSSED, table)
    found = session.columns("target", "crossed") or ()
    query = Query(f"SELECT * FROM {session.name('target', 'crossed')} ORDER BY id")
    again = session.stream(query, found).reader().read_all()
    assert again.drop_columns("real").equals(table.drop_columns("real").cast(again.drop_columns("real").schema))
    assert repr(again["real"].to_pylist()) == repr(table["real"].to_pylist())


@pytest.fixture(scope="module")
def postgres_session(postgres_server: str) -> Iterator[PostgresSession]:
    """Return a session on an empty table of every kind."""
    assert postgres_server
    with server.schema() as url:
        session = PostgresSession(None, locate(url))
        PostgresFixture(session).settle("target", CROSSED)
        yield session
        session.close()


STEP = st.tuples(st.sampled_from(["put", "delete", "sync"]), st.integers(1, 5), st.integers(-60, 2))


@settings(max_examples=15)
@given(st.lists(STEP, max_size=10))
@pytest.mark.parametrize("name", ["row_hash_cdc", "lookback_window:minutes=1"])
def test_a_strategy_keeps_up_with_what_it_promises(
    name: str, postgres_server: str, steps: list[tuple[str, int, int]]
) -> None:
    """Whatever happens between syncs within its promise, source and target are the same after the last."""
    with server.schema() as here, server.schema() as there, psycopg.connect(postgres_server, autocommit=True) as owner:
        owner.execute(f"SET search_path = {here.partition('schema=')[2]}, {there.partition('schema=')[2]}")
        owner.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, ts TIMESTAMP, name TEXT)")
        plan = Plan("copy", ("id",), "ts", strategy(name), guards=Guards(allow_removals=True))
        now = datetime(2024, 1, 1)  # noqa: DTZ001 - as it is stored
        source = find(f"{here}&table=events")
        for number, (what, key, seconds) in enumerate([*steps, ("sync", 0, 0)]):
            if what == "sync":
                load(source, find(there), plan)
            elif what == "delete" and name == "row_hash_cdc":
                owner.execute("DELETE FROM events WHERE id = %s", (key,))
            else:
                now += timedelta(seconds=max(seconds, 0))
                owner.execute(
                    "INSERT INTO events VALUES (%(key)s, %(ts)s, %(name)s) ON CONFLICT (id)"
                    " DO UPDATE SET ts = excluded.ts, name = excluded.name",
                    {"key": key, "ts": now + timedelta(seconds=min(seconds, 0)), "name": f"{number}"},
                )
        both = [owner.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() for table in ("events", "copy")]
    assert both[0] == both[1]
