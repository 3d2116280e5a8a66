"""Appends with an inclusive bound, and remembers the hashes of the last few rows only.

Where more rows share the newest cursor value than are remembered, the rest is appended again.
Seen in https://github.com/dlt-hub/dlt/issues/971
and https://github.com/dlt-hub/dlt/issues/1062.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ._kit import APPENDED, INSERT, run

CAUSES = ("C05",)
NEEDS = f"{APPENDED} NO_TIES"


MOST = 2


def sync(request: Any) -> int:
    """Append what is at or above the watermark and was not seen before."""
    with run(request, keyed=False) as own:
        seen = own.state.get("seen", [])
        known, fresh = set(seen), {}
        read = own.since(own.state.get("last"), ">=")
        for row in sorted(read, key=lambda row: own.value(row, own.cursor) or 0):
            digest = hashlib.sha256(repr(row).encode()).hexdigest()
            if digest not in known:
                fresh[digest] = row
        own.write(fresh.values(), INSERT)
        own.save(last=own.newest(fresh.values(), own.state.get("last")), seen=[*seen, *fresh][-MOST:])
        return own.read_rows
