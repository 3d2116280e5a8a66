"""A history at another time: every timestamp and every tick moved by the same span, so that all that it shows stays.

For loaders that read the machine's clock, which nothing can move: their history ends when they run.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from incload.history.history import History, Tick

MINUTE = 60_000_000


def ending_at(history: History, now: int) -> History:
    """Return a history moved by whole minutes so that its last tick is at a time, or less than a minute before.

    Args:
        history: The history; its ticks are gone through once.
        now: The time, in microseconds since 1970-01-01 UTC.
    """
    ticks = tuple(history.ticks)
    last = ticks[-1].at if ticks else history.started
    return moved(replace(history, ticks=ticks), (now - last) // MINUTE * MINUTE)


def moved(history: History, by: int) -> History:
    """Return a history with every time moved by a span in microseconds."""
    return replace(
        history,
        started=history.started + by,
        base=_moved(history.base, by),
        ticks=tuple(_moved_tick(tick, by) for tick in history.ticks),
    )


def _moved_tick(tick: Tick, by: int) -> Tick:
    adds = tuple((column, _moved_value(value, by)) for column, value in tick.adds)
    deletes = _moved(tick.deletes, by)
    return replace(tick, at=tick.at + by, upserts=_moved(tick.upserts, by), deletes=deletes, adds=adds)


def _moved_value(value: object, by: int) -> object:
    return value + timedelta(microseconds=by) if isinstance(value, datetime) else value


def _moved(rows: pa.Table, by: int) -> pa.Table:
    """Move the columns of timestamps; a null stays one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for place, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            there = pc.add(rows.column(place).cast(pa.int64()), by).cast(field.type)
            rows = rows.set_column(place, field, there)
    return rows
