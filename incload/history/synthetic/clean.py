"""A clean history, and the clean pieces that flaws are made of: new rows, updates and unique timestamps."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from incload.history.synthetic.base_table import Row, key_of
from incload.history.synthetic.builder import Draft, Plan
from incload.history.synthetic.datasets import CURSOR, KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.history.synthetic.random_streams import Draws

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
"""Spans of time in microseconds."""

TICK = 5 * MINUTE
"""How long a tick lasts by default."""


def live_honestly(plan: Plan, ticks: int, every: int = TICK) -> None:
    """Fill an empty plan with a life without flaws: every timestamp is new, and above all that was visible before.

    Every five minutes, or every `every` microseconds, a tick changes two rows in a hundred, at least six: half of them
    are new rows under ascending keys, half are updates that really change something.
    """
    draws = plan.draws("honest")
    for number in range(ticks):
        plan.ticks.append(_honest_tick(plan, number, draws, every))


def update(plan: Plan, tick: Draft, rows: Iterator[Row], count: int) -> list[Row]:
    """Change the first `count` rows in a tick, timestamps apart, and return them as they are in the tick."""
    changed = [plan.changed(row) for row in islice(rows, count)]
    tick.upserts |= {key_of(row): row for row in changed}
    return changed


def insert_below(plan: Plan, tick: Draft, key: int) -> list[Row]:
    """Insert a few rows, timestamps to be set, under the nearest unused keys below one, and return them."""
    used = plan.keys()
    unused = (smaller for smaller in range(key - 1, 0, -1) if smaller not in used)
    rows = [plan.new_row() | {KEY: smaller} for smaller in islice(unused, plan.few)]
    tick.upserts |= {key_of(row): row for row in rows}
    return rows


def unused(draws: Draws, taken: set[int], least: int, most: int) -> int:
    """Draw a timestamp that nothing has, and take it."""
    while (timestamp := draws.between(least, most)) in taken:
        pass
    taken.add(timestamp)
    return timestamp


def unused_at(timestamp: int, taken: set[int]) -> int:
    """Return the largest timestamp that is not above the given one and that nothing has, and take it."""
    while timestamp in taken:
        timestamp -= 1
    taken.add(timestamp)
    return timestamp


def fresh(plan: Plan, number: int, draws: Draws, taken: set[int]) -> int:
    """Draw a timestamp of a tick's own time that nothing has, and take it."""
    return unused(draws, taken, plan.before(number) + 1, plan.ticks[number].at)


def _honest_tick(plan: Plan, number: int, draws: Draws, every: int) -> Draft:
    new = [plan.new_row() for _ in range(plan.changes // 2)]
    old = islice(plan.settled(number, draws), plan.changes - len(new))
    rows = new + [plan.changed(row) for row in old]
    before = plan.before(number)
    # Each row draws its timestamp from a slot of its own, so no two are alike.
    slot = every // len(rows)
    for row, place in zip(rows, draws.order(len(rows)), strict=True):
        row[CURSOR] = before + place * slot + draws.between(1, slot)
    return Draft(before + every, {key_of(row): row for row in rows})
