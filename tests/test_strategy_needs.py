"""What each strategy needs to be right, word for word: a promise to users that no code may change in passing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incload.registry import strategies, strategy

NEEDS = {
    # every strategy, with each variant that needs something else; the number is a span in minutes
    "timestamp_watermark": (
        "ATOMIC_COMMIT, COMPLETE_READ, CURSOR_MOVES_ON_UPDATE, CURSOR_NOT_IN_FUTURE, CURSOR_PRESENT, "
        "LAG_WITHIN 0, STATE_NOT_AHEAD, UNIQUE_CURSOR"
    ),
    "timestamp_watermark:inclusive=true": (
        "ATOMIC_COMMIT 0, COMPLETE_READ, CURSOR_MOVES_ON_UPDATE 0, CURSOR_NOT_IN_FUTURE, CURSOR_PRESENT, "
        "LAG_WITHIN 0, STATE_NOT_AHEAD 0"
    ),
    "clock_bounded_watermark": (
        "ATOMIC_COMMIT, COMPLETE_READ, CURSOR_MOVES_ON_UPDATE, CURSOR_PRESENT, LAG_WITHIN 0, "
        "STATE_NOT_AHEAD, UNIQUE_CURSOR"
    ),
    "composite_watermark": (
        "ATOMIC_COMMIT, COMPLETE_READ, CURSOR_MOVES_ON_UPDATE, CURSOR_NOT_IN_FUTURE, CURSOR_PRESENT, "
        "LAG_WITHIN 0, STATE_NOT_AHEAD, TIES_IN_KEY_ORDER"
    ),
    "boundary_dedup": (
        "ATOMIC_COMMIT, COMPLETE_READ, CURSOR_MOVES_ON_UPDATE, CURSOR_NOT_IN_FUTURE, CURSOR_PRESENT, "
        "LAG_WITHIN 0, STATE_NOT_AHEAD 0"
    ),
    "lookback_window:minutes=30": (
        "ATOMIC_COMMIT 30, COMPLETE_READ, CURSOR_MOVES_ON_UPDATE 30, CURSOR_NOT_IN_FUTURE, CURSOR_PRESENT, "
        "LAG_WITHIN 30, STATE_NOT_AHEAD 30"
    ),
    "sparse_lookback": (
        "ATOMIC_COMMIT 10, COMPLETE_READ, CURSOR_MOVES_ON_UPDATE 10, CURSOR_NOT_IN_FUTURE, CURSOR_PRESENT, "
        "LAG_WITHIN 10, STATE_NOT_AHEAD 10"
    ),
    "lookback_with_reconciliation": (
        "ATOMIC_COMMIT 10, COMPLETE_READ, CURSOR_MOVES_ON_UPDATE 10, CURSOR_NOT_IN_FUTURE, CURSOR_PRESENT, "
        "LAG_WITHIN 10, STATE_NOT_AHEAD 10"
    ),
    "settling_delay": (
        "ATOMIC_COMMIT, COMMIT_WITHIN 10, COMPLETE_READ, CURSOR_MOVES_ON_UPDATE, CURSOR_PRESENT, STATE_NOT_AHEAD"
    ),
    "adaptive_lookback": (
        "ATOMIC_COMMIT 10, COMPLETE_READ, CURSOR_MOVES_ON_UPDATE 10, CURSOR_NOT_IN_FUTURE, CURSOR_PRESENT, "
        "LAG_WITHIN 10, STATE_NOT_AHEAD 10"
    ),
    "gap_aware_id": "ATOMIC_COMMIT, COMPLETE_READ, INSERT_ONLY, KEYS_NEAR, KEYS_WITHIN 30",
    "incrementing_id": "ATOMIC_COMMIT, COMPLETE_READ, INSERT_ONLY, KEYS_IN_COMMIT_ORDER",
    "row_hash_cdc": "ATOMIC_COMMIT, COMPLETE_READ, STATE_KEPT",
    "snapshot_diff": "COMPLETE_READ",
    "full_refresh": "COMPLETE_READ",
    "digest_blocks": "COMPLETE_READ",
    "trigger_cdc": "ATOMIC_COMMIT, COMPLETE_READ, LOG_KEPT",
    "log_cdc": "ATOMIC_COMMIT, COMPLETE_READ",
    "commit_horizon": "ATOMIC_COMMIT, COMPLETE_READ, STATE_NOT_AHEAD",
}


@pytest.mark.parametrize("name", NEEDS)
def test_what_a_strategy_needs(name: str) -> None:
    """Each assumption, and within what span where only that much of it is needed."""
    minute = timedelta(minutes=1)
    found = (
        each.assumption.name + ("" if each.within is None else f" {each.within // minute}")
        for each in strategy(name).needs
    )

    assert ", ".join(sorted(found)) == NEEDS[name]


def test_no_strategy_is_left_out() -> None:
    """A new one says here what it needs."""
    assert {each.name for each in strategies()} == {name.partition(":")[0] for name in NEEDS}
