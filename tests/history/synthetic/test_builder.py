"""The plan answers what is visible before each tick, whatever a flaw has put into it."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.errors import Refused
from incload.history.synthetic.base_table import Base, Row, key_of, timestamp_of
from incload.history.synthetic.builder import Draft, Plan
from incload.history.synthetic.datasets import DATASETS, ORDERS, STARTED, Dataset, rows
from incload.table import Column, Kind

every_dataset = pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.id)


def plan_of(*ticks: Draft) -> Plan:
    """Return a plan over a hundred orders with the given ticks."""
    plan = Plan(ORDERS, 100, 1)
    plan.ticks.extend(ticks)
    return plan


def order(key: int, timestamp: int | None = 0) -> Row:
    """Return an order of that key and timestamp."""
    return {
        "id": key,
        "customer": "Ada",
        "status": "new",
        "items": 1,
        "amount_cents": 5,
        "express": False,
        "note": None,
        "modified_at": timestamp,
    }


def top(plan: Plan) -> int:
    """Return the newest key of the base."""
    return next(plan.base.newest_first())[0]


def tick(at: int, *upserts: Row, deletes: tuple[int, ...] = ()) -> Draft:
    """Return a tick of the given rows."""
    return Draft(at, {key_of(row): row for row in upserts}, set(deletes))


def test_a_base_row_is_found() -> None:
    """A row that no tick touches is as in the base, with its timestamp as a whole number."""
    first = rows(ORDERS, 0, 1, 1).to_pylist()[0]
    found = plan_of().row(10, 0)

    assert found is not None
    assert found | {"modified_at": None} == first | {"modified_at": None}
    assert found["modified_at"] == (first["modified_at"] - datetime(1970, 1, 1)) // (  # noqa: DTZ001 - UTC
        datetime(1970, 1, 1, microsecond=1) - datetime(1970, 1, 1)  # noqa: DTZ001 - UTC
    )


def test_a_row_is_as_the_last_tick_left_it() -> None:
    """Before each tick a row is what the ticks before made of it; a deleted row is not there."""
    plan = plan_of(tick(1, order(15, 1)), tick(2, order(15, 2)), tick(3, deletes=(15,)), tick(4))
    timestamps = [row and row["modified_at"] for row in (plan.row(15, number) for number in range(4))]

    assert timestamps == [None, 1, 2, None]


def test_inserts_are_the_keys_that_were_not_there() -> None:
    """A key that comes back after a delete is an insert again; an update is none."""
    plan = plan_of(
        tick(1, order(15), order(5)), tick(2, order(5), order(25), order(20), deletes=(15,)), tick(3, order(15))
    )

    assert [plan.inserts(number) for number in range(3)] == [[5, 15], [25], [15]]


def test_updates_are_the_keys_that_were_there() -> None:
    """A key that comes back after a delete is none."""
    plan = plan_of(tick(1, order(15), order(20), deletes=(30,)), tick(2, order(20), order(15), order(30), order(5)))

    assert [plan.updates(number) for number in range(2)] == [[20], [15, 20]]


def test_the_first_watermark_is_that_of_the_base() -> None:
    """Before the first tick the base alone is visible."""
    plan = plan_of(tick(1, order(15, STARTED)))

    assert plan.watermark(0) == max(plan.base.timestamps())
    assert plan.holders(0) == [top(plan)]


def test_the_watermark_follows_the_ticks() -> None:
    """A new timestamp raises it, an older one does not, and a null is none."""
    plan = plan_of(tick(1, order(15, STARTED + 5), order(25, None)), tick(2, order(35, STARTED + 1)), tick(3))

    assert [plan.watermark(number) for number in (1, 2)] == [STARTED + 5, STARTED + 5]


def test_all_rows_at_the_watermark_hold_it() -> None:
    """A tie has several holders."""
    plan = plan_of(tick(1, order(15, STARTED + 5), order(25, STARTED + 5), order(35, STARTED)))

    assert plan.holders(1) == [15, 25]


def test_a_base_tied_at_the_top_has_several_holders() -> None:
    """Rows of the base that share the largest timestamp are all found, also when one of them has moved on."""
    plan = plan_of(tick(1, order(20, 3)))
    tied = rows(ORDERS, 0, 4, 1)
    column = pa.array([STARTED - 9, STARTED, STARTED, STARTED], pa.timestamp("us"))
    plan.base = Base(tied.set_column(7, "modified_at", column))

    assert plan.holders(0) == [20, 30, 40]
    assert plan.holders(1) == [30, 40]


def test_the_watermark_sinks_when_its_row_leaves() -> None:
    """What is deleted is not visible, nor what an update moved back."""
    plan = plan_of()
    (first, _), (second, _), (_, third_timestamp) = islice(plan.base.newest_first(), 3)
    plan.ticks += [tick(1, order(second, 7), deletes=(first,))]

    assert plan.watermark(1) == third_timestamp


def test_settled_rows_are_left_alone_from_the_tick_on() -> None:
    """Rows touched earlier are settled in their present form; those touched now or later, or gone, are not."""
    plan = plan_of(
        tick(1, order(15, 1), order(10, 2), deletes=(20,)), tick(2, order(30, 3), deletes=(40,)), tick(3, order(50, 4))
    )
    settled = {key_of(row): row for row in plan.settled(1, plan.draws("x"))}

    assert settled.keys() == set(plan.base.keys) - {20, 30, 40, 50} | {15}
    assert (settled[15]["modified_at"], settled[10]["modified_at"]) == (1, 2)


def test_touched_keys_are_those_of_a_tick_and_the_later_ones() -> None:
    """Updates, inserts and deletes count, those of earlier ticks do not."""
    plan = plan_of(tick(1, order(15)), tick(2, order(20), deletes=(30,)), tick(3, order(25)))

    assert [plan.touched(number) for number in range(4)] == [{15, 20, 25, 30}, {20, 25, 30}, {25}, set()]


def test_visible_rows_are_as_the_ticks_before_left_them() -> None:
    """The base and what the ticks before made of it; what they deleted is not there."""
    plan = plan_of(tick(1, order(15, 1), order(10, 2), deletes=(20,)), tick(2, order(25, 3)))
    visible = plan.visible(1)

    assert visible.keys() == set(plan.base.keys) - {20} | {15}
    assert (visible[15]["modified_at"], visible[10]["modified_at"]) == (1, 2)
    assert visible[30] == plan.base.row(30)
    assert plan.visible(0).keys() == set(plan.base.keys)


def test_the_largest_key_is_that_of_any_earlier_time() -> None:
    """Keys that have disappeared count, those of the tick itself do not."""
    plan = plan_of(tick(1, order(1015)), tick(2, deletes=(1015,)), tick(3, order(2000)))

    assert [plan.largest_key(number) for number in range(4)] == [1000, 1015, 1015, 2000]


def test_the_clock_before_a_tick_is_that_of_the_one_before() -> None:
    """Before the first tick it is the start's."""
    plan = plan_of(tick(STARTED + 5), tick(STARTED + 9))

    assert [plan.before(number) for number in range(2)] == [STARTED, STARTED + 5]


def test_new_rows_of_a_tick_push_later_keys_up() -> None:
    """Their keys follow the largest so far; larger ones in later ticks move up with their rows and deletes."""
    plan = plan_of(
        tick(1, order(1010), order(20)),
        tick(2, order(1020, 5), order(10, 6), order(1005, 7), deletes=(1010,)),
        tick(3, order(1030), deletes=(1020, 30)),
    )
    new = plan.insert(0, 2)
    first, second, third = plan.ticks

    assert [key_of(row) for row in new] == [1020, 1030]
    assert first.upserts.keys() == {1010, 20, 1020, 1030}
    assert {key: row["modified_at"] for key, row in second.upserts.items()} == {1040: 5, 10: 6, 1005: 7}
    assert [row["id"] for row in second.upserts.values()] == [1040, 10, 1005]
    assert (second.deletes, third.deletes) == ({1010}, {1040, 30})
    assert third.upserts.keys() == {1050}


def test_timestamps_of_a_new_row_are_set_in_the_tick() -> None:
    """The rows returned are those of the tick, so that what is done to them is done to it."""
    plan = plan_of(tick(1), tick(2))
    (row,) = plan.insert(0, 1)
    row["modified_at"] = 7

    assert plan.ticks[0].upserts[1010]["modified_at"] == 7


@pytest.mark.parametrize("by", [-86_400_000_000, 1, 30_000_000])
def test_a_base_lies_before_any_start(by: int) -> None:
    """A plan that starts at another time has the same base, with timestamps moved by as much."""
    usual, moved = Plan(ORDERS, 100, 1), Plan(ORDERS, 100, 1, STARTED + by)

    assert moved.started == STARTED + by
    assert moved.base.timestamps() == {timestamp + by for timestamp in usual.base.timestamps()}
    assert moved.base.rows.drop_columns(["modified_at"]) == usual.base.rows.drop_columns(["modified_at"])
    assert moved.base.rows.schema == usual.base.rows.schema


def test_settled_rows_can_be_asked_to_be_old() -> None:
    """Only rows whose timestamp is below the bound come, so none without a timestamp."""
    plan = plan_of(tick(1, order(15, 1), order(25, None)))
    bound = sorted(plan.base.timestamps())[30]
    timestamps = [timestamp_of(row) for row in plan.settled(1, plan.draws("x"), below=bound)]

    assert len(timestamps) == 31
    assert all(timestamp is not None and timestamp < bound for timestamp in timestamps)


def test_settled_rows_come_in_a_random_order() -> None:
    """The order is that of the draws, and equal draws give an equal order."""
    plan = plan_of()
    one, same, other = ([key_of(row) for row in plan.settled(0, plan.draws(name))] for name in ("x", "x", "y"))

    assert one == same
    assert one != other
    assert sorted(one) == sorted(other) == plan.base.keys


@every_dataset
@given(seed=st.integers(0, 2**32))
def test_a_changed_row_differs_in_payload_alone(dataset: Dataset, seed: int) -> None:
    """The copy has the key and the timestamp of the row and other content, and the row itself stays."""
    plan = Plan(dataset, 100, seed)
    row = plan.base.row(10)
    assert row is not None
    before = dict(row)
    copy = plan.changed(row)
    different = {name for name in row if row[name] != copy[name]}

    assert row == before
    assert different
    assert different <= set(dataset.changing)


def test_a_change_to_the_same_is_not_taken() -> None:
    """Content that happens to be equal is passed over."""
    plan = plan_of()
    row = plan.base.row(10)
    assert row is not None
    plan._other = iter([dict(row), dict(row), row | {"amount_cents": -1}])

    assert plan.changed(row) == row | {"amount_cents": -1}


def test_updates_do_not_copy_new_rows() -> None:
    """The content of an update is drawn from elsewhere than that of the rows to come."""
    plan = plan_of()
    updated = [plan.changed(order(10))["amount_cents"] for _ in range(50)]

    assert updated != [plan.new_row()["amount_cents"] for _ in range(50)]


def test_new_rows_come_under_ascending_keys() -> None:
    """The first new row has the first key above the base."""
    plan = plan_of()

    assert [plan.new_row()["id"] for _ in range(300)] == [10 * position for position in range(101, 401)]


def test_keys_and_timestamps_are_those_of_any_time() -> None:
    """Rows that were overwritten or deleted count as well."""
    plan = plan_of(tick(1, order(15, 1), order(25, None)), tick(2, order(15, 2), deletes=(25, 10)))

    assert plan.keys() == {*plan.base.keys, 15, 25}
    assert plan.timestamps() == plan.base.timestamps() | {1, 2}


def test_a_flaw_leaves_every_fifth_tick_alone() -> None:
    """Of twelve ticks, the fifth and the tenth stay honest."""
    assert [number for number, _ in plan_of(*map(tick, range(12))).struck()] == [0, 1, 2, 3, 5, 6, 7, 8, 10, 11]


@pytest.mark.parametrize(("count", "changes", "few"), [(100, 6, 2), (1_000, 20, 4), (5_000, 100, 20)])
def test_a_tick_changes_two_in_a_hundred(count: int, changes: int, few: int) -> None:
    """At least six rows change, and a flaw takes fewer than half of them."""
    plan = Plan(ORDERS, count, 1)

    assert (plan.changes, plan.few) == (changes, few)


def test_a_frozen_plan_is_a_history() -> None:
    """Rows are sorted by key and have the base's types; nulls and empty ticks are kept."""
    plan = plan_of(tick(7, order(25, None), order(15, 1_500_000), deletes=(30, 20)), tick(8))
    history = plan.freeze()
    first, second = history.ticks

    assert (history.table, history.started, history.base) == (ORDERS.table, STARTED, rows(ORDERS, 0, 100, 1))
    assert (first.at, second.at) == (7, 8)
    assert first.upserts.schema == history.base.schema
    assert first.upserts.select(["id", "note", "modified_at"]).to_pylist() == [
        {"id": 15, "note": None, "modified_at": datetime(1970, 1, 1, 0, 0, 1, 500_000)},  # noqa: DTZ001 - UTC
        {"id": 25, "note": None, "modified_at": None},
    ]
    assert first.deletes == pa.table({"id": [20, 30]})
    assert (second.upserts.num_rows, second.deletes.num_rows) == (0, 0)
    assert second.deletes.schema == first.deletes.schema


def test_columns_come_and_widen_from_a_tick_on() -> None:
    """Rows of the tick and of later ones have the new column, last, and the new type; earlier ones have not."""
    widened = order(25) | {"channel": None, "items": 1.5}
    plan = plan_of(tick(1, order(15)), tick(2, order(25) | {"channel": "web"}), tick(3, widened))
    plan.ticks[1].adds.append((Column("channel", Kind.TEXT), "app"))
    plan.ticks[2].widens.append(Column("items", Kind.REAL))
    first, second, third = plan.freeze().ticks

    assert first.upserts.schema == plan.base.rows.schema
    assert second.upserts.schema == first.upserts.schema.append(pa.field("channel", pa.string()))
    assert [tick.upserts.schema.field("items").type for tick in (second, third)] == [pa.int64(), pa.float64()]
    assert third.upserts.select(["items", "channel"]).to_pylist() == [{"items": 1.5, "channel": None}]
    assert (second.adds, second.widens) == (((Column("channel", Kind.TEXT), "app"),), ())
    assert (third.adds, third.widens) == ((), (Column("items", Kind.REAL),))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.INTEGER, pa.int64()),
        (Kind.REAL, pa.float64()),
        (Kind.TEXT, pa.string()),
        (Kind.BOOLEAN, pa.bool_()),
        (Kind.TIMESTAMP, pa.timestamp("us")),
    ],
)
def test_a_new_column_may_be_of_any_kind(kind: Kind, expected: pa.DataType) -> None:
    """Each kind has the Arrow type that histories use."""
    plan = plan_of(tick(1))
    plan.ticks[0].adds.append((Column("extra", kind), None))

    assert next(iter(plan.freeze().ticks)).upserts.schema.field("extra").type == expected


def test_too_few_rows_are_refused() -> None:
    """The refusal says how many are needed."""
    with pytest.raises(Refused, match="a history of 99 rows is too short of rows to change: ask for 100 or more"):
        Plan(ORDERS, 99, 1)
