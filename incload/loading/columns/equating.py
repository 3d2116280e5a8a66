"""Both ends of a load compare keys as the source's own unique index does, or the load says why they cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.columns.equality import Equality
from incload.errors import Refused
from incload.records import replace

if TYPE_CHECKING:
    from incload.loading.connections import Connections
    from incload.table import Table


def compare_keys(connections: Connections, table: Table) -> Table:
    """Have the target compare keys as the source does from now on; return the table with its keys' collations.

    A server that is asked on both ends needs no words for it: the types and collations of its columns say it.
    """
    found = connections.source.key_equalities("source", connections.table, table.key)
    connections.target.equalities = {
        name: Equality.OWN if _by_types(connections) else equality for name, (equality, _) in found.items()
    }
    connections.target.is_key_foreign = False
    if not found and not any(each.collation for each in table.columns):
        return table
    columns = [replace(each, collation=found[each.name][1] if each.name in found else "") for each in table.columns]
    return replace(table, columns=tuple(columns))


def check_key(connections: Connections, table: Table) -> None:
    """Find out whether the key of an existing target compares keys as the source does.

    Raises:
        Refused: When it takes two keys for one that differ in the source: one row would take the other's place.
    """
    wanted = connections.target.equalities
    there = connections.target.key_equalities("target", table.name, table.key)
    held = {name: Equality.OWN if _by_types(connections) else equality for name, (equality, _) in there.items()}
    for name, equality in held.items():
        if wanted.get(name) is not equality:
            raise Refused(
                f"target table {table.name!r} takes two values of key column {name!r} for one that differ in the "
                f"source apart ({there[name][1] or 'by its type'}): rebuild its key with the source's collation, "
                "or load into a new table."
            )
    connections.target.is_key_foreign = held != dict(wanted)


def _by_types(connections: Connections) -> bool:
    return connections.source.engine == connections.target.engine == "postgres"


def unheld(connections: Connections, table: Table) -> tuple[str, ...]:
    """Return a sentence for each key column that the target compares by its bytes, and the source does not."""
    return tuple(
        f"key column {name!r} of {table.name!r} is compared as it is written, because {connections.target.engine} "
        "cannot compare keys as the source does: a key that is written otherwise counts as another one in the "
        "target."
        for name, equality in connections.target.equalities.items()
        if equality is Equality.OWN and not _by_types(connections)
    )


def refuse_nulled(connections: Connections, table: Table) -> None:
    """Refuse keys that have no value in the target: many rows would have none."""
    for name in table.key:
        for value in sorted(connections.target.nulled.get(name, ())):
            raise Refused(
                f"key column {name!r} holds {value}, which {connections.target.engine} cannot hold: "
                "leave those rows out in a view, or load into another engine."
            )
