"""What a memory means for the next sync, in plain sentences.

The sentences are made from what the strategy itself asks for when it is handed the memory, so that they hold for any
strategy and any parameters.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from incload.load.asking import AskedSource
from incload.registry import strategy as find_strategy
from incload.registry import strategy_classes
from incload.strategy import AfterKey, Changed, Everything, Since

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.load.memory_entry import Entry
    from incload.strategy import Delta, Position, Rows

_TWICE = "by append those already in the target would stand there twice"


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
    delta = find_strategy(spelled).read(AskedSource(entry.scale, clock), entry.memory)
    return f"The next load with --strategy {spelled} reads {_delta(delta, entry)}."


def consequence(before: Entry | None, after: Entry | None) -> str:
    """Say what the change of a memory makes the next sync read again or miss; empty when it is the same."""
    if after is None:
        return f"Rows that were read are read again: merged they do no harm, and {_TWICE}."
    if before is None or before.tags["scale"] != after.tags["scale"]:
        return ""
    then, now = _place(before), _place(after)
    if then == now:
        return ""
    if now < then:
        return f"Rows between {_said(after)} and {_said(before)} are read again: merged they do no harm, and {_TWICE}."
    return f"Rows between {_said(before)} and {_said(after)} that are not in the target yet are missed."


def _place(entry: Entry) -> tuple[Position, tuple[str, ...]]:
    """Return where a memory stands, in an order."""
    mark = entry.memory.watermark
    return (-math.inf if mark is None else mark, tuple(map(str, entry.memory.key or ())))


def _said(entry: Entry) -> str:
    """Return where a memory stands, as the source would write it."""
    if entry.memory.watermark is None:
        return f"key {entry.shown_key}"
    return str(entry.shown) if entry.shown_key is None else f"{entry.shown} (key {entry.shown_key})"


def _delta(delta: Delta, entry: Entry) -> str:
    """Return what a strategy asks for, in words."""
    asked = " and ".join(_question(rows, entry) for rows in delta.rows)
    return asked + (", and looks for keys that are gone" if delta.remove else "")


def _question(rows: Rows, entry: Entry) -> str:
    match rows:
        case Everything():
            return "everything"
        case Changed():
            return "every row, and loads those whose digest differs"
        case AfterKey(key):
            return f"the rows with a key above {', '.join(map(str, key))}"
        case Since():
            return _range(rows, entry)


def _range(rows: Since, entry: Entry) -> str:
    scale, cursor = entry.scale, entry.tags["cursor"]
    shown = [scale.shown(position) if scale else position for position in (rows.position, rows.until)]
    until = "" if rows.until is None else f" and no later than {shown[1]}"
    if rows.position is None:
        return f"the rows whose {cursor} is no later than {shown[1]}"
    if rows.key is not None:
        return f"the rows beyond {cursor} {shown[0]} and key {', '.join(map(str, rows.key))}{until}"
    return f"the rows whose {cursor} is {'no earlier' if rows.inclusive else 'later'} than {shown[0]}{until}"
