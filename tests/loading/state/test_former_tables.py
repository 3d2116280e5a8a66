"""A state that an earlier release has written is read, and its tables renamed with the first sync that writes."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from incload.engines.endpoints import Endpoint, locate
from incload.engines.registry import session_type
from incload.loading.plan import Guards, Plan
from incload.loading.run import load
from incload.loading.state.edit import Choice, look, roll_back
from incload.registry import strategy

if TYPE_CHECKING:
    from pathlib import Path

    from incload.loading.run import LoadSummary

Former = Callable[[str], Endpoint]

ENGINES = ["sqlite", "duckdb", "postgres"]
ROWS = [(1, 100, "a"), (2, 200, "b"), (3, 300, "c")]
NAMES = ["_incload_memory", "_incload_memory_history", "_incload_state", "_incload_state_history"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return the source of the loads that wrote the states, with one more row."""
    path = tmp_path / "source.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, name TEXT)")
        connection.executemany("INSERT INTO events VALUES (?, ?, ?)", [*ROWS, (4, 400, "d")])
    return path


@pytest.fixture
def former(root: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Former:
    """Return what makes a target of an engine as an earlier release has left it."""

    def made(engine: str) -> Endpoint:
        golden = root / "tests" / "golden"
        if engine == "postgres":
            url: str = request.getfixturevalue("postgres_url")
            session = session_type(engine).open(None, locate(url))
            schema = session.name("target", "x").partition(".")[0]
            session.write(f"SET search_path TO {schema}")
            for statement in (golden / "former-state.postgres.sql").read_text(encoding="utf-8").splitlines():
                session.write(statement)
            session.close()
            return locate(url)
        path = tmp_path / f"copy.{engine}"
        path.write_bytes(gzip.decompress((golden / f"former-state.{engine}.gz").read_bytes()))
        return locate(f"{engine}:///{path}")

    return made


def again(source: Path, target: Endpoint, table: str, name: str) -> LoadSummary:
    """Load again; the source has moved since."""
    plan = Plan(table, ("id",), "ts", strategy(name), cursor_per_second=1, guards=Guards(same_source=True))
    return load(locate(f"sqlite:///{source}?table=events"), target, plan)


def there(target: Endpoint) -> list[str]:
    """Return which tables of states the target has."""
    session = session_type(target.engine).open(None, target)
    try:
        return [name for name in NAMES if session.holds("target", name)]
    finally:
        session.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_former_state_goes_on(engine: str, former: Former, source: Path) -> None:
    """Only the new row is read, and the tables have their new names afterwards."""
    target = former(engine)
    before = there(target)
    summary = again(source, target, "events", "timestamp_watermark")

    assert (before, there(target)) == (NAMES[:2], NAMES[2:])
    assert (summary.previous_watermark, summary.loaded, summary.new_watermark) == (300, 1, 400)


@pytest.mark.parametrize("engine", ENGINES)
def test_former_digests_go_on(engine: str, former: Former, source: Path) -> None:
    """The digests beside the rows are found as well: only the new row is written."""
    target = former(engine)

    assert again(source, target, "hashed", "row_hash_cdc").loaded == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_a_former_state_is_shown_as_it_is(engine: str, former: Former) -> None:
    """To look at it changes nothing."""
    target = former(engine)
    shown = look(Choice(target, "events"))

    assert [each.entry.shown for each in shown if each.entry] == [300]
    assert there(target) == NAMES[:2]


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_a_former_history_can_be_rolled_back(engine: str, former: Former, source: Path) -> None:
    """What an earlier release remembered is put back after a load of this one."""
    target = former(engine)
    again(source, target, "events", "timestamp_watermark")
    roll_back(Choice(target, "events"))

    assert again(source, target, "events", "timestamp_watermark").previous_watermark == 300
