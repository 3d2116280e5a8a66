"""Keys are one when the source's own unique index takes them for one, in the target as in the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from databases import Database, Databases

from incload.engines.endpoints import locate
from incload.engines.postgres import server
from incload.errors import Refused
from incload.loading.capture import install
from incload.strategy import Capability, WriteRule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOCASE = ("CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY, v INTEGER, ts INTEGER)",)
RESPELLED = {
    "updated": ["UPDATE t SET k = 'A', v = 5, ts = 11 WHERE k = 'a'"],
    "inserted again": ["DELETE FROM t WHERE k = 'a'", "INSERT INTO t VALUES ('A', 5, 11)"],
}
WAYS = [
    ("snapshot_diff", None),
    ("row_hash_cdc", None),
    ("timestamp_watermark", None),
    ("timestamp_watermark", WriteRule.NEWEST),
    ("full_refresh", None),
    ("full_refresh", WriteRule.MIRROR),
    ("trigger_cdc", None),
]


@pytest.fixture(params=["postgres", "duckdb", "sqlite"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Return a target of each engine."""
    if request.param != "postgres":
        yield Database(f"{request.param}:///{tmp_path}/target")
        return
    request.getfixturevalue("postgres_server")
    with server.schema() as url:
        yield Database(url)


@pytest.fixture
def ends(target: Database, tmp_path: Path) -> Databases:
    """Return a source in SQLite and a target of each engine."""
    return Databases(Database(f"sqlite:///{tmp_path}/source"), target)


@pytest.mark.parametrize("change", RESPELLED)
@pytest.mark.parametrize(("name", "rule"), WAYS)
def test_a_key_in_another_case_is_the_same_row(ends: Databases, name: str, rule: WriteRule | None, change: str) -> None:
    """The row takes the new spelling, and stays one in every later load."""
    ends.source.run(*NOCASE, "INSERT INTO t VALUES ('a', 1, 1), ('b', 2, 2), ('c', 3, 3)")
    if name == "trigger_cdc":
        install(locate(ends.source.url), "t", Capability.TRIGGERS, ("k",))
    ends.load(name, cursor="ts", write_rule=rule)
    ends.source.run(*RESPELLED[change])
    ends.load(name, cursor="ts", write_rule=rule)
    ends.source.run("UPDATE t SET v = 9, ts = 12 WHERE k = 'B'")
    ends.load(name, cursor="ts", write_rule=rule)

    assert ends.rows() == [("A", 5, 11), ("b", 9, 12), ("c", 3, 3)]


@pytest.mark.parametrize("name", ["snapshot_diff", "row_hash_cdc"])
def test_a_key_that_is_only_respelled_is_written(ends: Databases, name: str) -> None:
    """The spelling of a key is content: it differs where nothing else does."""
    ends.source.run(*NOCASE, "INSERT INTO t VALUES ('a', 1, 1), ('b', 2, 2)")
    ends.load(name)
    ends.source.run("UPDATE t SET k = 'A' WHERE k = 'a'")

    assert ends.load(name).loaded == 1
    assert ends.rows() == [("A", 1, 1), ("b", 2, 2)]
    assert ends.load(name).loaded == 0


@pytest.mark.parametrize("name", ["snapshot_diff", "row_hash_cdc", "timestamp_watermark"])
def test_a_target_of_before_that_compares_bytes_is_healed(ends: Databases, name: str) -> None:
    """Two rows that an earlier load made of one become one again."""
    ends.source.run(*NOCASE, "INSERT INTO t VALUES ('A', 5, 11)")
    ends.target.run(
        f"CREATE TABLE t (k {'VARCHAR' if ends.target.engine == 'duckdb' else 'TEXT'} PRIMARY KEY,"
        f" v {'INTEGER' if ends.target.engine == 'sqlite' else 'BIGINT'},"
        f" ts {'INTEGER' if ends.target.engine == 'sqlite' else 'BIGINT'})",
        "INSERT INTO t VALUES ('a', 1, 1), ('A', 5, 10)",
    )
    ends.load(name, cursor="ts")

    assert ends.rows() == [("A", 5, 11)]


def test_a_composite_key_is_compared_by_the_collation_of_each_column(ends: Databases) -> None:
    """One column folds case, one spaces at the end, and one nothing; the index counts, not the column."""
    ends.source.run(
        "CREATE TABLE t (k TEXT, l TEXT COLLATE NOCASE, m TEXT, v INTEGER)",
        "CREATE UNIQUE INDEX one ON t (k COLLATE NOCASE, l COLLATE BINARY, m COLLATE RTRIM)",
        "INSERT INTO t VALUES ('a', 'x', 'm', 1), ('a', 'X', 'm', 2)",
    )
    ends.load("snapshot_diff", key=("k", "l", "m"))
    ends.source.run("UPDATE t SET k = 'A', m = 'm  ' WHERE v = 2")
    ends.load("snapshot_diff", key=("k", "l", "m"))

    assert ends.rows() == [("A", "X", "m  ", 2), ("a", "x", "m", 1)]


def test_letters_beyond_ascii_stay_apart(ends: Databases) -> None:
    """SQLite folds A to Z and nothing else, and no target folds more."""
    ends.source.run(*NOCASE, "INSERT INTO t VALUES ('é', 1, 1), ('É', 2, 2), ('ß', 3, 3), ('SS', 4, 4)")
    ends.load("row_hash_cdc")
    ends.source.run("UPDATE t SET v = 10 * v")
    ends.load("row_hash_cdc")

    assert ends.rows("v") == [(10,), (20,), (30,), (40,)]


def test_a_collation_of_an_application_is_refused(ends: Databases) -> None:
    """Only the application can compare by it."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(ends.source.url.partition("///")[2])) as source:
        source.create_collation("mine", lambda one, other: (one > other) - (one < other))
        source.execute("CREATE TABLE t (k TEXT COLLATE mine PRIMARY KEY)")

    with pytest.raises(
        Refused, match=r"^key column 'k' has the collation MINE, which only the application that made it"
    ):
        ends.load("full_refresh")


def test_a_target_that_takes_two_keys_for_one_is_refused(tmp_path: Path) -> None:
    """Two rows of the source would take each other's place."""
    ends = Databases(Database(f"sqlite:///{tmp_path}/source"), Database(f"sqlite:///{tmp_path}/target"))
    ends.source.run("CREATE TABLE t (k TEXT PRIMARY KEY)", "INSERT INTO t VALUES ('a'), ('A')")
    ends.target.run("CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY)")

    with pytest.raises(
        Refused, match=r"takes two values of key column 'k' for one that differ in the source apart \(NOCASE"
    ):
        ends.load("full_refresh")


NUMERIC = (
    "CREATE TABLE t (k numeric PRIMARY KEY, v integer, ts integer)",
    "INSERT INTO t VALUES (1.0, 1, 1), (20, 2, 2)",
)


@pytest.mark.parametrize("name", ["snapshot_diff", "row_hash_cdc", "timestamp_watermark", "trigger_cdc"])
def test_a_decimal_key_with_other_zeros_is_the_same_row(target: Database, postgres_url: str, name: str) -> None:
    """1.0 and 1.00 are one number, and 2 and 20 are two; the row keeps the form that the source has."""
    ends = Databases(Database(postgres_url), target)
    ends.source.run(*NUMERIC)
    if name == "trigger_cdc":
        install(locate(ends.source.url), "t", Capability.TRIGGERS, ("k",))
    ends.load(name, cursor="ts")
    ends.source.run("UPDATE t SET k = 1.00, v = 5, ts = 11 WHERE k = 1", "INSERT INTO t VALUES (2, 7, 12)")
    ends.load(name, cursor="ts")
    ends.source.run("UPDATE t SET v = 9, ts = 13 WHERE k = 20.0")
    ends.load(name, cursor="ts")

    assert ends.rows("CAST(k AS VARCHAR), v") == [("1.00", 5), ("2", 7), ("20", 9)]


@pytest.mark.parametrize("name", ["snapshot_diff", "row_hash_cdc", "timestamp_watermark"])
def test_an_interval_is_compared_as_it_is_written_and_the_load_says_so(
    target: Database, postgres_url: str, name: str
) -> None:
    """Only PostgreSQL takes a day for 24 hours; elsewhere the load says in a sentence that it does not."""
    ends = Databases(Database(postgres_url), target)
    ends.source.run(
        "CREATE TABLE t (k interval PRIMARY KEY, v integer, ts integer)", "INSERT INTO t VALUES ('1 day', 1, 1)"
    )
    first = ends.load(name, cursor="ts")
    ends.source.run("UPDATE t SET k = '24 hours', v = 2, ts = 2")
    ends.load(name, cursor="ts", write_rule=WriteRule.MERGE)

    said = [each for each in first.warnings if "is compared as it is written" in each]
    assert len(said) == (target.engine != "postgres")
    if target.engine == "postgres":
        assert ends.rows("CAST(k AS VARCHAR), v") == [("24:00:00", 2)]


@pytest.mark.parametrize("name", ["full_refresh", "snapshot_diff"])
def test_a_key_that_is_not_a_number_is_refused_where_it_would_be_null(
    postgres_url: str, tmp_path: Path, name: str
) -> None:
    """SQLite has no NaN, and a row without its key would come again at every load."""
    ends = Databases(Database(postgres_url), Database(f"sqlite:///{tmp_path}/target"))
    ends.source.run("CREATE TABLE t (k float8 PRIMARY KEY)", "INSERT INTO t VALUES ('NaN'), (1)")

    with pytest.raises(Refused, match=r"^key column 'k' holds NaN, which sqlite cannot hold: leave those rows out"):
        ends.load(name)


@pytest.mark.parametrize("name", ["snapshot_diff", "row_hash_cdc", "timestamp_watermark"])
def test_the_two_zeros_of_floats_are_one_key(target: Database, postgres_url: str, name: str) -> None:
    """Every engine takes -0.0 for 0.0, and NaN, where there is one, for NaN."""
    ends = Databases(Database(postgres_url), target)
    ends.source.run("CREATE TABLE t (k float8 PRIMARY KEY, v integer, ts integer)", "INSERT INTO t VALUES (0.0, 1, 1)")
    if target.engine != "sqlite":
        ends.source.run("INSERT INTO t VALUES ('NaN', 1, 1)")
    ends.load(name, cursor="ts")
    ends.source.run("UPDATE t SET k = -0.0, v = 2, ts = 2 WHERE k = 0", "UPDATE t SET v = 3, ts = 3 WHERE k = 'NaN'")
    ends.load(name, cursor="ts")

    assert ends.rows("v") == ([(2,)] if target.engine == "sqlite" else [(2,), (3,)])


@pytest.mark.parametrize("name", ["snapshot_diff", "row_hash_cdc", "timestamp_watermark"])
def test_a_collation_of_duckdb_joins_no_rows(target: Database, tmp_path: Path, name: str) -> None:
    """DuckDB's key heeds no collation, so `a` and `A` are two rows; a value that changes its case has changed."""
    ends = Databases(Database(f"duckdb:///{tmp_path}/source"), target)
    ends.source.run(
        "CREATE TABLE t (k VARCHAR COLLATE NOCASE PRIMARY KEY, v VARCHAR COLLATE NOCASE, ts INTEGER)",
        "INSERT INTO t VALUES ('a', 'x', 1), ('A', 'y', 2)",
    )
    ends.load(name, cursor="ts")
    ends.source.run("UPDATE t SET v = 'X', ts = 3 WHERE ts = 1")
    ends.load(name, cursor="ts")

    assert ends.rows("k, v") == [("A", "y"), ("a", "X")]


def test_a_key_of_duckdb_with_a_collation_is_no_target(tmp_path: Path) -> None:
    """Rows of another key would be replaced."""
    ends = Databases(Database(f"sqlite:///{tmp_path}/source"), Database(f"duckdb:///{tmp_path}/target"))
    ends.source.run("CREATE TABLE t (k TEXT PRIMARY KEY)", "INSERT INTO t VALUES ('a'), ('A')")
    ends.target.run("CREATE TABLE t (k VARCHAR COLLATE NOCASE PRIMARY KEY)")

    with pytest.raises(Refused, match=r"takes two values of key column 'k' for one that differ in the source apart"):
        ends.load("full_refresh")


def test_a_collation_of_a_duckdb_target_hides_no_change(tmp_path: Path) -> None:
    """A value that changes its case is written."""
    ends = Databases(Database(f"duckdb:///{tmp_path}/source"), Database(f"duckdb:///{tmp_path}/target"))
    ends.source.run("CREATE TABLE t (k INTEGER PRIMARY KEY, v VARCHAR)", "INSERT INTO t VALUES (1, 'x')")
    ends.target.run("CREATE TABLE t (k INTEGER PRIMARY KEY, v VARCHAR COLLATE NOCASE)")
    ends.load("snapshot_diff")
    ends.source.run("UPDATE t SET v = 'X'")
    ends.load("snapshot_diff")

    assert ends.rows() == [(1, "X")]


CITEXT = (
    "CREATE TYPE citext",
    "CREATE FUNCTION citextin(cstring) RETURNS citext AS 'textin' LANGUAGE internal IMMUTABLE STRICT",
    "CREATE FUNCTION citextout(citext) RETURNS cstring AS 'textout' LANGUAGE internal IMMUTABLE STRICT",
    "CREATE TYPE citext (INPUT = citextin, OUTPUT = citextout, LIKE = text)",
    "CREATE CAST (citext AS text) WITHOUT FUNCTION AS ASSIGNMENT",
    (
        "CREATE FUNCTION cicmp(citext, citext) RETURNS int LANGUAGE sql IMMUTABLE STRICT"
        " AS 'SELECT bttextcmp(lower($1::text), lower($2::text))'"
    ),
    *(
        f"CREATE FUNCTION ci_{name}(citext, citext) RETURNS bool LANGUAGE sql IMMUTABLE STRICT"
        f" AS 'SELECT lower($1::text) {sign} lower($2::text)'"
        for name, sign in (("lt", "<"), ("le", "<="), ("eq", "="), ("ge", ">="), ("gt", ">"))
    ),
    *(
        f"CREATE OPERATOR {sign} (LEFTARG = citext, RIGHTARG = citext, FUNCTION = ci_{name})"
        for name, sign in (("lt", "<"), ("le", "<="), ("eq", "="), ("ge", ">="), ("gt", ">"))
    ),
    (
        "CREATE OPERATOR CLASS citext_ops DEFAULT FOR TYPE citext USING btree AS OPERATOR 1 <, OPERATOR 2 <=,"
        " OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 cicmp(citext, citext)"
    ),
    "CREATE TABLE t (k citext PRIMARY KEY, v integer, ts integer)",
    "INSERT INTO t VALUES ('a', 1, 1), ('b', 2, 2)",
)
"""What the extension citext brings along, which a server may not have."""


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
@pytest.mark.parametrize("name", ["snapshot_diff", "row_hash_cdc", "timestamp_watermark"])
def test_a_citext_key_in_another_case_is_the_same_row(
    engine: str, name: str, postgres_url: str, tmp_path: Path
) -> None:
    """The type says so, and no other engine has it."""
    ends = Databases(Database(postgres_url), Database(f"{engine}:///{tmp_path}/target"))
    ends.source.run(*CITEXT)
    ends.load(name, cursor="ts")
    ends.source.run("UPDATE t SET k = 'A', v = 5, ts = 11 WHERE v = 1")
    ends.load(name, cursor="ts")

    assert ends.rows("k, v") == [("A", 5), ("b", 2)]
