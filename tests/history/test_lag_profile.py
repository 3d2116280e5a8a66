"""What a passing history is said to be like: worked out by hand, and on paper as in the model of a load."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incload.api.durations import duration
from incload.errors import Refused
from incload.history.cursor_model import Model
from incload.history.history import History, Tick
from incload.history.lag import syncs
from incload.history.lag_profile import CURVE_POINTS, WINDOWS, Forecast, Profiler, _curve
from incload.strategy import Reach
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

Row = tuple[str, str, int | None]
"""Key, value, and the timestamp in seconds."""

TABLE = Table(
    "t", ("id",), "at", (Column("id", Kind.TEXT), Column("value", Kind.TEXT), Column("at", Kind.TIMESTAMP))
)  # fmt: skip
SECOND = 1_000_000


def arrow(rows: Sequence[Row]) -> pa.Table:
    """Return rows as a history holds them."""
    timestamps = [None if at is None else at * SECOND for _, _, at in rows]
    return pa.table(
        {
            "id": pa.array([key for key, _, _ in rows], pa.string()),
            "value": pa.array([value for _, value, _ in rows], pa.string()),
            "at": pa.array(timestamps, pa.timestamp("us")),
        }
    )


def history(base: Sequence[Row], *ticks: tuple[Sequence[Row], Sequence[str]]) -> History:
    """Return a history of upserts and deletes; its base is visible at second 1000, each tick a hundred later."""
    made = [
        Tick((1_000 + 100 * number) * SECOND, arrow(rows), pa.table({"id": pa.array(list(gone), pa.string())}))
        for number, (rows, gone) in enumerate(ticks, start=1)
    ]
    return History(TABLE, 1_000 * SECOND, arrow(base), tuple(made))


def profiled(past: History, *windows: int) -> Profiler:
    """Return what has watched a history, windows in seconds."""
    profiler = Profiler([timedelta(seconds=window) for window in windows])
    for sync in syncs(past):
        profiler.see(sync)
    return profiler


def test_every_kind_of_change_is_counted() -> None:
    """Late and tied inserts, updates that move the timestamp too little, back or not, timestamps ahead and missing."""
    past = history(
        [("a", "1", 900), ("b", "1", 800), ("c", "1", None)],
        ([("d", "1", 900), ("e", "1", 850), ("b", "2", 870)], ["c"]),
        ([("a", "2", 880), ("b", "3", 870), ("f", "1", None), ("g", "1", 5_000)], []),
        ([("h", "1", 1_250)], ["f"]),
    )
    lateness = profiled(past).lateness()
    counts = {name: getattr(lateness, name) for name in lateness.__slots__ if name not in {"quantiles", "curve"}}

    assert counts == {
        "syncs": 4, "base_rows": 3, "base_read": 2, "base_ahead": 0, "rows_at_end": 6,
        "inserts": 5, "updates": 3, "deletes": 2,
        "without_timestamp": 1, "before_any_timestamp": 0, "ahead_of_clock": 1, "ties": 1, "late": 4,
        "behind_inserts": 2, "behind_untouched": 1, "behind_moved": 2, "untouched": 1, "backwards": 1,
    }  # fmt: skip
    assert (lateness.changes, lateness.behind) == (8, 5)
    assert lateness.quantiles[-1] == (100, 50 * SECOND)


def test_changes_before_any_timestamp_have_no_lag() -> None:
    """While no row has a timestamp there is nothing to lie behind."""
    lateness = profiled(history([("a", "1", None)], ([("b", "1", 900)], []))).lateness()

    assert (lateness.before_any_timestamp, lateness.behind, lateness.quantiles, lateness.curve) == (1, 0, (), ())


def test_windows_on_paper() -> None:
    """Row b lies 50 s behind, c has no timestamp: a window of 50 s reads b, none reads c, all read what is newer."""
    past = history([("a", "1", 900)], ([("b", "1", 850), ("c", "1", None)], []), ([("d", "1", 1_100)], []))

    assert profiled(past, 0, 49, 50).forecasts() == (
        Forecast(0.0, 2, 2, 2, 1 + 1 + 2),
        Forecast(49.0, 2, 2, 2, 1 + 1 + 2),
        Forecast(50.0, 1, 1, 1, 1 + 2 + 3),
    )


def test_a_row_that_comes_back_as_the_copy_still_holds_it_does_no_harm() -> None:
    """Its change is missed, its key counted, and no row is ever wrong."""
    past = history([("a", "1", 900), ("b", "1", 800)], ([], ["b"]), ([("b", "1", 800)], []))

    assert profiled(past, 0).forecasts() == (Forecast(0.0, 1, 1, 0, 2 + 1 + 1),)


def test_a_row_that_comes_back_as_another_is_wrong() -> None:
    """The same timestamp, and another value: stale."""
    past = history([("a", "1", 900), ("b", "1", 800)], ([], ["b"]), ([("b", "2", 800)], []))

    assert profiled(past, 0).forecasts() == (Forecast(0.0, 1, 1, 1, 2 + 1 + 1),)


rows = st.tuples(st.sampled_from("abcd"), st.sampled_from("12"), st.one_of(st.none(), st.integers(700, 1_500)))


@given(
    st.lists(rows, max_size=4, unique_by=lambda row: row[0]),
    st.lists(st.lists(rows, max_size=3, unique_by=lambda row: row[0]), max_size=6),
    st.sampled_from((0, 1, 100, 10_000)),
)
def test_paper_and_model_agree(base: list[Row], ticks: list[list[Row]], window: int) -> None:
    """The rows ever wrong are those that the model of any cursor load predicts, where nothing is deleted."""
    past = history(base, *((tick, ()) for tick in ticks))
    profiler = profiled(past, window)
    (paper,) = profiler.windows.values()

    assert set(paper.ever_wrong) == set(Model(Reach(window=timedelta(seconds=window))).run(past).ever_wrong)


def test_the_curve_of_many_lags_is_thinned_out() -> None:
    """It begins at 0, ends at the largest, falls throughout, and has no more points than can be drawn."""
    curve = _curve([lag for lag in range(1_000) for _ in range(3)])

    assert curve[0] == (0, 2_997)
    assert curve[-1] == (999, 0)
    assert len(curve) <= CURVE_POINTS + 2
    assert [count for _, count in curve] == sorted((count for _, count in curve), reverse=True)
    assert json.loads(json.dumps(curve)) == [[span, 3 * (999 - span)] for span, _ in curve]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("90s", 90), ("10m", 600), ("10 min", 600), ("1.5h", 5_400), ("7D", 604_800), ("2w", 1_209_600)],
)
def test_spans_of_time(text: str, seconds: int) -> None:
    """A number and a unit; nothing needs no unit."""
    assert duration(text, "--x") == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "h", "-1h", "1 fortnight", "1h30m", "\u0661h"])
def test_what_is_no_span_is_refused(text: str) -> None:
    """By the name of its option."""
    with pytest.raises(Refused, match=r"^--x .* is no span of time: write a number and s, m, h, d or w, such as 90s"):
        duration(text, "--x")


def test_the_windows_that_are_tried_when_none_are_named() -> None:
    """No window, a minute, ten, an hour, six, a day and a week."""
    assert [window // timedelta(minutes=1) for window in WINDOWS] == [0, 1, 10, 60, 360, 1_440, 10_080]


@pytest.mark.parametrize(("guarded", "kept"), [(False, {("a",)}), (True, {("a",)})])
def test_a_model_that_reads_everything_removes_what_is_gone(*, guarded: bool, kept: set[tuple[str, ...]]) -> None:
    """At every second sync all rows are read, and those that are no more leave the copy."""
    past = history([("a", "1", 900), ("b", "1", 800)], ([("a", "2", 1_050)], []), ([], ["b"]))
    model = Model(Reach(every=2), guarded=guarded).run(past)

    assert set(model.target) == kept


def test_a_model_keeps_the_state_of_every_sync() -> None:
    """As it was after that sync, whatever later ones made of it: a fault may bring it back."""
    past = history([("a", "1", 900)], ([("b", "1", 1_050)], []), ([("c", "1", 1_150)], []))
    model = Model(Reach()).run(past)

    assert [model.mark_after(sync).at for sync in (0, 1, 2)] == [900 * SECOND, 1_050 * SECOND, 1_150 * SECOND]
    assert [model.mark_after(sync).syncs for sync in (0, 1, 2)] == [1, 2, 3]


def test_a_model_knows_every_row_that_was_read_at_its_watermark() -> None:
    """Ties of several syncs add up, each in the version that was read; a new watermark forgets them."""
    past = history([("a", "1", 900), ("x", "1", 800)], ([("b", "1", 900)], []), ([("a", "2", 900)], []))
    model = Model(Reach(at_bound="unknown")).run(past)
    known = [(key, version.content[1]) for key, version, _ in model.mark.known]
    assert sorted(known) == [(("a",), "1"), (("a",), "2"), (("b",), "1")]

    past = history([("a", "1", 900)], ([("b", "1", 1_000)], []))
    model = Model(Reach(at_bound="unknown")).run(past)
    assert [key for key, _, _ in model.mark.known] == [("b",)]


@pytest.mark.parametrize(("options", "kept"), [({}, 50), ({"guarded": False}, 50), ({"guarded": True}, 200)])
def test_a_model_holds_removals_back_where_it_is_said(options: dict[str, bool], kept: int) -> None:
    """Three of four rows are too many to go unasked, in a load that has the guard."""
    keys = [f"k{number:03}" for number in range(200)]
    past = history([(key, "1", 900) for key in keys], ([], keys[50:]))

    assert len(Model(Reach(every=1), **options).run(past).target) == kept


@pytest.mark.parametrize(
    ("every", "ticks", "kept"), [(2, 1, "ab"), (2, 2, "a"), (1, 1, "a"), (0, 2, "ab"), (3, 2, "ab")]
)
def test_what_is_gone_leaves_a_model_when_it_reads_everything(every: int, ticks: int, kept: str) -> None:
    """And not before: a sync in between does not know what is missing."""
    later: list[tuple[list[Row], list[str]]] = [([], ["b"]), ([], [])]
    past = history([("a", "1", 900), ("b", "1", 800)], *later[:ticks])

    assert sorted(key for (key,) in Model(Reach(every=every)).run(past).target) == list(kept)


@pytest.mark.parametrize(
    ("back", "is_read"), [(0, False), (39, False), (40, True), (50, True), (60, True), (61, False)]
)
def test_a_further_window_of_a_model(back: int, *, is_read: bool) -> None:
    """From 40 to 60 seconds behind the watermark, both included; what lies nearer or further is missed."""
    reach = Reach(at_bound="none", further=((timedelta(seconds=60), timedelta(seconds=40)),))
    past = history([("a", "1", 900)], ([("b", "1", 900 - back)], []))

    assert (("b",) in Model(reach).run(past).target) is is_read
