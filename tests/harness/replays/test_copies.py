"""The rows of a copy by their keys: every one of them, in few different statements."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from incload.harness.replays import copies as module
from incload.harness.replays.copies import _filled_up, copies
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TABLE = Table("t", ("shop", "id"), None, tuple(Column(name, Kind.INTEGER) for name in ("shop", "id", "v")))
ROWS = [(shop, number, 10 * shop + number) for shop in (1, 2) for number in range(5)]


class Copy:
    """As much of a session as is asked."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Note the statements."""
        self.connection, self.statements = connection, list[str]()

    def listed(self, names: Sequence[str]) -> str:
        """Return the names."""
        return ", ".join(names)

    def quote(self, name: str) -> str:
        """Return the name."""
        return name

    def name(self, place: str, table: str) -> str:
        """Return the name."""
        return f"{place}_{table}"

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Ask."""
        self.statements.append(sql)
        return self.connection.execute(sql, params).fetchall()


@pytest.fixture
def copy() -> Iterator[Copy]:
    """Return a copy of ten rows, one of which stands there twice."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE target_t (shop, id, v)")
        connection.executemany("INSERT INTO target_t VALUES (?, ?, ?)", [*ROWS, (1, 3, 99)])
        yield Copy(connection)


@pytest.mark.parametrize(("number", "named"), [(1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (9, 16)])
def test_as_many_keys_are_named_as_a_power_of_two(number: int, named: int) -> None:
    """The last one stands there again, which finds nothing more."""
    keys = [(each,) for each in range(number)]

    assert _filled_up(keys) == keys + [(number - 1,)] * (named - number)


def test_the_rows_of_some_keys(copy: Copy) -> None:
    """Those that are there, each with all of its rows, and none of other keys."""
    found = copies(copy, TABLE, [(1, 3), (2, 0), (7, 7)])  # type: ignore[arg-type]  # as much of it as is asked

    assert found == {(1, 3): [(1, 3, 13), (1, 3, 99)], (2, 0): [(2, 0, 20)]}
    assert copy.statements[0].count("(shop = ? AND id = ?)") == 4


def test_many_keys_are_asked_in_portions(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two columns half as many keys fit into one; no key is left out between two portions."""
    monkeypatch.setattr(module, "_AT_ONCE", 8)
    keys = [(shop, number) for shop, number, _ in ROWS]
    found = copies(copy, TABLE, keys)  # type: ignore[arg-type]

    assert sorted(found) == keys
    assert [statement.count("shop = ?") for statement in copy.statements] == [4, 4, 2]


@pytest.mark.parametrize("keys", [None, [(1, 3)] * 3])
def test_all_rows_are_read_where_that_is_cheaper(
    keys: list[tuple[int, int]] | None, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For no keys in particular, and for more than a bound."""
    monkeypatch.setattr(module, "_READ_ALL", 2)
    found = copies(copy, TABLE, keys)  # type: ignore[arg-type]

    assert (len(found), copy.statements) == (10, ["SELECT shop, id, v FROM target_t"])


def test_a_time_of_a_database_is_a_number_of_microseconds() -> None:
    """As a history counts it; other values stay."""
    row = (1, datetime(1970, 1, 1, 0, 0, 2, 5), None)  # noqa: DTZ001 - as an engine returns them

    assert module._plain(row) == (1, 2_000_005, None)
    assert module._plain((1, "a", None)) == (1, "a", None)
