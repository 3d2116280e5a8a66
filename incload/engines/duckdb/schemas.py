"""The schemas of a DuckDB file: in which one a place stands, and how it is spelled there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.columns.definition import collated
from incload.engines.endpoints import MAIN, folded, no_schema

if TYPE_CHECKING:
    from pathlib import Path

    from incload.engines.session import Place, Session


class DuckdbSchemas:
    """The part of a DuckDB session that knows where its two places stand."""

    def __init__(self, session: Session, schemas: tuple[str, str], *, is_one_file: bool) -> None:
        """Take the schemas of source and target, and whether one file holds both: it can be attached only once."""
        self._session = session
        self._stands: dict[Place, tuple[str, str]] = {
            "source": ("target" if is_one_file else "source", schemas[0]),
            "target": ("target", schemas[1]),
        }
        self._there: dict[Place, dict[str, bool]] = {}
        self._collating: dict[Place, dict[str, str]] = {}

    def name(self, place: Place, table: str) -> str:
        """Qualify with the attached database and the schema."""
        database, schema = self._stands[place]
        return f"{database}.{self._session.quote(schema)}.{self._session.quote(table)}"

    def place_of(self, place: Place, table: str) -> tuple[str, str, str]:
        """Return the database, schema and name by which DuckDB's own lists know a table."""
        return (*self._stands[place], table)

    def collated(self, place: Place, table: str) -> list[str]:
        """Return the columns of a table that have a collation, which its key does not heed and a comparison does."""
        self.listed_in(place)
        return collated(self._collating[place].get(table.lower(), ""))

    def find_schema(self, place: Place) -> None:
        """Take the spelling that a schema has in its file; refuse one that is not there, as a load makes none."""
        database, schema = self._stands[place]
        if schema == MAIN:
            return
        found = self._session.rows("SELECT schema_name FROM duckdb_schemas() WHERE database_name = ?", (database,))
        there = {folded(str(name)): str(name) for (name,) in found}
        if folded(schema) not in there:
            raise no_schema(place, schema, there.values())
        self._stands[place] = database, there[folded(schema)]

    def holds(self, place: Place, table: str) -> bool:
        """Look into the list of tables and views, which is remembered."""
        return table.lower() in map(str.lower, self.listed_in(place))

    def tables(self, place: Place) -> list[str]:
        """List tables and views."""
        return sorted(self.listed_in(place))

    def forget(self) -> None:
        """The catalogue may have changed."""
        self._there.clear()

    def listed_in(self, place: Place) -> dict[str, bool]:
        """Return the names in a place, and of each whether it is a table; remembered until the catalogue changes."""
        if not self._there:
            self._list()
        return self._there[place]

    def _list(self) -> None:
        """Ask for tables and for views apart: one query for both takes DuckDB longer than two."""
        self._there = {each: {} for each in self._stands}
        self._collating = {each: {} for each in self._stands}
        stand = "database_name IN ('source', 'target') AND schema_name IN ($1, $2)"
        schemas = [schema for _, schema in self._stands.values()]
        tables = f"table_name, CASE WHEN sql ILIKE '%collate%' THEN sql END FROM duckdb_tables() WHERE {stand}"
        for *stands, name, sql in self._session.rows(f"SELECT database_name, schema_name, {tables}", schemas):
            for place in self._places_at(stands):
                self._there[place][str(name)] = True
                if sql:
                    self._collating[place][str(name).lower()] = str(sql)
        views = f"view_name FROM duckdb_views() WHERE NOT internal AND {stand}"
        for *stands, name in self._session.rows(f"SELECT database_name, schema_name, {views}", schemas):
            for place in self._places_at(stands):
                self._there[place][str(name)] = False

    def _places_at(self, stands: list[object]) -> list[Place]:
        return [place for place, stand in self._stands.items() if list(stand) == stands]

    def schemas_with(self, table: str) -> list[str]:
        """Look for tables and views of that name."""
        found = self._session.rows(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = $1"
            " UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = $1",
            self._stands["source"][:1],
        )
        return sorted({str(schema) for schema, name in found if folded(str(name)) == folded(table)})


def are_one(source: Path | None, target: Path | None) -> bool:
    """Return whether two paths lead to one file."""
    return bool(source and target and target.is_file() and source.samefile(target))
