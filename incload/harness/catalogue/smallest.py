"""The smallest history that still shows something: the rows of one that matter, everything else left out.

The rows of a scenario's history are taken away half by half, then a quarter by a quarter, and so on, as long as the
rest still shows it; what is left could not be without any one of its rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import pyarrow as pa

    from incload.history.history import History


def keys_of(history: History) -> list[object]:
    """Return the keys of all rows that there ever are, in ascending order; the table has one key column."""
    (name,) = history.table.key
    tables = [history.base, *(tick.upserts for tick in history.ticks)]
    return sorted({key for rows in tables for key in rows[name].to_pylist()})


def restricted(history: History, keys: Collection[object]) -> History:
    """Return a history of nothing but some rows; syncs and columns are as they were."""
    (name,) = history.table.key
    ticks = tuple(
        replace(tick, upserts=_only(tick.upserts, name, keys), deletes=_only(tick.deletes, name, keys))
        for tick in history.ticks
    )
    return replace(history, base=_only(history.base, name, keys), ticks=ticks)


def smallest(history: History, shows: Callable[[History], bool]) -> tuple[object, ...]:
    """Return keys of a history, as few as show it: without any one of them it no longer does."""
    keys, parts = keys_of(history), 2
    while len(keys) > 1:
        size = -(-len(keys) // parts)
        rest = _first([keys[:at] + keys[at + size :] for at in range(0, len(keys), size)], history, shows)
        if rest is not None:
            keys, parts = rest, max(parts - 1, 2)
        elif size == 1:
            break
        else:
            parts = min(2 * parts, len(keys))
    return tuple(keys)


def _first(
    candidates: Sequence[list[object]], history: History, shows: Callable[[History], bool]
) -> list[object] | None:
    return next((keys for keys in candidates if keys and shows(restricted(history, keys))), None)


def _only(rows: pa.Table, name: str, keys: Collection[object]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    return rows.filter(pc.is_in(rows[name], value_set=pa.array(sorted(keys), rows[name].type)))  # type: ignore[type-var]  # keys of one column are of one type
