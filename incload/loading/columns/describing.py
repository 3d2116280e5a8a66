"""What the source table of a load is: its columns, those of them that are copied, and what kind each is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.temporary.tables import DIGEST
from incload.errors import Refused, unknown, visible
from incload.loading.columns.choosing import chosen, with_row_number
from incload.loading.columns.shared_types import shared_type
from incload.records import replace
from incload.strategy import WriteRule
from incload.table import Table

if TYPE_CHECKING:
    from incload.engines.session import Session
    from incload.loading.connections import Connections
    from incload.loading.plan import Plan
    from incload.table import Column

NO_SCHEMA = "A schema is no part of a table's name: PostgreSQL and DuckDB take one in the URL, as schema=NAME"
"""What is said of a name with a dot that is not there, or was not until now."""


def describe(connections: Connections, plan: Plan) -> Table:
    """Return what the source table is; refuse a table, key or cursor column that it does not have."""
    columns = connections.source.columns("source", connections.table)
    if columns is None:
        raise no_table(connections.source, connections.table)
    columns = chosen(with_row_number(connections, plan, columns), plan)
    names = [column.name for column in columns]
    own = next((name for name in names if name.lower() == DIGEST), None)
    if own:
        raise Refused(f"the source has a column {own!r}, a name that incload needs for itself: rename it.")
    connections.source.check_names(names)
    if not connections.attached:
        connections.target.check_names(names)
    for name in (*plan.key, *filter(None, [plan.cursor])):
        if name not in names:
            raise unknown("cursor column" if name == plan.cursor else "key column", name, names)
    require_cursor(plan)
    if not connections.attached:
        columns = tuple(_decided(connections, plan, column) for column in columns)
    return Table(plan.name, plan.key, plan.cursor, columns)


def require_cursor(plan: Plan) -> None:
    """Refuse a strategy, or a write rule, that compares cursors where none is named."""
    if plan.cursor is not None:
        return
    if plan.strategy.uses_cursor:
        raise Refused(f"strategy {plan.strategy.name!r} needs a cursor column: name one with --cursor.")
    if plan.rule is WriteRule.NEWEST:
        raise Refused(
            "the write rule newest compares cursor values, and the table has no cursor: name one with --cursor."
        )


def no_table(source: Session, table: str, kind: str = "source table") -> Refused:
    """Return the refusal of a table that a source does not have, and say where there is one of that name."""
    if schemas := source.schemas_with(table):
        there = ", ".join(map(visible, schemas))
        return Refused(f"{kind} {table!r} is not in this schema but in {there}: name that in the URL, as schema=NAME.")
    tables = source.tables("source")
    if not tables:
        return Refused(f"the source has no table {table!r}, and no other either: check its path.")
    schema = f" {NO_SCHEMA}." if "." in table else ""
    return Refused(f"{unknown(kind, table, tables)}{schema}")


def _decided(connections: Connections, plan: Plan, column: Column) -> Column:
    """Take the kind of a column whose source does not say it from the target of an earlier load."""
    known = {found.name: found.kind for found in connections.target.columns("target", plan.name) or ()}
    there = replace(column, kind=known.get(column.name, column.kind))
    if there != column and connections.source.may_be("source", connections.table, there):
        return there
    return replace(column, shared=shared_type(connections, plan, column, known.get(column.name)))
