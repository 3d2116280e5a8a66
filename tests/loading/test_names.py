"""Names of tables and columns, whatever they hold: quoted in every statement, on every pair of engines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from incload.errors import Refused

if TYPE_CHECKING:
    from tests.ends import Ends

NAMES = (
    'quo"te',
    "apo'stroph",
    "semi;colon--",
    "таблица 🎉",
    "line\nbreak",
    "do.t[s]",
    "per%cent ?",
    "select",
    "source",
)
OURS = ("target", "main", "temp", "incload_incoming", "s", "t", "d", "r", "k", "o", "rowid", "excluded", "value", " ")
"""Names that incload's own statements use, and one that is only a space."""


def quoted(name: str) -> str:
    """Quote a name as both engines do."""
    return '"' + name.replace('"', '""') + '"'


@pytest.mark.parametrize("name", NAMES)
def test_a_table_of_any_name_is_loaded(ends: Ends, name: str) -> None:
    """A table is created, loaded again, remembered and compared under its own name."""
    table = quoted(name)
    ends.write(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, ts INTEGER)", f"INSERT INTO {table} VALUES (1, 1)")
    ends.load("row_hash_cdc", name=name)
    ends.write(f"INSERT INTO {table} VALUES (2, 2)", f"DELETE FROM {table} WHERE id = 1")
    summary = ends.load("row_hash_cdc", name=name)

    assert (summary.loaded, summary.removed) == (1, 1)
    assert ends.rows(f"SELECT * FROM {table}") == [(2, 2)]


@pytest.mark.parametrize("strategy", ["composite_watermark", "row_hash_cdc", "snapshot_diff"])
@pytest.mark.parametrize(("key", "cursor"), [('"', "select"), ("s", "t"), ("two words", ";"), ("value", "k")])
def test_columns_of_any_name_are_loaded(ends: Ends, strategy: str, key: str, cursor: str) -> None:
    """One table has a column of every name, and such names for its key and its cursor."""
    others = [name for name in (*NAMES, *OURS) if name not in {key, cursor}]
    columns = ", ".join(f"{quoted(name)} INTEGER" for name in (cursor, *others))
    zeros = ", 0" * len(others)
    ends.write(f"CREATE TABLE events ({quoted(key)} INTEGER PRIMARY KEY, {columns})")
    ends.write(f"INSERT INTO events VALUES (1, 1{zeros}), (2, 1{zeros})")
    ends.load(strategy, key=(key,), cursor=cursor)
    ends.write(f"INSERT INTO events VALUES (3, 1{zeros})", f"DELETE FROM events WHERE {quoted(key)} = 1")
    ends.load(strategy, key=(key,), cursor=cursor)
    first = [1] if strategy == "composite_watermark" else []

    assert ends.rows(f"SELECT {quoted(key)} FROM events ORDER BY 1") == [(number,) for number in (*first, 2, 3)]
    assert ends.rows(f"SELECT sum({quoted(others[0])}), sum({quoted(others[-1])}) FROM events") == [(0, 0)]


@pytest.mark.parametrize("name", ["true", "FALSE"])
def test_sqlite_knows_no_column_named_as_a_truth(ends: Ends, name: str) -> None:
    """SQLite loses such a name in a subquery, quoted or not: incload says so rather than load the word itself."""
    ends.write(f'CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, "{name}" VARCHAR)')
    if "sqlite" not in ends.engines:
        assert ends.load("timestamp_watermark").loaded == 0
        return

    with pytest.raises(Refused, match=f"cannot distinguish the column '{name}' from a truth value: rename it"):
        ends.load("timestamp_watermark")


def test_an_empty_name_is_refused(ends: Ends) -> None:
    """A variable of a script that was never set is reported as what it is."""
    with pytest.raises(Refused, match=r"^the table to load into has an empty name: name one with --table\.$"):
        ends.load("full_refresh", name="")


@pytest.mark.parametrize("name", ["_incload_state", "_INCLOAD_x"])
def test_incloads_own_names_are_refused(ends: Ends, name: str) -> None:
    """A load into the state's own table would destroy it."""
    with pytest.raises(Refused, match=rf"^'{re.escape(name)}' cannot be the table to load into: names in _incload_"):
        ends.load("full_refresh", name=name)


@pytest.mark.parametrize("role", ["name", "key", "cursor"])
def test_a_name_with_a_nul_is_refused(ends: Ends, role: str) -> None:
    """No database can store such a name, and none of them has it."""
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)")

    with pytest.raises(Refused, match=r"a\\x00b"):
        ends.load("timestamp_watermark", **{role: ("a\0b",) if role == "key" else "a\0b"})


def test_a_key_that_names_a_column_twice_is_refused(ends: Ends) -> None:
    """A key is a set of columns."""
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)")

    with pytest.raises(Refused, match=r"the key names a column twice \(id, id\): name each once"):
        ends.load("full_refresh", key=("id", "id"))
