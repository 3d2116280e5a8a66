"""`--evolve` changes the column whose type has changed; what else belongs to the target stays, or it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from databases import Database, Databases

from incload.engines.columns.definition import retyped
from incload.engines.postgres import server
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = "CREATE TABLE t (k INTEGER PRIMARY KEY, a INTEGER, b VARCHAR)"
ROWS = "INSERT INTO t VALUES (1, 10, 'x'), (2, 20, 'y')"


def _files(engine: str, folder: Path) -> Databases:
    return Databases(Database(f"{engine}:///{folder}/source"), Database(f"{engine}:///{folder}/target"))


@pytest.fixture
def on_a_server(postgres_url: str) -> Iterator[Databases]:
    """Return two schemas of a server."""
    with server.schema() as url:
        yield Databases(Database(postgres_url), Database(url))


def test_sqlite_keeps_all_that_belongs_to_a_table(tmp_path: Path) -> None:
    """Indexes, triggers, views, defaults, checks, collations, foreign keys, generated columns and numbers given."""
    ends = _files("sqlite", tmp_path)
    ends.source.run(SOURCE, ROWS)
    ends.target.run(
        "CREATE TABLE kinds (b TEXT PRIMARY KEY)",
        "INSERT INTO kinds VALUES ('x'), ('y')",
        "CREATE TABLE t (k INTEGER PRIMARY KEY AUTOINCREMENT,"
        " a INTEGER /* the amount, in cents */ NOT NULL DEFAULT (1 + 2),"
        " b VARCHAR COLLATE NOCASE REFERENCES kinds (b), came TEXT DEFAULT 'now', twice INT AS (k * 2) STORED,"
        " CHECK (a > 0))",
        "CREATE TABLE audit (k INTEGER REFERENCES t (k))",
        "CREATE UNIQUE INDEX by_b ON t (b) WHERE a > 5",
        "CREATE TRIGGER noted AFTER INSERT ON t BEGIN INSERT INTO audit VALUES (NEW.k); END",
        "CREATE TRIGGER guarded AFTER INSERT ON audit BEGIN UPDATE t SET came = 'seen' WHERE k = NEW.k; END",
        "CREATE VIEW totals AS SELECT sum(a) AS total FROM t",
        "INSERT INTO t (k, a, b) VALUES (99, 1, NULL)",
        "DELETE FROM t",
        "DELETE FROM audit",
    )
    ends.load("row_hash_cdc")
    before = ends.target.run("SELECT type, name, tbl_name FROM sqlite_master ORDER BY 1, 2")
    ends.source.run(
        "DROP TABLE t", SOURCE.replace("a INTEGER", "a REAL"), "INSERT INTO t VALUES (1, 10.5, 'x'), (3, 3, 'z')"
    )
    ends.load("row_hash_cdc", evolve=True)

    assert ends.target.run("SELECT type, name, tbl_name FROM sqlite_master ORDER BY 1, 2") == before
    assert ends.rows("k, a, typeof(a), b, came, twice") == [
        (1, 10.5, "real", "x", "seen", 2),
        (3, 3.0, "real", "z", "seen", 6),
    ]
    assert ends.target.run("SELECT total FROM totals") == [(13.5,)]
    assert ends.target.run("SELECT k FROM audit ORDER BY 1") == [(1,), (2,), (3,)]
    assert ends.target.run("SELECT seq FROM sqlite_sequence WHERE name = 't'") == [(99,)]
    ((sql,),) = ends.target.run("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 't'")
    assert "a REAL NOT NULL DEFAULT (1 + 2)" in str(sql)
    assert "b VARCHAR COLLATE NOCASE REFERENCES kinds (b)" in str(sql)
    assert ends.target.run("PRAGMA integrity_check") == [("ok",)]


def test_sqlite_refuses_before_anything_is_done(tmp_path: Path) -> None:
    """A check that the new values would break leaves table, rows and state as they were."""
    ends = _files("sqlite", tmp_path)
    ends.source.run(SOURCE, ROWS)
    ends.target.run("CREATE TABLE t (k INTEGER PRIMARY KEY, a INTEGER CHECK (typeof(a) = 'integer'), b VARCHAR)")
    ends.load("row_hash_cdc")
    before = ends.target.run("SELECT name, sql FROM sqlite_master ORDER BY 1")
    ends.source.run("DROP TABLE t", SOURCE.replace("a INTEGER", "a REAL"), "INSERT INTO t VALUES (1, 10.5, 'x')")

    with pytest.raises(
        Refused, match=r"the type of a column of target table 't' cannot change .*CHECK constraint failed"
    ):
        ends.load("row_hash_cdc", evolve=True)

    assert ends.target.run("SELECT name, sql FROM sqlite_master ORDER BY 1") == before
    assert ends.rows() == [(1, 10, "x"), (2, 20, "y")]


@pytest.mark.parametrize(
    ("extra", "index"),
    [("", ""), ("", "CREATE INDEX by_b ON t (b)"), (", CHECK (a > 0)", ""), (", twice INTEGER AS (k * 2)", "")],
)
def test_duckdb_keeps_all_that_belongs_to_a_table(tmp_path: Path, extra: str, index: str) -> None:
    """Whether DuckDB alters the column or the table has to be built again around it."""
    ends = _files("duckdb", tmp_path)
    ends.source.run(SOURCE, ROWS)
    ends.target.run(
        "CREATE TABLE t (k INTEGER PRIMARY KEY, a INTEGER NOT NULL DEFAULT 3, b VARCHAR,"
        f" came VARCHAR DEFAULT 'now'{extra})",
        *([index] if index else []),
        "COMMENT ON TABLE t IS 'the table'",
        "COMMENT ON COLUMN t.b IS 'it''s b'",
        "CREATE VIEW totals AS SELECT sum(a) AS total FROM t",
    )
    ends.load("row_hash_cdc")
    ends.source.run("ALTER TABLE t ALTER a TYPE DECIMAL(9,2)", "UPDATE t SET a = 10.5 WHERE k = 1")
    ends.load("row_hash_cdc", evolve=True)

    assert ends.rows("k, CAST(a AS VARCHAR), b, came") == [(1, "10.50", "x", "now"), (2, "20.00", "y", "now")]
    assert ends.target.run("SELECT CAST(total AS VARCHAR) FROM totals") == [("30.50",)]
    assert ends.target.run("SELECT index_name FROM duckdb_indexes()") == ([("by_b",)] if index else [])
    assert ends.target.run("SELECT comment FROM duckdb_tables() WHERE table_name = 't'") == [("the table",)]
    assert ends.target.run("SELECT comment FROM duckdb_columns() WHERE table_name = 't' AND column_name = 'b'") == [
        ("it's b",)
    ]
    ((sql,),) = ends.target.run("SELECT sql FROM duckdb_tables() WHERE table_name = 't'")
    assert "a DECIMAL(9,2) DEFAULT(3) NOT NULL" in str(sql)
    assert "k INTEGER PRIMARY KEY" in str(sql)


def test_duckdb_says_what_stands_in_the_way(tmp_path: Path) -> None:
    """A table to which a foreign key leads cannot be built again; nothing is done."""
    ends = _files("duckdb", tmp_path)
    ends.source.run(SOURCE, ROWS)
    ends.target.run(SOURCE, "CREATE TABLE lines (k INTEGER REFERENCES t (k))")
    ends.load("row_hash_cdc")
    ends.source.run("ALTER TABLE t ALTER a TYPE DOUBLE")

    with pytest.raises(
        Refused, match=r"target table 't' cannot change \('a' to DOUBLE\), because DuckDB says: .*: drop what"
    ):
        ends.load("row_hash_cdc", evolve=True)

    assert ends.rows() == [(1, 10, "x"), (2, 20, "y")]


def test_postgresql_keeps_all_that_belongs_to_a_table(on_a_server: Databases) -> None:
    """Indexes, triggers, defaults, comments, grants, policies and the order of the columns."""
    ends = on_a_server
    ends.source.run(SOURCE.replace("VARCHAR", "TEXT"), ROWS)
    ends.target.run(
        "CREATE TABLE t (b text, k integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a integer NOT NULL DEFAULT 3,"
        " came timestamptz DEFAULT now(), twice integer GENERATED ALWAYS AS (k * 2) STORED)",
        "CREATE INDEX by_a ON t (a)",
        "COMMENT ON COLUMN t.a IS 'the amount'",
        "GRANT SELECT ON t TO PUBLIC",
        "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER noted BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION noted()",
    )
    ends.load("row_hash_cdc")
    ends.source.run("ALTER TABLE t ALTER a TYPE numeric(9,2)", "UPDATE t SET a = 10.5 WHERE k = 1")
    ends.load("row_hash_cdc", evolve=True)

    assert ends.rows("k, CAST(a AS VARCHAR), b, twice") == [(1, "10.50", "x", 2), (2, "20.00", "y", 4)]
    assert ends.target.run("SELECT count(*) FROM pg_index WHERE indrelid = 't'::regclass") == [(2,)]
    assert ends.target.run("SELECT tgname FROM pg_trigger WHERE tgrelid = 't'::regclass") == [("noted",)]
    assert ends.target.run("SELECT col_description('t'::regclass, 3)") == [("the amount",)]
    assert ends.target.run("SELECT relacl::text LIKE '%=r/%' FROM pg_class WHERE oid = 't'::regclass") == [(True,)]


def test_postgresql_names_the_view_that_stands_in_the_way(on_a_server: Databases) -> None:
    """The server changes no type that a view shows; the load says which, and changes nothing."""
    ends = on_a_server
    ends.source.run(SOURCE, ROWS)
    ends.load("row_hash_cdc")
    ends.target.run("CREATE VIEW totals AS SELECT sum(a) AS total FROM t")
    ends.source.run("ALTER TABLE t ALTER a TYPE numeric(9,2)")

    with pytest.raises(
        Refused, match=r"\('a' to numeric\(9,2\)\), because PostgreSQL says: .* view .*totals depends on column"
    ):
        ends.load("row_hash_cdc", evolve=True)

    assert ends.rows() == [(1, 10, "x"), (2, 20, "y")]


def test_a_wider_type_of_the_target_stays(on_a_server: Databases) -> None:
    """A source that narrows its type has no value that the target does not hold, and nothing is cut off."""
    ends = on_a_server
    ends.source.run("CREATE TABLE t (k integer PRIMARY KEY, a text)", "INSERT INTO t VALUES (1, 'abcd')")
    ends.load("row_hash_cdc")
    ends.source.run(
        "DROP TABLE t", "CREATE TABLE t (k smallint PRIMARY KEY, a varchar(3))", "INSERT INTO t VALUES (2, 'x')"
    )
    ends.load("incrementing_id", evolve=True)

    assert ends.rows() == [(1, "abcd"), (2, "x")]


@pytest.mark.parametrize(
    ("sql", "types", "new"),
    [
        ("CREATE TABLE t (a INT, b)", {"a": "TEXT", "b": "REAL"}, "CREATE TABLE n (a TEXT , b REAL )"),
        ('CREATE TABLE "x(" ("a,b" DECIMAL(10, 2), c INT)', {"a,b": "TEXT"}, 'CREATE TABLE n ("a,b" TEXT , c INT)'),
        (
            "CREATE TABLE t(a INT CHECK(a IN (1,2)) , PRIMARY KEY(a)) STRICT",
            {"A": "ANY"},
            "CREATE TABLE n (a ANY CHECK(a IN (1,2)) , PRIMARY KEY(a)) STRICT",
        ),
        (
            "CREATE TABLE t([a] VARCHAR(3) -- a, b\n , 'b' INT DEFAULT ',')",
            {"b": "REAL"},
            "CREATE TABLE n ([a] VARCHAR(3) -- a, b\n , 'b' REAL DEFAULT ',')",
        ),
        (
            "CREATE TABLE t(a INT, CONSTRAINT b CHECK (a > 0), b DOUBLE PRECISION NULL)",
            {"b": "TEXT"},
            "CREATE TABLE n (a INT, CONSTRAINT b CHECK (a > 0), b TEXT NULL)",
        ),
    ],
)
def test_a_definition_keeps_all_but_the_type(sql: str, types: dict[str, str], new: str) -> None:
    """Names may be quoted in four ways, and hold what ends a definition elsewhere."""
    assert retyped(sql, "n", types) == new


def test_a_definition_without_the_column_is_refused() -> None:
    """As that of a virtual table."""
    with pytest.raises(Refused, match=r"^the definition of the target table does not say the type of column 'a'"):
        retyped("CREATE VIRTUAL TABLE t USING fts5(b)", "n", {"a": "TEXT"})
