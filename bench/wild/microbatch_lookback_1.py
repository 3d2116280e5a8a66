"""Loads by periods of five minutes: in each run the own period and the one before.

With one period to look back, what comes in the rest of a period is found; what is later than that is not.
Seen in https://github.com/dbt-labs/dbt-core/issues/10867
and https://github.com/dbt-labs/dbt-core/issues/15518.
"""

from __future__ import annotations

from typing import Any

from ._kit import by_periods

CAUSES = ("C46", "C45")
NEEDS = "PERIOD_CURRENT=5 CURSOR_MOVES_ON_UPDATE CURSOR_PRESENT NO_HARD_DELETES FIXED_SCHEMA COMPLETE_READ"


def sync(request: Any) -> int:
    """Upsert the rows of the last periods; the first run takes everything."""
    return by_periods(request, lookback=1)
