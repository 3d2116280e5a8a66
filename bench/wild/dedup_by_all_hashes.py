"""Appends with an inclusive bound, and remembers a hash of every row that it has appended.

The copy of a table that only grows is right; the state grows with the table, and is written again in every sync.
Seen in https://github.com/dlt-hub/dlt/issues/2580
and https://github.com/dlt-hub/dlt/issues/4030
and https://github.com/dlt-hub/dlt/issues/2186.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ._kit import APPENDED, INSERT, run

CAUSES = ("C05",)
NEEDS = APPENDED


def sync(request: Any) -> int:
    """Append what is at or above the watermark and was not seen before."""
    with run(request, keyed=False) as own:
        seen = own.state.get("seen", [])
        known, fresh = set(seen), {}
        for row in own.since(own.state.get("last"), ">="):
            digest = hashlib.sha256(repr(row).encode()).hexdigest()
            if digest not in known:
                fresh[digest] = row
        own.write(fresh.values(), INSERT)
        own.save(last=own.newest(fresh.values(), own.state.get("last")), seen=[*seen, *fresh])
        return own.read_rows
