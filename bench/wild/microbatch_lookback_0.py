"""Loads by periods of five minutes: in each run the own period alone.

A period is loaded while it lasts; what comes in the rest of it belongs to a period that no later run looks at.
Seen in https://github.com/dbt-labs/dbt-core/issues/10867
and https://github.com/meltano/squared/issues/677.
"""

from __future__ import annotations

from typing import Any

from ._kit import PERIOD, run

CAUSES = ("C46",)
NEEDS = "PERIOD_CURRENT CLOCKS_AGREE CURSOR_MOVES_ON_UPDATE CURSOR_PRESENT NO_HARD_DELETES COMPLETE_READ"


LOOKBACK = 0


def sync(request: Any) -> int:
    """Upsert the rows of the last periods; the first run takes everything."""
    with run(request) as own:
        end = -(-own.now // PERIOD) * PERIOD  # a period has its end, and not its beginning
        begin = end - (1 + LOOKBACK) * PERIOD
        read = own.rows() if own.is_first else own.rows(f"WHERE {own.cursor} > ? AND {own.cursor} <= ?", begin, end)
        own.write(read)
        return own.read_rows
