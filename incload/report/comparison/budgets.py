"""What is promised of the suites that are measured on request, and whether it was kept: seconds, memory, multiples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.format import TIMES, rounded
from incload.report.render.blocks import Block, Heading, Paragraph, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

Checked = tuple[str, str, str, bool]
"""What is promised, the bound, what was measured, and whether it was kept."""

SECONDS = {"import_incload": 0.25, "incload_help": 0.25}
"""How long a whole process may take; see `NOTHING` for loads."""
NOTHING = 0.5
"""How long a whole load with nothing to do may take, in seconds."""
MORE_BYTES = 100_000_000
"""How many bytes more a load of ten times the rows may have at its peak."""
STREAM_BYTES, STREAM_ROWS = 1_000_000_000, 1_000_000
"""The peak of a dataset's stream, and how many rows it makes in a second at least."""
FASTER = {"initial_load": 2.0, "change_2_percent": 5.0, "no_change": 6.0}
"""How many times as long a peer takes at least."""


def promise_blocks(frame: pd.DataFrame) -> list[Block]:
    """Return the table of what was put to the test; nothing if nothing was."""
    checked = [*_start_up(frame), *_memory(frame), *_datasets(frame), *_peers(frame)]
    if not checked:
        return []
    rows = tuple((what, bound, found, "met" if kept else "not met") for what, bound, found, kept in checked)
    intro = "Seconds are those of this machine, whatever else it did; what is measured by turns depends on it less."
    heads = ("what", "bound", "measured", "")
    return [Heading(2, "Bounds of what is measured on request"), Paragraph(intro), Table(heads, rows, left=4)]


def _start_up(frame: pd.DataFrame) -> Iterator[Checked]:
    for row in frame[frame["suite"] == "start_up"].itertuples():
        what, took = str(row.scenario), float(str(row.load_seconds_min))
        most = SECONDS.get(what, NOTHING if what.startswith("load_nothing") else None)
        if most is not None:
            yield what.replace("_", " "), f"at most {most} s", f"{rounded(took)} s", took <= most


def _memory(frame: pd.DataFrame) -> Iterator[Checked]:
    for pair, part in frame[frame["suite"] == "memory"].groupby("pair", sort=False):
        peaks = part.sort_values("rows")["peak_memory_bytes"]
        if len(peaks) > 1:
            more = peaks.iloc[-1] - peaks.iloc[0]
            bound = f"less than {MORE_BYTES / 1e6:.0f} MB more"
            yield (
                f"memory of ten times the rows, {pair}",
                bound,
                f"{round(float(more) / 1e6)} MB more",
                more < MORE_BYTES,
            )


def _datasets(frame: pd.DataFrame) -> Iterator[Checked]:
    for row in frame[frame["suite"] == "dataset"].itertuples():
        what = str(row.scenario).replace("_", " ")
        peak, speed = float(str(row.peak_memory_bytes)), float(str(row.table_rows_per_second))
        most, least = f"less than {STREAM_BYTES / 1e6:,.0f} MB", f"at least {STREAM_ROWS:,} rows/s"
        yield f"memory of {what}", most, f"{peak / 1e6:.0f} MB", peak < STREAM_BYTES
        yield f"speed of {what}", least, f"{rounded(speed)} rows/s", speed >= STREAM_ROWS


def _peers(frame: pd.DataFrame) -> Iterator[Checked]:
    for row in frame[frame["suite"] == "peers"].itertuples():
        least, times = FASTER.get(str(row.scenario)), float(str(row.times_reference))
        if least is not None and str(row.strategy) != "incload":
            what = f"{row.strategy}, {str(row.scenario).replace('_', ' ')}"
            yield what, f"at least {TIMES} {least:.0f}", f"{TIMES} {times:.2f}", times >= least
