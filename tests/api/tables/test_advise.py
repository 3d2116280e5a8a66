"""Advice: from a history one load with its reasons, from one state what is open and what would decide."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from incload.api.tables.advise import advise
from incload.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """Return a folder of snapshots in which one row comes 20 minutes late, and nothing is deleted."""
    folder = tmp_path / "feed"
    folder.mkdir()
    rows: list[dict[str, Any]] = [
        {"id": f"k{number}", "at": f"2026-03-01T{number // 6:02}:{number % 6}0:00Z"} for number in range(60)
    ]
    for number in range(12):
        fresh = {"id": f"n{number}", "at": f"2026-03-01T10:{number * 5:02}:00Z"}
        late = {"id": "late", "at": "2026-03-01T10:10:00Z"}
        rows = [*rows, fresh, *([late] if number == 6 else [])]
        moment = f"2026-03-01T10-{number * 5:02}-30Z"
        (folder / f"{moment}.json").write_text(json.dumps(rows), encoding="utf-8")
    return folder


def test_a_window_with_a_margin(feed: Path) -> None:
    """A late row asks for a window that is wider than its lag; the command can be run as it stands."""
    found = advise(feed, key="id", cursor="at")

    name, _, minutes = found.strategy.partition(":minutes=")
    assert (found.basis, name, found.write_rule) == ("history", "lookback_window", "merge")
    assert float(minutes) >= 15
    assert found.command.startswith(f"incload load {feed}/2026-03-01T10-55-30Z.json --target sqlite:///copy.db")
    assert f"--strategy {found.strategy}" in found.command
    assert found.risk["largest_lag_seconds"] == 15 * 60
    assert found.risk["syncs"] == 12
    assert "nothing later than 15 min was seen" in found.residual_risk
    assert found.other_tools["dlt"].startswith("dlt.sources.incremental('at', lag=")
    broken = {each["assumption"]: each["times_broken"] for each in found.assumptions if not each["held"]}
    assert broken["LAG_WITHIN"] == 1
    ruled_out = {each.strategy: each.why for each in found.alternatives if not each.is_sound}
    assert "LAG_WITHIN broken 1 times" in ruled_out["timestamp_watermark"]


def test_what_cannot_be_read_as_times_is_not_relied_on(feed: Path) -> None:
    """Without a cursor, or with one whose values say no time, loads by a cursor are left out and said to be."""
    assert advise(feed, key="id").strategy in {"row_hash_cdc", "snapshot_diff", "digest_blocks"}
    assert any("No cursor was named" in each for each in advise(feed, key="id").unknown)


@pytest.fixture
def table(tmp_path: Path) -> str:
    """Return the URL of a table of which one row has no timestamp."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.executescript(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, at TEXT);"
            "INSERT INTO orders VALUES (1, '2026-03-01T10:00:00Z'), (2, NULL)"
        )
    return f"sqlite:///{tmp_path}/shop.db?table=orders"


def test_one_state_leaves_things_open(table: str) -> None:
    """The load relies on nothing that is open, and one observation is named that would decide."""
    found = advise(table, key="id", cursor="at", target="duckdb:///copy.duckdb")

    assert (found.basis, found.strategy) == ("state", "row_hash_cdc")
    assert "--target duckdb:///copy.duckdb --table orders --key id --cursor at" in found.command
    assert found.decide.startswith("incload watch ")
    assert len(found.unknown) == 3
    assert any("1 rows have no at" in each for each in found.because)
    assert [each.strategy for each in found.alternatives] == ["full_refresh"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"allow": "1h"}, "write for how long, as in 'delay<=1h'"),
        ({"allow": "delay<=1h", "loses_nothing": True}, "--loses-nothing and --allow exclude each other"),
        ({"deletes": "maybe"}, "unknown deletes 'maybe'"),
        ({"may_ask": "money"}, "unknown may-ask 'money'"),
    ],
)
def test_wishes_are_checked(table: str, options: Any, said: str) -> None:  # noqa: ANN401 - options of any kind
    """A wish that means nothing is refused in a sentence."""
    with pytest.raises(Refused, match=said):
        advise(table, key="id", cursor="at", **options)


def test_a_history_without_a_change_is_refused(tmp_path: Path) -> None:
    """It shows no load to be right or wrong."""
    for number in (1, 2):
        (tmp_path / f"2026-03-0{number}.json").write_text('[{"id": 1}]', encoding="utf-8")

    with pytest.raises(Refused, match="no row changed between the 2 syncs"):
        advise(tmp_path, key="id")


def test_a_delay_that_is_allowed(feed: Path) -> None:
    """Loads whose copy is behind for as long are sound then."""
    found = advise(feed, key="id", cursor="at", allow="delay<=1h")

    delays = {each.strategy.partition(":")[0] for each in found.alternatives if each.is_sound}
    assert "settling_delay" in delays | {found.strategy.partition(":")[0]}


def test_no_command_holds_a_password(feed: Path, table: str) -> None:
    """A password is shown as ***, and a sentence says to write it; a command without one says nothing."""
    target = "postgresql://me:hunter2@127.0.0.1:1/db"
    for path in (feed, table):
        found = advise(path, key="id", cursor="at", target=target)

        assert "postgresql://me:***@127.0.0.1:1/db" in found.command
        assert "hunter2" not in repr(found)
        assert found.hidden.startswith("*** stands for a password")
        assert not advise(path, key="id", cursor="at").hidden


def test_the_source_keeps_its_password(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the command of the load nor the one that would decide shows the password of the table's URL."""
    from incload.engines.endpoints import locate
    from incload.harness.replays import table_profile

    real = table_profile.profile_table
    monkeypatch.setattr(table_profile, "profile_table", lambda _, *given: real(locate(table), *given))
    found = advise("postgresql://me:hunter2@127.0.0.1:1/db?table=orders", key="id", cursor="at")

    assert "hunter2" not in repr(found)
    assert found.command.startswith("incload load 'postgresql://me:***@127.0.0.1:1/db?table=orders' --target")
    assert found.decide.startswith("incload watch 'postgresql://me:***@127.0.0.1:1/db?table=orders' --key id")
    assert found.hidden
