"""A state is of one source: the rows of another are not measured by it, and a source that has moved is reported."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from incload.cli import main
from incload.engines.endpoints import Location, locate
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ends import Between, Ends

TABLE = "CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)"
CURSORS = ["timestamp_watermark", "composite_watermark", "lookback_window", "incrementing_id", "boundary_dedup"]


def other(ends: Ends, *rows: str) -> Path:
    """Make another source and return its file."""
    beside = replace(ends, folder=ends.folder / "other")
    beside.folder.mkdir()
    beside.write(TABLE, f"INSERT INTO events VALUES {', '.join(rows)}")
    return beside.source.path


def load(ends: Ends, path: Path, *more: str, strategy: str = "timestamp_watermark", table: str = "events") -> int:
    """Load a source's table at the command line."""
    engines = ends.engines
    source = f"{engines[0]}:///{path}?table=events"
    options = ["--table", table, "--key", "id", "--cursor", "ts", "--cursor-unit", "s", "--strategy", strategy]
    return main(["load", source, "--target", f"{engines[1]}:///{ends.target.path}", *options, *more])


@pytest.mark.parametrize("strategy", CURSORS)
def test_the_state_of_one_source_is_not_used_for_another(
    ends: Ends, strategy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The older rows of a second source would be lost silently; nothing is loaded, and the sentence names both."""
    ends.write(TABLE, "INSERT INTO events VALUES (7, 700)")
    second = other(ends, "(1, 100)", "(8, 800)")
    assert load(ends, ends.source.path, strategy=strategy) == 0
    before = ends.state()
    capsys.readouterr()

    one, two = (f"'{ends.engines[0]}:///{path}?table=events'" for path in (ends.source.path, second))
    assert load(ends, second, strategy=strategy) == 2
    assert capsys.readouterr().err == (
        f"incload: the state of table 'events' and strategy '{strategy}' was made from {one}, and what {two} holds "
        "from before would be passed over: load into another table, reset it with `incload state reset TARGET "
        f"--table events --strategy {strategy}`, and the next load reads everything, or, if it is the same source and "
        "has only moved, load with --same-source.\n"
    )
    assert (ends.rows(), ends.state()) == ([(7, 700)], before)


def test_each_remedy_helps(ends: Ends) -> None:
    """Another table has a state of its own, and a state that was forgotten is made again from the second source."""
    ends.write(TABLE, "INSERT INTO events VALUES (7, 700)")
    second = other(ends, "(1, 100)", "(8, 800)")
    target = f"{ends.engines[1]}:///{ends.target.path}"
    assert load(ends, ends.source.path) == 0
    assert load(ends, second, table="others") == 0
    assert main(["state", "reset", target, "--table", "events"]) == 0
    assert load(ends, second) == 0

    assert ends.rows("SELECT id FROM others ORDER BY 1") == [(1,), (8,)]
    assert ends.rows("SELECT id FROM events ORDER BY 1") == [(1,), (7,), (8,)]


@pytest.mark.parametrize("newer", ["(8, 800)", "(7, 700)"], ids=["changed", "same"])
def test_a_source_that_has_moved_is_accepted_once(ends: Ends, newer: str) -> None:
    """With the switch the state goes on and is that of the new place, even when there is nothing to load."""
    ends.write(TABLE, "INSERT INTO events VALUES (7, 700)")
    moved = other(ends, newer)
    assert load(ends, ends.source.path) == 0
    assert load(ends, moved, "--same-source") == 0
    assert load(ends, moved) == 0

    assert ends.state()["events", "timestamp_watermark"]["source"] == f"{ends.engines[0]}:///{moved}?table=events"
    assert load(ends, ends.source.path) == 2


def test_a_dry_run_with_the_switch_moves_nothing(ends: Ends) -> None:
    """It is undone with everything else."""
    ends.write(TABLE, "INSERT INTO events VALUES (7, 700)")
    moved = other(ends, "(7, 700)")
    assert load(ends, ends.source.path) == 0
    assert load(ends, moved, "--same-source", "--dry-run") == 0

    assert load(ends, moved) == 2


def test_a_state_that_names_no_source_is_used(ends: Ends) -> None:
    """What was written before sources were remembered holds on, and is given one with its next value."""
    ends.write(TABLE, "INSERT INTO events VALUES (7, 700)")
    assert load(ends, ends.source.path) == 0
    value = ends.state()["events", "timestamp_watermark"]
    del value["source"]
    ends.write_target(f"UPDATE _incload_state SET value = '{json.dumps(value)}'")
    second = other(ends, "(1, 100)", "(8, 800)")
    assert load(ends, second) == 0

    assert ends.rows() == [(7, 700), (8, 800)]
    assert "other" in str(ends.state()["events", "timestamp_watermark"]["source"])


def test_a_hand_does_not_lose_the_source(sqlite_ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    """A state that was set is still of its source, and `state show` names it."""
    target = f"sqlite:///{sqlite_ends.target.path}"
    sqlite_ends.write(TABLE, "INSERT INTO events VALUES (7, 700)")
    assert load(sqlite_ends, sqlite_ends.source.path) == 0
    assert main(["state", "set", target, "--table", "events", "--watermark", "5"]) == 0
    capsys.readouterr()
    assert main(["state", "show", target, "--table", "events"]) == 0

    assert f"  source: sqlite:///{sqlite_ends.source.path}?table=events\n" in capsys.readouterr().out


@pytest.mark.parametrize("folder", ["", "sub/../"], ids=["plain", "roundabout"])
def test_one_file_has_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    """A relative path, a roundabout one and the case of a table distinguish no source."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()

    assert locate(f"sqlite:///{folder}shop.db?table=Orders").origin("Orders") == (
        Location("sqlite", tmp_path / "shop.db").origin("orders")
    )


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("orders-2026-01-31.json", "orders-*.json"),
        ("orders_20260131T235959Z.csv", "orders_*.csv"),
        ("2026-01-31 23.59.parquet", "*.parquet"),
        ("orders-2.json", "orders-2.json"),
        ("orders-123456789012345.json", "orders-123456789012345.json"),
    ],
)
def test_dated_files_are_states_of_one_table(tmp_path: Path, name: str, origin: str) -> None:
    """A file of another day is the same source; other numbers distinguish files."""
    assert Location("file", tmp_path / name).origin("t") == f"{tmp_path}/{origin}"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:pw@db/shop", "postgresql://db:5432/shop?table=t&schema=public"),
        ("postgresql://you@db:5432/shop?schema=sales", "postgresql://db:5432/shop?table=t&schema=sales"),
        ("postgresql://127.0.0.1/shop", "postgresql://localhost:5432/shop?table=t&schema=public"),
        ("postgresql://localhost/shop?password=pw", "postgresql://localhost:5432/shop?table=t&schema=public"),
    ],
)
def test_a_server_is_named_without_a_user(url: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No one's name and password is written into a target."""
    for name in ("PGHOST", "PGHOSTADDR", "PGPORT"):
        monkeypatch.delenv(name, raising=False)

    assert locate(url).origin("t") == said


@pytest.mark.parametrize("strategy", ["timestamp_watermark", "row_hash_cdc"])
def test_a_table_has_one_state_under_every_case(between: Between, strategy: str) -> None:
    """Where `Events` and `events` are one table, a load finds the state of the other spelling and starts nothing."""
    for engine in ("sqlite", "duckdb"):
        ends = between(engine, engine)
        ends.write(TABLE, "INSERT INTO events VALUES (7, 700)")
        assert load(ends, ends.source.path, strategy=strategy, table="Events") == 0
        ends.write("INSERT INTO events VALUES (8, 800)")
        assert load(ends, ends.source.path, strategy=strategy, table="EVENTS") == 0
        assert main(["state", "show", f"{engine}:///{ends.target.path}", "--table", "evenTs"]) == 0

        assert list(ends.state()) == [("Events", strategy)]
        assert ends.rows() == [(7, 700), (8, 800)]


def test_the_second_spelling_reads_only_what_is_new(sqlite_ends: Ends) -> None:
    """A watermark under another spelling counts."""
    sqlite_ends.write(TABLE, "INSERT INTO events VALUES (7, 700)")
    sqlite_ends.load("timestamp_watermark", name="Events", table="events")

    assert sqlite_ends.load("timestamp_watermark", name="events").loaded == 0


def test_other_tables_of_one_file_are_other_sources(ends: Ends) -> None:
    """Two tables of one database, loaded into one, are two sources."""
    ends.write(TABLE, "INSERT INTO events VALUES (7, 700)", TABLE.replace("events", "older"))
    ends.load("timestamp_watermark")

    with pytest.raises(Refused, match=r"was made from '.*table=events', and what '.*table=older' holds"):
        ends.load("timestamp_watermark", table="older")
