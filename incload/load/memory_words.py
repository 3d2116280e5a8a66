"""What a memory means for the next sync, in plain sentences.

The sentences are made from what the strategy itself asks for when it is handed the memory, so that they hold for any
strategy and any parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.load.asking import AskedSource
from incload.registry import strategy as find_strategy
from incload.registry import strategy_classes

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.load.memory_entry import Entry

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
    low, high = sorted((_said(before), _said(after)), key=[_said(before), _said(after)].index)
    if _is_before(now, then):
        return f"Rows between {high} and {low} are read again: merged they do no harm, and {_TWICE}."
    return f"Rows between {low} and {high} that are not in the target yet are missed."
