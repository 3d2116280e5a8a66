"""Columns of a DuckDB table get other types: by ALTER where DuckDB lets it, else the table is built again around them.

DuckDB changes no type of a column under a constraint, beside a generated one, or in a table with an index. Such a table
is made again from its own statement, with its indexes and comments. Views find it by its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from incload.engines.columns.definition import retyped
from incload.engines.driver_errors import reason
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incload.engines.duckdb.schemas import DuckdbSchemas
    from incload.engines.session import Place, Session


def retype(session: Session, places: DuckdbSchemas, place: Place, table: str, types: Mapping[str, str]) -> None:
    """Give columns of a table other types, within the transaction.

    Raises:
        Refused: When a value does not fit, or something depends on the table that could not be kept.
    """
    present = {column.name: column.declared for column in session.columns(place, table) or ()}
    changed = {name: declared for name, declared in types.items() if present[name] != declared}
    if not changed:
        return
    try:
        if _is_bound(session, places, place, table, changed):
            _rebuild(session, places, place, table, changed)
        else:
            for name, declared in changed.items():
                session.write(f"ALTER TABLE {session.name(place, table)} ALTER {session.quote(name)} TYPE {declared}")
    except duckdb.Error as error:
        names = ", ".join(f"{name!r} to {declared}" for name, declared in changed.items())
        raise Refused(
            f"the type of a column of target table {table!r} cannot change ({names}), because DuckDB says: "
            f"{reason(error)}: drop what depends on it, load, and make it again."
        ) from error


def _where(places: DuckdbSchemas, place: Place, table: str) -> tuple[str, tuple[object, ...]]:
    """Return the condition on DuckDB's lists that names a table, and its parameters."""
    return "database_name = ? AND schema_name = ? AND lower(table_name) = lower(?)", places.place_of(place, table)


def _is_bound(session: Session, places: DuckdbSchemas, place: Place, table: str, changed: Mapping[str, str]) -> bool:
    """Return whether DuckDB would not alter the columns."""
    where, params = _where(places, place, table)
    constraints = (
        f"SELECT constraint_column_names FROM duckdb_constraints() WHERE constraint_type <> 'NOT NULL' AND {where}"
    )
    found = session.rows(f"SELECT DISTINCT unnest(constraint_column_names) FROM ({constraints})", params)
    bound = {str(name) for (name,) in found}
    indexed = session.rows(f"SELECT 1 FROM duckdb_indexes() WHERE {where} LIMIT 1", params)
    generated = place == "target" and any(trait.generated for trait in session.traits(table).values())
    return bool(bound & changed.keys() or indexed or generated)


def _rebuild(session: Session, places: DuckdbSchemas, place: Place, table: str, changed: Mapping[str, str]) -> None:
    old, new = session.name(place, table), session.name(place, f"{table} rebuilt")
    where, params = _where(places, place, table)
    ((made, comment),) = session.rows(f"SELECT sql, comment FROM duckdb_tables() WHERE {where}", params)
    indexes = session.rows(f"SELECT sql FROM duckdb_indexes() WHERE {where} AND sql IS NOT NULL", params)
    comments = session.rows(f"SELECT column_name, comment FROM duckdb_columns() WHERE {where}", params)
    traits = session.traits(table) if place == "target" else {}
    names = (column.name for column in session.columns(place, table) or ())
    written = session.listed(name for name in names if name not in traits or not traits[name].generated)
    session.write(retyped(str(made), new, changed))
    session.write(f"INSERT INTO {new} ({written}) SELECT {written} FROM {old}")
    session.write(f"DROP TABLE {old}")
    session.write(f"ALTER TABLE {new} RENAME TO {session.quote(table)}")
    _comment(session, f"TABLE {old}", comment)
    for name, said in comments:
        _comment(session, f"COLUMN {old}.{session.quote(str(name))}", said)
    database, schema, _ = params
    session.write(f"USE {session.quote(str(database))}.{session.quote(str(schema))}")
    try:
        for (sql,) in indexes:
            session.write(str(sql))
    finally:
        session.write("USE memory")


def _comment(session: Session, what: str, said: object) -> None:
    if said is not None:
        literal = str(said).replace("'", "''")
        session.write(f"COMMENT ON {what} IS '{literal}'")
