"""Pages by OFFSET over the rows above the watermark.

WHERE cursor > ? ORDER BY cursor LIMIT 2 OFFSET 2, 4, 6 ... A row of an early page that changes meanwhile moves to
the end, every later row moves up by one, and the next page skips one.
Seen in https://github.com/airbytehq/airbyte/issues/21500
and https://github.com/openlinker-project/openlinker/issues/2656.
"""

from __future__ import annotations

from typing import Any

from ._kit import BY_CURSOR, run

CAUSES = ("C24",)
NEEDS = f"{BY_CURSOR} UNIQUE_CURSOR ONE_SNAPSHOT"


PAGE = 2


def sync(request: Any) -> int:
    """Count pages until one is not full, then keep the largest cursor value of all."""
    with run(request) as own:
        state, read, offset = own.state.get("last", 0), [], 0
        size = PAGE if state else 400
        while True:
            paged = f"WHERE {own.at} > ? ORDER BY {own.at} LIMIT {size} OFFSET {offset}"
            page = own.rows(paged, state)
            read += page
            offset += size
            if len(page) < size:
                break
            own.between()
        own.write(read)
        own.save(last=own.newest(read, state))
        return own.read_rows
