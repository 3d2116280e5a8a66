"""What only some PostgreSQL databases have: types that a user made, partitions, views, two ways to one table."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest

from incload.engines.endpoints import locate
from incload.engines.postgres import server
from incload.errors import Refused
from incload.loading.opening import connect
from incload.loading.plan import Guards, Plan
from incload.loading.run import load
from incload.registry import strategy
from tests.duckdb_files import opened as opened_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from incload.loading.run import LoadSummary

Row = tuple[object, ...]
MOODS = "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')"
FOLLOWING = ("timestamp_watermark", "row_hash_cdc", "snapshot_diff")


@dataclass
class Source:
    """A schema of a PostgreSQL database, written by the plain driver, and the URL of a target.

    Attributes:
        url: Of the source.
        target: Of the target.
    """

    url: str
    target: str

    def write(self, *statements: str) -> None:
        """Run statements on the source."""
        _run(self.url, *statements)

    def load(self, by: str = "full_refresh", **fields: Any) -> LoadSummary:  # noqa: ANN401 - fields of a plan
        """Load once."""
        plan = Plan(**{"name": "events", "key": ("id",), "cursor": None, "strategy": strategy(by), **fields})
        return load(locate(self.url), locate(self.target), plan)

    def rows(self, sql: str = "SELECT * FROM events ORDER BY 1") -> list[Row]:
        """Return rows of the target."""
        scheme, _, path = self.target.partition(":///")
        if scheme == "sqlite":
            with closing(sqlite3.connect(path)) as connection:
                return connection.execute(sql).fetchall()
        if scheme == "duckdb":
            with opened_file(path) as connection:
                return connection.execute(sql).fetchall()
        with _connected(self.target) as connection:
            return connection.execute(sql).fetchall()

    def types(self) -> list[str]:
        """Return the declared types of the target's columns, in PostgreSQL."""
        found = self.rows(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'events'::regclass"
            " AND attnum > 0 ORDER BY attnum"
        )
        return [str(declared) for (declared,) in found]


def _connected(url: str) -> psycopg.Connection[Any]:
    server, _, schema = url.partition("&schema=")
    return psycopg.connect(server, autocommit=True, options=f"-csearch_path={schema or 'public'}")


def _run(url: str, *statements: str) -> None:
    with _connected(url) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def copies(postgres_server: str) -> Iterator[str]:
    """Return the URL of one more schema."""
    assert postgres_server
    with server.schema() as url:
        yield url


@pytest.fixture
def elsewhere(postgres_server: str) -> Iterator[str]:
    """Return the URL of another database of the server."""
    name = f"incload_{uuid4().hex}"
    _run(postgres_server, f"CREATE DATABASE {name}")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    _run(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["postgres", "elsewhere", "duckdb", "sqlite"])
def source(request: pytest.FixtureRequest, postgres_url: str, tmp_path: Path) -> Source:
    """Return a source for a target of each sort: another schema, another database, the two engines in files."""
    if request.param in {"duckdb", "sqlite"}:
        return Source(postgres_url, f"{request.param}:///{tmp_path}/target.{request.param}")
    return Source(postgres_url, request.getfixturevalue("copies" if request.param == "postgres" else "elsewhere"))


@pytest.fixture
def within(postgres_url: str, copies: str) -> Source:
    """Return a source and a target that are schemas of one database."""
    return Source(postgres_url, copies)


@pytest.fixture
def across(postgres_url: str, elsewhere: str) -> Source:
    """Return a source and a target in two databases of a server."""
    return Source(postgres_url, elsewhere)


OWN = (
    MOODS,
    "CREATE DOMAIN amount AS NUMERIC(10,2) CHECK (VALUE >= 0)",
    "CREATE DOMAIN price AS amount",
    "CREATE DOMAIN feeling AS mood",
    "CREATE DOMAIN mail AS VARCHAR(40)",
    "CREATE TABLE events (id INTEGER PRIMARY KEY, how mood, cost price, felt feeling, who mail, ts TIMESTAMP)",
    "INSERT INTO events VALUES (1, 'ok', 1.50, 'sad', 'a@b', '2024-01-01'), (2, NULL, NULL, NULL, NULL, NULL)",
)


@pytest.mark.parametrize("name", FOLLOWING)
def test_enums_and_domains_arrive_and_are_not_taken_for_changed(source: Source, name: str) -> None:
    """Their values are followed from load to load, wherever they go."""
    source.write(*OWN)
    source.load(name, cursor="ts")
    again = source.load(name, cursor="ts")
    source.write("UPDATE events SET how = 'happy', felt = 'happy', cost = 2.5, ts = '2024-01-02' WHERE id = 1")
    source.load(name, cursor="ts")
    text = "VARCHAR" if "postgres" not in source.target else "text"
    changed = source.rows(
        f"SELECT CAST(how AS {text}), CAST(cost AS {text}), CAST(felt AS {text}), who FROM events WHERE id = 1"
    )
    assert again.loaded == 0
    assert changed == [("happy", "2.50", "happy", "a@b")]


def test_inside_one_database_types_stay_what_they_are(within: Source) -> None:
    """Enums and domains are there for every schema."""
    within.write(*OWN)
    within.load()
    schema = within.url.partition("&schema=")[2]
    assert within.types() == [
        "integer", f"{schema}.mood", f"{schema}.price", f"{schema}.feeling", f"{schema}.mail",
        "timestamp without time zone",
    ]  # fmt: skip


def test_in_another_database_a_domain_is_what_it_is_made_of(across: Source) -> None:
    """Its conditions are the source's business, its digits are not; an enum below it is text."""
    across.write(*OWN)
    across.load()
    assert across.types() == [
        "integer", "text", "numeric(10,2)", "text", "character varying(40)", "timestamp without time zone",
    ]  # fmt: skip


def test_in_another_database_an_enum_is_text_unless_it_has_that_type(across: Source) -> None:
    """The type of the same name is used where it is there."""
    _run(across.url, MOODS, "CREATE TABLE events (id INTEGER PRIMARY KEY, how mood)")
    across.write("INSERT INTO events VALUES (1, 'ok')")
    across.load()
    as_text = across.types()
    schema = across.url.partition("&schema=")[2]
    _run(across.target, "DROP TABLE events", f"CREATE SCHEMA {schema}", MOODS.replace("mood", f"{schema}.mood"))
    across.load()
    assert as_text == ["integer", "text"]
    assert across.types() == ["integer", f"{schema}.mood"]
    assert across.rows() == [(1, "ok")]


def test_a_type_that_another_database_does_not_have_is_named(across: Source) -> None:
    """Nothing is made there, and the sentence says what to do; from a view that casts, it loads."""
    across.write(
        "CREATE TYPE pair AS (x INTEGER, y INTEGER)",
        "CREATE TABLE events (id INTEGER PRIMARY KEY, at pair)",
        "INSERT INTO events VALUES (1, (1, 2))",
        "CREATE VIEW shown AS SELECT id, at::text AS at FROM events",
    )
    with pytest.raises(Refused) as refused:
        across.load()
    schema = across.url.partition("&schema=")[2]
    assert str(refused.value) == (
        f"column 'at' is of type {schema}.pair, which the target database does not have: "
        "create the type there, or load from a view that casts the column to text."
    )
    assert across.rows("SELECT relname FROM pg_class WHERE relname IN ('events', '_incload_state')") == []
    across.url += "&table=shown"
    across.load()
    assert across.rows() == [(1, "(1,2)")]


def test_an_enum_as_a_key_says_rows_apart(source: Source) -> None:
    """Its values are the same as text."""
    source.write(MOODS, "CREATE TABLE events (id mood PRIMARY KEY, n INTEGER)")
    source.write("INSERT INTO events VALUES ('sad', 1), ('happy', 2)")
    for name in ("row_hash_cdc", "snapshot_diff"):
        source.load(name)
    source.write("UPDATE events SET n = 3 WHERE id = 'sad'", "DELETE FROM events WHERE id = 'happy'")
    for name in ("row_hash_cdc", "snapshot_diff"):
        source.load(name, guards=Guards(allow_removals=True))
    assert source.rows() == [("sad", 3)]


def test_an_enum_is_no_cursor(source: Source) -> None:
    """Its order is that of its own database."""
    source.write(MOODS, "CREATE TABLE events (id INTEGER PRIMARY KEY, how mood)")
    with pytest.raises(
        Refused, match=r"cursor column 'how' is of type .*mood, which incload does not order by: name a"
    ):
        source.load("timestamp_watermark", cursor="how")


PARTITIONED = (
    "CREATE TABLE events (id INTEGER, ts TIMESTAMP, v TEXT, PRIMARY KEY (id)) PARTITION BY RANGE (id)",
    "CREATE TABLE events_low PARTITION OF events FOR VALUES FROM (0) TO (10)",
    "CREATE TABLE events_high PARTITION OF events FOR VALUES FROM (10) TO (20)",
    "CREATE INDEX ON events (ts, id)",
)
ROWS = "(1, '2024-01-01', 'a'), (11, '2024-01-02', 'b')"
PLAIN = "CREATE TABLE held (id INTEGER PRIMARY KEY, ts TIMESTAMP, v TEXT)"


@pytest.mark.parametrize("made", ["partitions", "view"])
@pytest.mark.parametrize("name", FOLLOWING)
def test_partitions_and_views_are_followed(source: Source, name: str, made: str) -> None:
    """Rows of every partition, and of a view, are read, changed and removed as those of a table."""
    view = (PLAIN, "CREATE VIEW events AS SELECT * FROM held")
    source.write(*(PARTITIONED if made == "partitions" else view))
    held = "events" if made == "partitions" else "held"
    source.write(f"INSERT INTO {held} VALUES {ROWS}")
    source.load(name, cursor="ts")
    source.write(f"INSERT INTO {held} VALUES (12, '2024-01-03', 'c')")
    source.write(f"UPDATE {held} SET v = 'new', ts = '2024-01-04' WHERE id = 1", f"DELETE FROM {held} WHERE id = 11")
    source.load(name, cursor="ts")
    expected = [(1, "new"), (12, "c")] if name != "timestamp_watermark" else [(1, "new"), (11, "b"), (12, "c")]
    assert source.rows("SELECT id, v FROM events ORDER BY id") == expected
    assert source.load(name, cursor="ts").loaded == 0


@pytest.mark.parametrize("name", FOLLOWING)
def test_a_partitioned_target_is_written_as_any_other(within: Source, name: str) -> None:
    """Rows find their partitions."""
    within.write(PLAIN.replace("held", "events"), f"INSERT INTO events VALUES {ROWS}")
    _run(within.target, *PARTITIONED)
    within.load(name, cursor="ts")
    within.write("UPDATE events SET v = 'new', ts = '2024-01-04' WHERE id = 11")
    within.load(name, cursor="ts")
    assert within.rows("SELECT v FROM events_low UNION ALL SELECT v FROM events_high") == [("a",), ("new",)]


def test_a_row_without_a_partition_is_named(within: Source) -> None:
    """The server says which partition is missing, and nothing is written."""
    within.write(PLAIN.replace("held", "events"), f"INSERT INTO events VALUES {ROWS}, (99, '2024-01-03', 'c')")
    _run(within.target, *PARTITIONED)
    with pytest.raises(Refused, match=r"failed: no partition of relation .events. found for row"):
        within.load()
    assert within.rows() == []


def test_a_view_as_a_target_is_refused(within: Source) -> None:
    """It has no key of its own."""
    within.write(PLAIN.replace("held", "events"))
    _run(within.target, PLAIN, "CREATE VIEW events AS SELECT * FROM held")
    with pytest.raises(Refused, match="target table 'events' has no primary key over 'id'"):
        within.load()


def _otherwise(url: str) -> str:
    """Write a URL in another way: its socket's folder by a path that is longer than it has to be."""
    assert "host=%2F" in url or "host=/" in url
    return url.replace("host=%2F", "host=%2F.%2F").replace("host=/", "host=/./")


@pytest.mark.parametrize("name", ["full_refresh", "row_hash_cdc"])
def test_a_table_is_not_loaded_into_itself_by_another_way(within: Source, name: str) -> None:
    """Two URLs of one database are known to be of one, and the table stays as it is."""
    within.write("CREATE TABLE events (id INTEGER PRIMARY KEY)", "INSERT INTO events VALUES (1)")
    within.target = _otherwise(within.url)
    with pytest.raises(Refused, match=r"^source and target are both table 'events' of .*: load into another table\.$"):
        within.load(name)
    within.target = within.url
    assert within.rows() == [(1,)]


def test_two_ways_to_one_database_share_a_session(within: Source) -> None:
    """What can be moved inside the server is; the tables of two schemas are two."""
    within.write("CREATE TABLE events (id INTEGER PRIMARY KEY)", "INSERT INTO events VALUES (1)")
    plan = Plan("events", ("id",), None, strategy("full_refresh"))
    connections = connect(locate(within.url), locate(_otherwise(within.target)), plan)
    connections.close()
    assert connections.attached
    target, within.target = within.target, _otherwise(within.target)
    within.load()
    within.target = target
    assert within.rows() == [(1,)]


def test_the_same_table_of_another_database_is_another(across: Source) -> None:
    """Databases of one server are not taken for one."""
    _run(
        across.url.partition("&schema=")[0],
        "DROP TABLE IF EXISTS incload_twin",
        "CREATE TABLE incload_twin (id INTEGER)",
    )
    across.url = across.url.partition("&schema=")[0]
    across.load(name="incload_twin")
    _run(across.url, "DROP TABLE incload_twin")
    assert across.rows("SELECT * FROM incload_twin") == []
