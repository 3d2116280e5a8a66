"""What DuckDB's catalogue says of tables: their columns, keys and collations, remembered until it may have changed.

No other process can change it: DuckDB gives a file to one at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.columns.traits import Trait
from incload.engines.duckdb.sql import kind_of
from incload.table import Column

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.engines.duckdb.schemas import DuckdbSchemas
    from incload.engines.session import Place, Row


class Catalogue:
    """The catalogue as one connection sees it."""

    def __init__(self, rows: Callable[..., list[Row]], places: DuckdbSchemas) -> None:
        """Take what runs a query with its parameters, and where the places stand."""
        self._rows, self._places = rows, places
        self._described: dict[tuple[str, str], tuple[Column, ...] | None] = {}
        self._keys: dict[tuple[str, str], frozenset[str]] = {}
        self._collations: dict[tuple[str, str], list[str]] = {}
        self._spans: set[str] = set()

    def forget(self) -> None:
        """Ask again from now on."""
        self._described.clear()
        self._keys.clear()
        self._places.forget()

    def columns(self, place: Place, table: str) -> tuple[Column, ...] | None:
        """Return the columns of a table or view, or None when there is none of that name."""
        if (place, table) not in self._described:
            self._describe(place, table)
        return self._described[place, table]

    def key(self, place: Place, table: str) -> frozenset[str]:
        """Return the columns of a table's primary key; none of a view's."""
        if (place, table) not in self._keys:
            self._describe(place, table)
        return self._keys[place, table]

    def _describe(self, place: Place, table: str) -> None:
        """Remember the columns of a table or view and the key of a table: the list of constraints is slow to read."""
        # Describing what is not there would end the transaction, and listing all columns is slow.
        there = {name.lower(): is_table for name, is_table in self._places.listed_in(place).items()}
        found = self._rows(f"DESCRIBE {self._places.name(place, table)}") if table.lower() in there else []
        columns = tuple(Column(str(name), kind_of(str(declared)), str(declared)) for name, declared, *_ in found)
        self._described[place, table] = columns or None
        self._spans |= {each.name for each in columns if "INTERVAL" in each.declared}
        # A view says of its columns what their tables say, and yet it may hold a key twice.
        keys = [str(name) for name, _, _, mark, *_ in found if mark == "PRI"] if there.get(table.lower()) else []
        self._keys[place, table] = frozenset(keys)

    def traits(self, table: str) -> dict[str, Trait]:
        """Read the columns' defaults; what a generated column is computed from is one to the one list of two."""
        relation = self._places.name("target", table)
        info = self._rows('SELECT name, "notnull", dflt_value, pk FROM pragma_table_info(?)', (relation,))
        said = {}
        if any(default is not None for _, _, default, _ in info):
            said = {str(name): default for name, _, _, _, default, *_ in self._rows(f"DESCRIBE {relation}")}
        return {
            str(name): Trait(
                generated=default is not None and said[str(name)] is None,
                filled=default is not None,
                nullable=not (not_null or key),
            )
            for name, not_null, default, key in info
        }

    def collated(self, place: Place, table: str) -> list[str]:
        """Return the columns of a table that have a collation."""
        if (place, table) not in self._collations:
            self._collations[place, table] = self._places.collated(place, table)
        return self._collations[place, table]

    def is_collated(self, name: str) -> bool:
        """Return whether a column of that name is known to have a collation in the target."""
        return any(name in columns for (place, _), columns in self._collations.items() if place == "target")

    def is_span(self, name: str) -> bool:
        """Return whether a column of that name was ever seen to hold intervals: a digest is the same at every load."""
        return name in self._spans
