"""Which columns keep a type of their source that is of no kind, because the target has it too.

A target that holds text there was created by a user, or before types were shared, and stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.table import Kind

if TYPE_CHECKING:
    from incload.loading.connections import Connections
    from incload.loading.plan import Plan
    from incload.table import Column

_ORDERED = {"uuid", "time without time zone", "numeric(20,0)", "numeric(38,0)"}
"""Shared types that every engine distinguishes and orders alike, so that keys and cursors can be of them."""


def shared_type(connections: Connections, plan: Plan, column: Column, there: Kind | None) -> str:
    """Return the type that source and target both have for a column of no kind; empty where it becomes text.

    Args:
        connections: The open ends.
        plan: What to keep up to date.
        column: The column as the source declares it.
        there: The kind of the target's column; None where there is none yet.
    """
    source, target = connections.source, connections.target
    if column.kind is not Kind.OTHER or there is Kind.TEXT or source.engine == target.engine:
        return ""
    shared = source.shared_type(column)
    if not shared or not target.has_shared(shared):
        return ""
    if column.name in {*plan.key, plan.cursor} and shared not in _ORDERED:
        return ""
    is_new_list = shared.endswith("[]") and there is None
    return "" if is_new_list and _holds_lists(connections, column) else shared


def _holds_lists(connections: Connections, column: Column) -> bool:
    """Return whether a list holds lists, in a source whose types do not say so."""
    is_deep = connections.source.is_deep(connections.source.quote(column.name))
    if not is_deep:
        return False
    return bool(connections.source.rows(f"SELECT 1 FROM {connections.relation} AS r WHERE {is_deep} LIMIT 1"))


def is_ordered_alike(column: Column) -> bool:
    """Return whether a column of no kind has a type that source and target order alike."""
    return column.shared in _ORDERED
