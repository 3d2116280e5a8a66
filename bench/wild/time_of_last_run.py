"""Keeps the time of the run, by its own clock, as the watermark.

WHERE cursor > last_run. Rows that become visible after a run with a cursor value before it, and all rows when the
loader's clock is fast, are never asked for.
Seen in https://github.com/rocky-data/rocky/issues/708
and https://github.com/dbt-labs/dbt-core/issues/2737.
"""

from __future__ import annotations

from typing import Any

from ._kit import run

CAUSES = ("C14", "C20")
NEEDS = "VISIBLE_AT_ONCE CLOCKS_AGREE CURSOR_MOVES_ON_UPDATE CURSOR_PRESENT NO_HARD_DELETES FIXED_SCHEMA COMPLETE_READ"


def sync(request: Any) -> int:
    """Read what changed since the last run."""
    with run(request) as own:
        read = own.since(own.state.get("last_run"))
        own.write(read)
        own.save(last_run=own.now)
        return own.read_rows
