"""Keeps the watermark in whole seconds, cut off, and appends what is above it.

The newest row lies above its own watermark, is read again by every sync, and is appended again.
Seen in https://github.com/growthbook/growthbook/issues/6777
and https://github.com/slingdata-io/sling-cli/issues/471.
"""

from __future__ import annotations

from typing import Any

from ._kit import INSERT, SECOND, run

CAUSES = ("C06",)
NEEDS = ""
"""None: it is wrong whatever the source does."""


def sync(request: Any) -> int:
    """Append what is above the last whole second."""
    with run(request, keyed=False) as own:
        read = own.since(own.state.get("last"))
        own.write(read, INSERT)
        newest = own.newest(read, own.state.get("last"))
        own.save(last=newest and newest // SECOND * SECOND)
        return own.read_rows
