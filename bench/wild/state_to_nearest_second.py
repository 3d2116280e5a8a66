"""Keeps the watermark rounded to the nearest second.

Half of all watermarks are rounded up, and what comes in the rest of that second is below them.
Seen in https://github.com/airbytehq/airbyte/issues/9915
and https://github.com/airbytehq/airbyte/issues/84400.
"""

from __future__ import annotations

from typing import Any

from ._kit import BY_CURSOR, SECOND, run

CAUSES = ("C07",)
NEEDS = f"{BY_CURSOR} UNIQUE_CURSOR STATE_EXACT"


def sync(request: Any) -> int:
    """Upsert what is above the rounded watermark."""
    with run(request) as own:
        read = own.since(own.state.get("last"))
        own.write(read)
        newest = own.newest(read, own.state.get("last"))
        own.save(last=newest and (newest + SECOND // 2) // SECOND * SECOND)
        return own.read_rows
