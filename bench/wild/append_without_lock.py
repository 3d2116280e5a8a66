"""Appends what is above the watermark, and does not see another run of itself.

Two schedulers, or a run by hand beside a schedule: both read from the same watermark, and both append.
Seen in https://github.com/SQLMesh/sqlmesh/issues/3866
and https://github.com/dlt-hub/dlt/issues/2687.
"""

from __future__ import annotations

from typing import Any

from ._kit import APPENDED, INSERT, run

CAUSES = ("C44",)
NEEDS = f"{APPENDED} UNIQUE_CURSOR ONE_WRITER"


def sync(request: Any) -> int:
    """Read, append, keep the state; another run may do the same meanwhile."""
    with run(request, keyed=False) as own:
        read = own.since(own.state.get("last"))
        own.between()
        own.write(read, INSERT)
        own.save(last=own.newest(read, own.state.get("last")))
        return own.read_rows
