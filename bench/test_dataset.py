"""Datasets: rows made and streamed to Parquet in a process of its own. `pytest bench -k dataset --benchmark-only`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from incload.harness.load_timer import CLOCK
from incload.harness.perf.records import Measured, figures
from incload.harness.perf.subprocess_timer import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from incload.report.outcome import Outcome

MOST = 1_000_000_000
"""So many bytes a stream may take at its peak, whatever its length."""
WRITE = """
import sys
from pathlib import Path
from incload.history.synthetic.datasets import dataset, write_parquet
write_parquet(dataset(sys.argv[1]), int(sys.argv[2]), 1, Path(sys.argv[3]))
"""

pytestmark = [pytest.mark.on_request, pytest.mark.benchmark(timer=CLOCK.read)]


@pytest.mark.parametrize("name", ["orders_narrow", "orders", "customers", "sensor_events"])
def test_dataset_is_streamed_to_parquet(
    record_rounds: Callable[[Sequence[float]], None],
    name: str,
    record: Callable[[Outcome], None],
    command: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    """The stream holds a block at a time."""
    rows = request.config.option.dataset_rows
    took = whole([sys.executable, "-c", WRITE, name, str(rows), str(tmp_path / "rows.parquet")])
    record_rounds([took.seconds])
    record(
        figures(
            Measured("dataset", "generator", f"{name}_of_{rows}", ("", ""), rows, command),
            [took.seconds],
            peak_bytes=took.peak_bytes,
        )
    )

    assert took.peak_bytes < MOST
