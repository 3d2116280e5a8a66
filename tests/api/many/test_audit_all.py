"""The audit of a config's tables takes the options of their loads as the loads do."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

import incload

if TYPE_CHECKING:
    from pathlib import Path


def _config(folder: Path, source: str, target: str, table: str) -> Path:
    path = folder / "incload.toml"
    path.write_text(
        f'[sources.s]\nurl = "{source}"\n[targets.c]\nurl = "{target}"\n[[tables]]\ntable = "t"\nkey = "id"\n'
        f'strategy = "snapshot_diff"\n{table}\n',
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("target", ["sqlite:///c.db", "duckdb:///c.duckdb"])
def test_types_of_a_file(tmp_path: Path, target: str) -> None:
    """A column whose type the config names is read with it."""
    (tmp_path / "s.csv").write_text("id,code\n1,007\n2,8\n", encoding="utf-8")
    path = _config(tmp_path, "s.csv", target, 'types = { code = "BIGINT" }')
    assert incload.load_all(path).exit_code == 0

    (found,) = incload.audit_all(path).tables

    assert (found.error, found.result and found.result.wrong) == (None, 0)


@pytest.mark.parametrize("target", ["sqlite:///c.db", "duckdb:///c.duckdb"])
def test_a_condition_speaks_of_the_source(tmp_path: Path, target: str) -> None:
    """It may name a column that the load leaves out, and rows that it leaves out are phantoms in the copy."""
    with closing(sqlite3.connect(tmp_path / "s.db")) as source, source:
        source.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, st TEXT)")
        source.executemany("INSERT INTO t VALUES (?, ?, ?)", [(1, "a", "open"), (2, "b", "closed"), (3, "c", "open")])
    path = _config(tmp_path, "sqlite:///s.db", target, 'where = "st = \'open\'"\nexclude = ["st"]')
    assert incload.load_all(path).exit_code == 0

    (right,) = incload.audit_all(path).tables
    assert (right.error, right.result and right.result.wrong) == (None, 0)

    with closing(sqlite3.connect(tmp_path / "s.db")) as source, source:
        source.execute("UPDATE t SET st = 'closed' WHERE id = 3")
    (wrong,) = incload.audit_all(path).tables
    assert (wrong.error, wrong.result and wrong.result.phantom) == (None, 1)


def test_a_condition_that_is_none_is_named_as_the_config_names_it(tmp_path: Path) -> None:
    """The sentence says `where`, which is the key that the config has."""
    with closing(sqlite3.connect(tmp_path / "s.db")) as source, source:
        source.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)")
    with closing(sqlite3.connect(tmp_path / "c.db")) as copy, copy:
        copy.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)")
    path = _config(tmp_path, "sqlite:///s.db", "sqlite:///c.db", 'where = "id = "')

    (found,) = incload.audit_all(path).tables

    assert found.error is not None
    assert found.error.startswith("--where 'id = ' cannot be used on t in")
