"""Appends its rows, and then commits its state.

A run that dies between the two appends the same rows once more when it runs again.
Seen in https://github.com/dlt-hub/dlt/issues/4052
and https://github.com/dlt-hub/dlt/issues/3023.
"""

from __future__ import annotations

from typing import Any

from ._kit import APPENDED, INSERT, run

CAUSES = ("C40",)
NEEDS = f"{APPENDED} UNIQUE_CURSOR RUN_COMPLETES ONE_WRITER"


def sync(request: Any) -> int:
    """Read, append, keep the state."""
    with run(request, keyed=False) as own:
        read = own.since(own.state.get("last"))
        own.write(read, INSERT)
        own.between()
        own.save(last=own.newest(read, own.state.get("last")))
        return own.read_rows
