"""Reads from the last run until now, by the loader's clock.

WHERE cursor > last_run AND cursor <= now. On a replica that lags, the rows of the last minutes are not there yet, and
the next run begins behind them.
Seen in https://github.com/simstudioai/sim/issues/4955
and https://github.com/triggerdotdev/trigger.dev/issues/3910.
"""

from __future__ import annotations

from typing import Any

from ._kit import run

CAUSES = ("C20", "C14")
NEEDS = (
    "VISIBLE_AT_ONCE CLOCKS_AGREE CURSOR_MOVES_ON_UPDATE CURSOR_PRESENT CURSOR_NOT_IN_FUTURE NO_HARD_DELETES"
    " FIXED_SCHEMA COMPLETE_READ"
)


def sync(request: Any) -> int:
    """Read one window of the loader's own time."""
    with run(request) as own:
        read = own.rows(f"WHERE {own.at} > ? AND {own.at} <= ?", own.state.get("last_run", 0), own.now)
        own.write(read)
        own.save(last_run=own.now)
        return own.read_rows
