"""Keeps a list of the intervals that are done, and loads those that are not.

The counterpart of microbatches: an interval that has not ended is loaded and not marked, and a run that did not
happen leaves its intervals to the next. What comes into an interval that is done is not seen.
Seen in https://github.com/SQLMesh/sqlmesh/issues/3866
and https://github.com/dbt-labs/dbt-core/issues/10867.
"""

from __future__ import annotations

from typing import Any

from ._kit import PERIOD, run

CAUSES = ("C46", "C45")
NEEDS = (
    "PERIOD_CLOSED CURSOR_MOVES_ON_UPDATE CURSOR_PRESENT CURSOR_NOT_IN_FUTURE NO_HARD_DELETES FIXED_SCHEMA"
    " COMPLETE_READ"
)


def sync(request: Any) -> int:
    """Upsert every interval from the first that is not done to now."""
    with run(request) as own:
        done = own.state.get("done_until")
        read = own.rows() if done is None else own.rows(f"WHERE {own.at} > ? AND {own.at} <= ?", done, own.now)
        own.write(read)
        own.save(done_until=own.now // PERIOD * PERIOD)
        return own.read_rows
