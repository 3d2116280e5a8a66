"""Which of many loads may run at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.api.config.model import ConfiguredTable
from incload.api.many.turns import Turns

if TYPE_CHECKING:
    from pathlib import Path


def tables(folder: Path, *ends: str) -> list[ConfiguredTable]:
    """Return tables of their own between ends given as `source>target`; a name is a file."""
    found = []
    for number, each in enumerate(ends):
        source, target = (f"{name.partition('.')[2]}:///{folder}/{name}" for name in each.split(">"))
        found.append(ConfiguredTable(f"t{number}", source, target, {}, 1))
    return found


@pytest.mark.parametrize(
    ("ends", "first"),
    [
        (["a.sqlite>x.sqlite", "a.sqlite>x.sqlite"], [0]),
        (["a.sqlite>x.duckdb", "a.sqlite>x.duckdb"], [0]),
        (["a.sqlite>x.sqlite", "a.sqlite>y.sqlite"], [0, 1]),
        (["a.sqlite>x.duckdb", "x.duckdb>y.sqlite", "a.sqlite>z.sqlite"], [0, 2]),
        (["x.duckdb>y.sqlite", "a.sqlite>x.duckdb", "x.duckdb>z.sqlite"], [0, 2]),
    ],
    ids=["one SQLite file", "one DuckDB file", "two files", "written and read", "read and written"],
)
def test_loads_that_share_a_file_take_turns(ends: list[str], first: list[int], tmp_path: Path) -> None:
    """Of an engine that takes one writer, a file is written by one load, and read by none meanwhile."""
    turns = Turns.of(tables(tmp_path, *ends))
    started = []
    while (number := turns.next()) is not None:
        started.append(number)

    assert started == first


def test_one_file_under_two_names_is_one(tmp_path: Path) -> None:
    """A link leads to the same file."""
    (tmp_path / "y.sqlite").symlink_to(tmp_path / "x.sqlite")
    turns = Turns.of(tables(tmp_path, "a.sqlite>x.sqlite", "a.sqlite>y.sqlite"))

    assert (turns.next(), turns.next()) == (0, None)


def test_a_turn_that_is_over_makes_room(tmp_path: Path) -> None:
    """The next in order goes on."""
    turns = Turns.of(tables(tmp_path, *["a.sqlite>x.sqlite"] * 3))
    order = []
    while (number := turns.next()) is not None:
        order.append(number)
        turns.done(number)

    assert order == [0, 1, 2]


def test_tables_of_one_server_are_loaded_at_the_same_time() -> None:
    """Two tables of a server do not disturb each other, and one table by two strategies does."""
    url = "postgresql://me@127.0.0.1/x"
    made = [ConfiguredTable(name, f"{url}?schema=s", url, {}, 1) for name in ("a", "b", "a")]
    turns = Turns.of(made)

    assert (turns.next(), turns.next(), turns.next()) == (0, 1, None)
