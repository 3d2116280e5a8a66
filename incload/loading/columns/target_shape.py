"""The target table that is there: which of its columns a load writes, which are its own, and what would go wrong.

People have tables: with columns in another order, wider types, a default that notes when a row came, an identity or a
generated column. A load names the columns that it writes and leaves the others alone. It refuses what would be wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.loading.columns.column_kinds import kinds_now
from incload.loading.columns.schema_evolution import evolve
from incload.records import record, replace
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from incload.engines.columns.traits import Trait
    from incload.engines.session import Session
    from incload.loading.columns.column_kinds import Kinds
    from incload.loading.connections import Connections
    from incload.loading.plan import Plan
    from incload.table import Column, Table


@record
class _Target:
    """The target as it is found.

    Attributes:
        columns: Its columns by name.
        traits: What they do by themselves.
        wanted: What it would call the types of the source's columns.
    """

    columns: Mapping[str, Column]
    traits: Mapping[str, Trait]
    wanted: Mapping[str, str]


def fit(connections: Connections, plan: Plan, table: Table, recorded: Kinds) -> tuple[Table, tuple[str, ...]]:
    """Make sure that the target that is there can take the source's columns; return what is loaded and what it gained.

    Columns that earlier loads have written and the source has lost stand behind its own in what is loaded.

    Args:
        connections: The open ends.
        plan: What to keep up to date; whether the target follows the source's columns.
        table: The source's table.
        recorded: The record of the columns that earlier loads have written; empty where there is none.

    Raises:
        Refused: When a column is missing, holds less, or cannot be left alone.
    """
    session = connections.target
    found = session.columns("target", table.name) or ()
    wanted = {column.name: session.type_name(column, connections.origin) for column in table.columns}
    traits = session.traits(table.name)
    if _is_alike(found, wanted, traits):
        return table, ()
    there = _Target({column.name: column for column in found}, traits, wanted)
    table = _without_generated(table, there)
    _check_identity(plan, table, there)
    missing = [column for column in table.columns if column.name not in there.columns]
    changed = [each for each in table.columns if each.name in there.columns and not _fits(connections, there, each)]
    own = [name for name in there.columns if name not in wanted]
    lost = _lost(connections, table, there, recorded) if own else ()
    in_the_way = _in_the_way(connections, there, own, lost)
    if not plan.evolve and (missing or changed):
        _refuse_other(table, there, missing, changed, next(iter(in_the_way), None))
    for why in in_the_way.values():
        raise Refused(f"target table {table.name!r} {why}")
    if missing or changed:
        _check_undoable(plan, session)
    gained = evolve(session, table, wanted, missing, [(there.columns[each.name], each) for each in changed])
    connections.widened.update(_widened(connections, table, there, changed))
    return replace(table, columns=(*table.columns, *(there.columns[name] for name in lost))), gained


def _is_alike(found: Sequence[Column], wanted: Mapping[str, str], traits: Mapping[str, Trait]) -> bool:
    """Return whether the target has the very columns that are wanted, and does nothing by itself."""
    same = [(column.name, column.declared) for column in found] == list(wanted.items())
    return same and not any(each.generated or each.identity for each in traits.values())


def _without_generated(table: Table, there: _Target) -> Table:
    """Leave out what the target computes itself; a row cannot be found or followed by such a column."""
    generated = [name for name in table.names if name in there.traits and there.traits[name].generated]
    for name in generated:
        if name in table.key or name == table.cursor:
            role = "key" if name in table.key else "cursor"
            raise Refused(
                f"{role} column {name!r} is generated in target table {table.name!r}, and cannot be written: "
                f"make it a plain column there, or load into a new table."
            )
    return replace(table, columns=tuple(column for column in table.columns if column.name not in generated))


def _lost(connections: Connections, table: Table, there: _Target, recorded: Kinds) -> tuple[str, ...]:
    """Return the target's columns that loads have written before and the source does not have.

    Where that is not recorded, a column that the target does not fill by itself is taken for one.
    """
    session = connections.target
    if not recorded and session.is_empty(session.name("target", table.name)):
        return ()
    own = {name: each for name, each in there.traits.items() if name in there.columns and name not in there.wanted}
    ours = [
        name for name, trait in own.items() if (name in recorded if recorded else not (trait.filled or trait.generated))
    ]
    return tuple(name for name in ours if own[name].nullable and not own[name].generated)


def _in_the_way(connections: Connections, there: _Target, own: Sequence[str], lost: Sequence[str]) -> dict[str, str]:
    """Return the columns of the target's own that a load cannot leave alone, each with the reason."""
    found = {each: why for each in own if each not in lost and (why := _why_not(each, there.traits[each]))}
    return found | {name: _excluded(name) for name in lost if name in _source_names(connections)}


def _check_undoable(plan: Plan, session: Session) -> None:
    """Refuse a dry run that would have to change columns where that is a step of its own."""
    if not plan.lasting and session.snapshots.can_reshape:
        raise Refused(
            f"a dry run would have to change the columns of {plan.name!r}, which {session.engine} cannot undo: load "
            "without --dry-run."
        )


def _source_names(connections: Connections) -> set[str]:
    return {column.name for column in connections.source.columns("source", connections.table) or ()}


def _excluded(name: str) -> str:
    """Say why a column that the source has and the load leaves out is in the way."""
    return f"has another schema than the source: it has a column {name!r} of its own; drop it there."


def _why_not(name: str, trait: Trait) -> str:
    """Say why a column that the source does not have is in the way; empty where a load can leave it alone."""
    if trait.nullable or trait.filled or trait.generated:
        return ""
    return (
        f"has a column {name!r} of its own, which must not be null and has no default: "
        "give it a default, or drop it there."
    )


def _check_identity(plan: Plan, table: Table, there: _Target) -> None:
    """Refuse to overwrite what the database gives always; a key is only written with a new row."""
    for name in table.payload:
        if name in there.traits and there.traits[name].identity and plan.rule is not WriteRule.APPEND:
            raise Refused(
                f"column {name!r} is GENERATED ALWAYS in target table {table.name!r}, and cannot be updated: "
                "make it GENERATED BY DEFAULT there."
            )


def _fits(connections: Connections, there: _Target, column: Column) -> bool:
    """Return whether a column of the target holds what the source's column holds."""
    declared, wanted = there.columns[column.name].declared, there.wanted[column.name]
    return declared == wanted or connections.target.is_wider(declared, wanted)


def _refuse_other(
    table: Table, there: _Target, missing: list[Column], changed: list[Column], in_the_way: str | None
) -> None:
    """Name the first column that differs and what to do; nothing evolves where a column of its own is in the way."""
    if missing and in_the_way:
        said = f"column {missing[0].name!r} is missing there; add it, and drop the column {in_the_way!r} of its own"
    elif missing:
        said = f"column {missing[0].name!r} is missing there; add it, load with --evolve, or load into a new table"
    else:
        name = changed[0].name
        is_there, here = there.columns[name].declared or "untyped", there.wanted[name] or "untyped"
        said = f"column {name!r} is {is_there} there and {here} here; change one, or load with --evolve"
    raise Refused(f"target table {table.name!r} has another schema than the source: {said}.")


def _widened(connections: Connections, table: Table, there: _Target, changed: list[Column]) -> dict[str, str]:
    """Return the types of the columns that are wider than the source's, where values have to be cast to compare."""
    if not connections.target.capabilities.casts_to_compare:
        return {}
    wider = {name: there.columns[name].declared for name in table.names if name in there.columns}
    new = {column.name for column in changed}
    return {name: declared for name, declared in wider.items() if declared != there.wanted[name] and name not in new}


def about_generated(source: Table, table: Table) -> tuple[str, ...]:
    """Say which columns of the source are not loaded, because the target computes them."""
    names = ", ".join(repr(name) for name in source.names if name not in table.names)
    said = f"column {names} of {table.name!r} is generated in the target, which computes it: it is not loaded."
    return (said,) if names else ()


def beside_own(connections: Connections, table: Table, names: tuple[str, ...]) -> Kinds:
    """Return the record of what a load writes where the target has columns besides some; empty where it has none."""
    target = connections.target
    found = target.columns("target", table.name) or ()
    if all(column.name in names for column in found):
        return {}
    types = {column.name: target.type_name(column, connections.origin) for column in table.columns}
    return kinds_now(table, types, {}, connections.source.file_values.undecided)
