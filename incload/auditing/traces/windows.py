"""Which cursors a loader has covered whose windows count from the source's clock: its state says when it has read.

A sync that found nothing new leaves the state as it was, and its window is not known. What must stay true: what a
window is said to have covered, it has. A cursor outside all known windows may still have been read by such a sync.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def has_covered(place: float, began: Iterable[int], width: int) -> bool:
    """Return whether a window that is known has covered a cursor; the first sync of all reads everything.

    Args:
        place: The cursor's place.
        began: When each sync began, in ticks of the cursor.
        width: How far back each sync reads.
    """
    times = sorted(began)
    next_sync = bisect_left(times, place)
    return bool(times) and (not next_sync or (next_sync < len(times) and times[next_sync] - width <= place))
