"""Loads by periods of five minutes: in each run the own period alone.

A period is loaded while it lasts; what comes in the rest of it belongs to a period that no later run looks at.
Seen in https://github.com/dbt-labs/dbt-core/issues/10867
and https://github.com/meltano/squared/issues/677.
"""

from __future__ import annotations

from typing import Any

from ._kit import by_periods

CAUSES = ("C46",)
NEEDS = "PERIOD_CURRENT CLOCKS_AGREE CURSOR_MOVES_ON_UPDATE CURSOR_PRESENT NO_HARD_DELETES FIXED_SCHEMA COMPLETE_READ"


def sync(request: Any) -> int:
    """Upsert the rows of the last periods; the first run takes everything."""
    return by_periods(request, lookback=0)
