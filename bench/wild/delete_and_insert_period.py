"""Deletes a period from the target and inserts it again from the source.

A row that changes leaves its old version in an older period, and the target has no key that would object; a deletion
that goes by another zone than the insert does the same.
Seen in https://github.com/bruin-data/ingestr/issues/1078
and https://github.com/duneanalytics/spellbook/issues/1204.
"""

from __future__ import annotations

from typing import Any

from ._kit import INSERT, PERIOD, run

CAUSES = ("C47",)
NEEDS = "INSERT_ONLY NO_HARD_DELETES CURSOR_PRESENT PERIOD_CURRENT CLOCKS_AGREE FIXED_SCHEMA COMPLETE_READ"


def sync(request: Any) -> int:
    """Replace the period in which the run is; the first run takes everything."""
    with run(request, keyed=False) as own:
        end = -(-own.now // PERIOD) * PERIOD  # a period has its end, and not its beginning
        period = f"{own.at} > {end - PERIOD} AND {own.at} <= {end}"
        read = own.rows() if own.is_first else own.rows(f"WHERE {period}")
        with own.transaction():
            own.delete(period)
            own.write(read, INSERT)
        return own.read_rows
