"""A count that finds source and target unequal is reported where the strategy promises that they are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ends import Ends


@pytest.mark.parametrize(
    ("name", "said"),
    [("row_hash_cdc", True), ("timestamp_watermark", False), ("settling_delay", False)],
)
def test_a_copy_that_lost_a_row_is_reported(name: str, said: bool, ends: Ends) -> None:  # noqa: FBT001 - a case
    """A row that a user deleted from the copy is not read again; only a promise of equality makes that a fault."""
    ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts BIGINT)", "INSERT INTO events VALUES (1, 1), (2, 2)")
    assert ends.load(name, count=True, cursor="ts").warnings == ()
    ends.write_target("DELETE FROM events WHERE id = 1")

    warnings = ends.load(name, count=True).warnings

    assert bool(warnings) is said
    if said:
        assert warnings[0].startswith(
            "the source has 2 rows and 'events' has 1, though strategy 'row_hash_cdc' with write rule 'merge' keeps "
        )


def test_without_a_count_nothing_is_claimed(sqlite_ends: Ends) -> None:
    """A source that was not counted is not compared with anything."""
    sqlite_ends.write("CREATE TABLE events (id INTEGER PRIMARY KEY, ts BIGINT)", "INSERT INTO events VALUES (1, 1)")
    sqlite_ends.load("row_hash_cdc")
    sqlite_ends.write_target("DELETE FROM events")

    (warning,) = sqlite_ends.load("row_hash_cdc").warnings
    assert warning.startswith("table 'events' of the target was empty, and the state says")
