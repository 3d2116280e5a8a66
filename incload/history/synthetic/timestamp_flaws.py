"""The flaws of timestamps: rows whose cursor value is not the moment at which they became visible.

A flaw keeps what it does not mean to break: timestamps stay unique where ties are not its meaning, updates raise the
timestamp where going back is not, and in every tick something honest remains that moves the watermark on. Spans of time
are whole microseconds.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from incload.history.synthetic.base_table import key_of, timestamp_of
from incload.history.synthetic.clean import DAY, HOUR, MINUTE, SECOND, fresh, insert_below, unused, unused_at, update
from incload.history.synthetic.datasets import CURSOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from incload.history.synthetic.base_table import Row
    from incload.history.synthetic.builder import Plan


def arrive_late(plan: Plan, *, least: int = MINUTE + SECOND, most: int = 9 * MINUTE - SECOND, tail: int = 0) -> None:
    """Give some inserts, and some updates besides, a timestamp behind the watermark by `least` to `most` microseconds.

    With a `tail` every fourth of them lies further behind, by an hour to `tail`.
    """
    draws, taken = plan.draws("arrive_late"), plan.timestamps()
    for number, tick in plan.struck():
        watermark = plan.watermark(number)
        late = [tick.upserts[key] for key in draws.some(plan.inserts(number), plan.few)]
        # An update that is late still raises the timestamp of its row, so only rows older than any late timestamp will
        # do.
        late += update(plan, tick, plan.settled(number, draws, below=watermark - max(most, tail)), plan.few)
        for place, row in enumerate(late):
            far = tail > 0 and place % 4 == number % 4
            behind = (HOUR, tail) if far else (least, most)
            row[CURSOR] = unused(draws, taken, watermark - behind[1], watermark - behind[0])


def commit_late(plan: Plan, *, by: int = 2) -> None:
    """Let transactions write rows in one tick, with its keys and timestamps, and become visible `by` ticks later."""
    draws, taken = plan.draws("commit_late"), plan.timestamps()
    for number, tick in plan.struck():
        if number + by < len(plan.ticks):
            later = plan.ticks[number + by]
            rows = insert_below(plan, later, plan.largest_key(number + 1))
            rows += update(plan, later, plan.settled(number + by, draws, below=plan.before(number)), plan.few)
            for row in rows:
                row[CURSOR] = unused(draws, taken, plan.before(number) + 1, tick.at)


def backdate_in_bulk(plan: Plan, *, number: int = 2, share: float = 0.2) -> None:
    """Bring a block of new rows and a larger one of updates in one tick, with timestamps two to three days behind.

    The blocks are as one measured in the field (PostHog/posthog#64417): 273 new rows for 2,133 updates. By default they
    do not come at the fourth sync or the eighth, at which a periodic full comparison would hide them.
    """
    draws, taken = plan.draws("backdate_in_bulk"), plan.timestamps()
    watermark = plan.watermark(number)
    count = round(len(plan.base.keys) * share)
    rows = plan.insert(number, count * 273 // (273 + 2_133))
    old = plan.settled(number, draws, below=watermark - 3 * DAY)
    rows += update(plan, plan.ticks[number], old, count - len(rows))
    for row in rows:
        row[CURSOR] = unused(draws, taken, watermark - 3 * DAY, watermark - 2 * DAY)


def skew_clocks(plan: Plan, *, offsets: Sequence[int] = (0, -7 * MINUTE, 0, -2 * MINUTE)) -> None:
    """Let writers take turns, each of whose clocks is wrong by its own offset; none is ahead.

    A row that its last writer timestamped later than a slow writer would is left to a writer whose clock is right.
    """
    taken = plan.timestamps()
    for number, tick in enumerate(plan.ticks):
        for place, row in enumerate(tick.upserts.values()):
            _set_back(plan, number, row, -offsets[place % len(offsets)], taken)


def fall_back(plan: Plan, *, fold: int, by: int = HOUR) -> None:
    """Set the clock back at a moment: what is changed after it is timestamped earlier by that much.

    An update that would so lower its row's timestamp does not happen.
    """
    taken = plan.timestamps()
    for number, tick in enumerate(plan.ticks):
        for key, row in list(tick.upserts.items()):
            if (timestamp_of(row) or 0) > fold and not _set_back(plan, number, row, by, taken):
                del tick.upserts[key]


def timestamp_in_future(plan: Plan, *, number: int = 1, ahead: int = 730 * DAY) -> None:
    """Insert one row whose timestamp lies ahead of the clock, by default two years; nothing ever changes it."""
    (row,) = plan.insert(number, 1)
    row[CURSOR] = plan.ticks[number].at + ahead


def leave_null(plan: Plan, *, later: int = 2) -> None:
    """Insert rows without a timestamp; half of them get one with an update `later` ticks on."""
    draws, taken = plan.draws("leave_null"), plan.timestamps()
    for number, tick in plan.struck():
        keys = draws.some(plan.inserts(number), plan.few)
        for key in keys:
            tick.upserts[key][CURSOR] = None
        if number + later < len(plan.ticks):
            known = plan.touched(number + 1)
            for row in [tick.upserts[key] for key in keys[::2] if key not in known]:
                timestamp = fresh(plan, number + later, draws, taken)
                plan.ticks[number + later].upserts[key_of(row)] = plan.changed(row) | {CURSOR: timestamp}


def touch(plan: Plan, *, share: float = 0.4) -> None:
    """Raise the timestamps of a share of the table and change nothing else."""
    draws, taken = plan.draws("touch"), plan.timestamps()
    count = round(len(plan.base.keys) * share)
    for number, tick in plan.struck():
        for row in list(islice(plan.settled(number, draws), count)):
            tick.upserts[key_of(row)] = row | {CURSOR: fresh(plan, number, draws, taken)}


def bring_older_version(plan: Plan, *, most: int = 8 * MINUTE) -> None:
    """Update rows, and a tick later put an older version in place: from then on it is the truth, timestamp included."""
    draws, taken = plan.draws("bring_older_version"), plan.timestamps()
    for number, tick in plan.struck():
        if number + 1 < len(plan.ticks):
            oldest = tick.at - most
            for row in update(plan, tick, plan.settled(number, draws, below=oldest), plan.few):
                row[CURSOR] = timestamp = fresh(plan, number, draws, taken)
                older = plan.changed(row) | {CURSOR: unused(draws, taken, oldest, timestamp - 1)}
                plan.ticks[number + 1].upserts[key_of(row)] = older


def tie_with_watermark(plan: Plan, *, smaller_keys: bool = False) -> None:
    """Give some new rows exactly the watermark's timestamp, under keys above all others or below that of its row."""
    draws = plan.draws("tie_with_watermark")
    for number, tick in plan.struck():
        if smaller_keys:
            tied = insert_below(plan, tick, min(plan.holders(number)))
        else:
            tied = [tick.upserts[key] for key in draws.some(plan.inserts(number), plan.few)]
        watermark = plan.watermark(number)
        for row in tied:
            row[CURSOR] = watermark


def crowd_edges(plan: Plan, *, edge: int) -> None:
    """See to it that rows change just before and just after each sync: nearer to it than `edge`."""
    draws, taken = plan.draws("crowd_edges"), plan.timestamps()
    for number, tick in enumerate(plan.ticks):
        before, inserts, updates = plan.before(number), plan.inserts(number), plan.updates(number)
        for key in (*inserts[: plan.few], *updates[: plan.few]):
            tick.upserts[key][CURSOR] = unused(draws, taken, before + 1, before + edge - 1)
        for key in (inserts[-1], updates[-1]):
            tick.upserts[key][CURSOR] = unused(draws, taken, tick.at - edge + 1, tick.at)


def coarsen(plan: Plan, *, unit: int) -> None:
    """Cut all timestamps off to whole units, those of the base too; a tick has to be longer than a unit.

    A row that would keep its timestamp in an update gets the last one of the tick: here updates tie with other rows.
    """
    plan.base = plan.base.with_timestamps(lambda timestamps: _cut_off(timestamps, unit))
    for number, tick in enumerate(plan.ticks):
        for key, row in tick.upserts.items():
            timestamp, old = (timestamp_of(row) or 0) // unit * unit, plan.row(key, number)
            moves = old is None or (timestamp_of(old) or 0) < timestamp
            row[CURSOR] = timestamp if moves else tick.at // unit * unit


def _set_back(plan: Plan, number: int, row: Row, by: int, taken: set[int]) -> bool:
    """Give a row of a tick an earlier timestamp, unless its last one is later; return whether it was done."""
    old = plan.row(key_of(row), number)
    timestamp = (timestamp_of(row) or 0) - by
    # A second below there is room for a timestamp that nothing has.
    if by == 0 or (old is not None and (timestamp_of(old) or 0) >= timestamp - SECOND):
        return False
    row[CURSOR] = unused_at(timestamp, taken)
    return True


def _cut_off(timestamps: pa.Array, unit: int) -> pa.Array:
    import pyarrow.compute as pc

    return pc.multiply(pc.divide(timestamps, unit), unit)
