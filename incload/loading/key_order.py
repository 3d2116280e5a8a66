"""A strategy that goes by the order of keys needs one that both engines, and the syncs before, agree about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.assumptions import Assumption
from incload.errors import Refused
from incload.loading.columns.shared_types import is_ordered_alike
from incload.table import Kind

if TYPE_CHECKING:
    from incload.loading.connections import Connections
    from incload.loading.plan import Plan
    from incload.loading.state.store import StateStore
    from incload.strategy import State
    from incload.table import Column, Table


def check_key_order(connections: Connections, plan: Plan, table: Table) -> None:
    """Refuse to go by the order of keys that the two engines do not order alike, or by numbers where there are none."""
    needed = {need.assumption for need in plan.strategy.needs}
    if Assumption.KEYS_NEAR in needed:
        _check_numbers(plan, table)
    if connections.attached or needed.isdisjoint({Assumption.TIES_IN_KEY_ORDER, Assumption.KEYS_IN_COMMIT_ORDER}):
        return
    for column in map(table.column, table.key):
        as_text = (column.kind is Kind.OTHER and not is_ordered_alike(column)) or (
            column.kind is Kind.DECIMAL and connections.target.capabilities.holds_any
        )
        if as_text:
            raise Refused(
                f"strategy {plan.strategy.name!r} goes by the order of the key, and key column {column.name!r} of type "
                f"{column.declared} becomes text in {connections.target.engine}, which may order it otherwise: "
                "choose a strategy that does not go by it."
            )


def _check_numbers(plan: Plan, table: Table) -> None:
    """Refuse a key that is not one column of whole numbers: between others there are no gaps."""
    columns = list(map(table.column, table.key))
    others = [column for column in columns if column.kind is not Kind.INTEGER]
    if others or len(columns) > 1:
        of = f" ({others[0].name!r} is of type {others[0].declared or others[0].kind})" if others else ""
        raise Refused(
            f"strategy {plan.strategy.name!r} asks again for numbers that were passed over, and the key "
            f"{', '.join(repr(column.name) for column in columns)} is not one column of whole numbers{of}: "
            "choose a strategy that does not go by them, such as incrementing_id."
        )


def check_remembered_key(connections: Connections, table: Table, store: StateStore, state: State) -> None:
    """Refuse to go on behind a key of another type: numbers and texts have no order among each other."""
    for value, column in zip(state.key or (), map(table.column, table.key), strict=False):
        any_type = connections.source.capabilities.holds_any and column.kind is not Kind.TEXT
        if not any_type and isinstance(value, str) is not _kept_as_text(column) and not isinstance(value, bytes):
            raise Refused(
                f"{store.said} ends at the key {value!r}, and key column {column.name!r} is of type "
                f"{column.declared or column.kind} now, in which keys have another order: {store.remedy}."
            )


def _kept_as_text(column: Column) -> bool:
    """Return whether a key of this type is remembered as a text."""
    return column.kind in {Kind.TEXT, Kind.DECIMAL, Kind.OTHER}
