"""What the tests of `incload.testing` share: pytest inside of pytest, with the plugin as an installation has it."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SYNCS = """
import sqlite3
from contextlib import closing

import incload.testing


def _copy(request, where=""):
    with closing(sqlite3.connect(request.target_path)) as target:
        target.execute("PRAGMA synchronous = OFF")
        target.execute("ATTACH ? AS source", (request.source_path,))
        table, key = request.table, request.key[0]
        target.execute(f"CREATE TABLE IF NOT EXISTS {table} AS SELECT * FROM source.{table} LIMIT 0")
        where = where.format(table=table, cursor=request.cursor)
        target.execute(f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM source.{table} {where})")
        target.execute(f"INSERT INTO {table} SELECT * FROM source.{table} {where}")
        target.commit()


def right(request):
    with closing(sqlite3.connect(request.target_path)) as target:
        target.execute(f"DROP TABLE IF EXISTS {request.table}")
        target.commit()
    _copy(request)


def newer(request):
    _copy(request, "WHERE {cursor} > (SELECT coalesce(max({cursor}), '') FROM main.{table})" if request.number else "")
"""
"""Two syncs for SQLite: one that copies everything, one that goes by the largest cursor value of the copy."""


@pytest.fixture
def run(pytester: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """Return what runs pytest on a test file that follows the two syncs."""
    named = {point.value for point in entry_points(group="pytest11")}
    plugin = [] if "incload.testing.plugin" in named else ["-p", "incload.testing.plugin"]

    def run_it(text: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(test_mine=SYNCS + text)
        return pytester.runpytest_inprocess("-q", *plugin, *arguments)

    return run_it
