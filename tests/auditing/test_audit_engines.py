"""The audit through real engines: one value of one row is bent by SQL, and exactly that row is found.

The same faults are planted as in the audit of plain rows, where a database can hold them. Every fault is planted in
the first, a middle and the last row, and once at the borders of chunks of two rows.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from incload.auditing.audit import Difference
from incload.engines.registry import fixture
from incload.harness.sandbox.sandbox import PAIRS, SERVER_PAIRS, Sandbox, open_sandbox, pair_name
from incload.harness.trials.trial import difference
from incload.history.history import History
from incload.loading.plan import Plan
from incload.loading.sync import sync
from incload.registry import strategy
from incload.strategy import WriteRule
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from incload.engines.session import Place, Session

    Own = Callable[[tuple[str, str]], "Copied"]

ENGINES = (*PAIRS, *SERVER_PAIRS, ("duckdb", "sqlite"), ("sqlite", "postgres"))
NOON = 1_767_268_800_000_000
KEYS = (10, 20, 30, 40, 50)
EDGES = (10, 30, 50)
"""The keys of the first, a middle and the last row."""

TABLE = Table(
    "edges",
    ("id",),
    "at",
    (
        Column("id", Kind.INTEGER),
        Column("name", Kind.TEXT),
        Column("note", Kind.TEXT),
        Column("sum", Kind.REAL),
        Column("big", Kind.INTEGER),
        Column("flag", Kind.BOOLEAN),
        Column("at", Kind.TIMESTAMP),
        Column("data", Kind.BLOB),
    ),
)
ROW = ("Caf\u00e9 Ada", None, 0.1 + 0.2, 2**53 + 1, True, NOON, b"\x00\xff")
TYPES = (pa.int64(), pa.string(), pa.string(), pa.float64(), pa.int64(), pa.bool_(), pa.timestamp("us"), pa.binary())

BENDS: dict[str, tuple[str, object]] = {
    # name: the column, and the value that it is set to
    "another text": ("name", "Caf\u00e9 Eve"),
    "null for a text": ("name", None),
    "empty text for a null": ("note", ""),
    "trailing space": ("name", "Caf\u00e9 Ada "),
    "another normal form": ("name", "Cafe\u0301 Ada"),
    "another case": ("name", "Caf\u00e9 ADA"),
    "float noise": ("sum", 0.3),
    "a float of single precision": ("sum", 0.30000001192092896),
    "null for a float": ("sum", None),
    "an integer as a float holds it": ("big", 2**53),
    "one more": ("big", 2**53 + 2),
    "false for true": ("flag", False),
    "null for true": ("flag", None),
    "one microsecond": ("at", NOON + 1),
    "an hour, as a zone makes it": ("at", NOON + 3_600_000_000),
    "null for a timestamp": ("at", None),
    "one bit of a blob": ("data", b"\x00\xfe"),
    "a blob cut short": ("data", b"\x00"),
    "empty blob": ("data", b""),
}


class Copied:
    """A source of five equal rows and its copy, to be bent and straightened again."""

    def __init__(self, pair: tuple[str, str], folder: Path) -> None:
        """Open the pair and copy the table."""
        rows = [(key, *ROW) for key in KEYS]
        columns = [pa.array(list(values), kind) for values, kind in zip(zip(*rows, strict=True), TYPES, strict=True)]
        self.base = pa.table(columns, names=list(TABLE.names))
        self.sandbox: Sandbox = open_sandbox(pair, TABLE, folder)
        self.sandbox.begin(History(TABLE, NOON, self.base, ()))
        self.plan = Plan("edges", ("id",), None, strategy("full_refresh"))
        sync(self.sandbox.connections, self.plan)

    def straighten(self) -> None:
        """Make the source what it was, and the target its copy."""
        writer = self.sandbox.writer
        writer.write(f"DELETE FROM {writer.name(self.sandbox.place, 'edges')}")
        fixture(writer).put(self.sandbox.place, TABLE, self.base)
        sync(self.sandbox.connections, self.plan)

    def bend_target(self, sql: str, *values: object) -> None:
        """Run a statement on the target; `{t}` stands for it."""
        session = self.sandbox.connections.target
        session.write(sql.format(t=session.name("target", "edges")), values)

    def bend_source(self, sql: str, *values: object) -> None:
        """Run a statement on the source; `{t}` stands for it."""
        session = self.sandbox.writer
        session.write(sql.format(t=session.name(self.sandbox.place, "edges")), values)


def stored(session: Session, place: Place, column: str, value: object) -> object:
    """Return a value as the column stores it: a timestamp is more than a number where it has a type of its own."""
    declared = {each.name: each.declared for each in session.columns(place, "edges") or ()}[column]
    if declared == "bigint" and isinstance(value, bool):
        return int(value)
    if not declared.upper().startswith("TIMESTAMP") or not isinstance(value, int):
        return value
    return datetime(2026, 1, 1, 12, tzinfo=UTC).replace(tzinfo=None) + timedelta(microseconds=value - NOON)


@pytest.fixture(scope="module", params=ENGINES, ids=pair_name)
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    """Return a source and its copy on each pair of engines."""
    copied = Copied(request.param, tmp_path_factory.mktemp("pair"))
    yield copied
    copied.sandbox.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Own]:
    """Return what opens a pair that one test has for itself."""
    made: list[Copied] = []

    def make(pair: tuple[str, str]) -> Copied:
        made.append(Copied(pair, tmp_path))
        return made[-1]

    yield make
    for copied in made:
        copied.sandbox.close()


@pytest.fixture
def copied(opened: Copied) -> Copied:
    """Return a source and its copy with nothing bent."""
    opened.straighten()
    return opened


def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the engines hand over two rows at a time."""
    for engine in ("sqlite", "duckdb"):
        monkeypatch.setattr(f"incload.engines.{engine}.sandbox.BATCH_ROWS", 2)


def test_a_copy_is_right(copied: Copied, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found where nothing was bent, in chunks of any size."""
    assert difference(copied.sandbox) == Difference()

    small_chunks(monkeypatch)

    assert difference(copied.sandbox) == Difference()


@pytest.mark.parametrize("name", BENDS)
def test_a_bent_value_is_found(name: str, copied: Copied, monkeypatch: pytest.MonkeyPatch) -> None:
    """One value bent in the first, a middle and the last row of the target makes exactly these rows stale."""
    column, value = BENDS[name]
    value = stored(copied.sandbox.connections.target, "target", column, value)
    bent: set[tuple[int]] = set()
    for key in EDGES:
        copied.bend_target(f'UPDATE {{t}} SET "{column}" = ? WHERE id = {key}', value)
        bent.add((key,))

        assert difference(copied.sandbox) == Difference(stale=frozenset(bent))

    small_chunks(monkeypatch)

    assert difference(copied.sandbox) == Difference(stale=frozenset(bent))


@pytest.mark.parametrize("name", BENDS)
def test_a_value_bent_in_the_source_is_found(name: str, copied: Copied) -> None:
    """A value bent in the source instead makes the row stale as well."""
    column, value = BENDS[name]
    value = stored(copied.sandbox.writer, copied.sandbox.place, column, value)
    copied.bend_source(f'UPDATE {{t}} SET "{column}" = ? WHERE id = 30', value)

    assert difference(copied.sandbox) == Difference(stale=frozenset({(30,)}))


@pytest.mark.parametrize("key", EDGES)
def test_a_missing_row_is_found(key: int, copied: Copied, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row deleted from the target is lost, one deleted from the source a phantom."""
    copied.bend_target("DELETE FROM {t} WHERE id = ?", key)

    assert difference(copied.sandbox) == Difference(lost=frozenset({(key,)}))

    copied.straighten()
    copied.bend_source("DELETE FROM {t} WHERE id = ?", key)
    small_chunks(monkeypatch)

    assert difference(copied.sandbox) == Difference(phantom=frozenset({(key,)}))


@pytest.mark.parametrize("key", [5, 25, 55])
def test_a_row_too_many_is_found(key: int, copied: Copied, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row inserted into the target before, among and behind the others is a phantom, one in the source is lost."""
    insert = "INSERT INTO {t} (id, name) VALUES (?, 'x')"
    copied.bend_target(insert, key)

    assert difference(copied.sandbox) == Difference(phantom=frozenset({(key,)}))

    copied.straighten()
    copied.bend_source(insert, key)
    small_chunks(monkeypatch)

    assert difference(copied.sandbox) == Difference(lost=frozenset({(key,)}))


def test_an_empty_target_and_an_empty_source(copied: Copied) -> None:
    """With nothing in the target every row is lost; with nothing in the source every row is a phantom."""
    everything = frozenset((key,) for key in KEYS)
    copied.bend_target("DELETE FROM {t}")

    assert difference(copied.sandbox) == Difference(lost=everything)

    copied.straighten()
    copied.bend_source("DELETE FROM {t}")

    assert difference(copied.sandbox) == Difference(phantom=everything)


@pytest.mark.parametrize("pair", ENGINES, ids=pair_name)
def test_copies_of_a_row_are_found(pair: tuple[str, str], own: Own, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a target without a key, every copy beyond the first is counted, and a bent copy is stale besides."""
    copied = own(pair)
    plan = Plan("edges", ("id",), None, strategy("full_refresh"), WriteRule.APPEND)
    copied.bend_target("DROP TABLE {t}")
    sync(copied.sandbox.connections, plan)
    names = ", ".join(f'"{name}"' for name in TABLE.names)
    small_chunks(monkeypatch)
    expected: dict[tuple[int], int] = {}
    for key in EDGES:
        copied.bend_target(f"INSERT INTO {{t}} SELECT {names} FROM {{t}} WHERE id = {key}")
        copied.bend_target(f"INSERT INTO {{t}} SELECT {names} FROM {{t}} WHERE id = {key}")
        expected[key,] = 3

        assert difference(copied.sandbox) == Difference(duplicated=expected)

    copied.bend_target(f"INSERT INTO {{t}} (id, name) VALUES ({KEYS[3]}, 'bent')")

    found = Difference(stale=frozenset({(KEYS[3],)}), duplicated={**expected, (KEYS[3],): 1})
    assert difference(copied.sandbox) == found


@pytest.mark.parametrize("value", [b"Caf\xc3\xa9 Ada", 7, 7.5])
def test_sqlite_holds_any_type_in_a_column(value: object, own: Own) -> None:
    """In SQLite a value may have another type than its column; an untyped target column keeps it, and it is stale."""
    copied = own(("sqlite", "sqlite"))
    columns = ", ".join(f'"{name}"' for name in TABLE.names)
    copied.bend_target("ALTER TABLE {t} RENAME TO copy")
    copied.bend_target(f"CREATE TABLE main.edges ({columns})")
    copied.bend_target("INSERT INTO main.edges SELECT * FROM main.copy")

    assert difference(copied.sandbox) == Difference()

    copied.bend_target('UPDATE {t} SET "name" = ? WHERE id = 30', value)

    assert difference(copied.sandbox) == Difference(stale=frozenset({(30,)}))


def test_integers_and_floats_are_distinguished(own: Own) -> None:
    """A target column that turned into floats is stale throughout, although every value is equal as a number."""
    copied = own(("duckdb", "duckdb"))
    copied.bend_source("UPDATE {t} SET big = 7")
    copied.bend_target("UPDATE {t} SET big = 7")
    copied.bend_target("ALTER TABLE {t} ALTER big TYPE DOUBLE")

    assert difference(copied.sandbox) == Difference(stale=frozenset((key,) for key in KEYS))


def test_a_nan_equals_a_nan(own: Own) -> None:
    """A NaN on both sides is no difference, a NaN on one side is."""
    copied = own(("duckdb", "duckdb"))
    copied.bend_source("UPDATE {t} SET sum = 'nan' WHERE id >= 30")
    copied.bend_target("UPDATE {t} SET sum = 'nan' WHERE id <= 30")

    assert difference(copied.sandbox) == Difference(stale=frozenset({(10,), (20,), (40,), (50,)}))


def test_one_instant_in_two_zones_is_one(own: Own) -> None:
    """Timestamps with a zone are compared as instants: the zone in which they are written is none of their content."""
    copied = own(("duckdb", "duckdb"))
    for side in (copied.bend_source, copied.bend_target):
        side("ALTER TABLE {t} ADD COLUMN zoned TIMESTAMPTZ")
    columns = copied.sandbox.connections.source.columns("source", "edges") or ()
    copied.sandbox = replace(copied.sandbox, table=replace(TABLE, columns=columns))
    copied.bend_source("UPDATE {t} SET zoned = '2026-01-01T12:00:00Z'")
    copied.bend_target("UPDATE {t} SET zoned = '2026-01-01T13:00:00+01:00'")
    copied.bend_target("UPDATE {t} SET zoned = '2026-01-01T12:00:00+01:00' WHERE id = 20")

    assert difference(copied.sandbox) == Difference(stale=frozenset({(20,)}))
