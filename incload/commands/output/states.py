"""States of tables as plain values, for `incload state --format json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from incload.loading.state.edit import Change, Remembered
    from incload.loading.state.entry import Entry


NO_STATE = "no state: the next load reads everything"
"""What is said of a table of which nothing is kept."""


def state_values(found: Remembered, next_load: str) -> dict[str, Any]:
    """Return what is kept of one table by one strategy, and its earlier values, the newest first."""
    return {
        "table": found.table,
        "strategy": found.strategy,
        "table_is_there": found.table_is_there,
        "source": found.entry.source if found.entry else None,
        **_values(found.entry),
        "digests": found.digests,
        "next_load": next_load,
        "history": [
            {"run": past.run, "at": past.at, "by": past.by, "of_run": past.of_run, "rows": past.rows, **_values(said)}
            for past, said in found.history
        ],
    }


def no_state_values(table: str, strategy: str) -> dict[str, Any]:
    """Return the values of a table of which nothing is kept."""
    return {
        "table": table,
        "strategy": strategy,
        "table_is_there": None,
        "source": None,
        **_values(None),
        "digests": 0,
        "next_load": NO_STATE,
        "history": [],
    }


def change_values(change: Change, table: str, done: str, next_load: str) -> dict[str, Any]:
    """Return what was done to a state, with its values before and after."""
    return {
        "table": table,
        "strategy": change.strategy,
        "done": done,
        "of_run": change.of_run,
        "before": _values(change.before),
        "after": _values(change.after),
        "next_load": next_load,
    }


def _values(entry: Entry | None) -> dict[str, Any]:
    """Return the values of an entry, as the source writes them; None for all of no entry."""
    if entry is None:
        return {"watermark": None, "key": None, "position": None}
    watermark = entry.shown if entry.scale else None
    return {"watermark": watermark, "key": entry.shown_key, "position": entry.state.position}
