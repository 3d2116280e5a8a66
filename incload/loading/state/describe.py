"""What a state means for the next sync, in plain sentences.

The sentences are made from what the strategy itself asks for when it is handed the state, so that they hold for any
strategy and any parameters.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from incload.loading.strategy_views import AskedSource
from incload.query_words import in_words
from incload.registry import strategy as find_strategy
from incload.registry import strategy_classes
from incload.strategy import Changed, Differing, Logged

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.loading.state.entry import Entry
    from incload.strategy import Delta, Position, State

_TWICE = "by append those already in the target would stand there twice"


def without_table(table: str) -> str:
    """Say what the next sync does where the target does not hold the table."""
    return f"The target has no table {table}: the next load drops the state and reads everything."


def next_sync(spelled: str, name: str, entry: Entry | None, clock: Callable[[], int]) -> str:
    """Say what the next sync reads.

    Args:
        spelled: The strategy with its parameters, as `incload load` takes it.
        name: The strategy's name.
        entry: What it remembers.
        clock: The time, in microseconds since 1970-01-01 UTC, for strategies that go by it.
    """
    if entry is None:
        return f"The next load with --strategy {spelled} starts afresh, as the first one did."
    if name not in strategy_classes():
        return f"What the next load by {name} will read is not known: no strategy of that name is installed here."
    delta = find_strategy(spelled).read(AskedSource(entry.scale, clock), entry.state)
    return f"The next load with --strategy {spelled} reads {_delta(delta, entry)}."


def consequence(before: Entry | None, after: Entry | None) -> str:
    """Say what the change of a state makes the next sync read again or miss; empty when it is the same."""
    if after is None:
        return f"Rows that were read are read again: merged they do no harm, and {_TWICE}."
    if before is None or before.tags["scale"] != after.tags["scale"]:
        return ""
    if _is_behind(after.state, before.state):
        return f"Rows between {_said(after)} and {_said(before)} are read again: merged they do no harm, and {_TWICE}."
    if _is_behind(before.state, after.state):
        return f"Rows between {_said(before)} and {_said(after)} that are not in the target yet are missed."
    return ""


def _is_behind(one: State, other: State) -> bool:
    """Return whether a state lies behind another; keys that cannot be compared do not."""
    if one.watermark is not None and other.watermark is not None and one.watermark != other.watermark:
        return one.watermark < other.watermark
    try:
        return (one.key or ()) < (other.key or ())
    except TypeError:
        return False


def _said(entry: Entry) -> str:
    """Return where a state stands, as the source would write it."""
    if entry.state.watermark is None:
        return f"key {entry.shown_key}"
    return str(entry.shown) if entry.shown_key is None else f"{entry.shown} (key {entry.shown_key})"


def _delta(delta: Delta, entry: Entry) -> str:
    """Return what a strategy asks for, in words."""
    asked = " and ".join(in_words(rows, partial(_shown, entry), entry.tags["cursor"]) for rows in delta.rows)
    asked = f"every row, and loads {asked}" if {Changed(), Differing()} & {*delta.rows} else asked
    by_log = isinstance(delta.remove, Logged) and delta.remove.after is not None
    gone = "those that are gone" if by_log else "what the source no longer has"
    return asked + (f", and removes {gone}" if delta.remove or delta.mirror else "")


def _shown(entry: Entry, position: Position) -> object:
    return entry.scale.shown(position) if entry.scale else position
