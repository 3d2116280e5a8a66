"""Which assumptions a change breaks, and by how much, written down by hand.

The base is visible at microsecond 1000 and holds `a` with the timestamp 900, which is the watermark, and `c` with 800;
each change is found at 1100.
"""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from incload.history.breaks import Measured, measure
from incload.history.history import History, Tick
from incload.history.lag import syncs
from incload.strategy import Assumption as A  # noqa: N817 - a table of them follows
from incload.table import Column, Kind, Table

TABLE = Table(
    "t", ("id",), "at", (Column("id", Kind.TEXT), Column("v", Kind.TEXT), Column("at", Kind.TIMESTAMP))
)  # fmt: skip
BASE = [("a", "1", 900), ("c", "1", 800)]

Rows = list[tuple[str, str, int | None]]
NONE = None


def arrow(rows: Rows) -> pa.Table:
    """Return rows as a history holds them."""
    keys, values, timestamps = ([row[place] for row in rows] for place in range(3))
    return pa.table(
        {"id": pa.array(keys, pa.string()), "v": pa.array(values), "at": pa.array(timestamps, pa.timestamp("us"))}
    )


def history(base: Rows, *ticks: tuple[Rows, list[str]]) -> History:
    """Return a history of upserts and deletes, a hundred microseconds apart."""
    made = [
        Tick(1_000 + 100 * number, arrow(rows), pa.table({"id": pa.array(gone, pa.string())}))
        for number, (rows, gone) in enumerate(ticks, start=1)
    ]
    return History(TABLE, 1_000, arrow(base), tuple(made))


@pytest.mark.parametrize(
    ("row", "broken"),
    [
        pytest.param(("a", "2", 900), {A.INSERT_ONLY: NONE, A.CURSOR_MOVES_ON_UPDATE: 0}, id="untouched"),
        pytest.param(("c", "2", 800), {A.INSERT_ONLY: NONE, A.CURSOR_MOVES_ON_UPDATE: 100}, id="untouched and behind"),
        pytest.param(
            ("a", "2", 850),
            {
                A.INSERT_ONLY: NONE,
                A.VERSIONS_IN_ORDER: NONE,
                A.LAG_WITHIN: 50,
                A.ON_SCHEDULE: 250,
                A.COMMIT_WITHIN: 150,
            },
            id="back",
        ),
        pytest.param(("a", "2", 950), {A.INSERT_ONLY: NONE, A.ON_SCHEDULE: 150}, id="on"),
        pytest.param(("a", "2", None), {A.INSERT_ONLY: NONE, A.CURSOR_PRESENT: NONE}, id="no more timestamp"),
        pytest.param(("d", "1", 950), {A.ON_SCHEDULE: 150}, id="new"),
        pytest.param(
            ("b", "1", 950),
            {A.KEYS_IN_COMMIT_ORDER: NONE, A.KEYS_WITHIN: 100, A.ON_SCHEDULE: 150},
            id="smaller key",
        ),
        pytest.param(
            ("d", "1", 899), {A.LAG_WITHIN: 1, A.ON_SCHEDULE: 201, A.COMMIT_WITHIN: 101}, id="late"
        ),
        pytest.param(("d", "1", 900), {A.UNIQUE_CURSOR: NONE, A.ON_SCHEDULE: 200}, id="tie"),
        pytest.param(
            ("B", "1", 900),
            {
                A.KEYS_IN_COMMIT_ORDER: NONE,
                A.KEYS_WITHIN: 100,
                A.UNIQUE_CURSOR: NONE,
                A.TIES_IN_KEY_ORDER: NONE,
                A.ON_SCHEDULE: 200,
            },
            id="tie with a smaller key",
        ),
        pytest.param(("d", "1", 1_101), {A.CURSOR_NOT_IN_FUTURE: NONE}, id="ahead"),
        pytest.param(("d", "1", 1_100), {}, id="now"),
        pytest.param(("d", "1", None), {A.CURSOR_PRESENT: NONE}, id="no timestamp"),
    ],
)  # fmt: skip
def test_what_one_change_breaks(row: tuple[str, str, int | None], broken: dict[A, int | None]) -> None:
    """Each assumption with its size in microseconds, where it has one."""
    sizes = {name: None if size is None else timedelta(microseconds=size) for name, size in broken.items()}

    assert measure(history(BASE, ([row], []))) == sizes


def test_a_delete_breaks_one_assumption() -> None:
    """No cursor shows it."""
    assert measure(history(BASE, ([], ["a"]))) == {A.NO_HARD_DELETES: None}


def test_a_base_ahead_of_its_clock() -> None:
    """The first load may find a timestamp that has not come yet; one that is now has."""
    assert measure(history([("a", "1", 1_001)])) == {A.CURSOR_NOT_IN_FUTURE: None}
    assert measure(history([("a", "1", 1_000)])) == {}


def test_without_a_watermark_every_sync_starts_again() -> None:
    """Rows without any timestamp are read at each sync, if there were some before."""
    assert measure(history([("a", "1", None)], ([], []))) == {A.READ_ONCE: None}
    assert measure(history([], ([], []))) == {}


def test_the_largest_size_counts_and_every_time() -> None:
    """Of three late rows the one that is latest says the size."""
    measured = Measured()
    for sync in syncs(history(BASE, ([("d", "1", 880)], []), ([("e", "1", 840)], []), ([("f", "1", 870)], []))):
        measured.see(sync)

    assert measured.breaks[A.LAG_WITHIN] == timedelta(microseconds=60)
    assert measured.times == {A.LAG_WITHIN: 3, A.ON_SCHEDULE: 3, A.COMMIT_WITHIN: 3}
