"""Reads the ids above the largest that it has seen, and those that were missing not far below it.

The counterpart of the id cursor: an id below the state that the target does not have may still come, and is asked for
again.
Seen in https://github.com/SQLStreamStore/SQLStreamStore/issues/121.
"""

from __future__ import annotations

from typing import Any

from ._kit import IF_ABSENT, run

CAUSES = ("C18",)
NEEDS = "INSERT_ONLY NO_HARD_DELETES FIXED_SCHEMA COMPLETE_READ"


FAR = 2_000
"""How far below the largest id a gap is watched."""


def sync(request: Any) -> int:
    """Insert the ids above the state less the distance, of which the target has most."""
    with run(request) as own:
        largest = own.largest(own.target, own.key)
        read = own.rows(f"WHERE {own.key} > ?", -1 if largest is None else largest - FAR)
        own.write(read, IF_ABSENT)
        return own.read_rows
