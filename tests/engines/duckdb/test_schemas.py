"""A schema of a DuckDB file, as source and as target: its tables, its state, and what is said of one that is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import duckdb
import pytest
from places import fetch, run

from incload.cli import main
from incload.engines.duckdb.chunked_load import DuckdbParts
from incload.engines.endpoints import Location, locate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ends import Row

ODD = [
    "staging", "my schema", 'a "b" c', "it's", "a.b", "a&b=c", "?#%", "select", "größe", "temp", "source", "target",
    "Main2", " ", "\U0001f389", "a\nb", "n" * 200,
]  # fmt: skip
"""Names that a user has to quote, to encode or to report from names of incload's own."""
COLUMNS = "(id INTEGER PRIMARY KEY, ts INTEGER, name VARCHAR)"
OWN = ["_incload_state", "_incload_state_history", "events"]
"""What stands in a target's schema after a load."""


def quoted(name: str) -> str:
    """Return a name as SQL takes any."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Shop:
    """A DuckDB file with events in a schema and in `main`, and a copy with an empty schema.

    Attributes:
        folder: Where both stand.
        source, target: The schemas.
    """

    folder: Path
    source: str = "staging"
    target: str = "raw"

    @property
    def shop(self) -> Path:
        """The source's file."""
        return self.folder / "shop.duckdb"

    @property
    def copy(self) -> Path:
        """The target's file."""
        return self.folder / "copy.duckdb"

    def make(self) -> Shop:
        """Make both files."""
        events = f"shop.{quoted(self.source)}.events"
        run(
            self.shop, "duckdb",
            f"CREATE SCHEMA shop.{quoted(self.source)}", f"CREATE TABLE {events} {COLUMNS}",
            f"INSERT INTO {events} VALUES (1, 100, 'a'), (2, 200, 'b')",
            f"CREATE TABLE main.events {COLUMNS}", "INSERT INTO main.events VALUES (9, 900, 'main')",
        )  # fmt: skip
        run(self.copy, "duckdb", f"CREATE SCHEMA copy.{quoted(self.target)}")
        return self

    def url(self, schema: str = "") -> str:
        """Return the source's URL."""
        return f"duckdb:///{self.shop}?table=events&schema={quote(schema or self.source)}"

    def target_url(self, schema: str = "", path: Path | None = None) -> str:
        """Return the target's URL."""
        return f"duckdb:///{path or self.copy}?schema={quote(schema or self.target)}"

    def load(self, *more: str, source: str = "", target: str = "", strategy: str = "timestamp_watermark") -> int:
        """Load at the command line."""
        options = ["--table", "events", "--key", "id", "--cursor", "ts", "--cursor-unit", "s", "--strategy", strategy]
        return main(["load", source or self.url(), "--target", target or self.target_url(), *options, *more])

    def change(self) -> None:
        """Change a row of the source's schema, and add one."""
        events = f"shop.{quoted(self.source)}.events"
        run(self.shop, "duckdb", f"UPDATE {events} SET ts = 300, name = 'c' WHERE id = 1")
        run(self.shop, "duckdb", f"INSERT INTO {events} VALUES (3, 301, NULL)")

    def rows(self, schema: str = "", path: Path | None = None) -> list[Row]:
        """Return the events of a schema."""
        path = path or self.copy
        return fetch(path, "duckdb", f"SELECT * FROM {path.stem}.{quoted(schema or self.target)}.events ORDER BY id")


def tables(path: Path) -> dict[str, list[str]]:
    """Return the tables of every schema that has one."""
    found = fetch(path, "duckdb", "SELECT schema_name, table_name FROM duckdb_tables() ORDER BY 1, 2")
    return {str(schema): [str(table) for in_, table in found if in_ == schema] for schema, _ in found}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return the two files."""
    return Shop(tmp_path).make()


@pytest.mark.parametrize("name", ODD)
def test_a_schema_of_any_name_is_loaded_from_and_into(name: str, tmp_path: Path) -> None:
    """The rows of that schema and no other's, merged at the second load; the state stands beside the copy."""
    shop = Shop(tmp_path, name, f"{name}.raw").make()
    assert shop.load() == 0
    first = shop.rows()
    shop.change()
    assert shop.load() == 0

    assert first == [(1, 100, "a"), (2, 200, "b")]
    assert shop.rows() == [(1, 300, "c"), (2, 200, "b"), (3, 301, None)]
    assert tables(shop.copy) == {f"{name}.raw": OWN}
    assert tables(shop.shop) == {"main": ["events"], name: ["events"]}


@pytest.mark.parametrize("strategy", ["row_hash_cdc", "full_refresh", "composite_watermark", "incrementing_id"])
def test_every_way_to_remember_works_in_a_schema(shop: Shop, strategy: str) -> None:
    """Digests stand in a table beside the copy as well, in its schema."""
    assert shop.load(strategy=strategy) == 0
    run(shop.shop, "duckdb", "INSERT INTO staging.events VALUES (3, 301, NULL)")
    assert shop.load(strategy=strategy) == 0

    digests = ["_incload_digests_events_row_hash_cdc"] if strategy == "row_hash_cdc" else []
    state = [] if strategy == "full_refresh" else OWN[:2]
    assert shop.rows() == [(1, 100, "a"), (2, 200, "b"), (3, 301, None)]
    assert tables(shop.copy) == {"raw": [*digests, *state, "events"]}


def test_one_file_has_a_copy_in_each_schema(shop: Shop) -> None:
    """Loads into two schemas are two, and `main` named or not is one."""
    assert shop.load() == 0
    assert shop.load(target=f"duckdb:///{shop.copy}") == 0
    shop.change()
    assert shop.load(target=shop.target_url("main")) == 0

    assert shop.rows("raw") == [(1, 100, "a"), (2, 200, "b")]
    assert shop.rows("main") == [(1, 300, "c"), (2, 200, "b"), (3, 301, None)]
    assert tables(shop.copy) == {"main": OWN, "raw": OWN}


@pytest.mark.parametrize("engine", ["sqlite", "file"])
def test_rows_of_other_engines_come_into_a_schema(shop: Shop, engine: str) -> None:
    """From a SQLite database and from a file of records."""
    if engine == "sqlite":
        path = shop.folder / "shop.db"
        run(path, "sqlite", f"CREATE TABLE events {COLUMNS}", "INSERT INTO events VALUES (5, 500, 'e')")
        source = f"sqlite:///{path}?table=events"
    else:
        source = str(shop.folder / "shop.json")
        (shop.folder / "shop.json").write_text('[{"id": 5, "ts": 500, "name": "e"}]', encoding="utf-8")
    assert shop.load(source=source) == 0

    assert shop.rows() == [(5, 500, "e")]
    assert tables(shop.copy) == {"raw": OWN}


def test_rows_of_a_schema_go_into_sqlite(shop: Shop) -> None:
    """And a target in SQLite has no schema to name."""
    assert shop.load(target=f"sqlite:///{shop.folder}/copy.db") == 0

    assert fetch(shop.folder / "copy.db", "sqlite", "SELECT * FROM events") == [(1, 100, "a"), (2, 200, "b")]


def test_a_view_of_a_schema_is_loaded(shop: Shop) -> None:
    """As a model of dbt is one by default."""
    run(shop.shop, "duckdb", "CREATE VIEW staging.young AS SELECT * FROM staging.events WHERE id > 1")
    assert shop.load(source=shop.url().replace("table=events", "table=young")) == 0

    assert shop.rows() == [(2, 200, "b")]


def test_evolving_stays_in_the_schema(shop: Shop) -> None:
    """A table that is built again under other types, and a new column."""
    assert shop.load() == 0
    run(
        shop.shop, "duckdb",
        "ALTER TABLE staging.events ALTER ts TYPE BIGINT", "ALTER TABLE staging.events ADD COLUMN more INTEGER",
        "UPDATE staging.events SET ts = 3000000000, more = 7 WHERE id = 2",
    )  # fmt: skip
    assert shop.load("--evolve") == 0

    assert shop.rows() == [(1, 100, "a", None), (2, 3_000_000_000, "b", 7)]
    assert tables(shop.copy) == {"raw": OWN}


def test_a_schema_is_filled_in_parts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The passing table stands in the target's schema, and another schema's of that name is left alone."""
    monkeypatch.setattr(DuckdbParts, "rows", 2)
    run(shop.shop, "duckdb", "INSERT INTO staging.events SELECT i, i, 'x' FROM range(3, 6) AS r(i)")
    run(shop.copy, "duckdb", "CREATE TABLE main._incload_filling_events AS SELECT 1 AS id")
    assert shop.load() == 0

    assert shop.rows() == [(1, 100, "a"), (2, 200, "b"), (3, 3, "x"), (4, 4, "x"), (5, 5, "x")]
    assert tables(shop.copy) == {"main": ["_incload_filling_events"], "raw": OWN}


# One file


@pytest.mark.parametrize("strategy", ["timestamp_watermark", "row_hash_cdc", "full_refresh"])
def test_a_file_is_loaded_from_one_schema_into_another(shop: Shop, strategy: str) -> None:
    """A table of the same name; the source's schema stays as it is."""
    run(shop.shop, "duckdb", "CREATE SCHEMA raw")
    here = shop.target_url(path=shop.shop)
    assert shop.load(target=here, strategy=strategy) == 0
    shop.change()
    assert shop.load(target=here, strategy=strategy) == 0

    now = [(1, 300, "c"), (2, 200, "b"), (3, 301, None)]
    assert (shop.rows("raw", shop.shop), shop.rows("staging", shop.shop)) == (now, now)
    assert shop.rows("main", shop.shop) == [(9, 900, "main")]
    assert tables(shop.shop)["staging"] == ["events"]


def test_a_file_under_two_names_is_one(shop: Shop) -> None:
    """DuckDB attaches a file once."""
    (shop.folder / "link.duckdb").symlink_to(shop.shop)
    run(shop.shop, "duckdb", "CREATE SCHEMA raw")
    assert shop.load(target=shop.target_url(path=shop.folder / "link.duckdb")) == 0

    assert shop.rows("raw", shop.shop) == [(1, 100, "a"), (2, 200, "b")]


@pytest.mark.parametrize("schemas", [("staging", "staging"), ("staging", "STAGING"), ("main", "Main")])
def test_a_table_is_not_loaded_into_itself(
    shop: Shop, schemas: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Under any spelling of its schema."""
    before = shop.shop.read_bytes()
    one, other = schemas
    assert shop.load(source=shop.url(one), target=shop.target_url(other, shop.shop)) == 2

    said = capsys.readouterr().err
    assert said.startswith("incload: source and target are both table 'events' of ")
    assert said.endswith(": load into another table.\n")
    assert shop.shop.read_bytes() == before


def test_no_row_is_passed_over_where_parts_renumber_the_source(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkpoint behind a part of the target gives the rows of a source in the same file other numbers."""
    monkeypatch.setattr(DuckdbParts, "rows", 50_000)
    with duckdb.connect(str(shop.shop)) as connection:
        connection.execute("CREATE SCHEMA raw")
        connection.execute(
            "INSERT INTO staging.events SELECT i, i, 'x' FROM range(3, 245761) AS r(i)"
        )  # two row groups
        connection.execute("CHECKPOINT")
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        connection.execute("SET checkpoint_threshold = '1GB'")
        connection.execute("DELETE FROM staging.events WHERE id % 2 = 1")  # what is left fits into one
    assert shop.load(target=shop.target_url(path=shop.shop)) == 0

    sums = "SELECT count(*), min(id), max(id), sum(id) FROM {}.events"
    assert fetch(shop.shop, "duckdb", sums.format("raw")) == [(122_880, 2, 245_760, 15_099_617_280)]
    assert fetch(shop.shop, "duckdb", sums.format("staging")) == [(122_880, 2, 245_760, 15_099_617_280)]


# What is not there


def test_a_schema_is_found_under_any_case(tmp_path: Path) -> None:
    """As DuckDB finds it: letters beyond ASCII are distinguished by their case."""
    shop = Shop(tmp_path, "Staging", "RAW").make()
    assert shop.load(source=shop.url("sTAGING"), target=shop.target_url("raw")) == 0
    run(shop.shop, "duckdb", 'CREATE SCHEMA "Ä"', 'CREATE SCHEMA "ä"', f'CREATE TABLE "ä".events {COLUMNS}')
    run(shop.shop, "duckdb", f'CREATE TABLE "Ä".events {COLUMNS}', """INSERT INTO "Ä".events VALUES (5, 5, 'e')""")
    assert shop.load(source=shop.url("Ä"), target=f"sqlite:///{tmp_path}/Ae.db") == 0

    assert shop.rows("RAW") == [(1, 100, "a"), (2, 200, "b")]
    assert fetch(tmp_path / "Ae.db", "sqlite", "SELECT * FROM events") == [(5, 5, "e")]


REFUSED = {
    "a slip": ("stagin", "raw", "unknown source schema 'stagin': did you mean staging?"),
    "another": ("zzz", "raw", "unknown source schema 'zzz': known: main, other, staging."),
    "letters beyond ASCII": ("\u017ftaging", "raw", "unknown source schema '\u017ftaging': did you mean staging?"),
    "the catalogue": ("pg_catalog", "raw", "unknown source schema 'pg_catalog': known: main, other, staging."),
    "a NUL": ("staging\0", "raw", "unknown source schema 'staging\\x00': did you mean staging?"),
    "a target's": (
        "staging", "rwa",
        "unknown target schema 'rwa': did you mean raw? A load makes no schema: make it first, or name another.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("there", ["copy.duckdb", "new.duckdb"])
def test_a_schema_that_is_not_there_is_refused(
    shop: Shop, what: str, there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With those that are; nothing is made or changed."""
    source, target, said = REFUSED[what]
    run(shop.shop, "duckdb", "CREATE SCHEMA other")
    is_new = there == "new.duckdb"
    before = [(path.name, path.read_bytes()) for path in sorted(shop.folder.iterdir())]
    url = shop.target_url("main" if is_new and target == "raw" else target, shop.folder / there)
    assert shop.load(source=shop.url(source), target=url) == 2

    assert (
        capsys.readouterr().err == f"incload: {said.replace('did you mean raw?', 'known: main.') if is_new else said}\n"
    )
    assert [(path.name, path.read_bytes()) for path in sorted(shop.folder.iterdir())] == before


@pytest.mark.parametrize("command", ["load", "profile"])
def test_a_table_in_another_schema_is_reported(shop: Shop, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands in a schema is not looked for in `main`, but known to be there."""
    run(shop.shop, "duckdb", "DROP TABLE main.events", "CREATE SCHEMA b", "CREATE VIEW b.Events AS SELECT 1 AS id")
    source = f"duckdb:///{shop.shop}?table=events"
    done = shop.load(source=source) if command == "load" else main(["profile", source, "--key", "id", "--cursor", "ts"])

    kind = "source table" if command == "load" else "table"
    assert (done, capsys.readouterr().err) == (
        2,
        f"incload: {kind} 'events' is not in this schema but in b, staging: name that in the URL, as schema=NAME.\n",
    )


# The state


def test_a_state_is_of_one_schema(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """The rows of another schema's table of the same name are not measured by it."""
    assert shop.load() == 0
    capsys.readouterr()
    assert shop.load(source=shop.url("main")) == 2

    here = f"duckdb:///{shop.shop}?table=events"
    assert f"was made from '{here}&schema=staging', and what '{here}' holds from before" in capsys.readouterr().err
    assert shop.rows() == [(1, 100, "a"), (2, 200, "b")]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("table=Events", "?table=events"),
        ("table=events&schema=MAIN", "?table=events"),
        ("schema=Staging&table=events", "?table=events&schema=staging"),
        ("table=events&schema=%C3%84B", "?table=events&schema=\u00c4b"),
    ],
)
def test_a_source_is_named_with_its_schema(query: str, said: str) -> None:
    """But for `main`, which is written as it always was."""
    assert locate(f"duckdb:////shop.duckdb?{query}").origin("Events") == f"duckdb:////shop.duckdb{said}"


def test_a_state_by_hand_is_that_of_the_schema(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """Shown, set, put back and forgotten there; that of `main` stays."""
    assert shop.load(target=f"duckdb:///{shop.copy}") == 0
    assert shop.load() == 0
    shop.change()
    assert shop.load() == 0
    capsys.readouterr()
    assert main(["state", "show", shop.target_url()]) == 0
    shown = capsys.readouterr().out
    raw = "SELECT json_extract_string(value, 'watermark') FROM {}._incload_state WHERE strategy <> '(columns)'"
    seen = []
    for command in (["rollback"], ["set", "--watermark", "250"], ["reset"]):
        assert main(["state", command[0], shop.target_url(), "--table", "events", *command[1:]]) == 0
        seen.append(fetch(shop.copy, "duckdb", raw.format("raw")))

    assert f"source: duckdb:///{shop.shop}?table=events&schema=staging\n  watermark: 301\n" in shown
    assert seen == [[("200",)], [("250",)], []]
    assert fetch(shop.copy, "duckdb", raw.format("main")) == [("200",)]


def test_a_state_of_no_schema_is_refused(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """And where nothing is remembered, the schema is named."""
    assert main(["state", "show", shop.target_url("rw")]) == 2
    assert capsys.readouterr().err.startswith("incload: unknown target schema 'rw': did you mean raw?")
    assert main(["state", "show", shop.target_url()]) == 2

    assert capsys.readouterr().err == (
        f"incload: there is no state in '{shop.copy}' (schema 'raw'): load into it first.\n"
    )


def test_a_table_of_a_schema_is_profiled(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """Its two rows, and not the one in `main`."""
    assert main(["profile", shop.url(), "--key", "id", "--cursor", "ts", "--cursor-unit", "s"]) == 0

    assert capsys.readouterr().out.startswith("2 rows of events, by ts: ")


def test_a_location_shows_its_schema() -> None:
    """In sentences, unless it is the usual one."""
    shown = [locate(f"duckdb:///x.duckdb{query}").shown for query in ("", "?schema=Main", "?schema=it's")]

    assert shown == ["'x.duckdb'", "'x.duckdb'", "'x.duckdb' (schema \"it's\")"]
    assert locate("duckdb:///x.duckdb?schema=raw") != Location("duckdb", locate("duckdb:///x.duckdb").path)  # type: ignore[attr-defined]
