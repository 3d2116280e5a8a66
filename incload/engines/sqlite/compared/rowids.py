"""Rows of two tables of SQLite paired by their rowids, which a copy often has in common with its source.

A key that is no alias of the rowid is looked up twice for each row, in its index and then in the table; a rowid is that
of the next row in the table. What must stay true: rows are taken for equal only in pairs of one row each, with the same
key and the same values, and the blocks of all other rows of both tables are named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from incload.engines.sqlite.compared.places import place_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from incload.engines.digests.canonical import Block, Digests, Ranges

_WIDEST = 4
"""So many times as many rowids as rows are looked through: with more, rows do not stand in the order of their keys."""
_PART = 16
"""Where more than one row in so many has no equal one, rows are looked up by their keys."""
_MOST_ROWS = 50_000
"""So many rows without an equal one are held in memory."""


class Paired(NamedTuple):
    """What pairs of rows say of some keys.

    Attributes:
        different: Blocks with a key whose rows differ.
        unsure: Blocks with a key whose rows, if both tables have it, are no pair.
    """

    different: set[Block]
    unsure: set[Block]


class Pairing(NamedTuple):
    """Two tables, called `s` and `c`, whose rows are paired.

    Attributes:
        tables: The table expressions of the FROM clause.
        keys: Their keys, with the names of the tables.
        unlike: The condition that two rows with one key differ.
    """

    tables: tuple[str, str]
    keys: tuple[str, str]
    unlike: str

    def blocks(self, connection: sqlite3.Connection, condition: Callable[[str], str], cut: Ranges) -> Paired | None:
        """Return the blocks of rows without an equal one, of the keys under a condition; None for too many rows."""
        counts, rowids = self._looked_through(connection, condition)
        if not all(counts) or rowids[1] - rowids[0] >= _WIDEST * min(counts):
            return None
        most = min(min(counts) // _PART + _PART, _MOST_ROWS)
        left = self._without(connection, rowids, condition, most)
        if left is None:
            return None
        stale = {mine for mine, other in left if mine == other}
        unsure: set[object] = {mine for mine, other in left if mine != other}
        if counts[1] - (counts[0] - len(left)) != len(stale):
            others = self._of_the_copy(connection, rowids, condition, most)
            if others is None:
                return None
            unsure |= others
        return Paired(_blocks(stale, cut), _blocks(unsure, cut))

    def _looked_through(
        self, connection: sqlite3.Connection, condition: Callable[[str], str]
    ) -> tuple[list[int], tuple[int, int]]:
        """Return how many rows each table has, and between which rowids they all are."""
        found = [
            connection.execute(
                f"SELECT count(*), min({name}.rowid), max({name}.rowid) FROM {table} AS {name} WHERE {condition(key)}"
            ).fetchone()
            for name, table, key in zip("sc", self.tables, self.keys, strict=True)
        ]
        ends = [end for _, *both in found for end in both if end is not None]
        return [count for count, _, _ in found], (min(ends, default=0), max(ends, default=0))

    def _without(
        self, connection: sqlite3.Connection, rowids: tuple[int, int], condition: Callable[[str], str], most: int
    ) -> list[tuple[object, object]] | None:
        """Return the keys of the source's rows without an equal one, each with that of the row of its rowid."""
        (source, copy), (mine, other) = self.tables, self.keys
        return _few(
            connection,
            f"SELECT {mine}, {other} FROM {source} AS s LEFT JOIN {copy} AS c ON c.rowid = s.rowid"
            f" WHERE s.rowid BETWEEN {rowids[0]} AND {rowids[1]} AND {condition(f'+{mine}')}"
            f" AND ({mine} IS NOT {other} OR {self.unlike})",
            most,
        )

    def _of_the_copy(
        self, connection: sqlite3.Connection, rowids: tuple[int, int], condition: Callable[[str], str], most: int
    ) -> set[object] | None:
        """Return the keys of the copy's rows whose rowid has no row in the source, or one with another key."""
        (source, copy), (mine, other) = self.tables, self.keys
        found = _few(
            connection,
            f"SELECT {other}, 0 FROM {copy} AS c LEFT JOIN {source} AS s ON s.rowid = c.rowid"
            f" WHERE c.rowid BETWEEN {rowids[0]} AND {rowids[1]} AND {condition(f'+{other}')}"
            f" AND {mine} IS NOT {other}",
            most,
        )
        return None if found is None else {key for key, _ in found}


def can_pair(source: Digests, copy: Digests) -> bool:
    """Return whether both tables have rowids, which are not the keys of both."""
    return all(map(_has_rowid, (source, copy))) and not all(map(_is_rowid, (source, copy)))


def _has_rowid(table: Digests) -> bool:
    """Return whether it has them by that name: it is no table WITHOUT ROWID, and no column has the name."""
    place = place_of(table)
    name = place.table if place else ""
    kinds = table.session.rows("SELECT type, wr FROM pragma_table_list(?) WHERE schema = 'source'", (name,))
    others = table.session.rows("SELECT 1 FROM pragma_table_xinfo(?, 'source') WHERE lower(name) = 'rowid'", (name,))
    return list(kinds) == [("table", 0)] and not list(others)


def _is_rowid(table: Digests) -> bool:
    """Return whether the key is an alias of the rowid, as the plan of a query for one says."""
    plan = table.session.rows(f"EXPLAIN QUERY PLAN SELECT 1 FROM {table.relation} WHERE {table.quoted_key} = 1")
    return any("INTEGER PRIMARY KEY" in str(row[-1]) for row in plan)


def _few(connection: sqlite3.Connection, sql: str, most: int) -> list[tuple[object, object]] | None:
    """Return the rows of a query; None where there are more than so many."""
    found = connection.execute(f"{sql} LIMIT {most + 1}").fetchall()
    return None if len(found) > most else found


def _blocks(keys: set[object], cut: Ranges) -> set[Block]:
    return {(key - cut.start) >> cut.bits if isinstance(key, int) else None for key in keys}
