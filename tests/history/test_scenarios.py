"""Every scenario breaks exactly what it says, in most ticks, and leaves the rest of the history honest.

The histories are replayed here, row by row over a dictionary, by code that shares nothing with what builds them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.assumptions import Assumption
from incload.errors import Refused
from incload.history.datasets import CUSTOMERS, ORDERS, SENSOR_EVENTS, STARTED, Dataset
from incload.history.flaws import arrive_late, delete_rows, tie_with_watermark, update_without_touch
from incload.history.scenarios import SCENARIOS, Scenario, life, scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from incload.history.history import History
    from incload.history.plan import Plan

Row = dict[str, object]

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 1_440 * MINUTE

every_scenario = pytest.mark.parametrize("known", SCENARIOS, ids=lambda known: known.id)
sizes, seeds = st.integers(100, 500), st.integers(0, 2**32)
few_examples = settings(max_examples=10)


@dataclass(frozen=True)
class Change:
    """One row of one tick beside what was visible before: `row` is None for a delete, `old` for an insert."""

    number: int
    at: int
    key: int
    row: Row | None
    old: Row | None
    watermark: int
    largest_key_at_watermark: int
    largest_key_ever: int

    @property
    def stamp(self) -> int | None:
        """The cursor value that the change brings."""
        return None if self.row is None else stamp_of(self.row)

    @property
    def lag(self) -> int | None:
        """How far the cursor value that the change shows lies behind the watermark; None when it shows none."""
        if self.stamp is None or (self.old is not None and stamp_of(self.old) == self.stamp):
            return None
        return self.watermark - self.stamp


def stamp_of(row: Row) -> int | None:
    """Return the stamp of a row in microseconds."""
    stamp = row["modified_at"]
    assert stamp is None or isinstance(stamp, int)
    return stamp


def by_key(rows: pa.Table) -> dict[int, Row]:
    """Return rows by key, stamps as whole numbers; keys must be unique."""
    place = rows.column_names.index("modified_at")
    listed = rows.set_column(place, "modified_at", rows.column("modified_at").cast(pa.int64())).to_pylist()
    keyed = {row["id"]: row for row in listed}
    assert len(keyed) == len(listed)
    return keyed


def changes(history: History) -> Iterator[Change]:
    """Replay a history and yield its changes in order."""
    rows = by_key(history.base)
    largest_key_ever = max(rows)
    for number, tick in enumerate(history.ticks):
        watermark = max(stamp for row in rows.values() if (stamp := stamp_of(row)) is not None)
        at_watermark = max(key for key, row in rows.items() if stamp_of(row) == watermark)
        found: list[tuple[int, Row | None, Row | None]] = [
            (key, None, rows.pop(key, None)) for key in tick.deletes.column("id").to_pylist()
        ]
        upserts = by_key(tick.upserts)
        found += [(key, row, rows.get(key)) for key, row in upserts.items()]
        for key, row, old in found:
            yield Change(number, tick.at, key, row, old, watermark, at_watermark, largest_key_ever)
        rows |= upserts
        largest_key_ever = max(largest_key_ever, *upserts, 0)


SIGNS: dict[Assumption, Callable[[Change], bool]] = {
    Assumption.UNIQUE_CURSOR: lambda change: change.lag == 0,
    Assumption.TIES_IN_KEY_ORDER: lambda change: change.lag == 0 and change.key <= change.largest_key_at_watermark,
    Assumption.LAG_WITHIN: lambda change: change.lag is not None and change.lag > 0,
    Assumption.CURSOR_MOVES_ON_UPDATE: lambda change: (
        change.stamp is not None and change.old is not None and change.stamp <= (stamp_of(change.old) or 0)
    ),
    Assumption.CURSOR_PRESENT: lambda change: change.row is not None and change.stamp is None,
    Assumption.CURSOR_NOT_IN_FUTURE: lambda change: change.stamp is not None and change.stamp > change.at,
    Assumption.KEYS_IN_COMMIT_ORDER: lambda change: change.old is None and change.key < change.largest_key_ever,
    Assumption.INSERT_ONLY: lambda change: change.row is not None and change.old is not None,
    Assumption.NO_HARD_DELETES: lambda change: change.row is None,
}
"""For every assumption that a history alone can break, how one of its changes shows it."""


def broken(history: History) -> dict[Assumption, set[int]]:
    """Return the assumptions that a history breaks, with the ticks in which it does."""
    found = {sign: {change.number for change in changes(history) if SIGNS[sign](change)} for sign in SIGNS}
    return {sign: ticks for sign, ticks in found.items() if ticks}


@every_scenario
@few_examples
@given(rows=sizes, seed=seeds)
def test_a_scenario_breaks_what_it_says_and_nothing_else(known: Scenario, rows: int, seed: int) -> None:
    """Of the assumptions that a history can break, exactly the declared ones are broken."""
    assert broken(known.build(rows, seed)).keys() == known.breaks & SIGNS.keys()


MOST_TICKS = {0, 1, 2, 3, 5, 6, 7, 8}


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("late_arrivals", Assumption.LAG_WITHIN),
        ("duplicate_timestamps", Assumption.UNIQUE_CURSOR),
        ("duplicate_timestamps_smaller_id", Assumption.TIES_IN_KEY_ORDER),
        ("hard_deletes", Assumption.NO_HARD_DELETES),
        ("updates_without_touch", Assumption.CURSOR_MOVES_ON_UPDATE),
    ],
    ids=lambda value: value.name.lower() if isinstance(value, Assumption) else value,
)
@few_examples
@given(rows=sizes, seed=seeds)
def test_a_flaw_shows_in_most_ticks(name: str, sign: Assumption, rows: int, seed: int) -> None:
    """The flaw is there in eight of the ten ticks."""
    assert broken(scenario(name).build(rows, seed))[sign] == MOST_TICKS


@pytest.mark.parametrize("dataset", [ORDERS, CUSTOMERS, SENSOR_EVENTS], ids=lambda dataset: dataset.id)
@pytest.mark.parametrize(
    ("flaw", "signs"),
    [
        (arrive_late, {Assumption.LAG_WITHIN}),
        (tie_with_watermark, {Assumption.UNIQUE_CURSOR}),
        (delete_rows, {Assumption.NO_HARD_DELETES}),
        (update_without_touch, {Assumption.CURSOR_MOVES_ON_UPDATE}),
    ],
    ids=lambda value: "" if isinstance(value, set) else value.__name__,
)
def test_a_flaw_bends_any_dataset(dataset: Dataset, flaw: Callable[[Plan], None], signs: set[Assumption]) -> None:
    """The same flaw does the same to each table."""
    history = life(flaw, dataset=dataset)(200, 5)

    assert history.table == dataset.table
    assert broken(history).keys() == signs | {Assumption.INSERT_ONLY}


def test_flaws_compose() -> None:
    """A life bent by two flaws has both, and each in as many ticks as alone."""
    signs = broken(life(arrive_late, delete_rows, ticks=8)(300, 2))

    assert signs[Assumption.LAG_WITHIN] == signs[Assumption.NO_HARD_DELETES] == {0, 1, 2, 3, 5, 6, 7}
    assert signs.keys() == {Assumption.LAG_WITHIN, Assumption.NO_HARD_DELETES, Assumption.INSERT_ONLY}


def plant(stamp: int | None) -> Callable[[Plan], None]:
    """Return a flaw that gives one new row of the third tick a stamp."""

    def bend(plan: Plan) -> None:
        plan.ticks[2].upserts[plan.inserts(2)[0]]["modified_at"] = stamp

    return bend


@pytest.mark.parametrize(
    ("stamp", "sign"),
    [(None, Assumption.CURSOR_PRESENT), (STARTED + 99 * DAY, Assumption.CURSOR_NOT_IN_FUTURE)],
    ids=["null", "future"],
)
def test_a_planted_stamp_is_found(stamp: int | None, sign: Assumption) -> None:
    """What no scenario here breaks is found as well when it is planted."""
    assert broken(life(plant(stamp))(100, 1))[sign] == {2}


@every_scenario
@few_examples
@given(rows=sizes, seed=seeds)
def test_every_change_is_one(known: Scenario, rows: int, seed: int) -> None:
    """What is deleted was there, and what is written differs from what was there."""
    for change in changes(known.build(rows, seed)):
        assert change.row != change.old
        assert change.row is not None or change.old is not None


@every_scenario
@few_examples
@given(rows=sizes, seed=seeds)
def test_time_runs_evenly(known: Scenario, rows: int, seed: int) -> None:
    """Ten ticks follow the start, five minutes apart; the base is older than the start."""
    history = known.build(rows, seed)
    base = by_key(history.base)

    assert [tick.at for tick in history.ticks] == [STARTED + number * 5 * MINUTE for number in range(1, 11)]
    assert len(base) == rows
    assert len({stamp_of(row) for row in base.values()}) == rows
    assert max(stamp_of(row) or 0 for row in base.values()) < history.started == STARTED


@every_scenario
@few_examples
@given(rows=sizes, seed=seeds)
def test_something_honest_happens_in_every_tick(known: Scenario, rows: int, seed: int) -> None:
    """Inserts and updates in the order of stamps go on beside the flaw, so that the watermark moves on."""
    honest = [change for change in changes(known.build(rows, seed)) if change.lag is not None and change.lag < 0]

    assert {change.number for change in honest if change.old is None} == set(range(10))
    assert {change.number for change in honest if change.old is not None} == set(range(10))


@every_scenario
@few_examples
@given(rows=sizes, seed=seeds)
def test_stamps_are_unique_unless_they_are_meant_to_tie(known: Scenario, rows: int, seed: int) -> None:
    """A stamp that a change brings is new, but for ties with the watermark; a watermark has one row."""
    history = known.build(rows, seed)
    taken = {stamp_of(row) for row in by_key(history.base).values()}
    brought = [change.stamp for change in changes(history) if change.lag not in {None, 0}]

    assert len(taken.union(brought)) == len(taken) + len(brought)


@few_examples
@given(rows=st.integers(100, 2_000), seed=seeds)
def test_a_clean_life_changes_two_rows_in_a_hundred(rows: int, seed: int) -> None:
    """Each tick has half inserts and half updates, six changes at least, all stamped within its five minutes."""
    found = list(changes(scenario("clean").build(rows, seed)))
    expected = max(6, round(rows * 0.02))

    for number in range(10):
        tick = [change for change in found if change.number == number]
        assert len(tick) == expected
        assert len([change for change in tick if change.old is None]) == expected // 2
        assert all(change.stamp and change.at - 5 * MINUTE < change.stamp <= change.at for change in tick)


@few_examples
@given(rows=sizes, seed=seeds)
def test_an_honest_update_changes_more_than_its_stamp(rows: int, seed: int) -> None:
    """Every update of a clean life raises the stamp and differs in payload; it never is a mere touch."""
    for change in changes(scenario("clean").build(rows, seed)):
        if change.row is not None and change.old is not None:
            assert (change.stamp or 0) > (stamp_of(change.old) or 0)
            assert change.row | {"modified_at": None} != change.old | {"modified_at": None}


@few_examples
@given(rows=sizes, seed=seeds)
def test_late_rows_are_one_to_nine_minutes_late(rows: int, seed: int) -> None:
    """Inserts and updates are late in each bent tick, by more than one and less than nine minutes."""
    late = [change for change in changes(scenario("late_arrivals").build(rows, seed)) if (change.lag or -1) > 0]

    assert {change.number for change in late if change.old is None} == MOST_TICKS
    assert {change.number for change in late if change.old is not None} == MOST_TICKS
    assert all(MINUTE < (change.lag or 0) < 9 * MINUTE for change in late)


@pytest.mark.parametrize(
    ("name", "larger"), [("duplicate_timestamps", True), ("duplicate_timestamps_smaller_id", False)]
)
@few_examples
@given(rows=sizes, seed=seeds)
def test_tied_rows_are_new(name: str, larger: bool, rows: int, seed: int) -> None:  # noqa: FBT001 - which side is the case
    """Rows that tie with the watermark were never seen, and their keys are all on one side of its row's."""
    history = scenario(name).build(rows, seed)
    tied = [change for change in changes(history) if change.lag == 0]

    assert all(change.old is None and change.key not in by_key(history.base) for change in tied)
    assert {change.key > change.largest_key_at_watermark for change in tied} == {larger}
    assert len({change.key for change in tied}) == len(tied) >= 8


@few_examples
@given(rows=sizes, seed=seeds)
def test_deleted_rows_stay_away(rows: int, seed: int) -> None:
    """A deleted key appears in no later tick, and at least two go in each bent tick."""
    found = list(changes(scenario("hard_deletes").build(rows, seed)))
    gone = {change.key: change.number for change in found if change.row is None}

    assert len(gone) >= 16
    assert not [change for change in found if change.number > gone.get(change.key, 99)]


def test_the_row_at_the_watermark_is_never_deleted() -> None:
    """The watermark stays visible, so a delete says nothing about cursors."""
    found = [change for seed in range(60) for change in changes(scenario("hard_deletes").build(100, seed))]
    deleted = [stamp_of(change.old) == change.watermark for change in found if change.row is None and change.old]

    assert deleted == [False] * 60 * 8 * 2


@few_examples
@given(rows=sizes, seed=seeds)
def test_untouched_stamps_are_old_and_never_healed(rows: int, seed: int) -> None:
    """The stamp that stays is more than eight days old, and no later update of the row moves it."""
    found = list(changes(scenario("updates_without_touch").build(rows, seed)))
    silent = [change for change in found if change.old is not None and change.lag is None]
    first = {change.key: change.number for change in reversed(silent)}

    assert len(silent) >= 16
    assert all(change.stamp and change.at - change.stamp > 8 * DAY for change in silent)
    assert not [change for change in found if change.number > first.get(change.key, 99) and change.lag is not None]


@every_scenario
def test_equal_rows_and_seed_give_equal_histories(known: Scenario) -> None:
    """Building twice gives the same digest, another seed or size another."""
    digests = [known.build(rows, seed).digest() for rows, seed in ((150, 1), (150, 1), (150, 2), (151, 1))]

    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("clean", "3a82046c03057f0a"),
        ("late_arrivals", "05f172b1a87b3dd2"),
        ("duplicate_timestamps", "c21a06bf6d714dcd"),
        ("duplicate_timestamps_smaller_id", "c8230393df6bfa6c"),
        ("hard_deletes", "202509e5283299c1"),
        ("updates_without_touch", "a0bd29567dfdcfa8"),
    ],
)
def test_a_history_is_the_same_everywhere(name: str, digest: str) -> None:
    """A thousand rows of seed 42 have this history, on every platform and Python."""
    assert scenario(name).build(1_000, 42).digest() == digest


@every_scenario
def test_a_scenario_says_what_it_is(known: Scenario) -> None:
    """The id is permanent, the sentence is one, and whatever breaks more than inserts-only names cause and thread."""
    flawed = known.breaks != {Assumption.INSERT_ONLY}

    assert re.fullmatch("[a-z0-9_]+", known.id)
    assert re.fullmatch(r"[A-Z][^.]+\.", known.sentence)
    assert all(re.fullmatch(r"[CX]\d\d", cause) for cause in known.causes)
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", thread) for thread in known.threads)
    assert bool(known.causes) == bool(known.threads) == flawed


def test_ids_are_unique() -> None:
    """No two scenarios share an id."""
    assert len({known.id for known in SCENARIOS}) == len(SCENARIOS)


def test_a_scenario_is_found_by_its_id() -> None:
    """The id of each scenario leads to it."""
    assert [scenario(known.id) for known in SCENARIOS] == list(SCENARIOS)


def test_an_unknown_scenario_is_refused() -> None:
    """The refusal names the nearest known scenario."""
    with pytest.raises(Refused, match="unknown scenario 'late_arrival': did you mean late_arrivals"):
        scenario("late_arrival")
