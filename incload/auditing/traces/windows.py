"""Rows that no window has covered, of a loader whose windows count from the source's clock: its state says when."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from incload.auditing.traces.placed import placed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def uncovered(cursors: Collection[str], began: Iterable[int], width: int) -> set[str]:
    """Return those of some cursors that lie in no window; the first sync of all reads everything.

    Args:
        cursors: The cursors of wrong rows.
        began: When each sync began, in ticks of the cursor.
        width: How far back each sync reads.
    """
    times = sorted(began)
    found = set()
    for place, text in placed(cursors):
        next_sync = bisect_left(times, place)
        if next_sync and (next_sync == len(times) or times[next_sync] - width > place):
            found.add(text)
    return found
