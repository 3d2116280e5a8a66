"""Memory: the peak of an initial load in a process of its own, of so many rows and of ten times as many.

`pytest bench -k memory --benchmark-only`; the smaller number of rows is `--memory-scale`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from incload.harness.load_timer import CLOCK
from incload.harness.perf.records import Measured, figures
from incload.harness.perf.subprocess_timer import whole
from incload.harness.perf.throughput import workspace
from incload.harness.sandbox.sandbox import pair_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from incload.report.outcome import Outcome

PAIRS = (("sqlite", "sqlite"), ("duckdb", "duckdb"), ("sqlite", "duckdb"), ("duckdb", "sqlite"))
MOST_MORE = 100_000_000
"""So many bytes more the tenfold load may have at its peak."""

pytestmark = [pytest.mark.on_request, pytest.mark.benchmark(timer=CLOCK.read)]


def load_arguments(pair: tuple[str, str], source: Path, target: Path) -> list[str]:
    """Return the command of a load by timestamp watermark."""
    return [
        sys.executable, "-m", "incload", "load", f"{pair[0]}:///{source}?table=orders_narrow",
        "--target", f"{pair[1]}:///{target}", "--table", "orders_narrow", "--key", "id", "--cursor", "modified_at",
        "--strategy", "timestamp_watermark", "--cursor-unit", "us",
    ]  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=pair_name)
def test_memory_of_an_initial_load(
    record_rounds: Callable[[Sequence[float]], None],
    pair: tuple[str, str],
    record: Callable[[Outcome], None],
    command: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    """Ten times the rows need hardly more memory."""
    peaks = []
    for rows in (request.config.option.memory_scale, 10 * request.config.option.memory_scale):
        own = workspace(pair, rows, 1, tmp_path)
        source, target = own.source("initial_load"), own.targets.end("target")
        took = whole(load_arguments(pair, source.path, target.path))
        peaks.append(took.peak_bytes)
        what = f"initial_load_of_{rows}"
        record(
            figures(
                Measured("memory", "timestamp_watermark", what, pair, rows, command),
                [took.seconds],
                peak_bytes=peaks[-1],
            )
        )
        own.sources.clear("source-base")
        own.targets.clear("target")
    record_rounds([took.seconds])

    assert peaks[1] - peaks[0] < MOST_MORE
