"""A life is a history and a text: what is written down is what is loaded."""

from __future__ import annotations

import json

import pytest

from incload.harness.falsify.tiny_history import STARTED, Beat, Life, read, written
from incload.history.faults.partial_read import PartialRead
from incload.history.faults.skip_sync import SkipSync
from incload.history.synthetic.clean import DAY, MINUTE
from incload.table import Column, Kind

FULL = Life(
    ((1, 0, 0), (2, 5, -DAY)),
    (
        Beat(10 * MINUTE, ((2, 6, 9 * MINUTE + 1), (3, 0, None)), (1,)),
        Beat(20 * MINUTE, column=(7,)),
        Beat(30 * MINUTE, ((4, 1, 30 * MINUTE),), column=(None,), widens=True),
    ),
    (SkipSync(2), PartialRead(0, share=0.5)),
)
TEXT = {
    "base": [[1, 0, "2026-01-01 12:00"], [2, 5, "2025-12-31 12:00"]],
    "beats": [
        {
            "at": "2026-01-01 12:10",
            "upserts": [[2, 6, "2026-01-01 12:09:00.000001"], [3, 0, None]],
            "deletes": [1],
        },
        {"at": "2026-01-01 12:20", "column": [7]},
        {
            "at": "2026-01-01 12:30",
            "upserts": [[4, 1, "2026-01-01 12:30"]],
            "column": [None],
            "widens": True,
        },
    ],
    "faults": [
        {"kind": "skip_sync", "sync": 2},
        {"kind": "partial_read", "sync": 0, "share": 0.5},
    ],
}


def test_a_life_as_text() -> None:
    """Timestamps are written as people write them, and what is as usual is left out."""
    assert json.loads(json.dumps(written(FULL))) == TEXT
    assert written(Life((), ())) == {"base": [], "beats": []}


@pytest.mark.parametrize("life", [FULL, Life((), ()), Life(((1, 0, None),), (Beat(MINUTE),))])
def test_a_text_as_life(life: Life) -> None:
    """What was written is read as it was."""
    assert read(json.loads(json.dumps(written(life)))) == life


def test_a_life_as_history() -> None:
    """Ticks hold the rows and keys of beats, and from a beat on the columns and types that came with it."""
    history = FULL.history()
    first, second, third = history.ticks

    assert (history.started, history.base.column_names) == (STARTED, ["id", "value", "timestamp"])
    assert [tick.at - STARTED for tick in history.ticks] == [10 * MINUTE, 20 * MINUTE, 30 * MINUTE]
    assert first.deletes.to_pydict() == {"id": [1]}
    assert first.upserts["timestamp"].cast("int64").to_pylist() == [STARTED + 9 * MINUTE + 1, None]
    assert second.adds == ((Column("extra_2", Kind.INTEGER), 7),)
    assert (third.adds, third.widens) == (
        ((Column("extra_3", Kind.INTEGER), None),),
        (Column("value", Kind.REAL),),
    )
    assert third.upserts.drop_columns("timestamp").to_pylist() == [
        {"id": 4, "value": 1.0, "extra_2": 7, "extra_3": None}
    ]


def test_the_rows_of_a_life() -> None:
    """Every id counts once, however often it is written."""
    assert (FULL.rows, Life((), ()).rows) == (4, 0)
