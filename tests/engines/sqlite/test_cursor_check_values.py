"""The values of a text cursor in SQLite: whatever a look at few of them lets pass is ordered in time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.cursor import UNITS, IsoText, shape_of
from incload.engines.sqlite.cursor_check import CursorValues
from incload.engines.sqlite.session import SqliteSession
from incload.errors import Refused
from incload.strategy import AfterKey, Changed, Everything, Since
from incload.table import Column, Kind, Table
from tests.effort import effort

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from incload.engines.session import Query
    from incload.strategy import Rows

SHAPE = "2024-03-10T12:00:00Z"
FAR = "2024-03-07T23:59:59.9Z"
"""A timestamp of another shape, three days before."""
US = UNITS["us"]
FARTHEST = (15 * 60 + 59) * 60 * US
"""How far a clock may be from UTC: a timestamp that says no zone may be of any."""
MIDDLE = datetime(2024, 3, 1)  # noqa: DTZ001 - the zone is drawn
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Value:
    """A value of a cursor column.

    Attributes:
        stored: The value.
        earliest, latest: Between which microseconds since `MIDDLE` the time lies that it means; None for no time.
    """

    stored: object
    earliest: int | None = None
    latest: int | None = None


@dataclass(frozen=True)
class Form:
    """How a timestamp is written: what stands before the time, what part of it is written, and the zone in minutes."""

    separator: str
    written: int
    zone: int | None
    colon: str = ":"

    def write(self, days: int, seconds: int) -> Value:
        """Write a wall clock, so many days and seconds after `MIDDLE`; a day alone begins at midnight."""
        if not self.separator:
            text, wall = f"{MIDDLE + timedelta(days=days):%Y-%m-%d}", days * 86_400 * US
        else:
            at = MIDDLE + timedelta(days=days, seconds=seconds - seconds % 60 if self.written < 19 else seconds)
            text = at.isoformat(self.separator, "microseconds")[: self.written]
            wall = (at - MIDDLE) // timedelta(microseconds=1)
        if self.zone is None or not self.separator:
            return Value(text, wall - FARTHEST, wall + FARTHEST)
        hours, minutes = divmod(abs(self.zone), 60)
        tail = f"{'-' if self.zone < 0 else '+'}{hours:02d}{self.colon}{minutes:02d}"
        return Value(text + tail, wall - self.zone * 60 * US, wall - self.zone * 60 * US)


FORMS = st.builds(
    Form,
    st.sampled_from(["T", " ", ""]),
    st.sampled_from([16, 19, 21, 26]),
    st.sampled_from([None, 0, -959, 959, 330]),
    st.sampled_from([":", ""]),
)
DAYS = st.sampled_from([*range(-4, 5), -40, 40])
SECONDS = st.sampled_from([0, 1, 43_200, 86_340, 86_399])
SENSELESS = st.sampled_from(
    [
        *("", "soon", "~", "0", "20240301", "20240302T000000Z", "01.04.2024", "2024-3-2", "2024-02-3", " 2024-03-01"),
        *("2024-03-0:", "2024-03-0/", "2024-02-2:9", "2024-03-0\u0131", "2024-03-0\U0010ffff", "2024-03-0\0", "2024\0"),
        *("2024-03-01\U0010ffff\U0010ffff", "2024-03-01\0", "2024-02-20 soon", "2024-03-10:", "2024-03-01t00:00:00"),
        *(20240301, -1, 0.5, b"", b"2024-03-01T00:00:00+00:00", b"2024-03-01", b"\xff", None),
    ]
).map(Value)
DECLARED = st.sampled_from(["TEXT", "DATETIME", "", "TEXT COLLATE NOCASE", "TIMESTAMP COLLATE RTRIM"])
INDEXES = st.sampled_from(["(ts)", "(ts DESC)", "(ts, id)", "(ts) WHERE ts IS NOT NULL"])


@st.composite
def columns(draw: st.DrawFn) -> tuple[Form, list[Value]]:
    """Return a form of timestamps and a column in which most have it and a few have not."""
    form = draw(FORMS)
    ours = draw(st.lists(st.builds(form.write, DAYS, SECONDS), min_size=1, max_size=5))
    strangers = st.builds(lambda other, days, seconds: other.write(days, seconds), FORMS, DAYS, SECONDS)
    return form, draw(st.permutations([*ours, *draw(st.lists(strangers | SENSELESS, max_size=2))]))


def held(session: SqliteSession, values: Sequence[object], declared: str = "TEXT", index: str = "(ts)") -> CursorValues:
    """Put values into a new table with an index."""
    session.write("DROP TABLE IF EXISTS events")
    session.write(f"CREATE TABLE events (id INTEGER PRIMARY KEY, ts {declared})")
    session.write(f"CREATE INDEX by_ts ON events {index}")
    for value in values:
        session.write("INSERT INTO events (ts) VALUES (?)", (value,))
    return CursorValues(session, session.name("target", "events"), "ts")


def refusal(look: CursorValues, shape: IsoText, *asked: Rows) -> str:
    """Return why values are refused, or nothing."""
    try:
        look.confirm(shape, asked)
    except Refused as refused:
        return str(refused)
    return ""


def of_all(look: CursorValues) -> str:
    """Return why a look at all values refuses them, or nothing."""
    try:
        look.scale(None)
    except Refused as refused:
        return str(refused)
    return ""


def answer(session: SqliteSession, shape: IsoText, query: Since) -> Query:
    """Return the SQL of a query, as a load asks it."""
    table = Table("events", ("id",), "ts", (Column("id", Kind.INTEGER), Column("ts", Kind.TEXT)))
    return session.select(table, shape, query, session.name("target", "events"))


@pytest.fixture(scope="module")
def state() -> SqliteSession:
    """Open a database in memory."""
    return SqliteSession(None, None)


@settings(max_examples=effort(400, 5_000))
@given(
    column=columns(),
    bounds=st.tuples(DAYS, SECONDS, DAYS, SECONDS),
    until=st.booleans(),
    inclusive=st.booleans(),
    declared=DECLARED,
    index=INDEXES,
)
def test_what_is_confirmed_is_ordered_in_time(  # noqa: PLR0913 - that is what may differ
    state: SqliteSession,
    column: tuple[Form, list[Value]],
    bounds: tuple[int, int, int, int],
    *,
    until: bool,
    inclusive: bool,
    declared: str,
    index: str,
) -> None:
    """Whatever is read has the one shape, and whatever is not read lies outside of the bounds, in whatever zone."""
    form, values = column
    low, high = form.write(*bounds[:2]), form.write(*bounds[2:])
    shape = shape_of(str(low.stored))
    assert shape
    query = Since(shape.position(low.stored), inclusive, shape.position(high.stored) if until else None)
    look = held(state, [value.stored for value in values], declared, index)
    said, said_of_all = refusal(look, shape, query), of_all(look)

    assert said in {"", said_of_all} or "was rewritten" in said or "values must be of one type" in said
    if said or not said_of_all:
        return
    query = answer(state, shape, query)
    read = {str(timestamp) for _, timestamp in state.rows(query.sql, query.params)}
    assert {shape_of(text.partition("\0")[0]) for text in read} <= {shape}
    for value in values:
        if value.stored is None or value.stored in read:
            continue
        assert isinstance(value.stored, str)
        assert DAY.match(value.stored)
        if value.latest is not None and shape_of(value.stored) != shape:
            assert value.latest < (low.earliest or 0) or (until and (value.earliest or 0) > (high.latest or 0))


@pytest.mark.parametrize("query", [Everything(), Since(None, until=0), AfterKey((1,)), Changed()], ids=repr)
def test_a_query_without_a_lower_bound_is_for_any_value(state: SqliteSession, query: Rows) -> None:
    """Whatever it asks for besides."""
    shape = shape_of(SHAPE)
    assert shape
    look = held(state, [FAR, SHAPE])

    assert refusal(look, shape, Since(shape.position(SHAPE))) == ""
    assert "write all timestamps in one shape" in refusal(look, shape, Since(shape.position(SHAPE)), query)


@pytest.mark.parametrize("timestamp", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_there_is_nothing_beyond_the_calendar(state: SqliteSession, timestamp: str) -> None:
    """Two days before its first day and after its last one, all texts are looked at."""
    shape = shape_of(timestamp)
    assert shape
    at = shape.position(timestamp)
    look = held(state, [timestamp, "0000-99-99", "9999-99-99"])

    assert "mixes timestamps" in refusal(look, shape, Since(at, until=at))
    assert refusal(held(state, [timestamp]), shape, Since(at, until=at)) == ""


def test_a_column_that_is_written_again_meanwhile_is_refused(state: SqliteSession) -> None:
    """Another shape throughout is not the one that the sync goes by."""
    shape = shape_of(SHAPE)
    assert shape
    look = held(state, ["2024-03-10 12:00"])

    assert refusal(look, shape, Since(0)) == ("cursor column 'ts' was rewritten while it was checked: load again.")


@pytest.mark.parametrize("path", ["source.db", "a copy.db"])
def test_a_table_by_any_name_is_looked_at(tmp_path: Path, path: str) -> None:
    """Names of the look's own are no foreign value to it."""
    session = SqliteSession(None, tmp_path / path)
    for name, column in (("met", "value"), ("s", "s"), ("main", "met"), ('"', "{0}")):
        table, quoted = session.name("target", name), session.quote(column)
        session.write(f"CREATE TABLE {table} ({quoted})")
        session.write(f"CREATE INDEX {session.quote(name + ' by')} ON {session.quote(name)} ({quoted})")
        session.write(f"INSERT INTO {table} VALUES (?), (?)", (SHAPE, "2024-01-01T00:00:00Z"))
        shape = shape_of(SHAPE)
        assert shape
        look = CursorValues(session, table, column)
        assert (look.seem(shape), refusal(look, shape, Since(shape.position(SHAPE)))) == (True, "")
        session.write(f"INSERT INTO {table} VALUES (?)", ("2024-3-1",))
        assert "holds '2024-3-1'" in refusal(look, shape, Since(shape.position(SHAPE)))
    session.close()
