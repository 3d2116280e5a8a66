"""The guards: what looks like an accident is refused, reported or held back, and let pass on request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pytest

from incload.cursor import UNITS, IsoText, MixedText, Scale, Timestamps
from incload.engines.abilities.optional import CursorLooks
from incload.engines.sqlite.session import SqliteSession
from incload.errors import Refused
from incload.loading.guards import FARTHEST_ZONE_HOURS, may_remove, refuse_backwards
from incload.loading.opening import connect
from incload.loading.plan import Guards, Plan
from incload.loading.sync import sync
from incload.registry import strategy
from incload.strategy import Assumption, Delta, Need, State, Strategy, WriteRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.loading.synced import Synced
    from incload.strategy import Position, Seen, Source
    from tests.ends import Ends

TABLE = "CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)"
CLOCK = 1_000_000_000_000
"""A million seconds after 1970: what the source's clock shows where a test needs one, in microseconds."""


def filled(ends: Ends, ids: Iterable[int]) -> None:
    """Create the source with some rows, each timestamped with its id."""
    ends.write(TABLE, f"INSERT INTO events VALUES {', '.join(f'({key}, {key})' for key in ids)}")


def ids(ends: Ends) -> set[object]:
    """Return the ids in the target."""
    return {key for (key,) in ends.rows("SELECT id FROM events")}


@dataclass(frozen=True)
class Forgetful(Strategy):
    """Reads everything and remembers what it is reported to."""

    watermark: Position | None = None
    name: ClassVar[str] = "forgetful"

    @property
    def needs(self) -> frozenset[Need]:
        """A state that is not ahead, as every watermark does."""
        return frozenset({Need(Assumption.STATE_NOT_AHEAD), Need(Assumption.CURSOR_NOT_IN_FUTURE)})

    def read(self, source: Source, state: State) -> Delta:  # noqa: ARG002 - the contract passes the state
        """Ask for everything."""
        return Delta((source.everything(),))

    def remember(self, seen: Seen, state: State) -> State:  # noqa: ARG002 - whatever was read
        """Keep what it was reported."""
        return State(watermark=self.watermark, notes={"text": True})


def forgetful(ends: Ends, watermark: Position | None, guards: Guards = Guards()) -> Synced:  # noqa: B008 - it is frozen
    """Run one sync that remembers a given watermark."""
    plan = Plan("events", ("id",), "ts", Forgetful(watermark), cursor_per_second=1, clock=lambda: CLOCK, guards=guards)
    connections = connect(ends.source, ends.target, plan)
    try:
        return sync(connections, plan)
    finally:
        connections.close()


# What may be removed


@pytest.mark.parametrize(
    ("count", "total", "allowed"),
    [
        (0, 0, True),
        (10, 10, True),
        (10, 11, True),
        (11, 11, False),
        (11, 55, True),
        (11, 54, False),
        (20, 100, True),
        (21, 100, False),
        (200_000, 1_000_000, True),
        (200_001, 1_000_000, False),
    ],
)
def test_the_line_of_removals(count: int, total: int, *, allowed: bool) -> None:
    """Ten rows may always go, and a fifth of the rows; one more of both may not, unless removals are let pass."""
    assert may_remove(Guards())(count, total) is allowed
    assert may_remove(Guards(allow_removals=True))(count, total)


def test_the_line_can_be_drawn_elsewhere() -> None:
    """A plan may say another share and another number."""
    allowed = may_remove(Guards(percent=50, rows=2))

    assert [allowed(count, 4) for count in (2, 3, 4)] == [True, False, False]


@pytest.mark.parametrize("name", ["snapshot_diff", "row_hash_cdc", "full_refresh"])
def test_a_fifth_of_the_target_may_go(ends: Ends, name: str) -> None:
    """Exactly at the line the rows are removed and nothing is said."""
    filled(ends, range(1, 61))
    ends.load(name)
    ends.write("DELETE FROM events WHERE id <= 12")
    summary = ends.load(name)

    assert ids(ends) == set(range(13, 61))
    assert summary.warnings == ()


@pytest.mark.parametrize("name", ["snapshot_diff", "row_hash_cdc", "full_refresh"])
def test_more_than_a_fifth_is_held_back(ends: Ends, name: str) -> None:
    """One row more and none is removed; what is new and what changed is written, and one sentence says so."""
    filled(ends, range(1, 61))
    ends.load(name)
    ends.write("DELETE FROM events WHERE id <= 14", "INSERT INTO events VALUES (61, 61)", "UPDATE events SET ts = -ts")
    summary = ends.load(name)

    assert ids(ends) == set(range(1, 62))
    assert {row for row in ends.rows() if row[0] == row[1]} == {(key, key) for key in range(1, 15)}
    assert summary.removed == 0
    assert " ".join(summary.warnings) == (
        "14 rows of 'events' that the source no longer has were kept, because they are more than 20 % of it, as "
        "after a read that was cut short: if they are really gone, load with --allow-removals."
    )


@pytest.mark.parametrize("name", ["snapshot_diff", "row_hash_cdc", "full_refresh"])
def test_an_emptied_source_empties_no_target(ends: Ends, name: str) -> None:
    """An answer without a single row is the worst of partial reads."""
    filled(ends, range(1, 12))
    ends.load(name)
    ends.write("DELETE FROM events")
    summary = ends.load(name)

    assert (ids(ends), summary.removed) == (set(range(1, 12)), 0)
    assert [warning[:10] for warning in summary.warnings] == ["11 rows of"]


@pytest.mark.parametrize("name", ["snapshot_diff", "row_hash_cdc", "full_refresh"])
def test_removals_are_let_pass_on_request(ends: Ends, name: str) -> None:
    """With the switch everything that is gone is removed, also what was held back before."""
    filled(ends, range(1, 61))
    ends.load(name)
    ends.write("DELETE FROM events WHERE id <= 30")
    ends.load(name)
    summary = ends.load(name, guards=Guards(allow_removals=True))

    assert ids(ends) == set(range(31, 61))
    assert summary.warnings == ()


def test_held_back_rows_go_once_they_are_few(ends: Ends) -> None:
    """Their digests stay remembered: when the source has its rows again, those that are really gone are removed."""
    filled(ends, range(1, 61))
    ends.load("row_hash_cdc")
    ends.write("DELETE FROM events WHERE id <= 30")
    ends.load("row_hash_cdc")
    ends.write(f"INSERT INTO events VALUES {', '.join(f'({key}, {key})' for key in range(6, 31))}")
    summary = ends.load("row_hash_cdc")

    assert ids(ends) == set(range(6, 61))
    assert (summary.loaded, summary.removed, summary.warnings) == (0, 5, ())


def test_rows_held_back_at_the_first_comparison_get_a_digest(ends: Ends) -> None:
    """Rows of an older load that the first comparison holds back are still removed by a later one."""
    filled(ends, range(1, 61))
    ends.load("timestamp_watermark")
    ends.write("DELETE FROM events WHERE id <= 30")
    first = ends.load("row_hash_cdc")
    second = ends.load("row_hash_cdc", guards=Guards(allow_removals=True))

    assert (first.removed, len(first.warnings)) == (0, 1)
    assert (second.removed, ids(ends)) == (30, set(range(31, 61)))


def test_a_shrunken_replacement_without_a_key_of_the_source(ends: Ends) -> None:
    """A source that promises no key is staged first, and held back all the same."""
    ends.write("CREATE TABLE events (id INTEGER, ts INTEGER)")
    ends.insert("events", [(key, key) for key in range(1, 61)])
    ends.load("full_refresh")
    ends.write("DELETE FROM events WHERE id <= 13")
    summary = ends.load("full_refresh")

    assert (len(ids(ends)), summary.removed, len(summary.warnings)) == (60, 0, 1)


def test_other_rows_in_equal_number_replace_the_target(ends: Ends) -> None:
    """A replacement is held back when the source has shrunk; that every key is another is its nature."""
    filled(ends, range(1, 61))
    ends.load("full_refresh")
    ends.write("UPDATE events SET id = id + 1000")
    summary = ends.load("full_refresh")

    assert ids(ends) == set(range(1001, 1061))
    assert (summary.removed, summary.warnings) == (60, ())


def test_a_source_that_gives_less_than_it_counted_is_refused(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the rows that come are too few after all, the load ends, and the target is as it was."""
    filled(ends, range(1, 61))
    ends.load("full_refresh")
    ends.write("DELETE FROM events WHERE id <= 30")
    monkeypatch.setattr("incload.loading.writing.write_rules._coming", lambda *_: 60)
    with pytest.raises(Refused, match="the source gave 30 rows, and had more when it was counted before: load again"):
        ends.load("full_refresh")

    assert ids(ends) == set(range(1, 61))


def test_a_dry_run_warns_as_well(sqlite_ends: Ends) -> None:
    """A rehearsal says what would be held back."""
    filled(sqlite_ends, range(1, 61))
    sqlite_ends.load("snapshot_diff")
    sqlite_ends.write("DELETE FROM events")

    assert len(sqlite_ends.load("snapshot_diff", dry_run=True).warnings) == 1


def test_a_partial_read_under_mirror_is_held_back(sqlite_ends: Ends) -> None:
    """A strategy that reads only what is new is not taken for one that saw everything, even when that is let pass."""
    filled(sqlite_ends, range(1, 61))
    sqlite_ends.load("timestamp_watermark", write_rule=WriteRule.MIRROR, guards=Guards(allow_mismatch=True))
    sqlite_ends.write("INSERT INTO events VALUES (61, 61)")
    summary = sqlite_ends.load("timestamp_watermark", write_rule=WriteRule.MIRROR, guards=Guards(allow_mismatch=True))

    assert (len(ids(sqlite_ends)), summary.removed, len(summary.warnings)) == (61, 0, 2)


# A watermark that moves backwards


@pytest.mark.parametrize("watermark", [99, None])
def test_a_watermark_that_moves_backwards_is_refused(ends: Ends, watermark: Position | None) -> None:
    """A state smaller than the one before, or without a watermark at all, ends the load, and nothing was written."""
    filled(ends, [1])
    forgetful(ends, 100)
    ends.write("INSERT INTO events VALUES (2, 2)")
    said = rf"would move the watermark of 'events' backwards, from 100 to {watermark}, .*--allow-backwards\.$"
    with pytest.raises(Refused, match=said):
        forgetful(ends, watermark)

    assert ids(ends) == {1}
    assert ends.watermark("forgetful") == 100


def test_a_watermark_that_stands_still_is_fine(sqlite_ends: Ends) -> None:
    """The same watermark again is no step backwards."""
    filled(sqlite_ends, [1])
    forgetful(sqlite_ends, 100)

    assert forgetful(sqlite_ends, 100).after.watermark == 100


def test_a_step_backwards_is_let_pass_on_request(ends: Ends) -> None:
    """With the switch the smaller watermark is remembered."""
    filled(ends, [1])
    forgetful(ends, 100)
    forgetful(ends, 50, Guards(allow_backwards=True))

    assert ends.watermark("forgetful") == 50


def test_the_refusal_shows_timestamps_as_the_source_writes_them() -> None:
    """People see their own timestamps, not ticks."""
    plan = Plan("events", ("id",), "ts", Forgetful())
    day = IsoText(1, "%Y-%m-%d", 0)

    with pytest.raises(Refused, match="from 1970-01-03 to 1970-01-02"):
        refuse_backwards(plan, day, State(watermark=172_800), State(watermark=86_400))


# A unit that cannot be meant


@pytest.mark.parametrize(("seconds", "warnings"), [(946_080_000, 1), (946_079_999, 0)])
def test_a_unit_fits_from_thirty_years_after_1970_on(sqlite_ends: Ends, seconds: int, warnings: int) -> None:
    """Where no unit makes the newest row recent, none is proposed, and nothing is reported."""
    sqlite_ends.write(TABLE.replace("ts INTEGER", "ts BIGINT"), f"INSERT INTO events VALUES (1, {seconds * 1_000_000})")

    assert len(sqlite_ends.load("lookback_window", cursor_per_second=UNITS["ns"]).warnings) == warnings


@pytest.mark.parametrize(
    ("unit", "value"), [("ns", 1_772_000_000_000_000), ("us", 1_772_000_000_000), ("ms", 1772000000)]
)
def test_a_unit_that_makes_the_newest_row_old_is_reported(unit: str, value: int, ends: Ends) -> None:
    """Microseconds that are said to be nanoseconds are of 1970; the report names the unit that fits."""
    fitting = {"ns": "us", "us": "ms", "ms": "s"}[unit]
    ends.write(TABLE.replace("ts INTEGER", "ts BIGINT"), f"INSERT INTO events VALUES (1, 1000), (2, {value})")

    (warning,) = ends.load("lookback_window", cursor_per_second=UNITS[unit]).warnings
    assert warning == (
        f"the newest ts of 'events', {value}, would be of 1970-01-21 as --cursor-unit says, and of 2026-02-25 if it "
        f"counted {fitting}: check the unit, by which windows and delays are measured."
    )


def test_a_unit_that_fits_goes_without_a_word(ends: Ends) -> None:
    """Neither timestamps of today nor small numbers that fit no unit are reported."""
    ends.write(TABLE.replace("ts INTEGER", "ts BIGINT"), "INSERT INTO events VALUES (1, 7)")
    small = ends.load("lookback_window", cursor_per_second=UNITS["us"])
    ends.write("INSERT INTO events VALUES (2, 1772000000000000)")
    today = ends.load("lookback_window", cursor_per_second=UNITS["us"])

    assert (small.warnings, today.warnings) == ((), ())


# A watermark that is ahead


def test_a_watermark_ahead_of_the_clock_is_reported(ends: Ends) -> None:
    """One timestamp in the future is loaded, remembered and reported, at every sync until it is put right."""
    filled(ends, [1, 1_000_001])
    first = ends.load("timestamp_watermark", clock=lambda: CLOCK)
    second = ends.load("timestamp_watermark", clock=lambda: CLOCK)

    assert first.warnings == second.warnings
    assert first.new_watermark == 1_000_001
    assert " ".join(first.warnings) == (
        "the watermark 1000001 of 'events' is ahead of the source's clock (1000000): rows with a smaller ts may be "
        "passed over; put it back with `incload state`, or say no more with --allow-ahead."
    )


def test_a_watermark_at_the_clock_is_fine(ends: Ends) -> None:
    """A row of this very moment is not in the future."""
    filled(ends, [1, 1_000_000])

    assert ends.load("timestamp_watermark", clock=lambda: CLOCK).warnings == ()


def test_nothing_is_said_on_request(ends: Ends) -> None:
    """With the switch a watermark ahead of clock and source is no one's business."""
    filled(ends, [1, 1_000_001])
    quiet = Guards(allow_ahead=True)
    first = ends.load("timestamp_watermark", clock=lambda: CLOCK, guards=quiet)
    ends.write("DELETE FROM events WHERE id > 1")
    second = ends.load("timestamp_watermark", clock=lambda: CLOCK, guards=quiet)

    assert (first.warnings, second.warnings) == ((), ())


@pytest.mark.parametrize("name", ["clock_bounded_watermark", "lookback_window_minutes_30_from_clock", "settling_delay"])
def test_strategies_that_a_future_timestamp_does_not_hurt_are_not_warned(sqlite_ends: Ends, name: str) -> None:
    """Who does not need timestamps to be of the past is not bothered with one of the future."""
    filled(sqlite_ends, [1, 2_000_000])

    assert sqlite_ends.load(name, clock=lambda: CLOCK).warnings == ()


def test_numbers_without_a_unit_have_no_clock(sqlite_ends: Ends) -> None:
    """A cursor that counts nothing known is compared with no clock."""
    filled(sqlite_ends, [1, 10**15])

    assert sqlite_ends.load("timestamp_watermark", cursor_per_second=None, clock=lambda: CLOCK).warnings == ()


TIMESTAMPS = {
    "2026-01-01T12:00:00Z": ("2026-01-01T12:00:01Z", 0),
    "2026-01-01T12:00:00+05:00": ("2026-01-01T12:00:01+05:00", 5),
    "2026-01-01T12:00:00": ("2026-01-02T02:00:01", 0),
}


@pytest.mark.parametrize("timestamp", TIMESTAMPS)
def test_timestamps_without_a_zone_may_be_of_the_farthest(sqlite_ends: Ends, timestamp: str) -> None:
    """Local time is up to fourteen hours ahead of UTC; a timestamp that says its zone has no such excuse."""
    ahead, hours = TIMESTAMPS[timestamp]
    noon = 1_767_268_800_000_000 - hours * 3_600_000_000
    sqlite_ends.write(
        "CREATE TABLE events (id INTEGER PRIMARY KEY, ts TEXT)", f"INSERT INTO events VALUES (1, '{timestamp}')"
    )
    at = sqlite_ends.load("timestamp_watermark", clock=lambda: noon)
    sqlite_ends.write(f"INSERT INTO events VALUES (2, '{ahead}')")
    after = sqlite_ends.load("timestamp_watermark", clock=lambda: noon)

    assert (len(at.warnings), len(after.warnings)) == (0, 1)
    assert f"the watermark {ahead} of 'events' is ahead of the source's clock" in after.warnings[0]


@pytest.mark.parametrize(
    ("scale", "hours"),
    [
        (Scale(1), 0),
        (Timestamps(1), FARTHEST_ZONE_HOURS),
        (IsoText(1, "%Y-%m-%d", 0), FARTHEST_ZONE_HOURS),
        (IsoText(1, "%Y-%m-%dT%H:%MZ", 0), 0),
        (MixedText(1, zoned=True), 0),
        (MixedText(1, zoned=False), FARTHEST_ZONE_HOURS),
    ],
)
def test_the_slack_of_each_form(scale: Scale, hours: int) -> None:
    """Only forms that do not say a zone are given the hours of the farthest one."""
    from incload.loading.guards import _slack

    assert _slack(scale) == hours * 3600


def test_a_watermark_ahead_of_the_source_is_reported(ends: Ends) -> None:
    """A source put back from a backup ends before the watermark: what it will write again is passed over."""
    filled(ends, range(1, 11))
    ends.load("timestamp_watermark")
    ends.write("DELETE FROM events WHERE id > 7")
    summary = ends.load("timestamp_watermark")

    assert " ".join(summary.warnings) == (
        "the watermark 10 of 'events' is ahead of all that the source holds (up to 7): rows with a smaller ts may be "
        "passed over; put it back with `incload state`, or say no more with --allow-ahead."
    )


@pytest.mark.parametrize(
    "statement", ["SELECT 1", "DELETE FROM events WHERE id < 10", "DELETE FROM events", "UPDATE events SET ts = NULL"]
)
def test_a_source_that_ends_at_the_watermark_or_holds_nothing_is_fine(sqlite_ends: Ends, statement: str) -> None:
    """A quiet source is no news, and neither is a queue that was drained."""
    filled(sqlite_ends, range(1, 11))
    sqlite_ends.load("timestamp_watermark")
    sqlite_ends.write(statement)

    assert sqlite_ends.load("timestamp_watermark").warnings == ()


def asked(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Run a sync; say whether it asked for the source's largest cursor value."""
    statements: list[str] = []
    rows = SqliteSession.rows
    with monkeypatch.context() as patched:
        patched.setattr(
            SqliteSession, "rows", lambda self, sql, *params: (statements.append(sql), rows(self, sql, *params))[1]
        )
        ends.load("timestamp_watermark")
    return any("max(" in sql for sql in statements if "source" in sql)


def test_a_large_table_without_an_index_is_not_searched(sqlite_ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest value is asked for where an index knows it or the table is small, and not a row beyond."""
    monkeypatch.setattr(CursorLooks, "looked_through", 10)
    filled(sqlite_ends, range(1, 11))
    sqlite_ends.load("timestamp_watermark")
    small = asked(sqlite_ends, monkeypatch)
    sqlite_ends.write("INSERT INTO events VALUES (0, 0)")
    large = asked(sqlite_ends, monkeypatch)
    sqlite_ends.write("CREATE INDEX by_ts ON events (ts)")
    indexed = asked(sqlite_ends, monkeypatch)

    assert (small, large, indexed) == (True, False, True)


def test_nothing_is_asked_where_something_was_read(sqlite_ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync that read a row above the watermark knows that the source goes on."""
    filled(sqlite_ends, range(1, 11))
    sqlite_ends.load("timestamp_watermark")
    sqlite_ends.write("INSERT INTO events VALUES (11, 11)")

    assert not asked(sqlite_ends, monkeypatch)


def test_guards_are_on_by_default() -> None:
    """A plan that says nothing watches over everything."""
    plan = Plan("events", ("id",), "ts", strategy("timestamp_watermark"))

    assert plan.guards == Guards(allow_backwards=False, allow_ahead=False, allow_removals=False, percent=20, rows=10)
