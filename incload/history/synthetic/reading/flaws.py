"""The flaws that harm other loaders than incload's own: batches, lone ties, an empty start, texts that hash alike.

As in incload.history.synthetic.row_flaws a flaw bends the plan of an honest life in one way, and keeps the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from incload.history.synthetic.base_table import Base, Row, key_of, timestamp_of
from incload.history.synthetic.clean import fresh
from incload.history.synthetic.datasets import CURSOR, KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from incload.history.history import History, Tick
    from incload.history.synthetic.builder import Draft, Plan

BATCH = 12
"""More rows than a page of a careless loader has room for."""


def insert_batches(plan: Plan) -> None:
    """Insert a batch of rows in a tick that shares one new timestamp."""
    draws, taken = plan.draws("insert_batches"), plan.timestamps()
    for number, _ in plan.struck():
        timestamp = fresh(plan, number, draws, taken)
        for row in plan.insert(number, BATCH):
            row[CURSOR] = timestamp


def tie_alone(plan: Plan) -> None:
    """Leave nothing in some ticks, the last among them, but one new row with exactly the watermark's timestamp."""
    numbers = sorted({1, 3, 5, 7, len(plan.ticks) - 1})
    for number in numbers:
        tick = plan.ticks[number]
        key = plan.inserts(number)[0]
        tick.upserts = {key: tick.upserts[key]}
    for number in numbers:
        for row in plan.ticks[number].upserts.values():
            row[CURSOR] = plan.watermark(number)


def start_empty(plan: Plan) -> None:
    """Begin without a row; where nothing updates the rows that were to be there, they are not missed."""
    plan.base = Base(plan.base.rows.slice(0, 0))


def show_later(plan: Plan, *, by: int) -> None:
    """Let the base and every tick become visible later than they were made."""
    plan.started += by
    for tick in plan.ticks:
        tick.at += by


def move_text(plan: Plan, *, first: str = "customer", second: str = "status") -> None:
    """Move the last letter of a text to the beginning of the next column's, in rows that nothing else touches."""
    for row in _silently(plan, "move_text", lambda row: len(str(row[first])) > 1):
        text = str(row[first])
        row |= {first: text[:-1], second: text[-1] + str(row[second])}


def empty_nulls(plan: Plan, *, column: str = "note") -> None:
    """Turn nulls into empty texts, in rows that nothing else touches."""
    for row in _silently(plan, "empty_nulls", lambda row: row[column] is None):
        row[column] = ""


def change_again(plan: Plan) -> None:
    """Change the first rows of a tick once more in the next one, with new timestamps."""
    draws, taken = plan.draws("change_again"), plan.timestamps()
    for number, tick in plan.struck():
        if number + 1 < len(plan.ticks):
            oldest = sorted(tick.upserts.values(), key=lambda row: timestamp_of(row) or 0)
            later = plan.ticks[number + 1].upserts
            for row in islice((each for each in oldest if key_of(each) not in later), plan.few):
                later[key_of(row)] = plan.changed(row) | {CURSOR: fresh(plan, number + 1, draws, taken)}


@dataclass(frozen=True, slots=True)
class MovedKeys:
    """A recipe whose keys are those of another, moved so that a tick brings the first one above a number.

    Attributes:
        build: The other recipe.
        number: The tick.
        to: The number.
    """

    build: Callable[[int, int], History]
    number: int
    to: int

    def __call__(self, rows: int, seed: int) -> History:
        """Build the history."""
        import pyarrow.compute as pc

        history = self.build(rows, seed)
        ticks = tuple(history.ticks)
        by = self.to - pc.min(ticks[self.number].upserts[KEY]).as_py() + 1
        return replace(history, base=_moved(history.base, by), ticks=tuple(_with_keys(tick, by) for tick in ticks))


def _with_keys(tick: Tick, by: int) -> Tick:
    return replace(tick, upserts=_moved(tick.upserts, by), deletes=_moved(tick.deletes, by))


def _moved(rows: pa.Table, by: int) -> pa.Table:
    import pyarrow.compute as pc

    return rows.set_column(rows.column_names.index(KEY), KEY, pc.add(rows[KEY], by))


def _silently(plan: Plan, name: str, fits: Callable[[Row], bool]) -> Iterator[Row]:
    """Yield copies, in the ticks that a flaw bends, of a few old rows; they keep their timestamps."""
    draws = plan.draws(name)
    for number, tick in plan.struck():
        yield from _copied(
            tick, islice(filter(fits, plan.settled(number, draws, below=plan.watermark(number))), plan.few)
        )


def _copied(tick: Draft, rows: Iterator[Row]) -> Iterator[Row]:
    for row in list(rows):
        tick.upserts[key_of(row)] = copy = dict(row)
        yield copy
