"""The triggers that keep the change log of a SQLite table, as texts: what is made, and what must be found again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from incload.engines.dialect import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from incload.engines.sql import Row

EVENTS = ("insert", "update", "delete", "before_insert", "before_update")


@dataclass(frozen=True, slots=True)
class UniqueSet:
    """Columns that the table keeps unique.

    Attributes:
        index: The index that does it; empty for the primary key by which a table is laid out.
        columns: Its columns, each with the collation by which it compares where that is not the column's own.
    """

    index: str
    columns: tuple[tuple[str, str], ...]

    @property
    def is_plain(self) -> bool:
        """Whether it is over columns alone, not over an expression."""
        return all(name for name, _ in self.columns)


def unique_sets(found: Iterable[Row]) -> tuple[UniqueSet, ...]:
    """Put together what `UNIQUE_COLUMNS` returns."""
    sets: dict[str, list[tuple[str, str]]] = {}
    for index, name, collation in found:
        compared = "" if str(collation).upper() == "BINARY" else str(collation)
        sets.setdefault(str(index), []).append((str(name or ""), compared))
    return tuple(UniqueSet(index, tuple(columns)) for index, columns in sets.items())


UNIQUE_COLUMNS = (
    "SELECT '', name, 'BINARY', pk AS place, -1 AS nth FROM pragma_table_info(?, ?) WHERE pk UNION ALL"
    " SELECT l.name, i.name, i.coll, i.seqno, l.seq FROM pragma_index_list(?, ?) AS l,"
    ' pragma_index_xinfo(l.name, ?) AS i WHERE l."unique" AND i.key ORDER BY nth, place'
)
"""Asks for the columns that a table keeps unique: takes the table and its schema twice, and the schema."""


@lru_cache(maxsize=64)
def statements(table: str, log: str, key: tuple[str, ...], unique: tuple[UniqueSet, ...]) -> Mapping[str, str]:
    """Return each trigger by its name, as it stands in the database's own catalogue.

    Args:
        table: The table's name.
        log: The name of its change table.
        key: The columns by which rows are named.
        unique: What the table keeps unique.
    """
    made = {}
    for event, body in _Bodies(Dialect.quote(table), Dialect.quote(log), key).all(unique):
        name = name_of(event, table)
        when, _, what = f"{'' if event.startswith('before') else 'after_'}{event}".partition("_")
        on = f"{when.upper()} {what.upper()} ON {Dialect.quote(table)}"
        made[name] = f"CREATE TRIGGER {Dialect.quote(name)} {on} BEGIN {body} END"
    return made


def name_of(event: str, table: str) -> str:
    """Return the name of a table's trigger for an event."""
    return f"_incload_{event}_{table}"


@dataclass(frozen=True, slots=True)
class _Bodies:
    """What the triggers of a table do; both tables are given quoted."""

    table: str
    log: str
    key: tuple[str, ...]

    def all(self, unique: Iterable[UniqueSet]) -> Iterator[tuple[str, str]]:
        """Yield each trigger's event and statements; those before a write are for rows that a REPLACE pushes out."""
        moved = f"({self._of('OLD')}) IS NOT ({self._of('NEW')})"
        yield "insert", self._noted("NEW")
        yield "update", self._noted("OLD", f" WHERE {moved}") + self._noted("NEW")
        yield "delete", self._noted("OLD")
        itself = {(name, "") for name in self.key}
        others = dict.fromkeys(each.columns for each in unique if set(each.columns) != itself)
        pushed = "".join(map(self._pushed_out, others))
        if pushed:
            yield "before_insert", pushed
            yield "before_update", pushed

    def _noted(self, row: str, where: str = "") -> str:
        """Return the statements that make a row's key the latest entry, where a condition holds."""
        same = " AND ".join(f"{Dialect.quote(name)} IS {row}.{Dialect.quote(name)}" for name in self.key)
        forget = f"DELETE FROM {self.log} WHERE {same}{where.replace(' WHERE', ' AND')}; "
        return f"{forget}INSERT INTO {self.log} ({self._names}) SELECT {self._of(row)}{where}; "

    def _pushed_out(self, columns: tuple[tuple[str, str], ...]) -> str:
        """Return the statements that note rows whose unique columns are those of the row to be written."""
        same = " AND ".join(
            f"t.{Dialect.quote(name)} = NEW.{Dialect.quote(name)}{f' COLLATE {by}' if by else ''}"
            for name, by in columns
        )
        rows = f"SELECT {self._of('t')} FROM {self.table} AS t WHERE {same}"
        names = self._names
        return f"DELETE FROM {self.log} WHERE ({names}) IN ({rows}); INSERT INTO {self.log} ({names}) {rows}; "

    @property
    def _names(self) -> str:
        return ", ".join(map(Dialect.quote, self.key))

    def _of(self, row: str) -> str:
        return ", ".join(f"{row}.{Dialect.quote(name)}" for name in self.key)
