"""Reads up to the largest cursor value, cut off to whole seconds, and keeps the whole value.

The newest rows of every sync lie above the bound and below the state.
Seen in https://github.com/airbytehq/airbyte/issues/82705.
"""

from __future__ import annotations

from typing import Any

from ._kit import BY_CURSOR, SECOND, run

CAUSES = ("C08",)
NEEDS = f"{BY_CURSOR} WHOLE_SECONDS"


def sync(request: Any) -> int:
    """Upsert from the state to the last whole second."""
    with run(request) as own:
        largest = own.largest(own.source, own.at)
        bound = largest and largest // SECOND * SECOND
        read = own.rows(f"WHERE {own.at} >= ? AND {own.at} <= ?", own.state.get("last", 0), bound)
        own.write(read)
        own.save(last=largest)
        return own.read_rows
