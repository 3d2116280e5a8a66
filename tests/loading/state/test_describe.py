"""What a state means for the next sync is said from what the strategy itself asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.loading.state.describe import consequence, next_sync, without_table
from incload.loading.state.entry import Entry
from incload.strategy import Position, State

if TYPE_CHECKING:
    from incload.strategy.answers import KeyValue

NOON = 1_767_268_800
HOUR = 3_600
TAGS = {"cursor": "at", "scale": "text like 1970-01-01T00:00:00Z", "digest": "d"}


def entry(watermark: Position | None = None, key: KeyValue | None = None, **more: object) -> Entry:
    """Return an entry of a table with the key id."""
    return Entry(State(watermark, key, **more), "somebody", ("id",), TAGS)  # type: ignore[arg-type]  # named per test


def said(spelled: str, remembered: Entry | None) -> str:
    """Return what is said of a strategy, without the words that are always there."""
    text = next_sync(spelled, spelled.partition(":")[0], remembered, lambda: (NOON + HOUR) * 1_000_000)
    return text.removeprefix(f"The next load with --strategy {spelled} ")


BLOCKS = "the rows of the blocks of keys whose digests differ"
FURTHER = "the rows whose at is no earlier than 2025-12-31T11:50:00Z and no later than 2025-12-31T12:00:00Z."


@pytest.mark.parametrize(
    ("spelled", "remembered", "sentence"),
    [
        ("timestamp_watermark", entry(NOON), "reads the rows whose at is later than 2026-01-01T12:00:00Z."),
        (
            "timestamp_watermark:inclusive=true",
            entry(NOON),
            "reads the rows whose at is no earlier than 2026-01-01T12:00:00Z.",
        ),
        ("lookback_window:minutes=30", entry(NOON), "reads the rows whose at is no earlier than 2026-01-01T11:30:00Z."),
        (
            "lookback_window:minutes=30,from_clock=true",
            entry(NOON),
            "reads the rows whose at is no earlier than 2026-01-01T12:30:00Z.",
        ),
        (
            "settling_delay",
            entry(NOON),
            "reads the rows whose at is no earlier than 2026-01-01T12:00:00Z and no later than 2026-01-01T12:50:00Z.",
        ),
        ("composite_watermark", entry(NOON, (5,)), "reads the rows beyond at 2026-01-01T12:00:00Z and key 5."),
        ("composite_watermark", entry(NOON), "reads everything."),
        ("incrementing_id", entry(key=(5,)), "reads the rows with a key above 5."),
        (
            "boundary_dedup",
            entry(NOON, notes={"boundary": ["1", "2"]}),
            "reads the rows whose at is no earlier than 2026-01-01T12:00:00Z, but for 2 that it knows.",
        ),
        (
            "row_hash_cdc",
            entry(digests=True),
            "reads every row, and loads the rows whose digest differs, and removes what the source no longer has.",
        ),
        (
            "row_hash_cdc:removes=false",
            entry(digests=True),
            "reads every row, and loads the rows whose digest differs.",
        ),
        (
            "lookback_with_reconciliation",
            entry(NOON, notes={"syncs": 4}),
            f"reads every row, and loads {BLOCKS}, and removes what the source no longer has.",
        ),
        (
            "sparse_lookback:days=(1,)",
            entry(NOON),
            f"reads the rows whose at is no earlier than 2026-01-01T11:50:00Z and {FURTHER}",
        ),
        ("timestamp_watermark", None, "starts afresh, as the first one did."),
    ],
)
def test_the_next_sync_is_reported(spelled: str, remembered: Entry | None, sentence: str) -> None:
    """Each strategy, with its parameters, is asked what it would read."""
    assert said(spelled, remembered) == sentence


def test_a_strategy_that_is_not_installed_is_not_guessed() -> None:
    """What cannot be asked is not known."""
    assert next_sync("gone", "gone", entry(NOON), lambda: 0) == (
        "What the next load by gone will read is not known: no strategy of that name is installed here."
    )


def test_a_target_without_the_table_is_reported() -> None:
    """Whatever is remembered, a load that finds no table starts afresh."""
    assert without_table("t") == "The target has no table t: the next load drops the state and reads everything."


AGAIN = "are read again: merged they do no harm, and by append those already in the target would stand there twice."
MISSED = "that are not in the target yet are missed."


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (entry(NOON), entry(NOON - HOUR), f"Rows between 2026-01-01T11:00:00Z and 2026-01-01T12:00:00Z {AGAIN}"),
        (entry(NOON), entry(NOON + HOUR), f"Rows between 2026-01-01T12:00:00Z and 2026-01-01T13:00:00Z {MISSED}"),
        (
            entry(NOON, (9,)),
            entry(NOON, (10,)),
            f"Rows between 2026-01-01T12:00:00Z (key 9) and 2026-01-01T12:00:00Z (key 10) {MISSED}",
        ),
        (entry(key=(10,)), entry(key=(9,)), f"Rows between key 9 and key 10 {AGAIN}"),
        (entry(NOON), None, f"Rows that were read {AGAIN}"),
        (entry(NOON), entry(NOON), ""),
        (entry(NOON, (1,)), entry(NOON, ("a",)), ""),
        (None, entry(NOON), ""),
        (entry(NOON), Entry(State(5), "somebody", ("id",), {**TAGS, "scale": "number"}), ""),
    ],
)
def test_what_a_change_leads_to(before: Entry | None, after: Entry | None, sentence: str) -> None:
    """Back means reading again, forward means missing; what cannot be compared is not spoken of."""
    assert consequence(before, after) == sentence
