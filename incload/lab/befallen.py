"""What befell the loader of a trial, in sentences for a story."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from incload.lab.conditions import met

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incload.history.scenarios import Condition

_SENTENCES = {
    "lose_memory": "Before sync {sync} the memory was lost.",
    "roll_back_memory": "Before sync {sync} the memory was put back to what it was after sync {to}.",
    "truncate_memory": "The memory keeps its watermark cut off to a multiple of {unit}.",
    "round_up_memory": "The memory keeps its watermark rounded up to a multiple of {unit}.",
    "crash_after_memory": "Before sync {sync} a run committed its memory, and died before it committed its rows.",
    "crash_after_rows": "Before sync {sync} a run committed its rows, and died before it committed its memory.",
    "cut_log": "Before sync {sync} the source's change log lost all its entries.",
    "partial_read": "The source answered sync {sync} without the last {share:.0%} of its rows, and did not say so.",
}


def befell(conditions: Sequence[Condition], sync: int, before: int | None) -> Iterator[str]:
    """Yield what befell the loader at a sync, given the number of the sync that ran before it, if any did."""
    if before is not None and before + 1 < sync:
        missed = f"{before + 1}" if before + 2 == sync else f"{before + 1} to {sync - 1}"
        yield f"No sync ran after tick{'s' if before + 2 < sync else ''} {missed}."
    for kind, sentence in _SENTENCES.items():
        for each in met(conditions, kind, sync):
            unit = timedelta(microseconds=each.unit)
            yield sentence.format(sync=sync, to=each.to, unit=unit, share=each.share)
