"""What happened to the loader of a trial, in sentences for a story."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incload.history.faults import Fault


def fault_sentences(faults: Sequence[Fault], sync: int, before: int | None) -> Iterator[str]:
    """Yield what happened to the loader at a sync, given the number of the sync that ran before it, if any did."""
    if before is not None and before + 1 < sync:
        missed = f"{before + 1}" if before + 2 == sync else f"{before + 1} to {sync - 1}"
        yield f"No sync ran after tick{'s' if before + 2 < sync else ''} {missed}."
    yield from filter(None, (fault.said(sync) for fault in faults if fault.holds(sync)))
