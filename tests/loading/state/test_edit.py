"""The state by hand: looked at, forgotten, put back and set in one transaction, which stands in the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from incload.errors import Refused
from incload.loading.state.edit import Choice, look, reset, roll_back, set_by_hand

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.loading.state.edit import Change
    from tests.ends import Ends

CREATED = "CREATE TABLE events (id INTEGER PRIMARY KEY, ts INTEGER)"
VALUES = "SELECT value FROM _incload_state WHERE strategy <> '(columns)'"
LINES = "SELECT run, written_by, of_run, rows_loaded FROM _incload_state_history ORDER BY run"


def loaded(ends: Ends, runs: int, name: str = "composite_watermark") -> Choice:
    """Load a row at a time, so many times; return what names the state."""
    ends.write(CREATED)
    for run in range(1, runs + 1):
        ends.write(f"INSERT INTO events VALUES ({run}, {run * 100})")
        ends.load(name)
    return Choice(ends.target, "events")


def mark(ends: Ends) -> object:
    """Return the watermark that is remembered, or None."""
    values = list(ends.state().values())
    return values[0]["watermark"] if values else None


def test_what_there_is_to_see(ends: Ends) -> None:
    """The entry and the history, newest first, each with what it says."""
    (found,) = look(loaded(ends, 2))

    assert (found.strategy, found.table_is_there, found.digests) == ("composite_watermark", True, 0)
    assert found.entry is not None
    assert (found.entry.shown, found.entry.shown_key) == (200, "2")
    assert [(past.run, past.rows, said and said.shown) for past, said in found.history] == [(2, 1, 200), (1, 1, 100)]


def test_digests_are_counted(ends: Ends) -> None:
    """Of digests only their number is shown."""
    (found,) = look(loaded(ends, 3, "row_hash_cdc"))

    assert found.digests == 3


def test_the_default_goes_back_one_value_after_the_other(ends: Ends) -> None:
    """Each rollback without a number puts back the value before the present one, until there is none."""
    choice = loaded(ends, 3)
    steps = []
    for _ in range(2):
        change = roll_back(choice)
        steps.append((change.of_run, mark(ends)))
    with pytest.raises(Refused, match="has no older value: reset it with `incload state reset`"):
        roll_back(choice)

    assert steps == [(2, 200), (1, 100)]
    assert ends.rows(LINES)[3:] == [(4, "rollback", 2, 0), (5, "rollback", 1, 0)]


def test_a_run_can_be_named(ends: Ends) -> None:
    """The latest can be put back again after an older one; a rollback's run stands for the value it put back."""
    choice = loaded(ends, 3)
    roll_back(choice, 1)
    there = roll_back(choice, 3)
    again = roll_back(choice, 4)

    assert (there.of_run, again.of_run, mark(ends)) == (3, 1, 100)


def test_a_reset_can_be_undone(ends: Ends) -> None:
    """The value before the reset is the one that a rollback puts back."""
    choice = loaded(ends, 2)
    change = reset(choice)
    gone = ends.rows(VALUES)
    roll_back(choice)

    assert (gone, change.after) == ([], None)
    assert (change.before and change.before.shown, mark(ends)) == (200, 200)


def test_a_lost_entry_comes_back(ends: Ends) -> None:
    """An entry that was deleted by hand is the first that a rollback puts back."""
    choice = loaded(ends, 2)
    ends.write_target("DELETE FROM _incload_state")

    assert (roll_back(choice).before, mark(ends)) == (None, 200)


@pytest.mark.parametrize("way_out", [reset, roll_back])
def test_an_entry_that_cannot_be_read_is_no_obstacle(ends: Ends, way_out: Callable[[Choice], Change]) -> None:
    """What refuses to be loaded with can still be forgotten, or replaced by the value before."""
    choice = loaded(ends, 2)
    ends.write_target("UPDATE _incload_state SET value = 'no JSON'")
    with pytest.raises(Refused, match="cannot be read"):
        look(choice)

    assert way_out(choice).before is None
    assert mark(ends) == (None if way_out is reset else 100)


def test_an_old_value_that_cannot_be_read_is_not_put_back(ends: Ends) -> None:
    """A value is read before it takes the place of another."""
    choice = loaded(ends, 2)
    ends.write_target("UPDATE _incload_state_history SET value = 'no JSON' WHERE run = 1")
    with pytest.raises(Refused, match="cannot be read"):
        roll_back(choice)

    assert mark(ends) == 200
    assert [said is None for _, said in look(choice)[0].history] == [False, True]


def test_what_is_set_is_remembered(ends: Ends) -> None:
    """Watermark and key are set together, and the notes of the old watermark go."""
    choice = loaded(ends, 2)
    set_by_hand(choice, "150", "7")
    remembered = ends.state()["events", "composite_watermark"]

    assert (remembered["watermark"], remembered["shown"], remembered["key"]) == (150, 150, [7])
    assert ends.rows(LINES)[2] == (3, "set", None, 0)


def test_notes_belong_to_the_watermark(ends: Ends) -> None:
    """Digests of the rows at the old watermark say nothing about another."""
    choice = loaded(ends, 2, "boundary_dedup")
    before = ends.state()["events", "boundary_dedup"]["notes"]
    set_by_hand(choice, "100", None)

    assert before != {}
    assert ends.state()["events", "boundary_dedup"]["notes"] == {}


def test_a_hand_leaves_the_rows_alone(ends: Ends) -> None:
    """Whatever is done to the state, the table stays as it is."""
    choice = loaded(ends, 2)
    before = ends.rows()
    roll_back(choice)
    set_by_hand(choice, "150", "7")
    reset(choice)

    assert ends.rows() == before


@pytest.mark.parametrize(
    "action", [reset, roll_back, lambda choice, *, dry_run: set_by_hand(choice, "150", "7", dry_run=dry_run)]
)
def test_a_rehearsal_changes_nothing(ends: Ends, action: Callable[..., Change]) -> None:
    """With dry_run the change is reported and undone."""
    choice = loaded(ends, 2)
    before = ends.rows(VALUES), ends.rows(LINES)
    change = action(choice, dry_run=True)

    assert change.before is not None
    assert change.after != change.before
    assert (ends.rows(VALUES), ends.rows(LINES)) == before


def test_a_refusal_changes_nothing(ends: Ends) -> None:
    """What is refused half-way is undone, and the next hand finds the target free."""
    choice = loaded(ends, 2)
    with pytest.raises(Refused):
        set_by_hand(choice, "150", "no number")
    set_by_hand(choice, "150", "7")

    assert mark(ends) == 150


@pytest.mark.parametrize(
    "action",
    [roll_back, lambda choice: roll_back(choice, 1), lambda choice: set_by_hand(choice, None, None)],
    ids=["roll back", "roll back to the first", "set"],
)
def test_digests_are_not_put_back(ends: Ends, action: Callable[[Choice], Change]) -> None:
    """Older digests are not kept: the refusal says so and names the way out."""
    choice = loaded(ends, 2, "row_hash_cdc")

    with pytest.raises(Refused, match="older digests are not kept: reset them with `incload state reset`"):
        action(choice)


def test_digests_are_not_put_back_after_a_reset(ends: Ends) -> None:
    """After a reset the digests are gone, and an entry that promised them would be a lie."""
    choice = loaded(ends, 2, "row_hash_cdc")
    reset(choice)

    with pytest.raises(Refused, match="older digests are not kept"):
        roll_back(choice)
    assert look(choice)[0].digests == 0


def test_there_is_nothing_to_forget_twice(ends: Ends) -> None:
    """A second reset, a set after it, and a rollback to it are refused."""
    choice = loaded(ends, 1)
    reset(choice)

    with pytest.raises(Refused, match="is empty: there is nothing to forget"):
        reset(choice)
    with pytest.raises(Refused, match="is empty, and nothing says what its watermark looks like"):
        set_by_hand(choice, "5", None)
    with pytest.raises(Refused, match="run 2 reset the state"):
        roll_back(choice, 2)


@pytest.mark.parametrize(("runs", "held"), [(1, "only 1"), (22, "3 to 22")])
def test_an_unknown_run_is_refused(sqlite_ends: Ends, runs: int, held: str) -> None:
    """The refusal says which runs there are."""
    choice = loaded(sqlite_ends, runs)

    with pytest.raises(Refused, match=rf"^run 99 is not in the history of .*: it holds {held}\.$"):
        roll_back(choice, 99)


def test_a_state_without_a_history_cannot_go_back(ends: Ends) -> None:
    """A target whose history was dropped still has its state."""
    choice = loaded(ends, 2)
    ends.write_target("DROP TABLE _incload_state_history")

    with pytest.raises(Refused, match="has no history to go back in"):
        roll_back(choice)
    assert look(choice)[0].history == ()


def test_one_of_several_states_has_to_be_named(ends: Ends) -> None:
    """Looking shows all; changing takes one."""
    choice = loaded(ends, 1)
    ends.load("boundary_dedup")

    assert [found.strategy for found in look(choice)] == ["boundary_dedup", "composite_watermark"]
    with pytest.raises(Refused, match="has a state of each of boundary_dedup, composite_watermark: name one with"):
        reset(choice)
    reset(Choice(ends.target, "events", "boundary_dedup"))
    assert list(ends.state()) == [("events", "composite_watermark")]


def test_a_strategy_is_named_as_in_a_load(ends: Ends) -> None:
    """The state is that of the name, whatever the parameters and the variant."""
    loaded(ends, 1, "lookback_window")
    named = [Choice(ends.target, "events", text) for text in ("lookback_window:minutes=3", "lookback_window_minutes_1")]

    assert [look(choice)[0].strategy for choice in named] == ["lookback_window"] * 2


def test_a_strategy_that_is_not_installed_can_be_named(ends: Ends) -> None:
    """What a strategy left behind can be forgotten without it."""
    loaded(ends, 1)
    for table in ("_incload_state", "_incload_state_history"):
        ends.write_target(f"UPDATE {table} SET strategy = 'gone' WHERE strategy <> '(columns)'")
    reset(Choice(ends.target, "events", "gone"))

    assert ends.rows(VALUES) == []


def test_a_target_that_no_one_loaded_remembers_nothing(ends: Ends) -> None:
    """A database without a state is named."""
    ends.write_target("CREATE TABLE events (id INTEGER)")

    with pytest.raises(Refused, match=r"there is no state in '.*target.*': load into it first"):
        look(Choice(ends.target, "events"))


def test_a_file_that_is_no_database_is_refused(ends: Ends) -> None:
    """What the driver says comes in one sentence that names the file."""
    ends.target.path.write_bytes(b"no database at all, and long enough to be looked at " * 200)

    with pytest.raises(Refused, match=r"^.*target\.\w+' cannot be used.*$"):
        look(Choice(ends.target, "events"))


def test_a_dropped_table_is_noticed(ends: Ends) -> None:
    """A load that does not find its table starts afresh whatever is remembered; who looks is reported."""
    choice = loaded(ends, 1)
    ends.write_target("DROP TABLE events")

    assert not look(choice)[0].table_is_there
    assert not reset(choice).table_is_there
