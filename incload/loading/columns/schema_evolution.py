"""A target that follows its source: new columns are added, and types change as long as no value changes by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from incload.engines.session import Session
    from incload.table import Column, Table

_NUMBERS = {Kind.INTEGER, Kind.REAL, Kind.DECIMAL}
_MEASURED = {*_NUMBERS, Kind.BOOLEAN, Kind.TIMESTAMP}
"""Kinds of which one may hold less of a value than another: digits, fractions, the time of a day."""
_FLOAT_DIGITS_END = 2**53
"""From here on a float of eight bytes skips whole numbers (IEEE 754)."""


def evolve(
    target: Session,
    table: Table,
    types: Mapping[str, str],
    missing: Sequence[Column],
    changed: Sequence[tuple[Column, Column]],
) -> tuple[str, ...]:
    """Give the target the columns that the source has gained, and the types that it has now; return what was gained.

    Args:
        target: The session of the target.
        table: The source's table.
        types: What the target calls the types of its columns.
        missing: The source's columns that the target does not have.
        changed: The target's columns of another type, each with the source's.

    Raises:
        Refused: When a value that is there would become another one, or something of the table would be lost.
    """
    in_a_step = target.snapshots.can_reshape
    if (missing or changed) and not (target.capabilities.transactional_ddl or in_a_step):
        raise Refused(
            f"{target.engine} cannot change the columns of {table.name!r} and its rows at once: change them there, or "
            "load into a new table."
        )
    for there, here in changed:
        _refuse_loss(target, table.name, there, here, types[here.name])
    added = {column.name: types[column.name] for column in missing}
    retyped = {here.name: types[here.name] for _, here in changed}
    if in_a_step and (added or retyped):
        target.snapshots.reshape(table.name, added, retyped)
        return tuple(added)
    for name, declared in added.items():
        target.add_column("target", table.name, name, declared)
    if changed:
        target.retype("target", table, retyped)
    return tuple(added)


def _refuse_loss(target: Session, table: str, there: Column, here: Column, declared: str) -> None:
    """Refuse a new type in which a value of the column is not what it was."""
    value = target.quote(there.name)
    bent = (_stored_otherwise if target.capabilities.holds_any else _cast_otherwise)(target, there, here, declared)
    if not bent:
        return
    lost = target.rows(f"SELECT {value} FROM {target.name('target', table)} WHERE {bent} LIMIT 1")
    if lost:
        raise Refused(
            f"column {there.name!r} of target table {table!r} cannot become {declared}: {lost[0][0]} and perhaps more "
            f"values would change; change it to {declared} yourself, or load into a new table."
        )


def _stored_otherwise(target: Session, there: Column, here: Column, declared: str) -> str:  # noqa: ARG001 - kinds decide
    """Return when a value changes in a column that keeps what its type cannot hold; nothing where none does."""
    value = target.quote(there.name)
    match there.kind, here.kind:
        case Kind.INTEGER, Kind.REAL:
            return f"{value} > {_FLOAT_DIGITS_END} OR {value} < -{_FLOAT_DIGITS_END}"
        case Kind.REAL, Kind.TEXT:
            return f"CAST(CAST({value} AS TEXT) AS REAL) <> {value}"
    return ""


def _cast_otherwise(target: Session, there: Column, here: Column, declared: str) -> str:
    """Return when a value is another one after a cast; nothing where none is, or its new form says the same."""
    value = target.quote(there.name)
    cast = f"CAST({value} AS {declared})"
    if there.kind is Kind.TEXT and here.kind in _NUMBERS:
        return f"CAST({value} AS DOUBLE PRECISION) <> CAST({cast} AS DOUBLE PRECISION)"
    if there.kind is Kind.TEXT and here.kind is Kind.TIMESTAMP:
        return f"{target.meaning(value)} <> {target.meaning(f'CAST({cast} AS TEXT)')}"
    counted = there.kind is Kind.OTHER and here.kind in _NUMBERS
    shortened = there.kind is here.kind is Kind.TEXT
    bends = counted or shortened or {there.kind, here.kind} <= _MEASURED
    return f"{value} <> CAST({cast} AS {there.declared})" if bends else ""
