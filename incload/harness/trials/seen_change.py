"""How a change stood beside what was visible at the sync before it: what a story says of a loader that says nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from incload.cursor import UNITS, Timestamps
from incload.history.lag import syncs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.auditing.audit import Key
    from incload.history.faults import Fault
    from incload.history.history import History
    from incload.history.lag import Change, Sync

_SCALE = Timestamps(UNITS["us"])


def seen_sentence(history: History, faults: Sequence[Fault], key: Key, tick: int) -> str:
    """Say what the first sync after a tick could see of a row's change; empty when it could see none.

    Args:
        history: What happened to the source.
        faults: What happened to the loader, such as syncs that did not run.
        key: The row.
        tick: The tick of its last change; 1 is the first after the base.
    """
    for sync in syncs(history, faults):
        if sync.number >= tick:
            change = next((each for each in sync.changes if each.key == key), None)
            return (
                ""
                if change is None
                else f"Sync {sync.number} was the first that could see it. {_how(change, sync, history)}"
            )
    return ""


def _how(change: Change, sync: Sync, history: History) -> str:
    cursor = history.table.cursor
    if change.new is None:
        return "A row that is gone shows in no query for newer rows."
    if cursor is None:
        return "The table has no cursor that could show it."
    if change.new.cursor is None:
        return f"Its {cursor} is null, which is neither above nor below any bound."
    if not change.moved:
        return f"Its {cursor} did not move, so the row does not look changed."
    return _beside(change, sync, cursor)


def _beside(change: Change, sync: Sync, cursor: str) -> str:
    """Compare the cursor of a change with the largest one that was visible at the sync before."""
    if change.lag is None or sync.watermark is None:
        return f"No {cursor} was visible before."
    largest = (
        f"the largest {cursor} visible at the sync before, {str(_SCALE.shown(sync.watermark)).removesuffix('.000000')}"
    )
    if change.lag > 0:
        return f"Its {cursor} lies {timedelta(microseconds=change.lag)} behind {largest}."
    if change.lag == 0:
        return f"Its {cursor} is {largest}."
    return f"Its {cursor} lies {timedelta(microseconds=-change.lag)} above {largest}."
