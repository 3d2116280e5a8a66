"""Appends the rows of the last ten minutes, to be sure.

The overlap finds late rows, and brings every other row of it once more.
Seen in https://github.com/duneanalytics/spellbook/issues/1204.
"""

from __future__ import annotations

from typing import Any

from ._kit import INSERT, MINUTE, run

CAUSES = ("C47",)
NEEDS = ""
"""None: it is wrong whatever the source does."""


def sync(request: Any) -> int:
    """Append what is above the watermark less ten minutes."""
    with run(request, keyed=False) as own:
        state = own.state.get("last")
        read = own.since(None if state is None else state - 10 * MINUTE)
        own.write(read, INSERT)
        own.save(last=own.newest(read, state))
        return own.read_rows
