"""A cursor of text in SQLite that has an index: few values are looked at, and none is compared blindly for it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from incload.cli import main
from incload.cursor import UNITS
from incload.engines.sqlite.cursor_check import CursorValues
from incload.engines.sqlite.session import SqliteSession
from incload.errors import Refused
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from tests.ends import Between, Ends

US = UNITS["us"]
CLOCK = int(datetime(2024, 3, 10, 12, 10, tzinfo=UTC).timestamp()) * US
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


def follow(ends: Ends, *timestamps: object, index: str = "(ts)", declared: str = "") -> None:
    """Make an indexed source of timestamps, load it, and have one more that is new and in order."""
    ends.write(f"CREATE TABLE events (id INTEGER PRIMARY KEY, ts {declared})", f"CREATE INDEX by_ts ON events {index}")
    ends.insert("events", list(enumerate([*timestamps, SHAPE], 1)))
    ends.load("timestamp_watermark")
    ends.write("INSERT INTO events VALUES (10, '2024-03-10T12:00:01Z')")


def load(ends: Ends, strategy: str = "timestamp_watermark") -> int:
    """Load at the command line; return the exit code."""
    target = f"{ends.target.engine}:///{ends.target.path}"
    command = ["load", f"sqlite:///{ends.source.path}?table=events", "--target", target, "--table", "events"]
    return main([*command, "--key", "id", "--cursor", "ts", "--strategy", strategy])


@pytest.mark.parametrize("target", ["sqlite", "duckdb"])
@pytest.mark.parametrize("foreign", NEAR, ids=repr)
def test_a_foreign_value_that_matters_is_refused(
    between: Between, target: str, foreign: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the words of a look at everything, with the exit code of every refusal, and nothing is loaded."""
    ends = between("sqlite", target)
    follow(ends)
    ends.insert("events", [(2, foreign)])
    session = SqliteSession(ends.source.path, None)
    with pytest.raises(Refused) as refused:
        CursorValues(session, session.name("source", "events"), "ts").scale(None)
    session.close()

    assert load(ends) == 2
    assert capsys.readouterr().err == f"incload: {refused.value}\n"
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
@pytest.mark.parametrize("foreign", FAR)
def test_a_foreign_value_that_does_not_matter_is_not_looked_at(between: Between, target: str, foreign: str) -> None:
    """Three days and more below the watermark its text says what its time says."""
    ends = between("sqlite", target)
    follow(ends)
    ends.insert("events", [(2, foreign)])

    assert load(ends) == 0
    assert ends.rows("SELECT id, ts FROM events ORDER BY 1") == [(1, SHAPE), (10, "2024-03-10T12:00:01Z")]


@pytest.mark.parametrize("foreign", FAR[:3])
@pytest.mark.parametrize("index", ["", "(id, ts)", "(ts COLLATE NOCASE)"])
def test_without_an_index_that_serves_all_is_looked_at(between: Between, foreign: str, index: str) -> None:
    """Few values cannot be found without it."""
    ends = between("sqlite", "sqlite")
    follow(ends, index=index or "(id)", declared="TEXT")
    ends.insert("events", [(2, foreign)])

    with pytest.raises(Refused, match=f"cursor column 'ts' (holds|mixes) .*{foreign}"):
        ends.load("timestamp_watermark")


@pytest.mark.parametrize("strategy", ["timestamp_watermark", "settling_delay", "lookback_window"])
def test_a_first_load_looks_at_everything(between: Between, strategy: str) -> None:
    """It reads everything, wherever its watermark will stand."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.insert("events", [(2, FAR[0])])
    ends.write_target("DROP TABLE events")

    with pytest.raises(Refused, match="write all timestamps in one shape"):
        ends.load(strategy, clock=lambda: CLOCK)


def test_a_first_load_asks_no_state(between: Between) -> None:
    """What a target held that is gone does not matter, and neither does whether it can be read."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.write_target("DROP TABLE events", "UPDATE _incload_state SET value = 'broken'")

    assert ends.load("timestamp_watermark").loaded == 2


def test_where_nothing_is_remembered_everything_is_looked_at(between: Between) -> None:
    """Another strategy has its own state, and a target that is there does not stand in for it."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.insert("events", [(2, FAR[0])])

    with pytest.raises(Refused, match="write all timestamps in one shape"):
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

    with pytest.raises(Refused, match="write all timestamps in one shape"):
        ends.load(strategy, write_rule=rule)


def test_rows_chosen_by_their_key_have_any_timestamp(between: Between) -> None:
    """A strategy that goes by keys asks for timestamps only to write the newest, and may be handed every value."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.load("incrementing_id", write_rule=WriteRule.NEWEST)
    ends.insert("events", [(11, FAR[0])])

    with pytest.raises(Refused, match="write all timestamps in one shape"):
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
    ("timestamp", "refused"), [("2024-03-12T00:00:00+15:59", True), ("2024-03-13T00:00:00+15:59", False)]
)
def test_an_upper_bound_has_a_neighbourhood(between: Between, timestamp: str, *, refused: bool) -> None:
    """What is written two days after it may mean a time before it, and what is written three days after it does not."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.load("settling_delay", clock=lambda: CLOCK)
    ends.insert("events", [(2, timestamp), (3, "2024-03-20T00:00:00Z")])

    if refused:
        with pytest.raises(Refused, match="write all timestamps in one shape"):
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

    with pytest.raises(Refused, match="write all timestamps in one shape"):
        ends.load("sparse_lookback:days=(40,)")


def test_a_new_shape_of_all_timestamps_is_followed(between: Between) -> None:
    """The remembered time is carried over, as without an index."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.write("DELETE FROM events", "INSERT INTO events VALUES (3, '2024-03-10T12:00:01.5Z')")
    ends.write("INSERT INTO events VALUES (4, '2024-03-10T11:00:01.5Z')")

    assert ends.load("timestamp_watermark").new_watermark == "2024-03-10T12:00:01.5Z"
    assert ends.rows("SELECT id FROM events ORDER BY 1") == [(1,), (3,)]


def test_an_emptied_source_is_followed(between: Between) -> None:
    """No value is of any shape, and the state stays."""
    ends = between("sqlite", "sqlite")
    follow(ends)
    ends.write("DELETE FROM events")

    assert ends.load("timestamp_watermark").new_watermark == SHAPE


@pytest.mark.parametrize("foreign", ["2024-01-0\u0139", "2024-01-0\u6139"])
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_other_encodings_hide_nothing(between: Between, encoding: str, foreign: str) -> None:
    """In UTF-16 a letter may stand where only a digit is looked for."""
    ends = between("sqlite", "sqlite")
    for write in (ends.write, ends.write_target):
        write(f"PRAGMA encoding = '{encoding}'", "CREATE TABLE unused (id INTEGER)")
    follow(ends, "2024-01-09T00:00:00Z")
    ends.insert("events", [(4, foreign)])

    with pytest.raises(Refused, match=f"holds .{foreign}., which is no ISO timestamp"):
        ends.load("timestamp_watermark")


@pytest.mark.parametrize(("foreign", "refused"), [("2024-03-10T12:00:05.5Z", True), ("2024-03-10T12:00:05Z", False)])
def test_what_comes_between_the_look_and_the_stream_is_looked_at(
    between: Between, monkeypatch: pytest.MonkeyPatch, foreign: str, *, refused: bool
) -> None:
    """A stream sees a later state of the source than the look before it; the rows behind it need not be the last."""
    ends = between("sqlite", "duckdb")
    follow(ends)
    plain = SqliteSession.stream

    def late(session: SqliteSession, *asked: object) -> object:
        with closing(sqlite3.connect(ends.source.path)) as connection, connection:
            rows = [(3, foreign), (4, "2024-03-20T00:00:00Z")]
            connection.executemany("INSERT INTO events VALUES (?, ?)", rows)
        return plain(session, *asked)  # type: ignore[arg-type]  # whatever a load hands over

    monkeypatch.setattr(SqliteSession, "stream", late)
    if refused:
        with pytest.raises(Refused, match="write all timestamps in one shape"):
            ends.load("timestamp_watermark")
        assert ends.rows() == [(1, SHAPE)]
    else:
        assert ends.load("timestamp_watermark").loaded == 3
