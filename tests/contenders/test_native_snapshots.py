"""The state that snapshots carry is one that the harness can measure, lose and put back, as it does in a database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from incload.contenders.contender import SyncRequest
from incload.harness.trials.matrix import contender
from incload.registry import strategy
from tests.loading.snapshot_engine import register

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_state_in_snapshots_is_lost_and_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it everything is read again; with the one that was saved, nothing."""
    register(monkeypatch)
    with closing(sqlite3.connect(tmp_path / "source.db")) as connection, connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)")
        connection.execute("INSERT INTO events VALUES (1, 100), (2, 200)")
    request = SyncRequest(
        f"sqlite:///{tmp_path}/source.db", f"snapshot:///{tmp_path}/lake", "events", ("id",), "ts", tmp_path, None, 0
    )
    who = contender(strategy("timestamp_watermark"))
    state = who.state(request)

    def read() -> int | None:
        counters = who.sync(request).counters
        assert counters is not None
        return counters.read

    first = read()
    saved, size = state.save(), state.size()
    state.lose()
    lost = state.size(), read()
    state.lose()
    state.put_back(saved)

    assert (first, size == len(str(saved)), lost, read()) == (2, True, (0, 2), 0)
