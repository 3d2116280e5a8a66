"""The lag of a change and the order of ties, written down by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from incload.history.history import History, Tick
from incload.history.lag import larger, syncs
from incload.table import Column, Kind, Table

TABLE = Table("t", ("id",), "at", (Column("id", Kind.TEXT), Column("at", Kind.TIMESTAMP)))
START = 1_000

Rows = list[tuple[str, int | None]]


def arrow(rows: Rows) -> pa.Table:
    """Return keys and timestamps as a history holds them."""
    keys, timestamps = [key for key, _ in rows], [at for _, at in rows]
    return pa.table({"id": pa.array(keys, pa.string()), "at": pa.array(timestamps, pa.timestamp("us"))})


def changes(base: Rows, *ticks: Rows) -> list[list[tuple[object, int | None, bool]]]:
    """Return key, lag and order of every change, by the sync that finds it."""
    gone = pa.table({"id": pa.array([], pa.string())})
    made = [Tick(START + number * 100, arrow(rows), gone) for number, rows in enumerate(ticks, start=1)]
    found = list(syncs(History(TABLE, START, arrow(base), tuple(made))))[1:]
    return [[(change.key[0], change.lag, change.tie_in_order) for change in sync.changes] for sync in found]


@pytest.mark.parametrize("base", [[("a", 900), ("c", 900)], [("c", 900), ("a", 900)], [("a", 500), ("c", 900)]])
def test_a_tie_with_a_smaller_key_is_out_of_order(base: Rows) -> None:
    """The largest key at the watermark counts, in whatever order the rows were seen."""
    assert changes(base, [("b", 900), ("d", 900)]) == [[("b", 0, False), ("d", 0, True)]]


def test_a_tie_moves_the_largest_key_on() -> None:
    """What one sync has read at the watermark is what the next one's ties are compared with."""
    assert changes([("a", 900)], [("c", 900)], [("b", 900)]) == [[("c", 0, True)], [("b", 0, False)]]


def test_a_larger_timestamp_begins_a_new_order() -> None:
    """At a new watermark no key of an older one counts."""
    assert changes([("x", 900)], [("a", 950)], [("b", 950)]) == [[("a", -50, False)], [("b", 0, True)]]


def test_a_timestamp_ahead_of_the_clock_is_no_watermark_yet() -> None:
    """A timestamp equal to the clock counts at once, one ahead of it when the clock has passed it."""
    assert changes([("a", 1_000)], [("b", 990)]) == [[("b", 10, True)]]
    assert changes([("a", 900), ("z", 1_150)], [("b", 910)], [("c", 920)], [("d", 930)]) == [
        [("b", -10, True)],
        [("c", -10, True)],
        [("d", 220, False)],
    ]


def test_no_watermark_and_no_timestamp_are_no_lag() -> None:
    """While no row had a timestamp nothing lies behind, and a row without one never does."""
    assert changes([("a", None)], [("b", 900)], [("c", None)]) == [[("b", None, True)], [("c", None, True)]]


def test_a_new_column_of_nulls_changes_no_row() -> None:
    """A row copied before the column came has a null there, and so has the source; a value there is a change."""
    gone = pa.table({"id": pa.array([], pa.string())})
    added = [Tick(START + 100, arrow([]), gone, adds=((Column("note", Kind.TEXT), value),)) for value in (None, "new")]
    found = [list(syncs(History(TABLE, START, arrow([("a", 900)]), (tick,))))[1] for tick in added]

    assert [sync.added for sync in found] == [True, True]
    assert [[change.key for change in sync.changes] for sync in found] == [[], [("a",)]]


def test_only_the_sync_after_it_sees_a_new_column() -> None:
    """What happened to the columns is reported once, and rows that leave are gone from what is visible."""
    none, gone = pa.table({"id": pa.array([], pa.string())}), pa.table({"id": pa.array(["a"])})
    ticks = (Tick(START + 100, arrow([]), none, adds=((Column("note", Kind.TEXT), "new"),)),)
    later = (Tick(START + 200, arrow([]), gone), Tick(START + 300, arrow([]), none))
    found = list(syncs(History(TABLE, START, arrow([("a", 900), ("b", 800)]), (*ticks, *later))))

    assert [sync.added for sync in found] == [False, True, False, False]
    assert [[key for (key,) in sync.rows] for sync in found] == [["a", "b"], ["a", "b"], ["b"], ["b"]]
    assert [[(change.key, change.new is None, change.lag) for change in sync.changes] for sync in found[2:]] == [
        [(("a",), True, None)],
        [],
    ]


def test_everything_comes_after_no_key() -> None:
    """A key comes after a smaller one and after none, and not after itself."""
    assert [larger(("b",), other) for other in (None, ("a",), ("b",), ("c",))] == [True, True, False, False]
