"""The stories of rows that were wrong for long: what happened, what was asked, what became of it, for how long."""

from __future__ import annotations

import pytest

from incload.harness.replays.worst_rows import story, what_was_asked
from incload.harness.trials.error_timeline import Circumstance, SeenChange, Spell
from incload.strategy import AfterKey, Capability, Changed, Everything, Logged, Rows, Since
from incload.table import Column, Kind, Table

SECOND = 1_000_000
NOON = 1_767_268_800 * SECOND
CLOCKS = [NOON + 600 * SECOND * number for number in range(5)]
TABLE = Table("t", ("id",), "at", (Column("id", Kind.TEXT), Column("at", Kind.TIMESTAMP)))


def spell(change: SeenChange | None, asked: tuple[Rows, ...], watermark: int | None = NOON) -> Spell:
    """Return a time of being stale, from sync 1 to sync 3."""
    return Spell("stale", 1, 3, "healed", Circumstance(1, change, watermark, asked))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Everything(), "everything"),
        (Changed(), "the rows whose digest differs"),
        (Logged(Capability.TRIGGERS, "7"), "the rows that the source's change log names after 7"),
        (AfterKey(("7",)), "the rows with a key above 7"),
        (Since(NOON), "the rows later than 2026-01-01T12:00:00"),
        (Since(NOON, key=("7", "x")), "the rows beyond 2026-01-01T12:00:00 and key 7, x"),
        (
            Since(NOON, inclusive=True, until=NOON + SECOND),
            "the rows no earlier than 2026-01-01T12:00:00 and no later than 2026-01-01T12:00:01",
        ),
        (Since(None, until=NOON), "the rows no later than 2026-01-01T12:00:00"),
        (Since(None), "the rows with a timestamp"),
    ],
)
def test_every_query_has_its_words(asked: Rows, said: str) -> None:
    """Bounds are reported as times, keys as they are."""
    assert what_was_asked("x", spell(None, (asked,))) == (
        f"With the watermark 2026-01-01T12:00:00 in the state, x asked for {said} at sync 1."
    )


def test_several_queries_and_no_state() -> None:
    """Queries are joined; a state that holds nothing is reported as such; what no one noted is not reported."""
    assert what_was_asked("x", spell(None, (Since(NOON), Everything()), None)) == (
        "With no state, x asked for the rows later than 2026-01-01T12:00:00 and for everything at sync 1."
    )
    assert what_was_asked("x", Spell("lost", 1)) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (None, "as it stood in the base"),
        (SeenChange(new=True, old=None, timestamp=None, lag=None), "new, with at = null: a null, which no bound shows"),
        (SeenChange(new=True, old=None, timestamp=NOON, lag=None), "new, with at = 2026-01-01T12:00:00"),
        (
            SeenChange(new=True, old=None, timestamp=NOON, lag=90 * SECOND),
            "new, with at = 2026-01-01T12:00:00: 0:01:30 behind the largest timestamp visible before",
        ),
        (
            SeenChange(new=False, old=NOON, timestamp=NOON, lag=0),
            "changed, and still at = 2026-01-01T12:00:00: the very timestamp that was the largest before",
        ),
        (
            SeenChange(new=False, old=None, timestamp=NOON + SECOND, lag=-250),
            (
                "changed, its at moved from null to 2026-01-01T12:00:01: 250 µs ahead of the largest timestamp visible "
                "before"
            ),
        ),
    ],
)
def test_what_happened_to_the_row(change: SeenChange | None, said: str) -> None:
    """New, changed with or without its timestamp, or as it always was; and how far its timestamp lies behind."""
    first, *_ = story(("a",), [("x", spell(change, (Since(NOON),)))], CLOCKS, TABLE)

    assert first == f"Sync 1 (2026-01-01T12:10:00) found row id = 'a' {said}."


def test_strategies_with_one_fate_share_a_line() -> None:
    """Four are named and the rest counted; another fate of the same change is distinguished."""
    change = SeenChange(new=True, old=None, timestamp=NOON, lag=SECOND)
    same = [(name, spell(change, (Since(NOON),))) for name in "abcdef"]
    other = spell(change, (Since(NOON, inclusive=True),))
    other.kind, other.until, other.end = "lost", 2, "left"
    lines = story(("a",), [*same, ("g", other)], CLOCKS, TABLE)

    assert [line.partition(" asked ")[0] for line in lines[1::2]] == [
        "With the watermark 2026-01-01T12:00:00 in the state, a",
        "With the watermark 2026-01-01T12:00:00 in the state, g",
    ]
    assert "\n".join(lines[2::2]) == (
        "For a, b, c, d and 2 more the row was stale after sync 1 and right again after sync 3, "
        "2 syncs and 0:20:00 later.\n"
        "For g the row was lost after sync 1 and still so when it left the source before sync 2, "
        "1 sync and 0:10:00 later: permanently."
    )
