"""Loads killed at their boundaries by `os._exit`: nothing they were doing is tidied up, and running again mends it all.

A process that is killed leaves locks, journals and logs behind, which the exceptions of `test_crash` cannot. Killed is
a set of cells that between them run every kind of statement; `make hard` kills every cell at every boundary.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Tally

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")

PAIRS = [("sqlite", "sqlite"), ("duckdb", "duckdb"), ("postgres", "postgres")]
MORE = [
    ("sqlite", "duckdb"),
    ("duckdb", "sqlite"),
    ("postgres", "duckdb"),
    ("sqlite", "postgres"),
    ("duckdb", "postgres"),
    ("postgres", "sqlite"),
]
"""The pairs that are killed only where everything is to be tried."""

COVER = {
    "sqlite-sqlite": "timestamp_watermark/append,boundary_dedup/merge,composite_watermark/newest,row_hash_cdc/merge,"
    "row_hash_cdc/mirror,snapshot_diff/mirror,full_refresh/replace,incrementing_id/merge,trigger_cdc/merge",
    "": "row_hash_cdc/merge",
}
"""The cells that are killed on a pair, and on every other pair, where killing costs many times as much."""


def killed(folder: Path, pair: tuple[str, str], cells: str, loader: str = "door", every: int = 1) -> dict[str, Any]:
    """Return what was crossed, every boundary or every second, and what was wrong."""
    program = Path(__file__).with_name("killing.py")
    given = [str(folder), *pair, cells, loader, str(every)]
    done = subprocess.run([sys.executable, str(program), *given], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("pair", [*PAIRS, *MORE], ids="-".join)
def test_a_killed_load_leaves_no_mixture_and_can_be_run_again(
    pair: tuple[str, str], tmp_path: Path, tally: Tally, request: pytest.FixtureRequest, *, hard: bool
) -> None:
    """What is left is the sync before or the whole of this one; the next load ends where it would have."""
    if pair in MORE and not hard:
        pytest.skip("this pair is killed by make hard")
    if "postgres" in pair:
        request.getfixturevalue("postgres_server")
    every = 1 if hard or pair == PAIRS[0] else 2
    found = killed(tmp_path, pair, "all" if hard else COVER.get("-".join(pair), COVER[""]), every=every)
    tally("crash: boundaries at which a load's process was killed", found["crossed"])

    assert found["wrong"] == []
    assert found["crossed"] > (50 if hard or pair == PAIRS[0] else 20)


@pytest.mark.slow
@pytest.mark.parametrize(("loader", "rule"), [("memory_first", "merge"), ("rows_first", "append")])
def test_a_load_of_two_commits_is_found(loader: str, rule: str, tmp_path: Path, *, hard: bool) -> None:
    """Killed between its commits it leaves a mixture."""
    found = killed(tmp_path, ("sqlite", "sqlite"), f"timestamp_watermark/{rule}", loader, every=1 if hard else 3)

    assert {sentence.partition(": ")[2] for sentence in found["wrong"]} == {"a mixture is left"}
