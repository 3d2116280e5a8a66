"""The witness says each story so that a reader can check it by hand: every text here is written down in full."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from incload.auditing.audit import Difference
from incload.contenders.contender import Asked, SyncResult
from incload.harness.trials.error_timeline import ErrorTimeline
from incload.harness.trials.fault_stories import fault_sentences
from incload.harness.trials.witness import story
from incload.history.faults.coarse_state import RoundUpState, TruncateState
from incload.history.faults.crash import CrashAfterRows, CrashAfterState
from incload.history.faults.lose_state import LoseState
from incload.history.faults.partial_read import PartialRead
from incload.history.faults.roll_back_state import RollBackState
from incload.history.faults.skip_sync import SkipSync
from incload.registry import strategy
from incload.strategy import AfterKey, Delta, Everything, Since, State, WriteRule
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from conftest import Lived, Row, Tried

    from incload.harness.trials.trial import Observed
    from incload.history.faults import Fault
    from incload.strategy import Rows

BASE: list[Row] = [(1, "tea", -30), (2, "ink", -10)]
LOST = Difference(lost=frozenset({(1,)}))

LATE = """\
1. In tick 2, at 2026-01-01T12:20:00, row id = 4 became visible with modified_at = 2026-01-01T12:02:00.
2. With the watermark 2026-01-01T12:05:00 in the state, sync 2 asked for the rows later than \
2026-01-01T12:05:00.
3. The row's timestamp lies 0:03:00 behind the watermark: the row was not read.
4. It was lost after sync 2 and is still lost after the last, sync 2 (1 wrong row then)."""

LATE_BEYOND_THE_WINDOW = """\
1. In tick 1, at 2026-01-01T12:10:00, row id = 3 became visible with modified_at = 2026-01-01T11:48:30.
2. With the watermark 2026-01-01T11:50:00 in the state, sync 1 asked for the rows no earlier than 2026-01-01T11:49:00.
3. The row's timestamp lies 0:00:30 before the bound, 0:01:30 behind the watermark: the row was not read.
4. It was lost after sync 1 and is still lost after the last, sync 1 (1 wrong row then)."""

TIE = """\
1. In tick 1, at 2026-01-01T12:10:00, row id = 3 became visible with modified_at = 2026-01-01T11:50:00.
2. With the watermark 2026-01-01T11:50:00 in the state, sync 1 asked for the rows later than \
2026-01-01T11:50:00.
3. The row's timestamp is the watermark's own: the bound shuts it out, and the row was not read.
4. It was lost after sync 1 and is still lost after the last, sync 1 (1 wrong row then)."""

TIE_WITH_A_SMALLER_KEY = """\
1. In tick 1, at 2026-01-01T12:10:00, row id = 0 became visible with modified_at = 2026-01-01T11:50:00.
2. With the watermark 2026-01-01T11:50:00 and key 2 in the state, sync 1 asked for the rows beyond \
2026-01-01T11:50:00 and key 2.
3. The row's timestamp is the watermark's own: the bound shuts it out, and the row was not read.
4. It was lost after sync 1 and is still lost after the last, sync 1 (1 wrong row then)."""

DELETE = """\
1. In tick 1, at 2026-01-01T12:10:00, row id = 1 left the source.
2. With the watermark 2026-01-01T11:50:00 in the state, sync 1 asked for the rows later than \
2026-01-01T11:50:00.
3. A row that is not there matches no query: nothing made the load delete its copy.
4. It was phantom after sync 1 and is still phantom after the last, sync 1 (1 wrong row then)."""

DELETE_BESIDE_DIGESTS = """\
1. In tick 1, at 2026-01-01T12:10:00, row id = 1 left the source.
2. With the digests of the rows read before in the state, sync 1 asked for the rows whose digest differs.
3. A row that is not there matches no query: nothing made the load delete its copy.
4. It was phantom after sync 1 and is still phantom after the last, sync 1 (1 wrong row then)."""

UNTOUCHED = """\
1. In tick 1, at 2026-01-01T12:10:00, row id = 1 changed and kept its modified_at = 2026-01-01T11:30:00.
2. With the watermark 2026-01-01T11:50:00 in the state, sync 1 asked for the rows later than \
2026-01-01T11:50:00.
3. The row's timestamp lies 0:20:00 behind the watermark: the row was not read.
4. It was stale after sync 1 and is still stale after the last, sync 1 (1 wrong row then)."""

NULL = """\
1. In tick 1, at 2026-01-01T12:10:00, row id = 3 became visible with modified_at = null.
2. With the watermark 2026-01-01T11:50:00 in the state, sync 1 asked for the rows later than \
2026-01-01T11:50:00.
3. A null is neither above nor below any bound: the row matches no condition on the cursor.
4. It was lost after sync 1 and is still lost after the last, sync 1 (1 wrong row then)."""

NULL_UPDATED = """\
1. In tick 1, at 2026-01-01T12:10:00, row id = 3 changed and kept its modified_at = null.
2. With the watermark 2026-01-01T11:50:00 in the state, sync 1 asked for the rows later than \
2026-01-01T11:50:00.
3. A null is neither above nor below any bound: the row matches no condition on the cursor.
4. It was stale after sync 1 and is still stale after the last, sync 1 (1 wrong row then)."""

HEALED = """\
1. In tick 1, at 2026-01-01T12:10:00, row id = 3 became visible with modified_at = 2026-01-01T11:45:00.
2. With the watermark 2026-01-01T11:50:00 in the state, sync 1 asked for the rows later than \
2026-01-01T11:50:00.
3. The row's timestamp lies 0:05:00 behind the watermark: the row was not read.
4. It was lost after sync 1 and was right again after sync 2."""

LEFT = """\
1. In tick 1, at 2026-01-01T12:10:00, row id = 3 became visible with modified_at = 2026-01-01T11:45:00.
2. With the watermark 2026-01-01T11:50:00 in the state, sync 1 asked for the rows later than \
2026-01-01T11:50:00.
3. The row's timestamp lies 0:05:00 behind the watermark: the row was not read.
4. It was lost after sync 1 and left the source before it was right again."""

DUPLICATED = """\
1. In the base row id = 2 became visible with modified_at = 2026-01-01T11:50:00.
2. With the watermark 2026-01-01T11:50:00 in the state, sync 1 asked for the rows no earlier than 2026-01-01T11:50:00.
3. The row was read, and `append` put it beside the copy that was there.
4. It was duplicated after sync 1 and is still duplicated after the last, sync 1 (1 wrong row then)."""

UPDATED_UNDER_APPEND = """\
1. In tick 1, at 2026-01-01T12:10:00, row id = 1 changed and got modified_at = 2026-01-01T12:05:00 in place of \
2026-01-01T11:30:00.
2. With the watermark 2026-01-01T11:50:00 in the state, sync 1 asked for the rows later than \
2026-01-01T11:50:00.
3. The row was read, and `append` put it beside the copy that was there.
4. It was stale and duplicated after sync 1 and is still stale and duplicated after the last, sync 1 (2 wrong rows \
then)."""

OLDER_UNDER_NEWEST = """\
1. In tick 1, at 2026-01-01T12:10:00, row id = 1 changed and got modified_at = 2026-01-01T11:25:00 in place of \
2026-01-01T11:30:00.
2. With no state, sync 1 asked for everything.
3. The row was read, but the copy has a newer timestamp, and `newest` kept the copy.
4. It was stale after sync 1 and is still stale after the last, sync 1 (1 wrong row then)."""

REPLACED = """\
1. In the base row id = 1 became visible with modified_at = 2026-01-01T11:30:00.
2. With the watermark 2026-01-01T11:50:00 in the state, sync 1 asked for the rows later than \
2026-01-01T11:50:00.
3. The row had been loaded; by `replace` what one sync does not read leaves the target.
4. It was lost after sync 1 and is still lost after the last, sync 1 (2 wrong rows then)."""

SMALL_KEY = """\
1. In tick 1, at 2026-01-01T12:10:00, row id = 0 became visible with modified_at = 2026-01-01T12:05:00.
2. With the key 2 in the state, sync 1 asked for the rows with a key above 2.
3. The row's key is not above it: the row was not read.
4. It was lost after sync 1 and is still lost after the last, sync 1 (1 wrong row then)."""

ROLLED_BACK = """\
1. In tick 2, at 2026-01-01T12:20:00, row id = 1 changed and kept its modified_at = 2026-01-01T11:30:00.
2. Before sync 2 the state was put back to what it was after sync 0.
3. With the digests of the rows read before in the state, sync 2 asked for the rows whose digest differs, and for the \
keys that are gone.
4. The row's digest is the one in the state: the row was not read.
5. It was stale after sync 2 and is still stale after the last, sync 2 (1 wrong row then)."""

CRASHED = """\
1. In tick 2, at 2026-01-01T12:20:00, row id = 3 became visible with modified_at = 2026-01-01T12:15:00.
2. No sync ran after tick 1.
3. Before sync 2 a run committed its state, and died before it committed its rows.
4. With the watermark 2026-01-01T12:15:00 in the state, sync 2 asked for the rows later than 2026-01-01T12:15:00.
5. The row's timestamp is the watermark's own: the bound shuts it out, and the row was not read.
6. It was lost after sync 2 and is still lost after the last, sync 2 (1 wrong row then)."""

HALF_AN_ANSWER = """\
1. In tick 1, at 2026-01-01T12:10:00, row id = 3 became visible with modified_at = 2026-01-01T12:05:00.
2. The source answered sync 1 without the last 50% of its rows, and did not say so.
3. With the watermark 2026-01-01T11:50:00 in the state, sync 1 asked for the rows later than 2026-01-01T11:50:00.
4. It was lost after sync 1 and is still lost after the last, sync 1 (1 wrong row then)."""


def test_a_late_row(lived: Lived, tried: Tried) -> None:
    """A row whose timestamp lies behind the watermark is reported with both spans."""
    history = lived(BASE, ([(3, "salt", 5)], []), ([(4, "wax", 2)], []))

    assert story(history, tried(history, strategy("timestamp_watermark"))) == LATE


def test_a_row_later_than_the_window(lived: Lived, tried: Tried) -> None:
    """Behind a window, the span to the bound and the span to the watermark differ."""
    history = lived(BASE, ([(3, "salt", -11.5)], []))

    assert story(history, tried(history, strategy("lookback_window_minutes_1"))) == LATE_BEYOND_THE_WINDOW


def test_a_tie(lived: Lived, tried: Tried) -> None:
    """A row with the watermark's own timestamp is shut out by an open bound."""
    history = lived(BASE, ([(3, "salt", -10)], []))

    assert story(history, tried(history, strategy("timestamp_watermark"))) == TIE


def test_a_tie_with_a_smaller_key(lived: Lived, tried: Tried) -> None:
    """A composite watermark shows its key, and so why the row was shut out."""
    history = lived(BASE, ([(0, "salt", -10), (3, "wax", -10)], []))

    assert story(history, tried(history, strategy("composite_watermark"))) == TIE_WITH_A_SMALLER_KEY


@pytest.mark.parametrize(
    ("name", "said"), [("timestamp_watermark", DELETE), ("row_hash_cdc_without_removes", DELETE_BESIDE_DIGESTS)]
)
def test_a_delete(name: str, said: str, lived: Lived, tried: Tried) -> None:
    """A row that left the source is reported as such, whatever was remembered."""
    history = lived(BASE, ([], [1]))

    assert story(history, tried(history, strategy(name))) == said


def test_an_update_that_leaves_the_timestamp(lived: Lived, tried: Tried) -> None:
    """A changed row with its old timestamp is reported as such."""
    history = lived(BASE, ([(1, "green tea", -30)], []))

    assert story(history, tried(history, strategy("timestamp_watermark"))) == UNTOUCHED


def test_a_null_cursor(lived: Lived, tried: Tried) -> None:
    """A row without a timestamp matches no query about timestamps."""
    history = lived(BASE, ([(3, "salt", None)], []))

    assert story(history, tried(history, strategy("timestamp_watermark"))) == NULL


def test_a_null_cursor_that_stays(lived: Lived, tried: Tried) -> None:
    """A row that is updated and has no timestamp before and after kept its null."""
    history = lived([*BASE, (3, "salt", None)], ([(3, "sea salt", None)], []))

    assert story(history, tried(history, strategy("timestamp_watermark"))) == NULL_UPDATED


def test_a_row_that_came_back_without_a_timestamp(lived: Lived, tried: Tried) -> None:
    """A row that was deleted, and whose key is back without a timestamp, became visible and kept nothing."""
    history = lived(BASE, ([], [1]), ([(1, "green tea", None)], []))
    like = tried(history, strategy("full_refresh"))
    made = replace(like, timeline=ErrorTimeline())
    made.timeline.enter_audit(2, LOST)

    assert (
        story(history, made).splitlines()[0]
        == "1. In tick 2, at 2026-01-01T12:20:00, row id = 1 became visible with modified_at = null."
    )


def test_a_row_that_healed(lived: Lived, tried: Tried) -> None:
    """A row that a later change brought over is reported as healed."""
    history = lived(BASE, ([(3, "salt", -15)], []), ([(3, "sea salt", 15)], []))

    assert story(history, tried(history, strategy("timestamp_watermark"))) == HEALED


def test_a_row_that_left_while_lost(lived: Lived, tried: Tried) -> None:
    """A lost row that left the source never healed."""
    history = lived(BASE, ([(3, "salt", -15)], []), ([], [3]))

    assert story(history, tried(history, strategy("timestamp_watermark"))) == LEFT


def test_a_duplicated_row(lived: Lived, tried: Tried) -> None:
    """A row at a closed bound was read, and nothing says that it was not."""
    history = lived(BASE, ([], []))
    observed = tried(history, strategy("timestamp_watermark_inclusive"), WriteRule.APPEND)

    assert story(history, observed) == DUPLICATED


def test_two_kinds_of_wrong(lived: Lived, tried: Tried) -> None:
    """A row that is wrong in two ways is reported with both."""
    history = lived(BASE, ([(1, "green tea", 5)], []))
    observed = tried(history, strategy("timestamp_watermark"), WriteRule.APPEND)

    assert story(history, observed) == UPDATED_UNDER_APPEND


def test_an_older_version_under_newest(lived: Lived, tried: Tried) -> None:
    """A row that was read and not written is reported with the rule that kept its copy."""
    history = lived(BASE, ([(1, "green tea", -35)], []))

    assert story(history, tried(history, strategy("full_refresh"), WriteRule.NEWEST)) == OLDER_UNDER_NEWEST


def test_a_row_that_a_rule_took_out(lived: Lived, tried: Tried) -> None:
    """A row that was right and is lost because it was not read again is reported with the rule."""
    history = lived(BASE, ([], []))

    assert story(history, tried(history, strategy("timestamp_watermark"), WriteRule.REPLACE)) == REPLACED


def test_a_row_under_a_small_key(lived: Lived, tried: Tried) -> None:
    """A row that a query about keys leaves out is reported as such."""
    history = lived(BASE, ([(0, "salt", 5)], []))

    assert story(history, tried(history, strategy("incrementing_id"))) == SMALL_KEY


def test_a_digest_that_is_known(lived: Lived, tried: Tried) -> None:
    """A change back to what an old state holds is reported with what happened to the state."""
    history = lived(BASE, ([(1, "green tea", -30)], []), ([(1, "tea", -30)], []))
    faults = (RollBackState(2, to=0),)

    assert story(history, tried(history, strategy("row_hash_cdc"), faults=faults)) == ROLLED_BACK


def test_what_happened_to_the_loader(lived: Lived, tried: Tried) -> None:
    """A sync that did not run and a crash are reported, and syncs go by the ticks they follow."""
    history = lived(BASE, ([], []), ([(3, "salt", 15)], []))
    faults = (SkipSync(1), CrashAfterState(2))

    assert story(history, tried(history, strategy("timestamp_watermark"), faults=faults)) == CRASHED


def test_an_answer_that_was_cut_short(lived: Lived, tried: Tried) -> None:
    """Of a row that the source kept to itself nothing claims that it lay outside of the query."""
    history = lived(BASE, ([(3, "salt", 5)], []))
    faults = (PartialRead(1, share=0.5),)

    assert story(history, tried(history, strategy("timestamp_watermark"), faults=faults)) == HALF_AN_ANSWER


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (LoseState(6), "Before sync 6 the state was lost."),
        (
            CrashAfterRows(),
            "Before sync 6 a run committed its rows, and died before it committed its state.",
        ),
        (
            TruncateState(unit=1_000_000),
            "The state keeps its watermark cut off to a multiple of 0:00:01.",
        ),
        (
            RoundUpState(unit=60_000_000),
            "The state keeps its watermark rounded up to a multiple of 0:01:00.",
        ),
    ],
)
def test_every_accident_is_reported(fault: Fault, said: str) -> None:
    """What happens to a loader has its sentence, at the syncs at which it happens."""
    assert [*fault_sentences([fault], 6, 5)] == [said]
    assert [*fault_sentences([replace(fault, sync=7)], 6, 5)] == []
    assert [*fault_sentences([], 6, 2)] == ["No sync ran after ticks 3 to 5."]
    assert [*fault_sentences([], 0, None)] == []


def test_a_sound_trial_has_no_story(lived: Lived, tried: Tried) -> None:
    """Where nothing was wrong, nothing is reported."""
    history = lived(BASE, ([(3, "salt", 5)], []))

    assert not story(history, tried(history, strategy("timestamp_watermark")))


@pytest.mark.parametrize("pair", [("duckdb", "duckdb"), ("sqlite", "duckdb")])
def test_the_story_is_the_same_on_every_pair(pair: tuple[str, str], lived: Lived, tried: Tried) -> None:
    """Engines do not change the text."""
    history = lived(BASE, ([(3, "salt", 5)], []), ([(4, "wax", 2)], []))

    assert story(history, tried(history, strategy("timestamp_watermark"), None, pair)) == LATE


def test_the_first_wrong_row_is_described(lived: Lived, tried: Tried) -> None:
    """Of rows that went wrong at the same sync, one that is still wrong is described, and of those the smallest key."""
    late: list[Row] = [(8, "salt", -15), (9, "wax", -15), (10, "rope", -15)]
    history = lived(BASE, (late, []), ([(8, "sea salt", 15), (3, "glue", -20)], []))
    said = story(history, tried(history, strategy("timestamp_watermark")))

    assert said.splitlines()[0] == (
        "1. In tick 1, at 2026-01-01T12:10:00, row id = 9 became visible with modified_at = 2026-01-01T11:45:00."
    )
    assert said.endswith("(3 wrong rows then).")


def test_what_happened_before_the_row_was_wrong_is_reported(lived: Lived, tried: Tried) -> None:
    """The last change up to the first wrong sync counts: neither earlier nor later ones."""
    history = lived(BASE, ([(1, "green tea", 5)], []), ([(1, "black tea", 3)], []), ([(1, "white tea", 1)], []))
    said = story(history, tried(history, strategy("timestamp_watermark")))

    assert said.splitlines()[0] == (
        "1. In tick 2, at 2026-01-01T12:20:00, row id = 1 changed and got modified_at = 2026-01-01T12:03:00 "
        "in place of 2026-01-01T12:05:00."
    )


def observed(before: State, delta: Delta, found: Difference, like: Observed) -> Observed:
    """Return what a trial showed whose second sync asked, remembered and left the target as given."""
    syncs = [like.syncs[0], SyncResult(asked=Asked(delta, before, before))]
    made = replace(like, rule=WriteRule.MERGE, timeline=ErrorTimeline(), syncs=syncs)
    made.timeline.enter_audit(0, Difference())
    made.timeline.enter_audit(1, found)
    return made


def at(minutes: float) -> int:
    """Return a point in time, given in minutes after noon."""
    return 1_767_268_800_000_000 + int(minutes * 60_000_000)


@pytest.mark.parametrize(
    ("before", "rows", "said"),
    [
        (State(), (Everything(),), "With no state, sync 1 asked for everything."),
        (
            State(key=(7, "b")),
            (AfterKey((7, "b")),),
            "With the key 7, b in the state, sync 1 asked for the rows with a key above 7, b.",
        ),
        (
            State(watermark=at(-10), digests=True),
            (Since(at(-10), until=at(5)), AfterKey((3,))),
            (
                "With the watermark 2026-01-01T11:50:00 in the state, sync 1 asked for the rows later than "
                "2026-01-01T11:50:00 and no later than 2026-01-01T12:05:00 and for the rows with a key "
                "above 3."
            ),
        ),
        (
            State(),
            (Since(None, until=at(5), nulls=True),),
            ("With no state, sync 1 asked for the rows no later than 2026-01-01T12:05:00, and those without one."),
        ),
        (State(), (Since(None),), "With no state, sync 1 asked for the rows with a timestamp."),
    ],
)
def test_every_query_is_reported(before: State, rows: tuple[Rows, ...], said: str, lived: Lived, tried: Tried) -> None:
    """What was remembered and what was asked is reported in words, whatever it was."""
    history = lived(BASE, ([], []))
    made = observed(before, Delta(rows), LOST, tried(history, strategy("full_refresh")))

    assert story(history, made).splitlines()[1] == f"2. {said}"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            (Since(at(-10)), Since(at(-60), until=at(-40))),
            "The row's timestamp lies 0:20:00 behind the watermark: the row was not read.",
        ),
        (
            (Since(at(-10)), Since(at(-25), until=at(-20))),
            "The row's timestamp lies 0:05:00 before the bound, 0:20:00 behind the watermark: the row was not read.",
        ),
        (
            (Since(at(-90), until=at(-31)),),
            "The row's timestamp lies 0:01:00 beyond the upper bound: the row is left for a later sync.",
        ),
        (
            (Since(None, until=at(-40)),),
            "The row's timestamp lies 0:10:00 beyond the upper bound: the row is left for a later sync.",
        ),
        (
            (Since(at(-30), key=(1,)),),
            "The row's timestamp is the watermark's own: the bound shuts it out, and the row was not read.",
        ),
    ],
)
def test_how_a_row_escaped_is_reported(rows: tuple[Rows, ...], said: str, lived: Lived, tried: Tried) -> None:
    """A row outside of every range is reported with the distance to the nearest bound that shut it out."""
    history = lived(BASE, ([], []))
    made = observed(State(watermark=at(-10)), Delta(rows), LOST, tried(history, strategy("full_refresh")))

    assert story(history, made).splitlines()[2] == f"3. {said}"


@pytest.mark.parametrize(
    "rows",
    [
        (Since(at(-30), inclusive=True),),
        (Since(at(-30), key=(0,)),),
        (Since(at(-31)),),
        (Since(at(-10)), Since(at(-60), until=at(-30))),
        (Since(None, until=at(-30)),),
    ],
)
def test_a_row_that_was_asked_for_did_not_escape(rows: tuple[Rows, ...], lived: Lived, tried: Tried) -> None:
    """Nothing claims that a row was not read when the query covered it."""
    history = lived(BASE, ([], []))
    made = observed(State(watermark=at(-10)), Delta(rows), LOST, tried(history, strategy("full_refresh")))

    assert story(history, made).splitlines()[2].startswith("3. It was lost after sync 1 and is still lost")


def test_a_key_that_the_source_never_had(lived: Lived, tried: Tried) -> None:
    """A phantom out of nowhere is reported as such: the copy was bent on its way."""
    history = lived(BASE, ([], []))
    like = tried(history, strategy("full_refresh"))
    made = observed(State(), Delta((Everything(),)), Difference(phantom=frozenset({(7,)})), like)

    assert story(history, made).splitlines() == [
        "1. The source never had row id = 7.",
        "2. With no state, sync 1 asked for everything.",
        "3. It was phantom after sync 1 and is still phantom after the last, sync 1 (1 wrong row then).",
    ]


def test_keys_of_timestamps_and_booleans(lived: Lived, tried: Tried) -> None:
    """A key that holds timestamps or booleans is found under the numbers that the audit shows."""
    like = tried(lived(BASE, ([], [])), strategy("full_refresh"))
    table = Table("log", ("at", "day"), None, (Column("at", Kind.TIMESTAMP), Column("day", Kind.BOOLEAN)))
    base = pa.table({"at": pa.array([5, 7], pa.timestamp("us")), "day": [False, True]})
    history = replace(lived(BASE, ([], [])), table=table, base=base, ticks=())
    made = observed(State(), Delta((Everything(),)), Difference(lost=frozenset({(7, 1)})), like)

    assert story(history, made).splitlines()[0] == "1. In the base row at = 7, day = 1 became visible or changed."
