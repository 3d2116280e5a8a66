"""The digest of a history: equal for equal rows however they are held, different for every single difference."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from incload.history.history import History, Tick
from incload.table import Column, Kind, Table

TABLE = Table("t", ("id",), "at", (Column("id", Kind.INTEGER), Column("word", Kind.TEXT), Column("at", Kind.TIMESTAMP)))
NO_KEYS = pa.table({"id": pa.array([], pa.int64())})


def held(*rows: tuple[int, str | None, int]) -> pa.Table:
    """Return rows of the table above."""
    ids, words, timestamps = zip(*rows, strict=True)
    return pa.table({"id": ids, "word": pa.array(words, pa.string()), "at": pa.array(timestamps, pa.timestamp("us"))})


BASE = held((1, "a", 10), (2, None, 20))
TICK = Tick(200, held((3, "b", 150)), pa.table({"id": [1]}))
LIFE = History(TABLE, 100, BASE, (TICK,))
EXTRA = Column("extra", Kind.TEXT)


def test_the_digest_is_the_same_everywhere() -> None:
    """A history that is written down here has this digest on every platform and Python."""
    assert LIFE.digest() == "152b2c01beec53f3"


def test_the_digest_does_not_depend_on_chunks() -> None:
    """Rows in two chunks, or in a slice of a longer table, are the same rows."""
    chunked = pa.concat_tables([BASE.slice(0, 1), BASE.slice(1)])
    sliced = held((0, "x", 0), (1, "a", 10), (2, None, 20)).slice(1)

    assert replace(LIFE, base=chunked).digest() == LIFE.digest()
    assert replace(LIFE, base=sliced).digest() == LIFE.digest()


@pytest.mark.parametrize(
    "other",
    [
        replace(LIFE, started=101),
        replace(LIFE, table=replace(TABLE, cursor=None)),
        replace(LIFE, base=held((1, "a", 10), (2, "", 20))),
        replace(LIFE, base=held((1, "a", 11), (2, None, 20))),
        replace(LIFE, base=held((2, None, 20), (1, "a", 10))),
        replace(LIFE, ticks=()),
        replace(LIFE, ticks=(Tick(201, held((3, "b", 150)), pa.table({"id": [1]})),)),
        replace(LIFE, ticks=(Tick(200, held((3, "b ", 150)), pa.table({"id": [1]})),)),
        replace(LIFE, ticks=(Tick(200, held((3, "b", 150)), pa.table({"id": [2]})),)),
        replace(LIFE, ticks=(Tick(200, held((3, "b", 150)), NO_KEYS),)),
        replace(LIFE, ticks=(replace(TICK, adds=((EXTRA, "x"),)),)),
        replace(LIFE, ticks=(replace(TICK, widens=(EXTRA,)),)),
    ],
    ids=[
        "started",
        "table",
        "null",
        "timestamp",
        "order",
        "no_tick",
        "at",
        "upsert",
        "delete",
        "no_delete",
        "adds",
        "widens",
    ],
)
def test_every_difference_shows(other: History) -> None:
    """One changed value anywhere gives another digest."""
    assert other.digest() != LIFE.digest()


@pytest.mark.parametrize(
    "other",
    [
        replace(TICK, adds=((EXTRA, "y"),)),
        replace(TICK, adds=((EXTRA, None),)),
        replace(TICK, adds=((replace(EXTRA, kind=Kind.REAL), "x"),)),
        replace(TICK, adds=((replace(EXTRA, name="other"), "x"),)),
        replace(TICK, adds=((EXTRA, "x"), (EXTRA, "x"))),
        replace(TICK, widens=(EXTRA,)),
    ],
    ids=["value", "null", "kind", "name", "twice", "widens"],
)
def test_every_difference_between_columns_shows(other: Tick) -> None:
    """Which columns appear, of what kind and with what value, is part of the digest."""
    added = replace(LIFE, ticks=(replace(TICK, adds=((EXTRA, "x"),)),))

    assert replace(LIFE, ticks=(other,)).digest() != added.digest()


def test_a_column_that_appears_has_the_same_digest_everywhere() -> None:
    """Columns are digested by their names and the words of their kinds."""
    drifted = replace(LIFE, ticks=(replace(TICK, adds=((EXTRA, "x"),), widens=(Column("id", Kind.REAL),)),))

    assert drifted.digest() == "0f40f1f5f14c2cae"
