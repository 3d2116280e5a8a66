"""Writes the columns that an event of a change does not have as nulls.

A log that leaves out large values that did not change, or the unchanged columns of an update, empties them in the
copy.
No public thread about a batch loader is known; it is reasoned.
"""

from __future__ import annotations

from typing import Any

from ._kit import run

CAUSES = ("X12",)
NEEDS = "INSERT_ONLY NO_HARD_DELETES FIXED_SCHEMA COMPLETE_READ"


def sync(request: Any) -> int:
    """Upsert events: of a known row they hold the key and what changed."""
    with run(request) as own:
        known = {own.value(row, own.key): row for row in own.copied()}
        events = []
        for row in own.rows():
            old = known.get(own.value(row, own.key))
            if old is None:
                events.append(row)
            elif old != row:
                changed = [new if new != was else None for new, was in zip(row, old, strict=True)]
                changed[own.names.index(own.key)] = own.value(row, own.key)
                events.append(tuple(changed))
        own.write(events)
        return own.read_rows
