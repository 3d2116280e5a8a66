"""What a load leaves at the end of each scenario, repaired: the audit that follows finds nothing, on every pair."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from confusion import Case, cursor_strategies, ended

from incload.api.load import load
from incload.api.tables.repair import run_repair
from incload.history.synthetic.scenarios import SCENARIOS, scenario
from incload.registry import strategy
from tests.effort import is_hard

if TYPE_CHECKING:
    from pathlib import Path

    from incload.history.synthetic.scenarios import Scenario
    from incload.repairing.account import RepairResult
    from incload.strategy import Strategy
    from incload.table import Table

ENGINES = ("sqlite", "duckdb", "postgres")
PAIRS = [(one, other) for one in ENGINES for other in ENGINES if (one, other) != ("sqlite", "sqlite")]
FLAWS = ("late_arrivals", "hard_deletes", "updates_without_touch", "null_cursor")
"""What the other pairs of engines are tried with, in turn."""
SAMPLE = {"late_arrivals", "truncate_and_reload", "schema_drift", "watermark_rounded_up"}
"""Scenarios that are tried at every run; all others only among the slow tests."""
PLANTED = 3


def kept(case: Case, load_by: Strategy, folder: Path) -> list[str]:
    """Run a load to the end of a history, and write both ends into files; return their URLs."""
    files = {"source": folder / "source.db", "main": folder / "copy.db"}
    with ended(case, load_by) as end:
        for schema, file in files.items():
            end.sandbox.connections.target.driver.execute(f"VACUUM {schema} INTO '{file}'")
    return [f"sqlite:///{file}?table={case.history.table.name}" for file in files.values()]


def plant(folder: Path, table: Table) -> None:
    """Let the copy have one more row that is lost, one that is stale and one that is a phantom."""
    name, key = f'"{table.name}"', table.key[0]
    content = next(each.name for each in table.columns if each.name not in {*table.key, table.cursor})
    with closing(sqlite3.connect(folder / "copy.db")) as copy, copy:
        copy.execute(f"DELETE FROM {name} WHERE {key} = (SELECT min({key}) FROM {name})")
        copy.execute(f"UPDATE {name} SET {content} = 'other' WHERE {key} = (SELECT min({key}) FROM {name})")
        copy.execute(f"INSERT INTO {name} ({key}) VALUES (-1)")


def rows(folder: Path, file: str, table: Table, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Return the rows of a side, without incload."""
    with closing(sqlite3.connect(folder / file)) as opened:
        listed = ", ".join(f'"{name}"' for name in columns)
        return sorted(opened.execute(f'SELECT {listed} FROM "{table.name}"'), key=repr)


def columns_of(folder: Path, file: str, table: Table) -> tuple[str, ...]:
    """Return the columns of a side."""
    with closing(sqlite3.connect(folder / file)) as opened:
        return tuple(row[1] for row in opened.execute(f'PRAGMA table_info("{table.name}")'))


def repaired(urls: list[str], table: Table, exclude: tuple[str, ...] = ()) -> RepairResult:
    """Repair a copy, however many rows have to leave."""
    options: dict[str, Any] = {"key": table.key, "cursor": table.cursor, "exclude": exclude or None}
    return run_repair(urls[0], urls[1], {**options, "duplicates": "replace", "allow_removals": True})  # type: ignore[typeddict-item]  # options of a test


def check(case: Case, load_by: Strategy, folder: Path) -> None:
    """Repair what a load has left, and compare the files; columns that the copy does not have stay out of it."""
    urls, table = kept(case, load_by, folder), case.history.table
    plant(folder, table)
    mine, other = (columns_of(folder, file, table) for file in ("source.db", "copy.db"))
    missing = tuple(name for name in mine if name not in other)

    found = repaired(urls, table, missing)

    shared = tuple(name for name in mine if name not in missing)
    assert found.before.wrong >= PLANTED
    assert found.after is not None
    assert (found.after.wrong, found.exit_code) == (0, 0)
    assert rows(folder, "copy.db", table, shared) == rows(folder, "source.db", table, shared)


@pytest.mark.parametrize(
    "flawed",
    [pytest.param(each, id=each.id, marks=() if each.id in SAMPLE else pytest.mark.slow) for each in SCENARIOS],
)
def test_every_scenario(flawed: Scenario, tmp_path: Path) -> None:
    """After the load that most people write, and with rows that are wrong for no reason at all."""
    check(Case.of(flawed), strategy("timestamp_watermark"), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("load_by", cursor_strategies(), ids=lambda each: each.id)
def test_every_scenario_and_strategy(load_by: Strategy, tmp_path: Path) -> None:
    """After every load that goes by a cursor: on every third scenario, each load on others, or on all."""
    turn = cursor_strategies().index(load_by)
    for flawed in SCENARIOS if is_hard() else SCENARIOS[turn % 3 :: 3]:
        folder = tmp_path / flawed.id
        folder.mkdir()
        check(Case.of(flawed), load_by, folder)


@pytest.mark.parametrize(("pair", "flaw"), [(each, FLAWS[at % len(FLAWS)]) for at, each in enumerate(PAIRS)])
def test_other_pairs(pair: tuple[str, str], flaw: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The same two tables on other engines."""
    case = Case.of(scenario(flaw))
    table = case.history.table
    urls = kept(case, strategy("timestamp_watermark"), tmp_path)
    server = str(request.getfixturevalue("postgres_url")) if "postgres" in pair else ""
    moved = [moved_to(engine, urls[at], table, tmp_path, server) for at, engine in enumerate(pair)]

    found = repaired(moved, table)

    assert found.after is not None
    assert found.before.wrong > 0
    assert (found.after.wrong, found.exit_code) == (0, 0)


def moved_to(engine: str, url: str, table: Table, folder: Path, server: str) -> str:
    """Load a table into an engine under a name of its own, and return its URL there."""
    if engine == "sqlite":
        return url
    name = "source" if "source.db" in url else "copied"
    base = server if engine == "postgres" else f"duckdb:///{folder}/{name}.duckdb"
    load(url, base, table=name, key=table.key, strategy="full_refresh")
    return f"{base}{'&' if '?' in base else '?'}table={name}"
