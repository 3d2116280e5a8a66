"""Reads between the state and MAX(cursor), and nothing when the two are equal.

Rows that come with exactly the newest cursor value stay unread until a newer row comes.
Seen in https://github.com/airbytehq/airbyte/issues/70257.
"""

from __future__ import annotations

from typing import Any

from ._kit import BY_CURSOR, run

CAUSES = ("C04",)
NEEDS = f"{BY_CURSOR} WATERMARK_MOVES"


def sync(request: Any) -> int:
    """Upsert the closed interval between the two, unless it is a single value."""
    with run(request) as own:
        state = own.state.get("last")
        largest = own.largest(own.source, own.at)
        if largest == state:
            return own.read_rows
        read = own.rows() if state is None else own.rows(f"WHERE {own.at} BETWEEN ? AND ?", state, largest)
        own.write(read)
        own.save(last=largest)
        return own.read_rows
