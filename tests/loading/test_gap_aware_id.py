"""Ids that were passed over are asked for again, on every pair of engines, until they come or a bound ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.errors import Refused
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ends import Between, Ends, Pair

NAME = "gap_aware_id:minutes=1"
MINUTE = 60_000_000
TABLE = "CREATE TABLE events (id INTEGER PRIMARY KEY, v VARCHAR)"
PAIRS = [("postgres", "postgres"), ("postgres", "duckdb"), ("sqlite", "postgres"), ("parquet", "sqlite")]


def insert(ids: Iterable[int]) -> str:
    """Return the statement that adds rows."""
    values = ", ".join(f"({key}, 'x')" for key in ids)
    return f"INSERT INTO events VALUES {values}"


def ids(ends: Ends | Pair) -> list[int]:
    """Return the ids in the target."""
    return [int(str(key)) for (key,) in ends.rows("SELECT id FROM events ORDER BY 1")]


def gaps(ends: Ends) -> list[list[int]]:
    """Return the gaps that are kept: the time when they were seen, and where each begins and ends."""
    notes = ends.state()["events", "gap_aware_id"]["notes"]
    assert isinstance(notes, dict)
    found = notes.get("gaps", [])
    assert isinstance(found, list)
    return found


def test_ids_that_come_later_are_read(ends: Ends) -> None:
    """Each is read once, when it is there; nothing else is read again."""
    ends.write(TABLE, insert([1, 2, 6]))
    loaded = [ends.load(NAME, cursor=None, clock=lambda: 0).loaded]
    for news in ([5, 9], [4], [3, 7, 8]):
        ends.write(insert(news))
        loaded.append(ends.load(NAME, cursor=None, clock=lambda: MINUTE).loaded)

    assert loaded == [3, 2, 1, 3]
    assert ids(ends) == [1, 2, 3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("engines", PAIRS, ids="-".join)
def test_ids_that_come_later_are_read_from_others(pair: Pair) -> None:
    """PostgreSQL and record files answer the same queries."""
    pair.write(TABLE, insert([1, 2, 6]))
    pair.load(NAME)
    pair.write(
        *([TABLE.replace("TABLE", "OR REPLACE TABLE"), insert([1, 2, 6])] if pair.engines[0] == "parquet" else []),
        insert([4, 5, 9]),
    )
    second = pair.load(NAME).loaded

    assert (second, ids(pair)) == (3, [1, 2, 4, 5, 6, 9])


def test_a_bound_in_time_ends_it(ends: Ends) -> None:
    """An id is asked for a minute after it was passed over, and not a microsecond longer."""
    ends.write(TABLE, insert([1, 5]))
    ends.load(NAME, cursor=None, clock=lambda: 0)
    ends.write(insert([3]))
    ends.load(NAME, cursor=None, clock=lambda: MINUTE)
    ends.write(insert([4]))
    ends.load(NAME, cursor=None, clock=lambda: MINUTE + 1)

    assert ids(ends) == [1, 3, 5]
    assert gaps(ends) == []


def test_a_first_load_believes_in_near_gaps_only(sqlite_ends: Ends) -> None:
    """What was missing a thousand below the largest id may still come; one further below was given up."""
    ends = sqlite_ends
    ends.write(TABLE, insert([2000]))
    ends.load(NAME, cursor=None, clock=lambda: 0)
    ends.write(insert([999, 1000]))
    ends.load(NAME, cursor=None, clock=lambda: 0)

    assert ids(ends) == [1000, 2000]


def test_a_gap_is_split_and_keeps_its_time(sqlite_ends: Ends) -> None:
    """What is left of a gap is as old as the gap was."""
    ends = sqlite_ends
    ends.write(TABLE, insert([1, 1009]))
    ends.load(NAME, cursor=None, clock=lambda: 7)
    ends.write(insert([1004, 1012]))
    ends.load(NAME, cursor=None, clock=lambda: 9)

    assert gaps(ends) == [[7, 9, 1003, 1005, 1008], [9, 1010, 1011]]


@pytest.mark.parametrize("rule", [WriteRule.MERGE, WriteRule.APPEND])
def test_many_gaps_are_kept_as_few(ends: Ends, rule: WriteRule) -> None:
    """Of 400 gaps the closest are asked for together; an id in any of them is found, and no row is there twice."""
    ends.write(TABLE, insert([1]))
    ends.load(NAME, cursor=None, clock=lambda: 0, write_rule=rule)
    ends.write(insert(range(3, 803, 2)))
    ends.load(NAME, cursor=None, clock=lambda: 0, write_rule=rule)
    kept = gaps(ends)
    ends.write(insert([2, 100, 798]))
    summary = ends.load(NAME, cursor=None, clock=lambda: 0, write_rule=rule)

    assert sum(len(group) // 2 for group in kept) == 256
    assert summary.loaded == 3
    assert ids(ends) == sorted([*range(1, 803, 2), 2, 100, 798])


def test_gaps_that_are_joined_are_given_up_in_time(sqlite_ends: Ends) -> None:
    """A table whose ids leave gaps by design does not keep them for longer than the bound."""
    ends = sqlite_ends
    ends.write(TABLE, insert([1]))
    clock = 0
    for start in range(11, 3011, 1000):
        ends.write(insert(range(start, start + 1000, 10)))
        ends.load(NAME, cursor=None, clock=lambda clock=clock: clock)
        clock += MINUTE
    ends.load(NAME, cursor=None, clock=lambda: clock)

    assert {group[0] for group in gaps(ends)} == {2 * MINUTE}
    assert min(group[1] for group in gaps(ends)) > 2000


def test_a_state_that_is_put_back_asks_for_no_gap_above_its_key(sqlite_ends: Ends) -> None:
    """A key set by hand to below a gap makes the sync read from there, each row once."""
    ends = sqlite_ends
    ends.write(TABLE, insert([1, 5, 9]))
    ends.load(NAME, cursor=None, clock=lambda: 0)
    ends.write_target("UPDATE _incload_state SET value = REPLACE(value, '\"key\": [9]', '\"key\": [3]')")
    ends.write(insert([2, 7]))
    ends.load(NAME, cursor=None, clock=lambda: 0)

    assert ids(ends) == [1, 2, 5, 7, 9]


@pytest.mark.parametrize(
    ("columns", "key", "named"),
    [
        ("id VARCHAR PRIMARY KEY, v VARCHAR", ("id",), "'id'"),
        ("id INTEGER, v INTEGER, PRIMARY KEY (id, v)", ("id", "v"), "'id', 'v'"),
    ],
)
def test_a_key_without_numbers_is_refused(between: Between, columns: str, key: tuple[str, ...], named: str) -> None:
    """Only one column of whole numbers has gaps."""
    ends = between("sqlite", "duckdb")
    ends.write(f"CREATE TABLE events ({columns})", "INSERT INTO events VALUES ('1', '2')")

    with pytest.raises(Refused, match=f"the key {named} is not one column of whole numbers"):
        ends.load(NAME, cursor=None, key=key)
