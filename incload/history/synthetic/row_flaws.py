"""The flaws of rows: they leave, come back, change silently, change their keys; and their columns change.

A flaw bends the plan of an honest life in one way, so that scenarios compose flaws. It keeps what it does not mean to
break: timestamps stay unique, a deleted row stays away, and in every tick something honest remains. Where nothing is
said, it takes a few rows in all ticks but every fifth (`Plan.struck`). The flaws of timestamps are in
incload.history.synthetic.timestamp_flaws.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count, islice
from typing import TYPE_CHECKING

from incload.history.synthetic.base_table import Row, key_of, timestamp_of
from incload.history.synthetic.builder import Plan
from incload.history.synthetic.clean import DAY, fresh, insert_below, unused, update
from incload.history.synthetic.datasets import CURSOR, KEY
from incload.table import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.history.synthetic.random_streams import Draws

Flaw = Callable[[Plan], None]
"""Edits a plan in place; parameters have defaults, and `functools.partial` sets others."""

OLD = 8 * DAY
"""Older than any sensible window."""

_DELETED = "deleted"
_CHANNELS = ("web", "app", "shop")


def delete_rows(plan: Plan) -> None:
    """Delete a few rows that nothing touches afterwards; never the one that has the watermark."""
    draws = plan.draws("delete_rows")
    for number, tick in plan.struck():
        tick.deletes.update(key_of(row) for row in _leaving(plan, number, draws))


def delete_and_bring_back(plan: Plan) -> None:
    """Delete a few rows, and bring their keys back a tick later, with other content and new timestamps."""
    draws, taken = plan.draws("delete_and_bring_back"), plan.timestamps()
    for number, tick in plan.struck():
        if number + 1 < len(plan.ticks):
            for row in _leaving(plan, number, draws):
                tick.deletes.add(key_of(row))
                timestamp = fresh(plan, number + 1, draws, taken)
                plan.ticks[number + 1].upserts[key_of(row)] = plan.changed(row) | {CURSOR: timestamp}


def insert_and_delete(plan: Plan, *, numbers: Sequence[int]) -> None:
    """Insert a few rows in some ticks, and delete each in the tick after."""
    draws, taken = plan.draws("insert_and_delete"), plan.timestamps()
    for number in numbers:
        rows = plan.insert(number, plan.few)
        for row in rows:
            row[CURSOR] = fresh(plan, number, draws, taken)
        plan.ticks[number + 1].deletes.update(map(key_of, rows))


def change_keys(plan: Plan) -> None:
    """Give a few rows new keys, above all others, and new timestamps; their old keys disappear."""
    draws, taken = plan.draws("change_keys"), plan.timestamps()
    for number, tick in plan.struck():
        leaving = _leaving(plan, number, draws)
        for new, row in zip(plan.insert(number, len(leaving)), leaving, strict=True):
            new.update(row | {KEY: key_of(new), CURSOR: fresh(plan, number, draws, taken)})
            tick.deletes.add(key_of(row))


def update_without_touch(plan: Plan, *, older_than: int = OLD) -> None:
    """Change a few rows and leave their timestamps, older than any sensible window; nothing heals them later."""
    draws = plan.draws("update_without_touch")
    for number, tick in plan.struck():
        update(plan, tick, plan.settled(number, draws, below=tick.at - older_than), plan.few)


def flag_deleted(plan: Plan, *, column: str = "status") -> None:
    """Mark a few old rows as deleted instead of deleting them; every other one keeps its timestamp."""
    draws, taken = plan.draws("flag_deleted"), plan.timestamps()
    for number, tick in plan.struck():
        old = plan.settled(number, draws, below=tick.at - OLD)
        rows = [row | {column: _DELETED} for row in islice((row for row in old if row[column] != _DELETED), plan.few)]
        for row in rows[::2]:
            row[CURSOR] = fresh(plan, number, draws, taken)
        tick.upserts |= {key_of(row): row for row in rows}


def drop_updates(plan: Plan) -> None:
    """Leave out every update: rows come and never change."""
    for number, tick in enumerate(plan.ticks):
        for key in plan.updates(number):
            del tick.upserts[key]


def commit_out_of_key_order(plan: Plan) -> None:
    """Insert a few rows with new timestamps, but under keys below those that were visible before."""
    draws, taken = plan.draws("commit_out_of_key_order"), plan.timestamps()
    for number, tick in plan.struck():
        for row in insert_below(plan, tick, plan.largest_key(number)):
            row[CURSOR] = fresh(plan, number, draws, taken)


def truncate_and_reload(plan: Plan, *, number: int = 4) -> None:
    """Empty the table in one tick and fill it with the same rows under small new keys and with new timestamps.

    From then on every row, old or new, goes by a key counted on from there.
    """
    draws, taken, used = plan.draws("truncate_and_reload"), plan.timestamps(), plan.keys()
    unused_keys = (key for key in count(1) if key not in used)
    tick, present = plan.ticks[number], plan.visible(number)
    staying = {key: row for key, row in present.items() if key not in tick.deletes}
    tick.upserts = {
        key: row | {CURSOR: fresh(plan, number, draws, taken)} for key, row in staying.items()
    } | tick.upserts
    renamed: dict[int, int] = {}
    for later in plan.ticks[number:]:
        for key in sorted(later.upserts.keys() - renamed.keys()):
            renamed[key] = next(unused_keys)
        later.upserts = {renamed[key]: row | {KEY: renamed[key]} for key, row in later.upserts.items()}
        later.deletes = {renamed[key] for key in later.deletes if key in renamed}
    tick.deletes = set(present)


def restore_backup(plan: Plan, *, number: int = 6, back: int = 3) -> None:
    """Put the table back, in one tick, to what it was some ticks before; then what the tick brings happens on it."""
    tick, then = plan.ticks[number], number - back
    for key in sorted({key for undone in plan.ticks[then:number] for key in (*undone.upserts, *undone.deletes)}):
        old, now = plan.row(key, then), plan.row(key, number)
        if old is None:
            for later in plan.ticks[number:]:
                later.upserts.pop(key, None)
                later.deletes.discard(key)
            tick.deletes.update([key] if now is not None else [])
        elif old != now and key not in tick.upserts:
            tick.upserts[key] = dict(old)


def take_back(plan: Plan, *, first: int, last: int) -> None:
    """Insert rows and change others silently in one tick, and undo both to the letter in a later one."""
    draws, taken = plan.draws("take_back"), plan.timestamps()
    old = list(islice(plan.settled(first, draws, below=plan.ticks[first].at - OLD), plan.few))
    update(plan, plan.ticks[first], iter(old), plan.few)
    plan.ticks[last].upserts |= {key_of(row): dict(row) for row in old}
    new = plan.insert(first, plan.few)
    for row in new:
        row[CURSOR] = fresh(plan, first, draws, taken)
    plan.ticks[last].deletes.update(map(key_of, new))


def end_on_old_rows(plan: Plan) -> None:
    """Let each tick end with the update of a row of the lower half of the keys, so that it has the newest timestamp."""
    draws, taken = plan.draws("end_on_old_rows"), plan.timestamps()
    middle = sorted(plan.base.keys)[len(plan.base.keys) // 2]
    for number, tick in enumerate(plan.ticks):
        newest = max(tick.upserts.values(), key=lambda row: timestamp_of(row) or 0)
        timestamp = timestamp_of(newest) or 0
        (last,) = update(plan, tick, (row for row in plan.settled(number, draws) if key_of(row) <= middle), 1)
        last[CURSOR] = timestamp
        newest[CURSOR] = unused(draws, taken, plan.before(number) + 1, timestamp - 1)


def drift_schema(plan: Plan, *, adds: int = 4, widens: int = 6) -> None:
    """Add a text column in one tick, with a value for every row, and widen an integer column to reals in a later one.

    Neither moves the timestamp of any row. By default neither falls on the fourth sync or the eighth, at which a
    periodic full comparison would hide it.
    """
    draws = plan.draws("drift_schema")
    amount = next(field.name for field in plan.dataset.fields if field.changes and field.kind is Kind.INTEGER)
    plan.ticks[adds].adds.append((Column("channel", Kind.TEXT), _CHANNELS[0]))
    plan.ticks[widens].widens.append(Column(amount, Kind.REAL))
    for number, tick in enumerate(plan.ticks[adds:], start=adds):
        for key, row in tick.upserts.items():
            old = plan.row(key, number)
            row["channel"] = draws.some(_CHANNELS, 1)[0] if old is None else old.get("channel", _CHANNELS[0])
            if number >= widens:
                row[amount] = (row[amount] or 0) + draws.below(4) / 4  # type: ignore[operator]  # a number


def _leaving(plan: Plan, number: int, draws: Draws) -> list[Row]:
    """Return a few rows that may leave: nothing touches them afterwards, and none has the watermark."""
    return list(islice(plan.settled(number, draws, below=plan.watermark(number)), plan.few))
