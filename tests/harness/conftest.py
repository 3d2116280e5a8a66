"""What the tests of the harness share: a table of parcels, short histories of it by hand, and trials of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from incload.harness.load_timer import LoadClock
from incload.harness.trials.matrix import contender
from incload.harness.trials.trial import Observed, Trial
from incload.history.history import History, Tick
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from pathlib import Path

    from incload.history.faults import Fault
    from incload.strategy import Strategy, WriteRule

Row = tuple[int, str | None, float | None]
"""A parcel: its id, what is in it, and its timestamp in minutes after noon."""

Lived = Callable[..., History]
"""From the rows of the base, and for each tick its upserts and the ids it deletes, to the history."""

Tried = Callable[..., Observed]
"""From a history, a strategy and, where unusual, write rule, pair and faults, to what a trial showed."""

NOON = 1_767_268_800_000_000
"""2026-01-01 12:00 UTC in microseconds; a base is visible at noon, and every ten minutes a tick."""

MINUTE = 60_000_000

PARCELS = Table(
    "parcels",
    ("id",),
    "modified_at",
    (Column("id", Kind.INTEGER), Column("content", Kind.TEXT), Column("modified_at", Kind.TIMESTAMP)),
)
SCHEMA = pa.schema([("id", pa.int64()), ("content", pa.string()), ("modified_at", pa.timestamp("us"))])


def _arrow(rows: list[Row]) -> pa.Table:
    with_timestamp = [(key, text, None if at is None else NOON + int(at * MINUTE)) for key, text, at in rows]
    columns = zip(*with_timestamp, strict=True) if with_timestamp else ((), (), ())
    return pa.table([pa.array(list(values), kind) for values, kind in zip(columns, SCHEMA.types, strict=True)], SCHEMA)


@pytest.fixture(scope="session")
def lived() -> Lived:
    """Return what writes a history down."""

    def write(base: list[Row], *ticks: tuple[list[Row], list[int]]) -> History:
        made = [
            Tick(NOON + number * 10 * MINUTE, _arrow(upserts), pa.table({"id": pa.array(deletes, pa.int64())}))
            for number, (upserts, deletes) in enumerate(ticks, start=1)
        ]
        return History(PARCELS, NOON, _arrow(base), tuple(made))

    return write


@pytest.fixture
def tried(tmp_path: Path) -> Tried:
    """Return what runs a trial of a history."""
    numbers = count()

    def run(
        history: History,
        strategy: Strategy,
        write_rule: WriteRule | None = None,
        pair: tuple[str, str] = ("sqlite", "sqlite"),
        faults: tuple[Fault, ...] = (),
    ) -> Observed:
        folder = tmp_path / f"trial {next(numbers)}"
        folder.mkdir()
        who = contender(strategy, write_rule, guarded=True)
        return Trial(history, who, pair, faults).run(folder, LoadClock())

    return run
