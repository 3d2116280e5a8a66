"""What may still go wrong with a recommended load: by what it needs, and by the size of what its window bounds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from incload.advice.candidates import Wishes
from incload.advice.choosing import risk
from incload.advice.evidence import Evidence
from incload.advice.trying import Tried
from incload.assumptions import Assumption
from incload.history.lag_profile import Lateness
from incload.registry import strategy
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from incload.history.breaks import Breaks

TABLE = Table("orders", ("id",), "at", (Column("id", Kind.INTEGER), Column("at", Kind.TIMESTAMP)))
MINUTE = timedelta(minutes=1)
BREAKS: Breaks = {
    Assumption.LAG_WITHIN: 2 * MINUTE,
    Assumption.COMMIT_WITHIN: 9 * MINUTE,
    Assumption.ON_SCHEDULE: 20 * MINUTE,
}
SEEN = Evidence(
    TABLE, Lateness(syncs=8, inserts=300, late=1, quantiles=((100, 120_000_000),)), BREAKS, {}, (0, 600_000_000)
)


def tried(name: str) -> Tried:
    """Return a load that kept its copy right."""
    return Tried(strategy(name), is_sound=True, why="", rows_read=1, rows_written=1, seconds=0.0)


@pytest.mark.parametrize(
    ("name", "wishes", "said"),
    [
        ("row_hash_cdc", Wishes(), "It relies on nothing that a source can break; 8 syncs showed no wrong row."),
        ("full_refresh", Wishes(), "It relies on nothing that a source can break; 8 syncs showed no wrong row."),
        (
            "incrementing_id",
            Wishes(),
            "3 assumptions held in 8 syncs and may break later: rows would be lost, stale or left",
        ),
        (
            "incrementing_id",
            Wishes(deletes=False),
            "2 assumptions held in 8 syncs and may break later: rows would be lost or",
        ),
        (
            "row_hash_cdc_without_removes",
            Wishes(),
            "1 assumption held in 8 syncs and may break later: rows would be lost, stale or left over then.",
        ),
        (
            "row_hash_cdc_without_removes",
            Wishes(deletes=False),
            "It relies on nothing else that a source can break; 8 syncs showed no wrong row. Rows that the source",
        ),
        ("trigger_cdc", Wishes(), "It relies on nothing that a source can break"),
    ],
)
def test_without_a_window(name: str, wishes: Wishes, said: str) -> None:
    """What a load needs says what can break it: that rows are never deleted is one of its needs."""
    assert risk(tried(name), SEEN, wishes)[0].startswith(said)


@pytest.mark.parametrize(
    ("name", "size", "margin", "said"),
    [
        ("lookback_window:minutes=10", 120, 5.0, "later than 2 min was seen; a change later than 10 min would be lost"),
        ("settling_delay:minutes=18", 540, 2.0, "later than 9 min, by the source's clock, was seen"),
        ("lookback_window:minutes=30,from_clock=true", 1_200, 1.5, "later than 20 min, by the source's clock, was"),
    ],
)
def test_a_window_is_beside_what_it_bounds(name: str, size: float, margin: float, said: str) -> None:
    """A bound on the source's clock is compared with a size by that clock, not with a lag behind the watermark."""
    words, numbers = risk(tried(name), SEEN, Wishes())

    assert (numbers["seen_seconds"], numbers["margin"], numbers["largest_lag_seconds"]) == (size, margin, 120.0)
    assert said in words
