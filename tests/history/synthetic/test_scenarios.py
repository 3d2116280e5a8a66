"""Every scenario breaks exactly what it says, in most ticks, and leaves the rest of the history honest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.assumptions import Assumption
from incload.errors import Refused
from incload.history.faults.roll_back_state import RollBackState
from incload.history.synthetic import row_flaws, timestamp_flaws
from incload.history.synthetic.datasets import CUSTOMERS, ORDERS, SENSOR_EVENTS, Dataset
from incload.history.synthetic.scenarios import SCENARIOS, Scenario, life, scenario

if TYPE_CHECKING:
    from conftest import Broken, ByKey, Changes, Syncs

    from incload.history.synthetic.row_flaws import Flaw

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

every_scenario = pytest.mark.parametrize("known", SCENARIOS, ids=lambda known: known.id)
sizes, seeds = st.integers(100, 500), st.integers(0, 2**32)
few_examples = settings(max_examples=5)


@every_scenario
@few_examples
@given(rows=st.integers(100, 1_000), seed=seeds)
def test_a_scenario_breaks_what_it_says_and_nothing_else(known: Scenario, rows: int, seed: int, broken: Broken) -> None:
    """The assumptions that history and faults break, net between the syncs that run, are the declared ones."""
    assert broken(known.build(rows, seed), known.faults).keys() == known.breaks


EVERY = set(range(1, 11))
MOST = {1, 2, 3, 4, 6, 7, 8, 9}
"""The syncs after the ticks that most flaws bend."""
LAGS, TIES, SMALLER_TIES = Assumption.LAG_WITHIN, Assumption.UNIQUE_CURSOR, Assumption.TIES_IN_KEY_ORDER
DELETES, KEYS, SILENT = (
    Assumption.NO_HARD_DELETES,
    Assumption.KEYS_IN_COMMIT_ORDER,
    Assumption.CURSOR_MOVES_ON_UPDATE,
)
WHEN = {
    ("late_arrivals", LAGS): MOST,
    ("late_beyond_window", LAGS): MOST,
    ("late_commit", LAGS): {3, 4, 5, 6, 8, 9, 10},
    ("late_commit", KEYS): {3, 4, 5, 6, 8, 9, 10},
    ("backdated_bulk", LAGS): {3},
    ("dst_fold", LAGS): {4, 5},
    ("out_of_order_versions", Assumption.VERSIONS_IN_ORDER): {2, 3, 4, 5, 7, 8, 9, 10},
    ("duplicate_timestamps", TIES): MOST,
    ("duplicate_timestamps_smaller_id", SMALLER_TIES): MOST,
    ("coarse_timestamps", TIES): EVERY - {1},
    ("coarse_timestamps_seconds", TIES): EVERY - {1},
    ("coarse_timestamps_days", TIES): EVERY - {1},
    ("future_timestamp", Assumption.CURSOR_NOT_IN_FUTURE): {2},
    ("null_cursor", Assumption.CURSOR_PRESENT): MOST,
    ("updates_without_touch", SILENT): MOST,
    ("soft_deletes", SILENT): MOST,
    ("hard_deletes", DELETES): MOST,
    ("delete_and_reinsert", DELETES): MOST,
    ("delete_and_reinsert", KEYS): {2, 3, 4, 5, 7, 8, 9, 10},
    ("key_change", DELETES): MOST,
    ("id_order_is_not_commit_order", KEYS): MOST,
    ("truncate_and_reload", DELETES): {5},
    ("truncate_and_reload", KEYS): {5, 6, 7, 8, 9, 10},
    ("memory_ahead_of_source", DELETES): {7},
    ("memory_ahead_of_source", LAGS): {7},
    ("memory_ahead_of_source", Assumption.VERSIONS_IN_ORDER): {7},
    ("schema_drift", Assumption.FIXED_SCHEMA): {5, 7},
    ("schema_drift", SILENT): {5},
    ("memory_rolled_back", DELETES): {7},
    ("memory_rolled_back", SILENT): {5, 7},
    ("memory_rolled_back", Assumption.STATE_KEPT): {7},
    ("memory_lost", Assumption.READ_ONCE): {6},
    ("partial_read", Assumption.COMPLETE_READ): {4, 8},
    ("crash_between_rows_and_memory", Assumption.ATOMIC_COMMIT): {5},
    ("crash_after_rows", Assumption.READ_ONCE): {5},
    ("watermark_truncated", Assumption.READ_ONCE): {-1},
}
"""The syncs at which a flaw shows, whatever size and seed; the first load is sync 0, and -1 stands for every one."""


@pytest.mark.parametrize(("name", "sign"), WHEN, ids=lambda value: getattr(value, "name", value).lower())
@few_examples
@given(rows=sizes, seed=seeds)
def test_a_flaw_shows_when_it_should(name: str, sign: Assumption, rows: int, seed: int, broken: Broken) -> None:
    """The flaw is there after the ticks that it bends, and nowhere else; ties may come one sync early."""
    known = scenario(name)
    first = {1} if name.startswith("coarse") else set()

    assert broken(known.build(rows, seed), known.faults)[sign] - first == WHEN[name, sign]


@pytest.mark.parametrize("dataset", [ORDERS, CUSTOMERS, SENSOR_EVENTS], ids=lambda dataset: dataset.id)
@pytest.mark.parametrize(
    ("flaw", "signs"),
    [
        (timestamp_flaws.arrive_late, {LAGS}),
        (timestamp_flaws.commit_late, {LAGS, KEYS}),
        (timestamp_flaws.backdate_in_bulk, {LAGS}),
        (timestamp_flaws.skew_clocks, {LAGS}),
        (timestamp_flaws.timestamp_in_future, {Assumption.CURSOR_NOT_IN_FUTURE}),
        (timestamp_flaws.leave_null, {Assumption.CURSOR_PRESENT}),
        (timestamp_flaws.touch, set()),
        (timestamp_flaws.bring_older_version, {LAGS, Assumption.VERSIONS_IN_ORDER}),
        (timestamp_flaws.tie_with_watermark, {TIES}),
        (row_flaws.delete_rows, {DELETES}),
        (row_flaws.delete_and_bring_back, {DELETES, KEYS}),
        (row_flaws.change_keys, {DELETES}),
        (row_flaws.update_without_touch, {SILENT}),
        (row_flaws.commit_out_of_key_order, {KEYS}),
        (row_flaws.truncate_and_reload, {DELETES, KEYS}),
        (row_flaws.restore_backup, {DELETES, LAGS, Assumption.VERSIONS_IN_ORDER}),
        (row_flaws.end_on_old_rows, set()),
        (row_flaws.drift_schema, {SILENT, Assumption.FIXED_SCHEMA}),
    ],
    ids=lambda value: "" if isinstance(value, set) else value.__name__,
)
def test_a_flaw_bends_any_dataset(dataset: Dataset, flaw: Flaw, signs: set[Assumption], broken: Broken) -> None:
    """The same flaw does the same to each table."""
    history = life(flaw, dataset=dataset)(200, 5)

    assert history.table == dataset.table
    assert broken(history, ()).keys() == signs | {Assumption.INSERT_ONLY}


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (timestamp_flaws.arrive_late, row_flaws.delete_rows, {LAGS, DELETES}),
        (row_flaws.delete_rows, timestamp_flaws.arrive_late, {LAGS, DELETES}),
        (row_flaws.change_keys, timestamp_flaws.commit_late, {LAGS, DELETES, KEYS}),
        (timestamp_flaws.leave_null, row_flaws.update_without_touch, {Assumption.CURSOR_PRESENT, SILENT}),
        (row_flaws.delete_rows, row_flaws.truncate_and_reload, {DELETES, KEYS}),
    ],
    ids=lambda value: "" if isinstance(value, set) else value.__name__,
)
def test_flaws_compose(first: Flaw, second: Flaw, both: set[Assumption], broken: Broken) -> None:
    """A life bent by two flaws, one after the other, breaks what either breaks."""
    assert broken(life(first, second, ticks=8)(300, 2), ()).keys() == both | {Assumption.INSERT_ONLY}


def test_composed_flaws_show_as_often_as_alone(broken: Broken) -> None:
    """Late rows and deletes are there in seven of eight ticks, together as well."""
    signs = broken(life(timestamp_flaws.arrive_late, row_flaws.delete_rows, ticks=8)(300, 2), ())

    assert signs[LAGS] == signs[DELETES] == {1, 2, 3, 4, 6, 7, 8}


@every_scenario
@few_examples
@given(rows=sizes, seed=seeds)
def test_every_change_is_one(known: Scenario, rows: int, seed: int, by_key: ByKey, syncs: Syncs) -> None:
    """What a tick deletes was there, and what it writes differs from what was there and is not what it deletes."""
    history = known.build(rows, seed)
    for before, tick in zip(syncs(history, ()), history.ticks, strict=False):
        upserts, deletes = by_key(tick.upserts), set(tick.deletes.column("id").to_pylist())

        assert deletes <= before.rows.keys()
        assert not deletes & upserts.keys()
        assert not [key for key, row in upserts.items() if before.rows.get(key) == row]


@every_scenario
@few_examples
@given(rows=sizes, seed=seeds)
def test_time_runs_evenly(known: Scenario, rows: int, seed: int, by_key: ByKey) -> None:
    """Ten ticks follow the start at equal distances, five minutes but for two; the base is older than the start."""
    history = known.build(rows, seed)
    timestamps = [row["modified_at"] for row in by_key(history.base).values()]
    every = {"dst_fold": HOUR, "coarse_timestamps_days": DAY}.get(known.id, 5 * MINUTE)

    assert [tick.at for tick in history.ticks] == [history.started + number * every for number in range(1, 11)]
    assert len(timestamps) == rows
    assert max(timestamps) < history.started  # type: ignore[type-var]  # whole numbers


@every_scenario
@few_examples
@given(rows=sizes, seed=seeds)
def test_something_honest_happens_in_every_tick(known: Scenario, rows: int, seed: int, changes: Changes) -> None:
    """Inserts and updates in the order of timestamps go on beside the flaw, so that the watermark always moves."""
    found = [
        change
        for change in changes(known.build(rows, seed))
        if change.timestamp is None or change.timestamp <= change.at
    ]
    honest = [change for change in found if change.lag is not None and change.lag < 0]
    inserts, updates = ({change.sync for change in honest if (change.old is None) is new} for new in (True, False))
    # The bent ticks of a fold have only a short honest part; a table that is reloaded has only new rows.
    short = {"dst_fold": {4, 5}}.get(known.id, set())
    only_new = {"truncate_and_reload": {5}, "id_order_is_not_commit_order": EVERY, "inserts_only": EVERY}.get(
        known.id, set()
    )

    assert inserts | updates == EVERY
    assert inserts >= EVERY - short
    assert updates >= EVERY - short - only_new


@every_scenario
@few_examples
@given(rows=sizes, seed=seeds)
def test_timestamps_are_unique_unless_they_are_meant_to_tie(
    known: Scenario, rows: int, seed: int, changes: Changes, by_key: ByKey
) -> None:
    """A timestamp that a change brings is new, except in ties with the watermark and in unchanged rows."""
    history = known.build(rows, seed)
    taken = {row["modified_at"] for row in by_key(history.base).values()}
    again = {(key, row["modified_at"]) for key, row in by_key(history.base).items()}
    brought = [(change.key, change.timestamp) for change in changes(history) if change.lag not in {None, 0}]
    timestamps = [timestamp for key, timestamp in dict.fromkeys(brought) if (key, timestamp) not in again]

    if not known.id.startswith("coarse"):
        assert len(taken.union(timestamps)) == len(taken) + len(timestamps) == rows + len(timestamps)


@every_scenario
def test_equal_rows_and_seed_give_equal_histories(known: Scenario) -> None:
    """Building twice gives the same digest, another seed or size another."""
    digests = [known.build(rows, seed).digest() for rows, seed in ((150, 1), (150, 1), (150, 2), (151, 1))]

    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


DIGESTS = {
    "clean": "3a82046c03057f0a",
    "log_expired": "3a82046c03057f0a",
    "late_arrivals": "05f172b1a87b3dd2",
    "late_beyond_window": "4cf4273753568b94",
    "late_commit": "02afac28d642c2f6",
    "backdated_bulk": "64774681e644587b",
    "clock_skew": "53f92218138c7557",
    "dst_fold": "8709025232c6b930",
    "out_of_order_versions": "ef381f97a5bfafe9",
    "duplicate_timestamps": "c21a06bf6d714dcd",
    "duplicate_timestamps_smaller_id": "c8230393df6bfa6c",
    "coarse_timestamps": "213ff3d7b2e21433",
    "coarse_timestamps_seconds": "90c4512925adc9de",
    "coarse_timestamps_days": "5ef9b97cb75c71ba",
    "future_timestamp": "6e8c63b4199e27d5",
    "null_cursor": "46677e4af67dc217",
    "touched_without_change": "02cf964677e2de6c",
    "updates_without_touch": "a0bd29567dfdcfa8",
    "soft_deletes": "0ed54389d504d57c",
    "hard_deletes": "202509e5283299c1",
    "delete_and_reinsert": "5d19b4acce3c5bec",
    "key_change": "89eb53762d70045d",
    "inserts_only": "a129d692c660fac2",
    "id_order_is_not_commit_order": "379cae369add2bc8",
    "truncate_and_reload": "5f93af8a0b8fc991",
    "memory_ahead_of_source": "8204955c4e765257",
    "schema_drift": "16eee5c1c8250bc1",
    "missed_syncs": "3a82046c03057f0a",
    "insert_and_delete_between_syncs": "a2accf67eba164fe",
    "watermark_truncated": "3a82046c03057f0a",
    "watermark_rounded_up": "bc769746f1273822",
    "memory_lost": "3a82046c03057f0a",
    "memory_rolled_back": "d68d0a11d04c335d",
    "crash_between_rows_and_memory": "3a82046c03057f0a",
    "crash_after_rows": "3a82046c03057f0a",
    "partial_read": "5c3ca8a6037cc0b5",
}


@every_scenario
def test_a_history_is_the_same_everywhere(known: Scenario) -> None:
    """A thousand rows of seed 42 have this history, on every platform and Python, in every release."""
    assert known.build(1_000, 42).digest() == DIGESTS[known.id]


@every_scenario
def test_a_scenario_says_what_it_is(known: Scenario) -> None:
    """The id is permanent, the sentence is one, and all with a flaw name causes, with threads where there are."""
    assert re.fullmatch("[a-z0-9_]+", known.id)
    assert re.fullmatch(r"[A-Z][^.]+\.", known.sentence)
    assert all(re.fullmatch(r"[CX]\d\d", cause) for cause in known.causes)
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", thread) for thread in known.threads)
    assert bool(known.causes) == (known.id not in {"clean", "inserts_only"})
    assert bool(known.threads) == any(cause.startswith("C") for cause in known.causes)


@every_scenario
def test_faults_hold_at_syncs_that_run(known: Scenario) -> None:
    """A fault names one of ten syncs that is not skipped, or none; a state comes back from an earlier one."""
    skipped = {fault.sync for fault in known.faults if fault.kind == "skip_sync"}

    for fault in known.faults:
        assert fault.sync is None or 1 <= fault.sync <= 10
        assert fault.skips(fault.sync or 0) or fault.sync not in skipped
        assert fault.possible(10, frozenset(skipped))
        assert not isinstance(fault, RollBackState) or 0 < fault.to < (fault.sync or 1)


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
