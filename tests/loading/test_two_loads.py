"""Two loads at once into one target: the second waits for the first, and the target is never a mixture."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest

from incload.engines.sqlite.session import SqliteSession
from incload.loading.connections import Connections
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from incload.engines.contract import WriteResult
    from tests.ends import Between, Ends

ROWS = 400


@pytest.mark.parametrize("source", ["sqlite", "duckdb"])
@pytest.mark.parametrize("rule", [WriteRule.APPEND, WriteRule.MERGE])
def test_the_second_load_starts_from_what_the_first_remembers(
    between: Between, source: str, rule: WriteRule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load that comes while another is about to commit reads neither the same rows again nor an old watermark."""
    ends = between(source, "sqlite")
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)", "INSERT INTO events VALUES (1, 1), (2, 2)")
    about_to_commit, second_has_come = Event(), Event()
    begin, commit = SqliteSession.begin, Connections.commit

    def announced(session: SqliteSession, table: str) -> None:
        if about_to_commit.is_set():
            second_has_come.set()
        begin(session, table)

    def held(connections: Connections, *intended: object, **options: object) -> WriteResult:
        about_to_commit.set()
        assert second_has_come.wait(20)
        return commit(connections, *intended, **options)  # type: ignore[arg-type]  # handed on as they are

    monkeypatch.setattr(SqliteSession, "begin", announced)
    monkeypatch.setattr(Connections, "commit", held)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(ends.load, "timestamp_watermark", write_rule=rule)
        assert about_to_commit.wait(20)
        second = threads.submit(ends.load, "timestamp_watermark", write_rule=rule)

    assert (first.result().loaded, first.result().previous_watermark) == (2, None)
    assert (second.result().loaded, second.result().previous_watermark) == (0, 2)
    assert ends.rows() == [(1, 1), (2, 2)]


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_two_processes_leave_one_copy(between: Between, engine: str) -> None:
    """Started at the same moment, both finish or one leaves with a sentence; every row is there once."""
    ends = between(engine, engine)
    ends.write(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)",
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) INSERT INTO events"
        " SELECT i, i FROM n",
    )
    loads = [started(ends) for _ in range(2)]
    said = [load.communicate(timeout=60)[1] for load in loads]
    codes = sorted(load.returncode for load in loads)

    assert codes in ([0, 0], [0, 2]), said
    assert all(text.startswith("incload: ") and text.count("\n") == 1 for text in said if text)
    assert ends.rows("SELECT count(*), count(DISTINCT id), sum(ts) FROM events") == [
        (ROWS, ROWS, ROWS * (ROWS + 1) / 2)
    ]
    assert ends.watermark() == ROWS


def started(ends: Ends) -> subprocess.Popen[str]:
    """Start a load of its own process that appends, so that rows read twice would be there twice."""
    urls = [f"{place.engine}:///{place.path}" for place in (ends.source, ends.target)]
    options = ["--table", "events", "--key", "id", "--cursor", "ts", "--write-rule", "append"]
    command = [sys.executable, "-m", "incload", "load", urls[0], "--target", urls[1], *options]
    return subprocess.Popen(
        [*command, "--strategy", "timestamp_watermark"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
