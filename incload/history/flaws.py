"""The flaws: small functions that bend the plan of an honest life, each in one way, so that scenarios compose them.

A flaw keeps what it does not mean to break: stamps stay unique, updates change something, a deleted row stays away, and
in every tick something honest remains. It takes at least one row in all ticks but every fifth (`Plan.struck`).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from incload.history.datasets import CURSOR, KEY
from incload.history.plan import Draft, Plan, Row, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.history.datasets import Dataset
    from incload.history.draws import Draws

Flaw = Callable[[Plan], None]
"""Edits a plan in place; parameters have defaults, and `functools.partial` sets others."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE
"""Spans of time in microseconds."""

_TICK = 5 * MINUTE


def honest(dataset: Dataset, rows: int, seed: int, ticks: int = 10) -> Plan:
    """Return the plan of a life without flaws: every stamp is new, and above all that was visible before.

    Every five minutes a tick changes two rows in a hundred, at least six: half of them are new rows under ascending
    keys, half are updates that really change something.
    """
    plan = Plan(dataset, rows, seed)
    draws = plan.draws("honest")
    for number in range(ticks):
        plan.ticks.append(_honest_tick(plan, number, draws))
    return plan


def arrive_late(plan: Plan, *, least: int = MINUTE + SECOND, most: int = 9 * MINUTE - SECOND) -> None:
    """Give some inserts, and some updates besides, a stamp behind the watermark by `least` to `most` microseconds."""
    draws, taken = plan.draws("arrive_late"), plan.stamps()
    for number, tick in plan.struck():
        watermark = plan.watermark(number)
        late = [tick.upserts[key] for key in draws.some(plan.inserts(number), plan.few)]
        # An update that is late still raises the stamp of its row, so only rows older than any late stamp will do.
        late += _update(plan, tick, plan.settled(number, draws, below=watermark - most))
        for row in late:
            row[CURSOR] = _unused(draws, taken, watermark - most, watermark - least)


def tie_with_watermark(plan: Plan, *, smaller_keys: bool = False) -> None:
    """Give some new rows exactly the watermark's stamp, under keys above all others or below that of its row."""
    draws = plan.draws("tie_with_watermark")
    for number, tick in plan.struck():
        if smaller_keys:
            tied = _insert_below(plan, tick, min(plan.holders(number)))
        else:
            tied = [tick.upserts[key] for key in draws.some(plan.inserts(number), plan.few)]
        watermark = plan.watermark(number)
        for row in tied:
            row[CURSOR] = watermark


def delete_rows(plan: Plan) -> None:
    """Delete a few rows that nothing touches afterwards; never the one that has the watermark."""
    draws = plan.draws("delete_rows")
    for number, tick in plan.struck():
        leaving = islice(plan.settled(number, draws, below=plan.watermark(number)), plan.few)
        tick.deletes.update(key_of(row) for row in list(leaving))


def update_without_touch(plan: Plan, *, older_than: int = 8 * DAY) -> None:
    """Change a few rows and leave their stamps, which are older than any sensible window; nothing heals them later."""
    draws = plan.draws("update_without_touch")
    for number, tick in plan.struck():
        _update(plan, tick, plan.settled(number, draws, below=tick.at - older_than))


def _honest_tick(plan: Plan, number: int, draws: Draws) -> Draft:
    new = [plan.new_row() for _ in range(plan.changes // 2)]
    old = islice(plan.settled(number, draws), plan.changes - len(new))
    rows = new + [plan.changed(row) for row in old]
    before = plan.started + number * _TICK
    # Each row draws its stamp from a slot of its own, so no two are alike.
    slot = _TICK // len(rows)
    for row, place in zip(rows, draws.order(len(rows)), strict=True):
        row[CURSOR] = before + place * slot + draws.between(1, slot)
    return Draft(before + _TICK, {key_of(row): row for row in rows})


def _update(plan: Plan, tick: Draft, rows: Iterator[Row]) -> list[Row]:
    """Change the first few rows in a tick, stamps apart, and return them as they are in the tick."""
    changed = [plan.changed(row) for row in islice(rows, plan.few)]
    tick.upserts |= {key_of(row): row for row in changed}
    return changed


def _insert_below(plan: Plan, tick: Draft, key: int) -> list[Row]:
    """Insert a few rows under the nearest keys below one that were never used, and return them."""
    used = plan.keys()
    unused = (smaller for smaller in range(key - 1, 0, -1) if smaller not in used)
    rows = [plan.new_row() | {KEY: smaller} for smaller in islice(unused, plan.few)]
    tick.upserts |= {key_of(row): row for row in rows}
    return rows


def _unused(draws: Draws, taken: set[int], least: int, most: int) -> int:
    """Draw a stamp that nothing has, and take it."""
    while (stamp := draws.between(least, most)) in taken:
        pass
    taken.add(stamp)
    return stamp
