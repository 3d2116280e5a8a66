"""What a strategy with its write rule promises of the copy as a whole, held against what was counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from incload.assumptions import Assumption
from incload.strategy import WriteRule, needs_of

if TYPE_CHECKING:
    from incload.loading.connections import Connections
    from incload.loading.plan import Plan


class Counted(Protocol):
    """What a load has counted."""

    @property
    def source_records(self) -> int | None:
        """Records in the source; None where they were not counted."""

    @property
    def total_in_target(self) -> int | None:
        """Rows of the target afterwards; None where they were not counted."""

    @property
    def held_back(self) -> int:
        """Rows that the source no longer has and the target keeps."""


def promises_equality(plan: Plan) -> bool:
    """Return whether after every sync the target is to have as many rows as the source, whatever was deleted there."""
    if plan.rule is WriteRule.APPEND or plan.strategy.delay:
        return False
    return all(need.assumption is not Assumption.NO_HARD_DELETES for need in needs_of(plan.strategy, plan.rule))


def unequal(connections: Connections, plan: Plan, summary: Counted) -> str:
    """Say that source and target have not as many rows where that is promised; empty where it is not, or not counted.

    What was held back explains itself. A source that has another number by now is being written, so that the first
    count says nothing of what the sync read.
    """
    counted, total = summary.source_records, summary.total_in_target
    if counted is None or total is None or summary.held_back or counted == total or not promises_equality(plan):
        return ""
    if connections.records is None and connections.source.count(connections.relation) != counted:
        return ""
    return (
        f"the source has {counted} rows and {plan.name!r} has {total}, though strategy {plan.strategy.id!r} with write "
        f"rule {plan.rule.value!r} keeps both alike: unless the source holds equal rows without a key, rows were "
        "missed or the copy was changed by others; reset the state with `incload state reset`, and load again."
    )
