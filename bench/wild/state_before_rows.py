"""Commits its state, and then its rows.

A run that dies between the two has moved the watermark over rows that nothing has written.
Seen in https://github.com/ClickHouse/ClickHouse/issues/114930
and https://github.com/drt-hub/drt/issues/1074.
"""

from __future__ import annotations

from typing import Any

from ._kit import BY_CURSOR, run

CAUSES = ("C39",)
NEEDS = f"{BY_CURSOR} UNIQUE_CURSOR RUN_COMPLETES"


def sync(request: Any) -> int:
    """Read, keep the state, write."""
    with run(request) as own:
        read = own.since(own.state.get("last"))
        own.save(last=own.newest(read, own.state.get("last")))
        own.between()
        own.write(read)
        return own.read_rows
