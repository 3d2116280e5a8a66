"""The second opinion on what a history breaks finds every kind of break: each is planted once in a clean life."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.assumptions import OF_READING, Assumption
from incload.history.breaks import SIZES_ONLY
from incload.history.faults.coarse_state import RoundUpState, TruncateState
from incload.history.faults.crash import CrashAfterRows, CrashAfterState
from incload.history.faults.cut_log import CutLog
from incload.history.faults.lose_state import LoseState
from incload.history.faults.partial_read import PartialRead
from incload.history.faults.roll_back_state import RollBackState
from incload.history.faults.skip_sync import SkipSync
from incload.history.synthetic.base_table import key_of
from incload.history.synthetic.datasets import STARTED
from incload.history.synthetic.scenario import life
from incload.table import Column, Kind

if TYPE_CHECKING:
    from conftest import Broken

    from incload.history.faults import Fault
    from incload.history.synthetic.builder import Plan
    from incload.history.synthetic.row_flaws import Flaw

MINUTE = 60_000_000
DAY = 1_440 * MINUTE


def untouched(plan: Plan) -> int:
    """Return the key of a new row of the third tick that no later tick touches."""
    return next(key for key in plan.inserts(2) if key not in plan.touched(3))


def with_timestamp(timestamp: int | None) -> Flaw:
    """Return a flaw that gives a new row of the third tick a timestamp."""

    def bend(plan: Plan) -> None:
        plan.ticks[2].upserts[untouched(plan)]["modified_at"] = timestamp

    return bend


def lowered(plan: Plan) -> None:
    """Update a row in the third tick and lower its timestamp."""
    row = next(plan.settled(2, plan.draws("x")))
    plan.ticks[2].upserts[key_of(row)] = plan.changed(row) | {"modified_at": STARTED - 99 * DAY}


def tied(plan: Plan) -> None:
    """Tie a new row of the third tick with the watermark."""
    plan.ticks[2].upserts[untouched(plan)]["modified_at"] = plan.watermark(2)


def tied_below(plan: Plan) -> None:
    """Tie an update of a row under a smaller key with the watermark."""
    smaller = (row for row in plan.settled(2, plan.draws("x")) if key_of(row) < plan.holders(2)[0])
    row = plan.changed(next(smaller))
    plan.ticks[2].upserts[key_of(row)] = row | {"modified_at": plan.watermark(2)}


def leave(plan: Plan) -> None:
    """Do nothing."""


def delete_one(plan: Plan) -> None:
    """Delete a row of the base in the third tick."""
    plan.ticks[2].deletes.add(key_of(next(plan.settled(2, plan.draws("x")))))


def insert_small(plan: Plan) -> None:
    """Insert a row under a small key in the third tick."""
    row = plan.ticks[2].upserts.pop(untouched(plan))
    plan.ticks[2].upserts[5] = row | {"id": 5}


def add_nothing(plan: Plan) -> None:
    """Let a column appear in the third tick that is null in every row."""
    plan.ticks[2].adds.append((Column("extra", Kind.TEXT), None))
    for tick in plan.ticks[2:]:
        for row in tick.upserts.values():
            row["extra"] = None


def widen(plan: Plan) -> None:
    """Widen a column in the third tick."""
    plan.ticks[2].widens.append(Column("items", Kind.REAL))


PLANTED: dict[str, tuple[Flaw, tuple[Fault, ...], set[Assumption], int]] = {
    "null": (with_timestamp(None), (), {Assumption.CURSOR_PRESENT}, 3),
    "future": (with_timestamp(STARTED + 99 * DAY), (), {Assumption.CURSOR_NOT_IN_FUTURE}, 3),
    "late": (with_timestamp(STARTED - 99 * DAY), (), {Assumption.LAG_WITHIN}, 3),
    "lowered": (lowered, (), {Assumption.LAG_WITHIN, Assumption.VERSIONS_IN_ORDER}, 3),
    "tie": (tied, (), {Assumption.UNIQUE_CURSOR}, 3),
    "smaller_tie": (tied_below, (), {Assumption.UNIQUE_CURSOR, Assumption.TIES_IN_KEY_ORDER}, 3),
    "delete": (delete_one, (), {Assumption.NO_HARD_DELETES}, 3),
    "small_key": (insert_small, (), {Assumption.KEYS_IN_COMMIT_ORDER}, 3),
    "column": (add_nothing, (), {Assumption.FIXED_SCHEMA, Assumption.CURSOR_MOVES_ON_UPDATE}, 3),
    "type": (widen, (), {Assumption.FIXED_SCHEMA}, 3),
    "unseen_column": (
        add_nothing,
        (SkipSync(3),),
        {Assumption.FIXED_SCHEMA, Assumption.CURSOR_MOVES_ON_UPDATE},
        4,
    ),
    "unseen_delete": (delete_one, (SkipSync(3),), {Assumption.NO_HARD_DELETES}, 4),
    "loss": (leave, (LoseState(3),), {Assumption.READ_ONCE}, 3),
    "rollback": (
        leave,
        (RollBackState(3, to=1),),
        {Assumption.READ_ONCE, Assumption.STATE_KEPT},
        3,
    ),
    "cut": (leave, (TruncateState(unit=MINUTE),), {Assumption.READ_ONCE}, -1),
    "rounding": (leave, (RoundUpState(unit=MINUTE),), {Assumption.STATE_NOT_AHEAD}, -1),
    "rows_first": (leave, (CrashAfterRows(3),), {Assumption.READ_ONCE}, 3),
    "memory_first": (leave, (CrashAfterState(3),), {Assumption.ATOMIC_COMMIT}, 3),
    "log": (leave, (CutLog(3),), {Assumption.LOG_KEPT}, 3),
    "part": (leave, (PartialRead(3, share=0.5),), {Assumption.COMPLETE_READ}, 3),
}
"""Single faults in a clean life or its loader, what each breaks, and which sync shows it."""


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name: str, broken: Broken) -> None:
    """A single fault is found where it is, and nothing else is."""
    flaw, faults, signs, sync = PLANTED[name]
    found = broken(life(flaw)(100, 1), faults)

    assert found.keys() == signs | {Assumption.INSERT_ONLY}
    assert all(found[sign] == {sync} for sign in signs)


def test_every_break_is_planted() -> None:
    """No assumption that a history or a fault can break is without a planted fault."""
    planted = set().union(*(signs for _, _, signs, _ in PLANTED.values()))
    of_strategies = {Assumption.WHOLE_READ}

    assert planted == set(Assumption) - SIZES_ONLY - of_strategies - OF_READING - {Assumption.INSERT_ONLY}
