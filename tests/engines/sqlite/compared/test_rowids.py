"""Rows that stand at the same rowids are compared there, and whatever stands elsewhere is found by its key."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incload.api.audit import audit
from incload.engines.sqlite.compared import merge, rowids

if TYPE_CHECKING:
    from pathlib import Path

    from incload.auditing.result import AuditResult

ROWS = 200
OTHER = "INSERT INTO t SELECT id, v FROM old ORDER BY "
AGAIN = ("ALTER TABLE t RENAME TO old", "CREATE TABLE t (id BIGINT PRIMARY KEY, v BIGINT)")
EDITS = {
    # name: statements on the copy, the wrong rows
    "nothing": ((), []),
    "a value": (("UPDATE t SET v = 0 WHERE id = 9",), [("stale", 9)]),
    "a key": (("UPDATE t SET id = 999 WHERE id = 9",), [("lost", 9), ("phantom", 999)]),
    "a row less": (("DELETE FROM t WHERE id = 9",), [("lost", 9)]),
    "a row less and one more": (
        ("DELETE FROM t WHERE id = 9", "INSERT INTO t VALUES (999, 1)"),
        [("lost", 9), ("phantom", 999)],
    ),
    "a row more before all": (("INSERT INTO t (rowid, id, v) VALUES (-7, -3, 1)",), [("phantom", -3)]),
    "a row more between two": (
        ("DELETE FROM t WHERE id = 150", "INSERT INTO t (rowid, id, v) VALUES (150, 5000, 1)"),
        [("lost", 150), ("phantom", 5000)],
    ),
    "the same row at another place": (("DELETE FROM t WHERE id = 9", "INSERT INTO t VALUES (9, 18)"), []),
    "two rows that exchange their places": (
        (
            "UPDATE t SET id = -1 WHERE rowid = 9",
            "UPDATE t SET id = 9, v = 18 WHERE rowid = 10",
            "UPDATE t SET id = 10, v = 20 WHERE id = -1",
        ),
        [],
    ),
    "all rows at other places": ((*AGAIN, f"{OTHER} id DESC"), []),
    "all rows at other places, one of which differs": (
        (*AGAIN, f"{OTHER} id DESC", "UPDATE t SET v = 0 WHERE id = 9"),
        [("stale", 9)],
    ),
    "all rows farther behind": (("UPDATE t SET rowid = rowid + 100000",), []),
}


def filled(path: Path, declared: str = "id BIGINT PRIMARY KEY, v BIGINT", more: str = "") -> None:
    """Make a table of rows with twice their key as a value."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE t ({declared}){more}")
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(number, 2 * number) for number in range(1, ROWS + 1)])


def run(path: Path, *statements: str) -> None:
    """Change a table."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for sql in statements:
            connection.execute(sql)


def audited(folder: Path) -> AuditResult:
    """Compare the tables of two files in a folder."""
    return audit(f"sqlite:///{folder}/s.db?table=t", f"sqlite:///{folder}/c.db?table=t", key="id", limit=1_000)


def wrong(found: AuditResult) -> list[tuple[str, object]]:
    """Return what is wrong, and of which key."""
    return [(sample.kind, sample.key[0]) for sample in found.samples]


@pytest.mark.parametrize("name", EDITS)
def test_what_differs_is_found_wherever_it_stands(tmp_path: Path, name: str) -> None:
    """Rowids only say where to look first."""
    edits, expected = EDITS[name]
    for side in "sc":
        filled(tmp_path / f"{side}.db")
    run(tmp_path / "c.db", *edits)

    found = wrong(audited(tmp_path))

    assert sorted(found, key=repr) == sorted(expected, key=repr)


@pytest.mark.parametrize("key", ["'x'", "1.5", "x'00'"])
@pytest.mark.parametrize(
    ("values", "expected"),
    [({"c": 1}, ["phantom"]), ({"s": 1}, ["lost"]), ({"s": 1, "c": 1}, []), ({"s": 1, "c": 2}, ["stale"])],
)
def test_a_key_that_is_no_whole_number_is_found(
    tmp_path: Path, key: str, values: dict[str, int], expected: list[str]
) -> None:
    """A column of whole numbers takes others, too, and these are in no range of keys."""
    for side in "sc":
        filled(tmp_path / f"{side}.db")
    for side, value in values.items():
        run(tmp_path / f"{side}.db", f"INSERT INTO t VALUES ({key}, {value})")

    assert [kind for kind, _ in wrong(audited(tmp_path))] == expected


@pytest.mark.parametrize(
    ("declared", "more"),
    [
        ("id INTEGER PRIMARY KEY, v BIGINT", ""),
        ("id BIGINT PRIMARY KEY, v BIGINT", " WITHOUT ROWID"),
        ("id BIGINT PRIMARY KEY, rowid BIGINT", ""),
    ],
)
@pytest.mark.parametrize("side", ["s", "c"])
def test_tables_without_rowids_of_their_own_are_compared_by_keys(
    tmp_path: Path, declared: str, more: str, side: str
) -> None:
    """A key may be the rowid, and a column may have its name."""
    filled(tmp_path / f"{side}.db", declared, more)
    filled(tmp_path / f"{'sc'.replace(side, '')}.db")
    if "rowid B" in declared:
        run(tmp_path / f"{'sc'.replace(side, '')}.db", "ALTER TABLE t RENAME COLUMN v TO rowid")
    run(tmp_path / "c.db", "DELETE FROM t WHERE id = 4", "INSERT INTO t VALUES (77777, 1)")

    assert wrong(audited(tmp_path)) == [("lost", 4), ("phantom", 77777)]


def test_rows_at_their_places_are_not_looked_up_by_their_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that differ at one rowid need no second look either."""
    for side in "sc":
        filled(tmp_path / f"{side}.db")
    run(tmp_path / "c.db", "UPDATE t SET v = NULL WHERE id = 9")
    monkeypatch.setattr(merge.Merge, "_by_key", lambda *_: pytest.fail("looked up by keys"))

    assert wrong(audited(tmp_path)) == [("stale", 9)]


@st.composite
def two_tables(draw: st.DrawFn) -> tuple[dict[int, int], dict[int, int]]:
    """Return a table, and an edited copy whose rows may stand elsewhere."""
    rows = draw(st.dictionaries(st.integers(-5, 30), st.integers(0, 3), min_size=1, max_size=25))
    edits = draw(st.dictionaries(st.integers(-5, 30), st.none() | st.integers(0, 3), max_size=6))
    copy = [(key, value) for key, value in (rows | edits).items() if value is not None]
    return rows, dict(draw(st.just(copy) | st.permutations(copy)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(two_tables())
def test_any_tables_are_compared_as_by_brute_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tables: tuple[dict[int, int], dict[int, int]]
) -> None:
    """Whatever differs and wherever rows stand, with blocks of few keys each."""
    monkeypatch.setattr("incload.engines.digests.blocks.BLOCK_ROWS", 2)
    monkeypatch.setattr(merge, "_SPAN", 8)
    monkeypatch.setattr(rowids, "_PART", 2)
    rows, copy = tables
    for side, held in zip("sc", tables, strict=True):
        run(tmp_path / f"{side}.db", "DROP TABLE IF EXISTS t", "CREATE TABLE t (id BIGINT PRIMARY KEY, v BIGINT)")
        run(tmp_path / f"{side}.db", *(f"INSERT INTO t VALUES ({key}, {value})" for key, value in held.items()))

    found = wrong(audited(tmp_path))

    expected = {("lost", key) for key in rows.keys() - copy.keys()}
    expected |= {("phantom", key) for key in copy.keys() - rows.keys()}
    expected |= {("stale", key) for key in rows.keys() & copy.keys() if rows[key] != copy[key]}
    assert set(found) == expected
    assert len(found) == len(expected)
