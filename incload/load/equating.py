"""Both ends of a load tell keys apart as the source's own unique index does, or the load says why they cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.load.engines.equality import Equality

if TYPE_CHECKING:
    from incload.load.link import Link
    from incload.table import Table


def compare_keys(link: Link, table: Table) -> Table:
    """Have the target tell keys apart as the source does from now on; return the table with its keys' collations.

    A server that is asked on both ends needs no words for it: the types and collations of its columns say it.
    """
    found = link.source.key_equalities("source", link.table, table.key)
    link.target.equalities = {
        name: Equality.OWN if _by_types(link) else equality for name, (equality, _) in found.items()
    }
    link.target.is_key_foreign = False
    columns = [replace(each, collation=found[each.name][1] if each.name in found else "") for each in table.columns]
    return replace(table, columns=tuple(columns))


def check_key(link: Link, table: Table) -> None:
    """Find out whether the key of a target that is there tells keys apart as the source does.

    Raises:
        Refused: When it takes two keys for one that the source tells apart: one row would take the other's place.
    """
    wanted = link.target.equalities
    there = link.target.key_equalities("target", table.name, table.key)
    held = {name: Equality.OWN if _by_types(link) else equality for name, (equality, _) in there.items()}
    for name, equality in held.items():
        if wanted.get(name) is not equality:
            raise Refused(
                f"target table {table.name!r} takes two values of key column {name!r} for one that the source tells "
                f"apart ({there[name][1] or 'by its type'}): rebuild its key with the source's collation, "
                "or load into a new table."
            )
    link.target.is_key_foreign = held != dict(wanted)


def _by_types(link: Link) -> bool:
    return link.source.engine == link.target.engine == "postgres"


def unheld(link: Link, table: Table) -> tuple[str, ...]:
    """Return a sentence for each key column that the target compares by its bytes, and the source does not."""
    return tuple(
        f"key column {name!r} of {table.name!r} is compared as it is written, because {link.target.engine} cannot tell "
        "keys apart as the source does: a key that is written otherwise counts as another one in the target."
        for name, equality in link.target.equalities.items()
        if equality is Equality.OWN and not _by_types(link)
    )


def refuse_nulled(link: Link, table: Table) -> None:
    """Refuse keys that have no value in the target: many rows would have none."""
    for name in table.key:
        if name in link.target.nulled:
            raise Refused(
                f"key column {name!r} holds NaN, which {link.target.engine} cannot hold: "
                "leave those rows out in a view, or load into another engine."
            )
