"""Starts with the time of the first run as its watermark, and loads nothing before it.

Whatever was in the table when the loader was set up is never read, unless it changes.
Seen in https://github.com/rocky-data/rocky/issues/708
and https://github.com/MinnPost/object-sync-for-salesforce/issues/138.
"""

from __future__ import annotations

from typing import Any

from ._kit import run

CAUSES = ("C14",)
NEEDS = ""
"""None: it is wrong whatever the source does."""


def sync(request: Any) -> int:
    """Upsert what came after the set-up."""
    with run(request) as own:
        state = own.state.get("last", own.now)
        read = own.since(state)
        own.write(read)
        own.save(last=own.newest(read, state))
        return own.read_rows
