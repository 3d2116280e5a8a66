"""A replay's own promises: two audits that must agree, errors as outcomes, any engines, any number of processes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

import pytest

from incload.errors import Refused
from incload.harness.replays.follower import AuditsDisagree, Follower
from incload.harness.replays.lockstep import _Workers, follow
from incload.harness.replays.replay import ReplayPlan, _each, follower, replay
from incload.harness.replays.window_check import confirm
from incload.harness.sandbox.watch import Watch
from incload.harness.trials.error_timeline import ErrorTimeline, Spell
from incload.history.lag_profile import Forecast
from incload.history.recorded.read_log import ReadLog
from incload.registry import strategy
from incload.report.replay.facts import TriedWindow
from incload.strategy import Assumption, Delta, Need, Seen, Source, State, Strategy

if TYPE_CHECKING:
    from conftest import Lived

    from incload.engines.contract import WriteIntent
    from incload.harness.replays.follower import Followed
    from incload.history.history import History
    from incload.report.replay.record import Replayed

PAIR = ("sqlite", "sqlite")
STRICT = strategy("timestamp_watermark")


@dataclass(frozen=True)
class Raising(Strategy):
    """Raises an error at a sync."""

    name: ClassVar[str] = "raising"
    at: int = 0
    politely: bool = False

    @property
    def needs(self) -> frozenset[Need]:
        """Nothing."""
        return frozenset()

    def read(self, source: Source, state: State) -> Delta:
        """Raise when it is time."""
        if (state.watermark or 0) >= self.at:
            raise Refused("no thanks.") if self.politely else ZeroDivisionError("oh\nno")
        return Delta((source.everything(),))

    def remember(self, seen: Seen, state: State) -> State:  # noqa: ARG002 - it only counts
        """Count the syncs."""
        return replace(state, watermark=(state.watermark or 0) + 1)


@pytest.fixture
def late(lived: Lived) -> History:
    """A life of parcels: 2 and then 4 are late, 1 changes, 3 leaves; two ticks."""
    return lived(
        [(1, "a", -10), (3, "c", -5)],
        ([(1, "b", 5), (2, "late", -6)], [3]),
        ([(4, "late", -20), (2, "in time", 12)], []),
    )


def one(history: History, *members: Strategy, **options: object) -> list[Replayed]:
    """Replay with some strategies and without windows, and return their records."""
    return list(replay(history, ReadLog(), members, ReplayPlan(windows=(), **options)).rows)  # type: ignore[arg-type]


def test_an_error_is_an_outcome(late: History) -> None:
    """A strategy that raises on its way is unknown, with the error on one line; others go on."""
    raising, strict = one(late, Raising(at=1), STRICT)

    assert (raising.outcome, raising.reason, raising.rows_read) == ("unknown", "ZeroDivisionError('oh\\nno')", None)
    assert (strict.outcome, strict.rows_ever_wrong, strict.rows_read) == ("wrong", 2, 4)


def test_a_refusal_at_the_first_sync_does_not_apply(late: History) -> None:
    """A strategy that the engine refuses is n/a with the reason; one that is refused later is unknown."""
    first, later = one(late, Raising(politely=True), Raising(at=1, politely=True))

    assert (first.outcome, first.reason) == ("not_applicable", "no thanks.")
    assert (later.outcome, later.reason) == ("unknown", "no thanks.")


def test_every_pair_of_engines_shows_the_same(late: History) -> None:
    """What is lost, for how long and at what cost does not depend on where the rows stand."""
    pairs = (PAIR, ("duckdb", "duckdb"), ("sqlite", "duckdb"), ("duckdb", "sqlite"))
    members = [STRICT, strategy("lookback_window:minutes=10"), strategy("row_hash_cdc"), strategy("full_refresh")]
    rows = one(late, *members, pairs=pairs)
    plain = [
        (each.strategy, each.outcome, each.lost_permanently, each.stale_permanently, each.rows_ever_wrong,
         each.wrong_syncs, each.heal_syncs_max, each.phantom, each.rows_read)
        for each in rows
    ]  # fmt: skip

    assert plain[:4] == [
        ("timestamp_watermark", "wrong", 1, 0, 2, 2, 1, 1, 4),
        ("lookback_window", "wrong", 1, 0, 1, 1, None, 1, 6),
        ("row_hash_cdc", "sound", 0, 0, 0, 0, None, 0, 7),
        ("full_refresh", "sound", 0, 0, 0, 0, None, 0, 7),
    ]
    assert plain[4:8] == plain[8:12] == plain[12:] == plain[:4]


def test_the_fields_of_rows_that_stay_stale_are_named(lived: Lived) -> None:
    """Row 1 changes late, in both of its fields, and row 2 later still, in one; row 3 is lost, which is not stale."""
    past = lived(
        [(1, "a", -10), (2, "b", -15), (9, "z", -5)],
        ([(1, "late", -20), (3, "lost", -30)], []),
        ([(2, "later", -15)], []),
    )
    (row,) = one(past, STRICT)

    assert row.stale_fields == '{"content": 2, "modified_at": 1}'


def test_the_largest_size_of_a_state_is_kept(late: History) -> None:
    """A watermark is a few bytes at every sync, digests grow with the rows, and no state has no size."""
    sizes = [row.state_bytes for row in one(late, STRICT, strategy("row_hash_cdc"), strategy("full_refresh"))]

    assert sizes[0] is not None
    assert sizes[1] is not None
    assert 100 < sizes[0] < 1_000
    assert sizes[1] > sizes[0]
    assert sizes[2] == 0


def test_a_row_that_was_too_young_is_waited_for_no_longer(lived: Lived) -> None:
    """Row 2 is younger than the delay when it is found, and in the copy ten minutes later."""
    member = (PAIR, follower(strategy("settling_delay:minutes=10")))
    ticks = ([(2, "b", 9)], []), ([(3, "c", 19)], []), ([], [])
    waiting = [
        follow(lived([(1, "a", -30)], *ticks[:end]), [member], lambda _: None, 1)[member].waiting for end in (1, 2, 3)
    ]

    assert waiting == [1, 1, 0]


def test_keys_of_numbers_may_go_by_their_order(late: History) -> None:
    """A strategy by the largest key applies to numbers: it misses the change of 1 and the update of 2."""
    (row,) = one(late, strategy("incrementing_id"))

    assert (row.outcome, row.lost_permanently, row.stale_permanently, row.phantom) == ("wrong", 1, 1, 1)


def test_the_whole_audit_must_agree(late: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """An audit of the changes that overlooks a row is found out by the audit of both tables."""
    honest = Follower._enter

    def forgetful(follower: Follower, *arguments: object) -> None:
        honest(follower, *arguments)  # type: ignore[arg-type]
        follower._state.pop((2,), None)

    monkeypatch.setattr(Follower, "_enter", forgetful)
    with pytest.raises(AuditsDisagree, match=r"^timestamp_watermark, sync 1: the audit of both tables finds 1 rows"):
        one(replace(late, ticks=tuple(late.ticks)[:1]), STRICT)


def test_processes_do_not_matter(late: History) -> None:
    """Strategies in other processes follow the same history and give the same figures, errors included."""
    members = [STRICT, strategy("full_refresh"), Raising(at=1)]
    here, there = one(late, *members), one(late, *members, workers=2)

    assert [replace(row, load_seconds=None) for row in here] == [replace(row, load_seconds=None) for row in there]


def test_an_error_of_the_harness_comes_out_of_a_process(late: History) -> None:
    """What is no outcome of a strategy is raised where a user can see it."""
    broken = replace(late, base=late.base.drop_columns(["content"]))

    with pytest.raises(KeyError, match="content"):
        follow(broken, [(PAIR, follower(STRICT)), (PAIR, follower(strategy("full_refresh")))], lambda _: None, 2)


def test_a_process_that_is_left_early_ends_by_itself(late: History) -> None:
    """It is not waited for in vain, nor terminated: so it removes the files it has made."""
    with _Workers(late, [(PAIR, follower(STRICT))], 1) as workers:
        (process,) = workers._processes

    assert process.exitcode == 0


def followed(timeline: ErrorTimeline, read: int, failure: str = "") -> Followed:
    """Return how a lookback window of ten minutes followed some history."""
    from incload.harness.replays.follower import Costs, Followed

    lookback = follower(strategy("lookback_window:minutes=10"))
    return Followed(
        lookback, PAIR, Costs(rows_read=read), timeline, 0, None, failure, refused=False, waiting=0, load_seconds=0.0
    )


class Predicted:
    """A window on paper that has followed some history."""

    window = 600_000_000
    ever_wrong: ClassVar[dict[tuple[str], None]] = {("a",): None, ("b",): None}

    @staticmethod
    def forecast() -> Forecast:
        """Return what it came to."""
        return Forecast(600.0, 3, 2, 2, 10)


def test_what_was_predicted_and_what_came_agree() -> None:
    """The same rows wrong and as many read: nothing is said."""
    timeline = ErrorTimeline()
    timeline.enter(1, {("b",): "stale", ("a",): "lost"})

    assert confirm(Predicted, followed(timeline, 10)) == TriedWindow(  # type: ignore[arg-type]
        forecast=Predicted.forecast(), strategy="lookback_window", rows_ever_wrong=2, rows_read=10
    )


def test_a_difference_is_reported_row_by_row() -> None:
    """Rows that were only predicted, rows that no one predicted and rows read are distinguished, each by name."""
    timeline = ErrorTimeline()
    timeline.longest[("c",)] = Spell("stale", 1, 2, "healed")
    timeline.enter(1, {("b",): "stale", ("c",): "stale"})

    differences = confirm(Predicted, followed(timeline, 12)).difference  # type: ignore[arg-type]

    assert "\n".join(differences) == (
        "lookback_window read 12 rows, and 10 were predicted.\n"
        "1 row was predicted wrong, and always right in the copy of lookback_window: a.\n"
        "1 row was predicted right, and wrong in the copy of lookback_window: c. The first of them was stale after "
        "sync 1."
    )


def test_a_window_that_could_not_be_tried_says_why() -> None:
    """There is nothing to compare then."""
    tried = confirm(Predicted, followed(ErrorTimeline(), 3, "it broke"))  # type: ignore[arg-type]

    assert (tried.rows_ever_wrong, tried.difference) == (None, ("The replay of lookback_window ended early: it broke",))


def test_windows_of_part_of_a_minute() -> None:
    """A window is tried by the strategy that a user would name."""
    from incload.harness.replays.window_check import window_strategy

    assert window_strategy(timedelta(seconds=90)).id == "lookback_window_minutes_1_5"
    assert window_strategy(timedelta(0)).id == "lookback_window_minutes_0"


def test_a_strategy_by_the_key_does_not_apply_to_texts() -> None:
    """The order of texts says nothing about time, and the reason is reported."""
    from incload.harness.replays.replay import not_applicable
    from incload.table import Column, Kind, Table

    table = Table("t", ("id",), "at", (Column("id", Kind.TEXT), Column("at", Kind.TIMESTAMP)))

    assert Need(Assumption.KEYS_IN_COMMIT_ORDER) in strategy("incrementing_id").needs
    assert not_applicable(follower(strategy("incrementing_id")), table) == (
        "it goes by the order of the keys, and that of the texts in id says nothing about time"
    )
    assert not not_applicable(follower(STRICT), table)


def test_rows_deleted_long_after_they_vanished_are_noticed(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison at the fourth sync deletes what left before the first; only the deletes of the sync itself say."""
    note = Watch.note

    def blind(watch: Watch, intent: WriteIntent) -> None:
        note(watch, intent)
        watch.touched = watch.touched and watch.touched - {(2,)}

    quiet = [([(1, "a" * number, 10.0 * number)], []) for number in range(2, 6)]
    history = lived([(1, "a", -10), (2, "b", -10)], ([], [2]), *quiet)
    (row,) = one(history, strategy("lookback_with_reconciliation"))

    assert (row.outcome, row.phantom, row.phantom_max, row.rows_removed) == ("wrong", 0, 1, 1)
    monkeypatch.setattr(Watch, "note", blind)
    with pytest.raises(AuditsDisagree, match="finds 0 rows phantom, and the audit of what changed 1"):
        one(history, strategy("lookback_with_reconciliation"))


def test_a_change_log_is_kept_where_the_engine_can(late: History) -> None:
    """SQLite has triggers, and the strategy that reads their table reads what changed; DuckDB has none and says so."""
    sqlite, duckdb = one(late, strategy("trigger_cdc"), pairs=(PAIR, ("duckdb", "duckdb")))

    assert (sqlite.outcome, sqlite.rows_read) == ("sound", 2 + 2 + 2)
    assert duckdb.outcome == "not_applicable"
    assert duckdb.reason.startswith("strategy 'trigger_cdc' cannot follow this source, because duckdb has no triggers")


def test_what_a_sync_took_is_rounded_to_thousandths() -> None:
    """Of no syncs, and of what was not counted, nothing is said."""
    assert (_each(1, 3), _each(2, 1), _each(0, 5), _each(None, 3), _each(1, 0)) == (0.333, 2.0, 0.0, None, None)
