"""A cursor of text in SQLite that has an index: few values are looked at, and none is compared blindly for it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incload.cli import main
from incload.cursor import UNITS, IsoText, shape_of
from incload.errors import Refused
from incload.load.engines.sqlite import SqliteSession
from incload.load.engines.sqlite_cursor import CursorValues
from incload.strategy import AfterKey, Changed, Everything, Since, WriteRule
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from conftest import Between, Ends

    from incload.load.engines.base import Query
    from incload.strategy import Rows

US = UNITS["us"]
FARTHEST = (15 * 60 + 59) * 60 * US
"""How far a clock may be from UTC: a stamp that says no zone may be of any."""
MIDDLE = datetime(2024, 3, 1)  # noqa: DTZ001 - the zone is drawn
CLOCK = int(datetime(2024, 3, 10, 12, 10, tzinfo=UTC).timestamp()) * US
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
    """How a stamp is written: what stands before the time, what part of it is written, and the zone in minutes."""

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
    """Return a form of stamps and a column in which most have it and a few have not."""
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


def answer(session: SqliteSession, shape: IsoText, question: Since) -> Query:
    """Return the query of a question, as a load asks it."""
    table = Table("events", ("id",), "ts", (Column("id", Kind.INTEGER), Column("ts", Kind.TEXT)))
    return session.select(table, shape, question, session.name("target", "events"))


@pytest.fixture(scope="module")
def memory() -> SqliteSession:
    """Open a database in memory."""
    return SqliteSession(None, None)


@settings(max_examples=1500)
@given(
    column=columns(),
    bounds=st.tuples(DAYS, SECONDS, DAYS, SECONDS),
    until=st.booleans(),
    inclusive=st.booleans(),
    declared=DECLARED,
    index=INDEXES,
)
def test_what_is_confirmed_is_ordered_in_time(  # noqa: PLR0913 - that is what may differ
    memory: SqliteSession,
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
    question = Since(shape.position(low.stored), inclusive, shape.position(high.stored) if until else None)
    look = held(memory, [value.stored for value in values], declared, index)
    said, said_of_all = refusal(look, shape, question), of_all(look)

    assert said in {"", said_of_all} or "was written anew" in said or "values must be of one type" in said
    if said or not said_of_all:
        return
    query = answer(memory, shape, question)
    read = {str(stamp) for _, stamp in memory.rows(query.sql, query.params)}
    assert {shape_of(text.partition("\0")[0]) for text in read} <= {shape}
    for value in values:
        if value.stored is None or value.stored in read:
            continue
        assert isinstance(value.stored, str)
        assert DAY.match(value.stored)
        if value.latest is not None and shape_of(value.stored) != shape:
            assert value.latest < (low.earliest or 0) or (until and (value.earliest or 0) > (high.latest or 0))


SHAPE = "2024-03-10T12:00:00Z"
FAR = ["2024-03-07T23:59:59.9Z", "2024-02-01T00:00:00", "2023-01-01", "0000-00-00 whatever", "1999-99-99"]
"""Values of other shapes that a sync from `SHAPE` on has nothing to do with."""
NEAR = [
    *("2024-03-10T12:00:00.5Z", "2024-03-10T13:00:00+00:00", "2024-03-10T12:00:00", "2024-03-10", "2024-03-11"),
    *("2024-03-10 12:00:01Z", "2024-03-10T12:00Z", "2024-03-10T12:00:00z", "2024-03-10T12:00:00Z ", "2024-03-10 soon"),
    *("2024-03-08T23:59:59-15:59", "2024-03-08T23:59:59", "2024-03-09T00:00:00+00:00", "2030-01-01", "2024-99-99"),
    *("", "soon", "01.04.2024", "2024-4-1", "2024-04-1", "20240401", "20240401T000000Z", " 2024-04-01T00:00:00Z"),
    *("2024-03-1", "2024-03-0:", "2024-03-1\u00e9", "1.1.1999", b"2024-03-11T00:00:00Z", b""),
]
"""Values that must not stand beside `SHAPE`, wherever they sort."""


def follow(ends: Ends, *stamps: object, index: str = "(ts)", declared: str = "") -> None:
    """Make an indexed source of stamps, load it, and have one more that is new and in order."""
    ends.write(f"CREATE TABLE events (id INTEGER PRIMARY KEY, ts {declared})", f"CREATE INDEX by_ts ON events {index}")
    ends.insert("events", list(enumerate([*stamps, SHAPE], 1)))
    ends.load("timestamp_watermark")
    ends.write("INSERT INTO events VALUES (10, '2024-03-10T12:00:01Z')")


def load(ends: Ends, strategy: str = "timestamp_watermark") -> int:
    """Load at the door; return the exit code."""
    target = f"{ends.target.engine}:///{ends.target.path}"
    command = ["load", f"sqlite:///{ends.source.path}?table=events", "--target", target, "--table", "events"]
    return main([*command, "--key", "id", "--cursor", "ts", "--strategy", strategy])


@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
@pytest.mark.parametrize("stranger", NEAR, ids=repr)
def test_a_stranger_that_matters_is_refused(
    between: Between, target: str, stranger: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the words of a look at everything, with the exit code of every refusal, and nothing is loaded."""
    ends = between("sqlite", target)
    follow(ends)
    ends.insert("events", [(2, stranger)])
    session = SqliteSession(ends.source.path, None)
    said = of_all(CursorValues(session, session.name("source", "events"), "ts"))
    session.close()
    assert said
    assert load(ends) == 2
    assert capsys.readouterr().err == f"incload: {said}\n"
    assert ends.rows("SELECT id, ts FROM events") == [(1, SHAPE)]


@pytest.mark.parametrize("number", [20240401, 1.5, -1])
def test_a_number_is_refused(sqlite_ends: Ends, number: float, capsys: pytest.CaptureFixture[str]) -> None:
    """It sorts before all texts, and so is the first value that a look at everything sees."""
    follow(sqlite_ends)
    sqlite_ends.insert("events", [(2, number)])

    assert load(sqlite_ends) == 2
    assert capsys.readouterr().err == (
        f"incload: cursor column 'ts' holds {number} among texts such as '1970-01-01T00:00:00Z': "
        "its values must be of one type.\n"
    )


@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
@pytest.mark.parametrize("stranger", FAR)
def test_a_stranger_that_does_not_matter_is_not_looked_at(between: Between, target: str, stranger: str) -> None:
    """Three days and more below the watermark its text says what its time says."""
    ends = between("sqlite", target)
    follow(ends)
    ends.insert("events", [(2, stranger)])

    assert load(ends) == 0
    assert ends.rows("SELECT id, ts FROM events ORDER BY 1") == [(1, SHAPE), (10, "2024-03-10T12:00:01Z")]


@pytest.mark.parametrize("stranger", FAR[:3])
@pytest.mark.parametrize("index", ["", "(id, ts)", "(ts COLLATE NOCASE)"])
def test_without_an_index_that_serves_all_is_looked_at(between: Between, stranger: str, index: str) -> None:
    """Few values cannot be found without it."""
    ends = between("sqlite", "sqlite")
    follow(ends, index=index or "(id)", declared="TEXT")
    ends.insert("events", [(2, stranger)])

    with pytest.raises(Refused, match=f"cursor column 'ts' (holds|mixes) .*{stranger}"):
        ends.load("timestamp_watermark")


@pytest.mark.parametrize("strategy", ["timestamp_watermark", "settling_delay", "lookback_window"])
def test_a_first_load_looks_at_everything(between: Between, strategy: str) -> None:
    """It reads everything, wherever its watermark will stand."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.insert("events", [(2, FAR[0])])
    ends.write_target("DROP TABLE events")

    with pytest.raises(Refused, match="write all stamps in one shape"):
        ends.load(strategy, clock=lambda: CLOCK)


def test_a_first_load_asks_no_memory(between: Between) -> None:
    """What a target held that is gone does not matter, and neither does whether it can be read."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.write_target("DROP TABLE events", "UPDATE _incload_memory SET value = 'broken'")

    assert ends.load("timestamp_watermark").loaded == 2


def test_where_nothing_is_remembered_everything_is_looked_at(between: Between) -> None:
    """Another strategy has its own memory, and a target that is there does not stand in for it."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.insert("events", [(2, FAR[0])])

    with pytest.raises(Refused, match="write all stamps in one shape"):
        ends.load("composite_watermark")


@pytest.mark.parametrize("rule", [WriteRule.MERGE, WriteRule.NEWEST])
def test_what_reads_everything_looks_at_everything(between: Between, rule: WriteRule) -> None:
    """A comparison of the whole table at every fourth sync is handed every value."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    strategy = "lookback_with_reconciliation:every=2"
    ends.load(strategy, write_rule=rule)
    ends.insert("events", [(2, FAR[0])])
    ends.load(strategy, write_rule=rule)

    with pytest.raises(Refused, match="write all stamps in one shape"):
        ends.load(strategy, write_rule=rule)


def test_rows_chosen_by_their_key_have_any_stamp(between: Between) -> None:
    """A strategy that goes by keys asks for stamps only to write the newest, and may be handed every value."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.load("incrementing_id", write_rule=WriteRule.NEWEST)
    ends.insert("events", [(11, FAR[0])])

    with pytest.raises(Refused, match="write all stamps in one shape"):
        ends.load("incrementing_id", write_rule=WriteRule.NEWEST)


@pytest.mark.parametrize("rule", [WriteRule.MERGE, WriteRule.NEWEST])
@pytest.mark.parametrize("strategy", ["lookback_window", "sparse_lookback", "settling_delay", "composite_watermark"])
def test_every_strategy_reads_what_it_would_without_strangers(between: Between, strategy: str, rule: WriteRule) -> None:
    """Old rows of other shapes, of which one is gone from the target, change nothing."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.load(strategy, write_rule=rule, clock=lambda: CLOCK)
    ends.insert("events", [(2, FAR[1]), (3, FAR[2]), (20, "2024-03-10T11:59:00Z"), (21, "2024-03-10T12:00:02Z")])
    ends.load(strategy, write_rule=rule, clock=lambda: CLOCK + 600 * US)
    late = [] if strategy in {"settling_delay", "composite_watermark"} else [(20, "2024-03-10T11:59:00Z")]

    assert ends.rows() == [(1, SHAPE), (10, "2024-03-10T12:00:01Z"), *late, (21, "2024-03-10T12:00:02Z")]


@pytest.mark.parametrize(
    ("stamp", "refused"), [("2024-03-12T00:00:00+15:59", True), ("2024-03-13T00:00:00+15:59", False)]
)
def test_an_upper_bound_has_a_neighbourhood(between: Between, stamp: str, *, refused: bool) -> None:
    """What is written two days after it may mean a time before it, and what is written three days after it does not."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.load("settling_delay", clock=lambda: CLOCK)
    ends.insert("events", [(2, stamp), (3, "2024-03-20T00:00:00Z")])

    if refused:
        with pytest.raises(Refused, match="write all stamps in one shape"):
            ends.load("settling_delay", clock=lambda: CLOCK)
    else:
        assert ends.load("settling_delay", clock=lambda: CLOCK).loaded == 1


def test_every_window_has_a_neighbourhood(between: Between) -> None:
    """A window of the week before is looked at as well, and what lies between the windows is not."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.load("sparse_lookback:days=(40,)")
    ends.insert("events", [(2, "2024-02-15T00:00:00+00:00")])
    ends.load("sparse_lookback:days=(40,)")
    ends.insert("events", [(3, "2024-02-01T00:00:00+00:00")])

    with pytest.raises(Refused, match="write all stamps in one shape"):
        ends.load("sparse_lookback:days=(40,)")


@pytest.mark.parametrize("question", [Everything(), Since(None, until=0), AfterKey((1,)), Changed()], ids=repr)
def test_a_question_without_a_lower_bound_is_for_any_value(memory: SqliteSession, question: Rows) -> None:
    """Whatever it asks for besides."""
    shape = shape_of(SHAPE)
    assert shape
    look = held(memory, [FAR[0], SHAPE])

    assert refusal(look, shape, Since(shape.position(SHAPE))) == ""
    assert "write all stamps in one shape" in refusal(look, shape, Since(shape.position(SHAPE)), question)


@pytest.mark.parametrize("stamp", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_there_is_nothing_beyond_the_calendar(memory: SqliteSession, stamp: str) -> None:
    """Two days before its first day and after its last one, all texts are looked at."""
    shape = shape_of(stamp)
    assert shape
    at = shape.position(stamp)
    look = held(memory, [stamp, "0000-99-99", "9999-99-99"])

    assert "mixes stamps" in refusal(look, shape, Since(at, until=at))
    assert refusal(held(memory, [stamp]), shape, Since(at, until=at)) == ""


def test_a_new_shape_of_all_stamps_is_followed(between: Between) -> None:
    """The remembered time is carried over, as without an index."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.write("DELETE FROM events", "INSERT INTO events VALUES (3, '2024-03-10T12:00:01.5Z')")
    ends.write("INSERT INTO events VALUES (4, '2024-03-10T11:00:01.5Z')")

    assert ends.load("timestamp_watermark").new_watermark == "2024-03-10T12:00:01.5Z"
    assert ends.rows("SELECT id FROM events ORDER BY 1") == [(1,), (3,)]


def test_an_emptied_source_is_followed(between: Between) -> None:
    """No value is of any shape, and the memory stays."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.write("DELETE FROM events")

    assert ends.load("timestamp_watermark").new_watermark == SHAPE


@pytest.mark.parametrize("stranger", ["2024-01-0\u0139", "2024-01-0\u6139"])
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_other_encodings_hide_nothing(between: Between, encoding: str, stranger: str) -> None:
    """In UTF-16 a letter may stand where only a digit is looked for."""
    ends = between("sqlite", "sqlite")
    for write in (ends.write, ends.write_target):
        write(f"PRAGMA encoding = '{encoding}'", "CREATE TABLE unused (id INTEGER)")
    follow(ends, "2024-01-09T00:00:00Z")
    ends.insert("events", [(4, stranger)])

    with pytest.raises(Refused, match=f"holds .{stranger}., which is no ISO timestamp"):
        ends.load("timestamp_watermark")


@pytest.mark.parametrize(("stranger", "refused"), [("2024-03-10T12:00:05.5Z", True), ("2024-03-10T12:00:05Z", False)])
def test_what_comes_between_the_look_and_the_stream_is_looked_at(
    between: Between, monkeypatch: pytest.MonkeyPatch, stranger: str, *, refused: bool
) -> None:
    """A stream sees a later state of the source than the look before it; the rows behind it need not be the last."""
    ends = between("sqlite", "duckdb")
    follow(ends)
    plain = SqliteSession.stream

    def late(session: SqliteSession, *asked: object) -> object:
        with closing(sqlite3.connect(ends.source.path)) as connection, connection:
            rows = [(3, stranger), (4, "2024-03-20T00:00:00Z")]
            connection.executemany("INSERT INTO events VALUES (?, ?)", rows)
        return plain(session, *asked)  # type: ignore[arg-type]  # whatever a load hands over

    monkeypatch.setattr(SqliteSession, "stream", late)
    if refused:
        with pytest.raises(Refused, match="write all stamps in one shape"):
            ends.load("timestamp_watermark")
        assert ends.rows() == [(1, SHAPE)]
    else:
        assert ends.load("timestamp_watermark").loaded == 3


def test_a_column_that_is_written_anew_meanwhile_is_refused(memory: SqliteSession) -> None:
    """Another shape throughout is not the one that the sync goes by."""
    shape = shape_of(SHAPE)
    assert shape
    look = held(memory, ["2024-03-10 12:00"])

    assert refusal(look, shape, Since(0)) == ("cursor column 'ts' was written anew while it was looked at: load again.")


@pytest.mark.parametrize("path", ["source.db", "a copy.db"])
def test_a_table_by_any_name_is_looked_at(tmp_path: Path, path: str) -> None:
    """Names of the look's own are no stranger to it."""
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
