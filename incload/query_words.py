"""What a strategy asks a source for, in words: the same ones in every story, page and command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.strategy import AfterKey, Changed, Differing, Everything, KeyRanges, Logged, Since

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.strategy import Position, Rows

_WITHOUT_BOUNDS = {
    Everything: "everything",
    Changed: "the rows whose digest differs",
    Differing: "the rows of the blocks of keys whose digests differ",
}
"""What is asked for without any bound."""

_SHOWN = 4
"""So many ranges of keys are named."""


def in_words(rows: Rows, shown: Callable[[Position], object], cursor: str = "") -> str:
    """Return what is asked for.

    Args:
        rows: It.
        shown: Writes a cursor value as the reader knows it.
        cursor: The name of the cursor column, to be named; empty where it is known.
    """
    match rows:
        case Everything() | Changed() | Differing():
            return _WITHOUT_BOUNDS[type(rows)]
        case AfterKey(key):
            return f"the rows with a key above {named(key)}"
        case KeyRanges(ranges):
            return f"the rows whose key was missing before, {_numbers(ranges)}"
        case Logged(_, None):
            return "everything"
        case Logged(_, after):
            return f"the rows that the source's change log names after {after}"
        case Since():
            return _range(rows, shown, cursor)


def _numbers(ranges: tuple[tuple[int, int], ...]) -> str:
    """Name some ranges of keys; of many, the first and the last."""
    each = [str(low) if low == high else f"{low} to {high}" for low, high in ranges]
    return ", ".join(each if len(each) <= _SHOWN else [*each[:1], f"{len(each) - 2} more", *each[-1:]])


def named(key: tuple[object, ...]) -> str:
    """Return a key as a reader sees it."""
    return ", ".join(map(str, key))


def _range(rows: Since, shown: Callable[[Position], object], cursor: str) -> str:
    subject = f"the rows whose {cursor} is" if cursor else "the rows"
    if rows.key is not None and rows.position is not None:
        column = f"{cursor} " if cursor else ""
        start = f"the rows beyond {column}{shown(rows.position)} and key {named(rows.key)}"
        return " and ".join(filter(None, (start, _until(rows, shown))))
    bounds = [_lower(rows, shown), _until(rows, shown)]
    ranged = " and ".join(filter(None, bounds))
    if not ranged:
        return "everything" if rows.nulls else "the rows with a timestamp"
    known = f", but for {len(rows.but)} that it knows" if rows.but else ""
    return f"{subject} {ranged}{known}{', and those without one' if rows.nulls else ''}"


def _lower(rows: Since, shown: Callable[[Position], object]) -> str:
    if rows.position is None:
        return ""
    return f"{'no earlier' if rows.inclusive else 'later'} than {shown(rows.position)}"


def _until(rows: Since, shown: Callable[[Position], object]) -> str:
    return "" if rows.until is None else f"no later than {shown(rows.until)}"
