"""A target that follows its source: new columns are added, and types change as long as no value changes by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.load.engines.base import Session
    from incload.table import Column, Table

_MEASURED = {Kind.INTEGER, Kind.REAL, Kind.DECIMAL, Kind.TIMESTAMP}
"""Kinds of which one may hold less of a value than another: digits, fractions, the time of a day."""
_FLOAT_DIGITS_END = 2**53
"""From here on a float of eight bytes skips whole numbers (IEEE 754)."""


def evolve(target: Session, table: Table, types: Sequence[str], found: Sequence[Column]) -> None:
    """Give the target the columns that the source has gained, and the types that it has now.

    Args:
        target: The session of the target.
        table: The source's table, whose first columns are those that the target has.
        types: What the target calls the types of its columns.
        found: The target's columns.

    Raises:
        Refused: When a value that is there would become another one.
    """
    for column, declared in list(zip(table.columns, types, strict=True))[len(found) :]:
        target.add_column("target", table.name, column.name, declared)
    changed = [each for each in zip(found, table.columns, types, strict=False) if each[0].declared != each[2]]
    for there, here, declared in changed:
        _refuse_loss(target, table.name, there, here, declared)
    if changed:
        target.retype("target", table, types)


def _refuse_loss(target: Session, table: str, there: Column, here: Column, declared: str) -> None:
    """Refuse a new type in which a value of the column is not what it was."""
    if not {there.kind, here.kind} <= _MEASURED:
        return
    value = target.quote(there.name)
    if not target.holds_any:
        changes = f"{value} <> CAST(CAST({value} AS {declared}) AS {there.declared})"
    elif (there.kind, here.kind) == (Kind.INTEGER, Kind.REAL):
        changes = f"{value} > {_FLOAT_DIGITS_END} OR {value} < -{_FLOAT_DIGITS_END}"
    else:
        return  # such a column keeps what its type cannot hold
    lost = target.rows(f"SELECT {value} FROM {target.name('target', table)} WHERE {changes} LIMIT 1")
    if lost:
        raise Refused(
            f"column {there.name!r} of target table {table!r} cannot become {declared}: {lost[0][0]} and perhaps more "
            f"values would change; change it to {declared} yourself, or load into a new table."
        )
