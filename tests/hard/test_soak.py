"""Thousands of syncs of one small table in one process: nothing grows that should not."""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from places import Place, run

from incload.engines.endpoints import Location
from incload.loading.plan import Plan
from incload.loading.run import load
from incload.loading.state.table_store import KEPT
from incload.registry import strategy

if TYPE_CHECKING:
    from conftest import Tally

SYNCS, SYNCS_HARD = {"sqlite": 200, "duckdb": 20}, {"sqlite": 10_000, "duckdb": 10_000}
"""Syncs with a target of each engine, here and where everything is to be tried."""
WARM = 50
"""Syncs after which everything that is kept once is kept."""
MOST_GROWN = 24 * 1024 * 1024
"""Bytes by which the memory of the process may differ at the end; the allocators of four libraries share it."""


def memory() -> int:
    """Return the bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def handles() -> int:
    """Return how many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="there is no /proc to measure by")
@pytest.mark.parametrize("pair", [("sqlite", "sqlite"), ("sqlite", "duckdb"), ("duckdb", "sqlite")], ids="-".join)
def test_nothing_grows(
    pair: tuple[str, str], tmp_path: Path, tally: Tally, monkeypatch: pytest.MonkeyPatch, *, hard: bool
) -> None:
    """State, open files, scratch files and bookkeeping are after many syncs what they were after a few."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    place = Place(tmp_path, pair)
    place.grow(5)
    plan = Plan("events", ("id",), "ts", strategy("row_hash_cdc"), cursor_per_second=1)
    ends = Location(pair[0], place.source), Location(pair[1], place.target)
    syncs = (SYNCS_HARD if hard else SYNCS)["sqlite" if pair == ("sqlite", "sqlite") else "duckdb"]
    before = (0, 0)
    for number in range(WARM + syncs):
        if number == WARM:
            gc.collect()
            before = memory(), handles()
        run(
            place.source,
            pair[0],
            f"UPDATE events SET name = 'version {number}', ts = {number} WHERE id = 1 + {number} % 5",
        )
        assert load(*ends, plan).loaded == (1 if number else 5)
    gc.collect()
    tally(f"soak: syncs of one table in one process, {'-'.join(pair)}", syncs)

    assert memory() - before[0] < MOST_GROWN
    assert handles() == before[1]
    assert list(scratch.iterdir()) == []
    states = 1 if pair[0] == pair[1] else 2  # between two engines the forms of the columns are kept as well
    assert bookkeeping(place) == {"_incload_state": states, "_incload_digests_events_row_hash_cdc": 5, "events": 5}
    assert place.target.stat().st_size < 12 * 1024 * 1024


def bookkeeping(place: Place) -> dict[str, int]:
    """Return how many rows each table of the target holds, but for its history, which is within its bound."""
    from incload.loading.opening import reopen

    session = reopen(Location(place.pair[1], place.target))
    try:
        found = {name: session.count(session.name("target", name)) for name in session.tables("target")}
    finally:
        session.close()
    assert found.pop("_incload_state_history") <= KEPT
    return found
