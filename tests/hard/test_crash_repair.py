"""A repair that dies at any boundary leaves the copy as it was, or repaired."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from dying import Death, Tape, taped

from incload.api.audit import run_audit
from incload.api.tables import repair as api
from incload.auditing.compare_tables import Hooks
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.loading.opening import connect
from incload.repairing.account import Duplicates
from incload.repairing.writing import Work, repair

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Tally

    from incload.loading.connections import Connections

ENGINES = ("sqlite", "duckdb", "postgres")
PAIRS = [(one, other) for one in ENGINES for other in ENGINES]
SOURCE = "(1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')"
COPY = "(1, 'a'), (2, 'x'), (4, 'd'), (4, 'e'), (9, 'z')"
REPAIRED = [(1, "a"), (2, "b"), (3, "c"), (4, "d")]


def made(base: str, table: str, rows: str) -> str:
    """Make a table and return its URL."""
    end = locate(base)
    session = session_type(end.engine).open(None, end)
    session.write(f"CREATE TABLE {session.name('target', table)} (k BIGINT, v TEXT)")
    session.write(f"INSERT INTO {session.name('target', table)} VALUES {rows}")
    session.close()
    return f"{base}{'&' if '?' in base else '?'}table={table}"


def content(connections: Connections) -> list[Any]:
    """Return the rows of the copy."""
    target = connections.target
    return sorted(target.rows(f"SELECT * FROM {target.name('target', 'c')}"))


@pytest.mark.parametrize(
    ("pair", "duplicates"),
    [*((pair, Duplicates.REPLACE) for pair in PAIRS), *((pair, Duplicates.KEEP_NEWEST) for pair in PAIRS[::4])],
    ids=lambda each: each if isinstance(each, str) else "-".join(each),
)
def test_dying_at_any_statement(
    pair: tuple[str, str], duplicates: Duplicates, tmp_path: Path, tally: Tally, request: pytest.FixtureRequest
) -> None:
    """What is there afterwards is what was there before, or the repaired copy."""
    server = request.getfixturevalue("postgres_url") if "postgres" in pair else ""
    bases = [server if each == "postgres" else f"{each}:///{tmp_path}/{at}.{each}" for at, each in enumerate(pair)]
    urls = made(bases[0], "s", SOURCE), made(bases[1], "c", COPY)
    found = api._Found()
    options: api.RepairOptions = {"key": "k", "cursor": "v"}
    run_audit(*urls, {"key": "k"}, Hooks(keep=found.keep))
    work = Work(found.keys, found.pairs, duplicates)
    copy: Any = replace(locate(urls[1]), table=None)  # type: ignore[type-var]  # every endpoint is a record
    connections = connect(locate(urls[0]), copy, api._plan(options, "c"))
    before = content(connections)
    try:
        for at in count():
            with taped(Tape(at)) as tape, suppress(Death):
                repair(connections, api._plan(options, "c"), work, lasting=True)
            if not tape.dead:
                break
            connections.rollback()  # what a database does when the process that wrote is gone
            assert content(connections) in (before, REPAIRED), f"a mixture, after {tape.crossed[-1:]}"
        assert content(connections) == REPAIRED
        assert at > 10
        tally("crash: boundaries at which a repair died", at)
    finally:
        connections.close()
