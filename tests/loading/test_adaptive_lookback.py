"""What a window learns from the lags of the rows that it reads, on every pair of engines."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from incload.errors import Refused
from incload.registry import strategy
from incload.strategy import Learning

if TYPE_CHECKING:
    from ends import Between, Ends

NAME = "adaptive_lookback:floor_minutes=1,cap_minutes=8,every=3,miss=0.9"
"""Widths of 1, 2, 4 and 8 minutes, of which each will do after 4 changes."""
TABLE = "CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER, v VARCHAR)"
BASE = [TABLE, "INSERT INTO events VALUES (1, 0, 'first'), (2, 1000, 'newest')"]


def insert(*rows: tuple[int, int]) -> str:
    """Return the statement that adds rows with ids and timestamps in seconds."""
    values = ", ".join(f"({key}, {at}, 'x')" for key, at in rows)
    return f"INSERT INTO events VALUES {values}"


def within(ends: Ends) -> object:
    """Return how many changes in a row lay within each width."""
    notes = ends.state()["events", "adaptive_lookback"]["notes"]
    assert isinstance(notes, dict)
    return notes["within"]


def ids(ends: Ends) -> list[int]:
    """Return the ids in the target."""
    return [int(str(key)) for (key,) in ends.rows("SELECT id FROM events ORDER BY 1")]


def test_a_row_beyond_the_window_is_found_and_teaches(ends: Ends) -> None:
    """Three minutes are more than the floor of one: the row is missed, found by the wide read, and the next is not."""
    ends.write(*BASE)
    ends.load(NAME)
    ends.write(insert((3, 820)))
    ends.load(NAME)
    missed = ids(ends)
    ends.load(NAME)
    ends.load(NAME)
    found, learned = ids(ends), within(ends)
    ends.write(insert((4, 800)))
    ends.load(NAME)

    assert (missed, found, ids(ends)) == ([1, 2], [1, 2, 3], [1, 2, 3, 4])
    assert learned == {"60": 0, "120": 0, "240": 4}


def test_a_width_will_do_again_after_enough_changes(sqlite_ends: Ends) -> None:
    """Four changes in a row within a minute take the window back to it; a fifth that is later is missed."""
    ends = sqlite_ends
    ends.write(*BASE)
    ends.load(NAME)
    ends.write(insert((3, 820)))
    for _ in range(3):
        ends.load(NAME)
    ends.write(insert((4, 1001), (5, 1002), (6, 1003)))
    ends.load(NAME)
    nearly = within(ends)
    ends.write(insert((7, 1004)))
    ends.load(NAME)
    enough = within(ends)

    assert (nearly, enough) == ({"60": 3, "120": 3, "240": 4}, {"60": 4, "120": 4, "240": 4})


def test_a_row_that_is_read_again_teaches_nothing(ends: Ends) -> None:
    """Only what the target did not have as it is has a lag; the rows of the window that have not changed have none."""
    ends.write(*BASE, insert((3, 990), (4, 950)))
    ends.load(NAME)
    ends.write(insert((5, 700)))
    for _ in range(3):
        ends.load(NAME)
    before = within(ends)
    again = ends.load(NAME).loaded
    unchanged = within(ends)
    ends.write("UPDATE events SET v = 'new' WHERE id = 4")
    ends.load(NAME)

    assert (before, again) == ({"60": 0, "120": 0, "240": 0}, 4)
    assert (unchanged, within(ends)) == (before, {"60": 1, "120": 1, "240": 1})


def test_the_wide_read_reaches_back_to_the_last_one(sqlite_ends: Ends) -> None:
    """A row that was eight minutes late when it came is found, however far the watermark has moved on since then."""
    ends = sqlite_ends
    ends.write(*BASE)
    ends.load(NAME)
    ends.write(insert((3, 520), (4, 9000)))
    ends.load(NAME)
    ends.write(insert((5, 20000)))
    ends.load(NAME)
    ends.load(NAME)

    assert ids(ends) == [1, 2, 3, 4, 5]


def test_what_is_later_than_the_cap_stays_lost(sqlite_ends: Ends) -> None:
    """A second beyond eight minutes is read by no sync."""
    ends = sqlite_ends
    ends.write(*BASE)
    ends.load(NAME)
    ends.write(insert((3, 519)))
    for _ in range(7):
        ends.load(NAME)

    assert ids(ends) == [1, 2]


def test_the_state_does_not_grow(sqlite_ends: Ends) -> None:
    """However many changes were seen, no number in it is larger than the changes that are enough."""
    ends = sqlite_ends
    ends.write(*BASE)
    sizes = set()
    for number in range(3, 13):
        ends.write(insert((number, 1000 + number)))
        ends.load(NAME)
        sizes.add(len(json.dumps(within(ends))))

    assert sizes == {len('{"60": 4, "120": 4, "240": 4}')}


def test_rows_of_an_emptied_target_are_all_news(between: Between) -> None:
    """Where the target has lost its rows, those that are read have the lags that they have."""
    ends = between("sqlite", "duckdb")
    ends.write(*BASE, insert((3, 950)))
    ends.load(NAME)
    ends.write_target("DELETE FROM events")
    ends.load(NAME)

    assert ids(ends) == [2, 3]
    assert within(ends) == {"60": 4, "120": 4, "240": 4}


def test_a_cursor_without_a_time_is_refused(sqlite_ends: Ends) -> None:
    """A window of minutes has no meaning for plain numbers."""
    ends = sqlite_ends
    ends.write(*BASE)

    with pytest.raises(Refused, match="a window of time needs a cursor that holds time"):
        ends.load(NAME, cursor_per_second=None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("floor_minutes=0.000000001", "the floor must be a microsecond or more"),
        ("floor_minutes=0", "the floor must be above 0 minutes and no more than the cap"),
        ("floor_minutes=5,cap_minutes=4", "the floor must be above 0 minutes and no more than the cap"),
        ("miss=0.0", "the share of changes that may be missed must lie between 0 and 1"),
        ("miss=1.0", "the share of changes that may be missed must lie between 0 and 1"),
        ("every=0", "rows beyond the window must be read every 1 or more syncs"),
    ],
)
def test_parameters_without_a_meaning_are_refused(given: str, said: str) -> None:
    """In one sentence."""
    with pytest.raises(Refused, match=f"^adaptive_lookback cannot be run with '{given}': {said}.$"):
        strategy(f"adaptive_lookback:{given}")


def test_a_reconciliation_after_no_sync_is_refused() -> None:
    """Everything is compared after one sync or more."""
    with pytest.raises(Refused, match="everything must be compared every 1 or more syncs"):
        strategy("lookback_with_reconciliation:every=0")


MINUTES = tuple(timedelta(minutes=number) for number in (1, 2, 4))


@pytest.mark.parametrize(
    ("within", "window"),
    [((3, 3), MINUTES[0]), ((2, 3), MINUTES[1]), ((0, 2), MINUTES[2]), ((3, 0), MINUTES[0])],
)
def test_the_narrowest_width_that_will_do(within: tuple[int, int], window: timedelta) -> None:
    """It is the first with enough changes, and the widest where none has them."""
    assert Learning(MINUTES, 3, 5).window(within) == window


@pytest.mark.parametrize(
    ("lags", "after"), [((2, 0, 0), (3, 2)), ((2, 1, 0), (0, 2)), ((2, 1, 1), (0, 0)), ((0, 0, 0), (2, 0))]
)
def test_what_changes_teach(lags: tuple[int, int, int], after: tuple[int, int]) -> None:
    """Those within a width are added, up to what is enough; one beyond it takes all away."""
    assert Learning(MINUTES, 3, 5).after((2, 0), lags) == after
