"""Source and target are two tables of one file: they share a connection, and one is never loaded into itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from incload.cli import main
from tests.duckdb_files import opened as opened_file

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [(1, 1, "a"), (2, 2, "b")]
STRATEGIES = ["timestamp_watermark", "full_refresh", "snapshot_diff", "row_hash_cdc"]


def run(path: Path, *statements: str) -> list[tuple[object, ...]]:
    """Run statements on a file; return the rows of the last."""
    if path.suffix == ".duckdb":
        with opened_file(path) as connection:
            return [connection.execute(sql).fetchall() for sql in statements][-1]
    with closing(sqlite3.connect(path)) as connection, connection:
        return [connection.execute(sql).fetchall() for sql in statements][-1]


def load(path: Path, table: str, strategy: str, *more: str) -> int:
    """Load the table `t` of a file into another of it."""
    url = f"{path.suffix[1:]}:///{path}"
    command = ["load", f"{url}?table=t", "--target", url, "--table", table, "--key", "id", "--strategy", strategy]
    return main([*command, "--cursor", "ts", "--cursor-unit", "s", *more])


@pytest.fixture(params=["sqlite", "duckdb"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a file of each engine with a table of two rows."""
    file = tmp_path / f"shop.{request.param}"
    run(
        file,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, ts BIGINT, note VARCHAR)",
        "INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b')",
    )
    return file


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_table_is_copied_within_its_file(strategy: str, path: Path) -> None:
    """A first load takes all rows and a second one what is new; the source stays as it is."""
    assert load(path, "copy", strategy) == 0
    run(path, "INSERT INTO t VALUES (3, 3, 'c')")
    assert load(path, "copy", strategy) == 0

    assert run(path, "SELECT * FROM copy ORDER BY id") == [*ROWS, (3, 3, "c")]
    assert run(path, "SELECT * FROM t ORDER BY id") == [*ROWS, (3, 3, "c")]


@pytest.mark.parametrize("path", ["sqlite"], indirect=True)
def test_a_change_log_stands_beside_both_tables(path: Path) -> None:
    """What the triggers note is carried out in the other table, a deletion too."""
    assert main(["capture", "install", f"sqlite:///{path}?table=t", "--key", "id"]) == 0
    assert load(path, "copy", "trigger_cdc") == 0
    run(path, "DELETE FROM t WHERE id = 1", "INSERT INTO t VALUES (3, 3, 'c')")
    assert load(path, "copy", "trigger_cdc") == 0

    assert run(path, "SELECT * FROM copy ORDER BY id") == [(2, 2, "b"), (3, 3, "c")]


@pytest.mark.parametrize("table", ["t", "T"])
def test_a_table_is_not_copied_into_itself(table: str, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the case of its name, which says no tables of a file apart."""
    assert load(path, table, "full_refresh") == 2

    assert capsys.readouterr().err == (
        f"incload: source and target are both table {table!r} of '{path}': load into another table.\n"
    )
    assert run(path, "SELECT * FROM t ORDER BY id") == ROWS
