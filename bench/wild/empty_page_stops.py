"""Stops at the first page without a newer row, though the page was filtered after it was cut.

The interface cuts pages by id and then leaves out what is not newer; a page of which nothing is left looks like the
end of the data.
Seen in https://github.com/airbytehq/airbyte-python-cdk/issues/1073.
"""

from __future__ import annotations

from typing import Any

from ._kit import run

CAUSES = ("C26",)
NEEDS = ""
"""None: it is wrong whatever the source does."""


PAGE = 2


def sync(request: Any) -> int:
    """Read pages of ids until one has no row that is newer."""
    with run(request) as own:
        state, kept, last = own.state.get("last", 0), [], -1
        while True:
            page = own.rows(f"WHERE {own.key} > ? ORDER BY {own.key} LIMIT {PAGE}", last)
            newer = [row for row in page if (own.value(row, own.cursor) or 0) > state]
            if not newer:
                break
            kept += newer
            last = own.value(page[-1], own.key)
        own.write(kept)
        own.save(last=own.newest(kept, state))
        return own.read_rows
