"""Hostile names and values through every statement of every engine: names quoted, values bound, and all arrive."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from dying import Tape, taped

from incload.engines.endpoints import Location, locate
from incload.engines.postgres import server
from incload.engines.registry import fixture, session_type
from incload.loading.opening import connect
from incload.loading.plan import Guards, Plan
from incload.loading.sync import sync
from incload.registry import strategies
from incload.strategy import WriteRule
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Tally

    from incload.engines.endpoint import Endpoint
    from incload.strategy import Strategy

PAIRS = [("sqlite", "sqlite"), ("duckdb", "duckdb"), ("sqlite", "duckdb"), ("duckdb", "sqlite")]
SERVER_PAIRS = [("postgres", "postgres"), ("postgres", "duckdb"), ("sqlite", "postgres")]
NAME = "n'\"; DROP TABLE victims; --"
"""A name of everything: it ends a quotation of either kind, a statement, and the line."""
KEYS, CURSOR, PAYLOAD = (f"k{NAME}",), f"c{NAME}", f"p{NAME}"
TEXTS = ("'; DROP TABLE victims; --", '"; DROP TABLE victims; --', "\\'; --", "? $1 {x} %s :a", "a\\nb", "'' || ''")
FOLDER = 'it\'s a "folder" ; DROP TABLE victims; --%41'
TABLE = Table(
    f"t{NAME}",
    KEYS,
    CURSOR,
    (Column(KEYS[0], Kind.TEXT), Column(CURSOR, Kind.INTEGER), Column(PAYLOAD, Kind.TEXT)),
)
KEEP_UP = {
    "timestamp_watermark",
    "composite_watermark",
    "boundary_dedup",
    "row_hash_cdc",
    "snapshot_diff",
    "full_refresh",
}
"""Strategies that are right about rows whose timestamps rise and whose keys do not."""
QUOTED = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'')


def fill(end: Endpoint, rows: list[tuple[str, int, str]]) -> None:
    """Put rows into the source by bound parameters; also a table that no one may drop."""
    with closing(session_type(end.engine).open(None, end)) as session:
        if session.columns("target", TABLE.name) is None:
            fixture(session).settle("target", TABLE)
            session.write(f"CREATE TABLE {session.name('target', 'victims')} (id INTEGER)")
        relation = session.name("target", TABLE.name)
        for row in rows:
            session.write(f"DELETE FROM {relation} WHERE {session.quote(KEYS[0])} = ?", row[:1])
            session.write(f"INSERT INTO {relation} VALUES (?, ?, ?)", row)


def held(end: Endpoint) -> tuple[list[tuple[object, ...]], bool]:
    """Return the rows, and whether the other table is still there."""
    with closing(session_type(end.engine).open(None, end)) as session:
        rows = session.rows(f"SELECT * FROM {session.name('target', TABLE.name)}")
        return sorted(rows, key=repr), "victims" in session.tables("target")


def exposed(statements: list[str]) -> list[str]:
    """Return the statements in which a hostile name stands outside of quotes, or a hostile value at all."""
    names = {name.replace('"', '""') for name in (NAME, TABLE.name)}
    values = [text for text in TEXTS if text.endswith("--")]
    found = []
    for each in statements:
        bare = QUOTED.sub("", each)
        rest = each
        for name in names:
            rest = rest.replace(name, "")
        if "DROP TABLE victims" in bare or any(value in rest for value in values):
            found.append(each)
    return found


def test_an_exposed_statement_is_found() -> None:
    """The check finds a name that is not quoted, and a value that is written out."""
    assert exposed([f"SELECT * FROM t{NAME}"]) != []
    assert exposed([f"SELECT '{TEXTS[0]}'"]) != []
    quoted = NAME.replace('"', '""')
    assert exposed([f'SELECT "{quoted}" FROM "t{quoted}" WHERE x = ?']) == []


OF_NUMBERS = {"gap_aware_id"}
"""Strategies that ask for a key of whole numbers; the keys here are texts."""


def cells() -> list[tuple[Strategy, WriteRule]]:
    """Return every strategy under its own rule, and one of each kind of reading under every rule."""
    own = [(each, each.write_rule) for each in strategies() if each.asks is None and each.id not in OF_NUMBERS]
    rest = [(each, rule) for each, _ in own for rule in WriteRule if each.id in {"composite_watermark", "row_hash_cdc"}]
    return list(dict.fromkeys(own + rest))


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_names_and_values_of_everything_arrive(
    pair: tuple[str, str], tmp_path: Path, tally: Tally, *, hard: bool
) -> None:
    """By every strategy, into a folder of such a name, twice; no statement holds a value, and none a bare name.

    On pairs with DuckDB by every third of them, each pair by others, unless everything is asked for.
    """
    folder = tmp_path / FOLDER.replace("/", "")
    folder.mkdir()
    for number, (each, rule) in enumerate(cells()):
        if not hard and "duckdb" in pair and (number + PAIRS.index(pair)) % 3:
            continue
        source = Location(pair[0], folder / f"source {number}")
        target = Location(pair[1], folder / f"target {number}")
        statements = arrived(source, target, each, rule)
        tally("malice: statements that hostile names and values went through", len(statements))

        assert exposed(statements) == []


@pytest.mark.slow
@pytest.mark.parametrize("pair", SERVER_PAIRS, ids="-".join)
def test_names_and_values_of_everything_arrive_on_a_server(
    pair: tuple[str, str], tmp_path: Path, tally: Tally, *, hard: bool
) -> None:
    """As in files; a part of the strategies and rules, unless everything is asked for."""
    for number, (each, rule) in enumerate(cells()):
        if not hard and not (rule is each.write_rule and each.id in KEEP_UP):
            continue
        with server.schema() as one, server.schema() as other:
            source = locate(one) if pair[0] == "postgres" else Location(pair[0], tmp_path / f"source {number}")
            target = locate(other) if pair[1] == "postgres" else Location(pair[1], tmp_path / f"target {number}")
            statements = arrived(source, target, each, rule)
        tally("malice: statements that hostile names and values went through", len(statements))

        assert exposed(statements) == []


def arrived(source: Endpoint, target: Endpoint, each: Strategy, rule: WriteRule) -> list[str]:
    """Load twice and compare, where the strategy promises as much; return every statement of both loads."""
    plan = Plan(TABLE.name, KEYS, CURSOR, each, rule, 1, clock=lambda: 10**15, guards=Guards(allow_removals=True))
    fill(source, [(text, at, text) for at, text in enumerate(TEXTS[:3], 1)])
    statements: list[str] = []
    for more in ([], [(text, 10 + at, text) for at, text in enumerate(TEXTS[3:])]):
        fill(source, more)
        with taped(Tape()) as tape:
            connections = connect(source, target, plan)
            try:
                sync(connections, plan)
            finally:
                connections.close()
        statements += tape.crossed
    if rule is each.write_rule and each.id in KEEP_UP:
        assert held(target)[0] == held(source)[0]
    assert held(source)[1]
    return statements
