"""Target tables that people already have are loaded into as they are; what would go wrong is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from databases import Database, Databases

from incload.engines.postgres import server
from incload.errors import Refused
from incload.loading.columns.target_shape import _without_generated
from incload.strategy import WriteRule
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = "CREATE TABLE t (k INTEGER PRIMARY KEY, a INTEGER, b TEXT, ts INTEGER)"
ROWS = "INSERT INTO t (k, a, b, ts) VALUES (1, 10, 'x', 1), (2, 20, 'y', 2)"
CHANGE = ("UPDATE t SET a = 11, ts = 11 WHERE k = 1", "INSERT INTO t (k, a, b, ts) VALUES (3, 30, 'z', 12)")
WAYS = [
    ("timestamp_watermark", WriteRule.MERGE),
    ("timestamp_watermark", WriteRule.NEWEST),
    ("full_refresh", WriteRule.REPLACE),
    ("full_refresh", WriteRule.MIRROR),
    ("row_hash_cdc", None),
    ("snapshot_diff", None),
]
PAIRS = [(one, other) for one in ("sqlite", "duckdb", "postgres") for other in ("sqlite", "duckdb", "postgres")]


def _database(engine: str, where: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Database]:
    if engine != "postgres":
        yield Database(f"{engine}:///{folder}/{where}")
        return
    request.getfixturevalue("postgres_server")
    with server.schema() as url:
        yield Database(url)


@pytest.fixture(params=PAIRS, ids="-".join)
def ends(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Return a source and a target of each pair of engines."""
    for source in _database(request.param[0], "source", request, tmp_path):
        for target in _database(request.param[1], "target", request, tmp_path):
            yield Databases(source, target)


@pytest.fixture(params=["sqlite", "duckdb", "postgres"])
def same(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Return a source and a target of one engine."""
    for source in _database(request.param, "source", request, tmp_path):
        for target in _database(request.param, "target", request, tmp_path):
            yield Databases(source, target)


def _types(ends: Databases) -> tuple[str, str]:
    """Return what the target calls whole numbers and texts of the source, or wider types."""
    return "BIGINT", "VARCHAR" if ends.target.engine == "duckdb" else "TEXT"


@pytest.mark.parametrize(("name", "rule"), WAYS)
def test_a_target_with_columns_of_its_own_in_another_order_and_wider(
    ends: Databases, name: str, rule: WriteRule | None
) -> None:
    """Columns are written by name; one that notes when a row came keeps its note in a row that is only updated."""
    number, text = _types(ends)
    ends.source.run(SOURCE, ROWS)
    ends.target.run(
        f"CREATE TABLE t (loaded {number} DEFAULT 7, ts {number}, note {text}, b {text},"
        f" k {number} PRIMARY KEY, a {number} NOT NULL DEFAULT 0)"
    )
    ends.load(name, cursor="ts", write_rule=rule)
    ends.target.run("UPDATE t SET loaded = 8, note = 'mine'")
    ends.source.run(*CHANGE)
    ends.load(name, cursor="ts", write_rule=rule)
    again = ends.load(name, cursor="ts", write_rule=rule)

    assert ends.rows("k, a, b, ts") == [(1, 11, "x", 11), (2, 20, "y", 2), (3, 30, "z", 12)]
    kept = [(1, 7, None)] if rule is WriteRule.REPLACE else [(1, 8, "mine")]
    assert ends.rows("k, loaded, note")[:1] == kept
    if rule is not WriteRule.REPLACE:
        assert again.loaded == 0


def test_append_names_columns(ends: Databases) -> None:
    """Without a key as well."""
    number, text = _types(ends)
    ends.source.run(SOURCE, ROWS)
    ends.target.run(f"CREATE TABLE t (b {text}, loaded {number} DEFAULT 7, ts {number}, a {number}, k {number})")
    ends.load("timestamp_watermark", cursor="ts", write_rule=WriteRule.APPEND)
    ends.source.run(*CHANGE)
    ends.load("timestamp_watermark", cursor="ts", write_rule=WriteRule.APPEND)

    assert ends.rows("k, a, b, ts, loaded") == [
        (1, 10, "x", 1, 7),
        (1, 11, "x", 11, 7),
        (2, 20, "y", 2, 7),
        (3, 30, "z", 12, 7),
    ]


@pytest.mark.parametrize(("name", "rule"), WAYS)
def test_a_generated_column_is_left_to_the_target(ends: Databases, name: str, rule: WriteRule | None) -> None:
    """The source has it as a plain column, and the target computes it."""
    number, text = _types(ends)
    ends.source.run(SOURCE, ROWS)
    stored = {"postgres": "STORED", "sqlite": "STORED", "duckdb": "VIRTUAL"}[ends.target.engine]
    small = "INTEGER" if ends.source.engine != "sqlite" else number
    ends.target.run(
        f"CREATE TABLE t (k {number} PRIMARY KEY, ts {number}, b {text}, base {small} DEFAULT 5,"
        f" a {number} GENERATED ALWAYS AS (ts * 2) {stored})"
    )
    first = ends.load(name, cursor="ts", write_rule=rule)
    ends.source.run(*CHANGE)
    ends.load(name, cursor="ts", write_rule=rule)

    assert ends.rows("k, a, b, ts") == [(1, 22, "x", 11), (2, 4, "y", 2), (3, 24, "z", 12)]
    assert [each for each in first.warnings if "'a'" in each and "generated" in each]


@pytest.mark.parametrize("source", ["sqlite", "duckdb", "postgres"])
@pytest.mark.parametrize(("name", "rule"), [*WAYS, ("timestamp_watermark", WriteRule.APPEND)])
def test_an_identity_takes_the_key_of_the_source(
    source: str, name: str, rule: WriteRule | None, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """PostgreSQL gives the number itself unless a statement insists; a load does."""
    for origin in _database(source, "source", request, tmp_path):
        for target in _database("postgres", "target", request, tmp_path):
            ends = Databases(origin, target)
            ends.source.run(SOURCE, ROWS)
            key = "" if rule is WriteRule.APPEND else " PRIMARY KEY"
            ends.target.run(f"CREATE TABLE t (k BIGINT GENERATED ALWAYS AS IDENTITY{key}, a BIGINT, b TEXT, ts BIGINT)")
            ends.load(name, cursor="ts", write_rule=rule)
            ends.source.run(*CHANGE)
            ends.load(name, cursor="ts", write_rule=rule)

            assert ends.rows("k")[-2:] == [(2,), (3,)]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("k INTEGER PRIMARY KEY, a SMALLINT, b {0}, ts INTEGER", "column 'a' is SMALLINT there and INTEGER here"),
        ("k INTEGER PRIMARY KEY, a INTEGER, ts INTEGER", "column 'b' is missing there; add it, load with --evolve"),
        (
            "k INTEGER PRIMARY KEY, a INTEGER, b {0}, ts INTEGER, own INTEGER NOT NULL",
            "'own' of its own, which must not",
        ),
    ],
)
def test_what_would_go_wrong_is_refused(same: Databases, columns: str, said: str) -> None:
    """A narrower type, a column that is missing, one of the target's own that no one fills."""
    same.source.run(SOURCE, ROWS)
    same.target.run(f"CREATE TABLE t ({columns.format('VARCHAR' if same.target.engine == 'duckdb' else 'TEXT')})")
    if "SMALLINT" in columns and same.target.engine == "sqlite":
        same.load("full_refresh")
        return
    with pytest.raises(Refused, match=f"(?i){said}"):
        same.load("full_refresh")

    assert same.target.run("SELECT count(*) FROM t") == [(0,)]


def test_a_column_that_left_the_source_is_not_the_targets_own(same: Databases) -> None:
    """What a load has written would go stale without a word: it is held back."""
    same.source.run(SOURCE, ROWS)
    same.load("full_refresh")
    same.source.run("ALTER TABLE t DROP COLUMN a")

    assert same.load("full_refresh").held_columns == ("a",)


@pytest.mark.parametrize("engine", ["sqlite", "duckdb", "postgres"])
@pytest.mark.parametrize("rule", [WriteRule.MERGE, WriteRule.NEWEST, WriteRule.MIRROR, WriteRule.REPLACE])
def test_records_of_a_file_leave_the_targets_own_columns_alone(
    engine: str, rule: WriteRule, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """A column with a default is not taken for one that the file has lost."""
    for target in _database(engine, "target", request, tmp_path):
        ends = Databases(Database(f"{tmp_path}/t.json"), target)
        number, text = _types(ends)
        target.run(f"CREATE TABLE t (loaded {number} DEFAULT 7, b {text}, k {number} PRIMARY KEY)")
        name = "full_refresh" if rule in {WriteRule.REPLACE, WriteRule.MIRROR} else "timestamp_watermark"
        for b in ("x", "y"):
            (tmp_path / "t.json").write_text(f'[{{"k": 1, "b": "{b}"}}]', encoding="utf-8")
            ends.load(name, cursor="k", write_rule=rule)

        assert ends.rows("k, loaded") == [(1, 7)]


@pytest.mark.parametrize(("name", "role"), [("id", "key"), ("ts", "cursor")])
def test_a_key_that_the_target_computes_is_refused(name: str, role: str) -> None:
    """No row could be found by it; another column that is computed is left out."""
    columns = tuple(Column(each, Kind.INTEGER) for each in ("id", "ts", "v"))
    table = Table("events", ("id",), "ts", columns)

    def traits(generated: str) -> SimpleNamespace:
        return SimpleNamespace(
            traits={each.name: SimpleNamespace(generated=each.name == generated) for each in columns}
        )

    with pytest.raises(Refused, match=rf"^{role} column '{name}' is generated in target table 'events', and cannot be"):
        _without_generated(table, traits(name))  # type: ignore[arg-type]  # as much of it as is looked at
    assert _without_generated(table, traits("v")).names == ("id", "ts")  # type: ignore[arg-type]
    assert _without_generated(table, traits("")).names == ("id", "ts", "v")  # type: ignore[arg-type]
