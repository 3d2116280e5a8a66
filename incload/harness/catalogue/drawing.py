"""The picture of a cause: its smallest history, run, as a timeline."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from incload.harness.catalogue.showing import history_of, observe
from incload.harness.catalogue.smallest import keys_of, restricted
from incload.harness.trials.trial import EPOCH
from incload.history.lag import syncs
from incload.report.catalogue.timeline import Line, Mark, Timeline

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from incload.harness.trials.trial import Observed
    from incload.history.history import History
    from incload.history.lag import Change
    from incload.report.catalogue.causes import Cause


def timeline_of(cause: Cause, keys: Collection[object]) -> Timeline:
    """Run the history of some rows that shows a cause, and return it as a timeline."""
    history = restricted(history_of(cause), keys)
    return drawn(f"{cause.id}: {cause.title}, {cause.wrong} on {cause.scenario}", history, cause)


def drawn(title: str, history: History, cause: Cause) -> Timeline:
    """Return a history of a few rows as a timeline, with what its loader got wrong."""
    observed = observe(history, cause.wrong, cause.scenario)
    rows = tuple(_line(history, observed, key) for key in keys_of(history))
    return Timeline(title, rows, tuple(observed.ticks), len(tuple(history.ticks)))


def _line(history: History, observed: Observed, key: object) -> Line:
    timeline, number = observed.timeline, (key,)
    wrong, kind = None, ""
    if number in timeline.ever_wrong:
        first = timeline.ever_wrong[number]
        last = timeline.healed.get(number, len(observed.ticks) - 1)
        wrong, kind = (observed.ticks[first], observed.ticks[last]), ", ".join(timeline.found_as[number])
    return Line(f"id {key}", tuple(_marks(history, key)), wrong, kind)


def _marks(history: History, key: object) -> Iterator[Mark]:
    """Yield what happens to a row, tick by tick, whether a sync follows or not."""
    for sync in syncs(history):
        if sync.number == 0:
            if (key,) in sync.rows:
                yield Mark(0, gone=False, label=_time(sync.rows[key,].cursor))
            continue
        for change in sync.changes:
            if change.key == (key,):
                yield _mark(sync.number, change)


def _mark(number: int, change: Change) -> Mark:
    if change.new is None:
        return Mark(number, gone=True, label="")
    return Mark(number, gone=False, label=_time(change.new.cursor))


def _time(cursor: int | None) -> str:
    """Write a cursor value as short as it can be read: the day where it is before the history, else the time."""
    if cursor is None:
        return "null"
    time = EPOCH + timedelta(microseconds=cursor)
    return f"{time:%H:%M:%S.%f}".rstrip("0").rstrip(".")[:11] if time.year == 2026 else f"{time:%d %b %Y}"
