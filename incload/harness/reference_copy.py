"""The reference copy: the fastest plain copy that a pair of engines can do, and the measure of every other load.

It replaces the target by every row of the source, as the target's engine does it in its folder (`sandbox`). Nothing is
compared, decided or remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from incload.engines.registry import fixture
from incload.loading.columns.describing import describe
from incload.loading.synced import Synced
from incload.strategy import Assumption, Delta, Everything, Need, Seen, Source, State, Strategy, WriteRule

if TYPE_CHECKING:
    from incload.loading.connections import Connections
    from incload.loading.plan import Plan


@dataclass(frozen=True)
class ReferenceCopy(Strategy):
    """Copies the whole table every time, as fast as the two engines can; the measure, not a strategy."""

    name: ClassVar[str] = "reference_copy"
    write_rule: ClassVar[WriteRule] = WriteRule.REPLACE
    uses_cursor: ClassVar[bool] = False

    @property
    def needs(self) -> frozenset[Need]:
        """Only that a read of everything is of everything."""
        return frozenset({Need(Assumption.COMPLETE_READ)})

    @property
    def breaks(self) -> frozenset[Assumption]:
        """Every row is read at every sync."""
        return frozenset({Assumption.READ_ONCE})

    def read(self, source: Source, state: State) -> Delta:  # noqa: ARG002 - it never asks what to read
        """Return everything."""
        return Delta((Everything(),))

    def remember(self, seen: Seen, state: State) -> State:  # noqa: ARG002 - it keeps nothing
        """Keep nothing."""
        return state


def copy(connections: Connections, plan: Plan) -> Synced:
    """Copy the whole source into a new target, in one transaction."""
    table = describe(connections, plan)
    connections.begin(plan.name)
    try:
        query = connections.query(table, None, Everything())
        incoming = partial(connections.incoming, query, table)
        written = fixture(connections.target).replace(table, connections.origin, incoming)
        connections.commit()
    except BaseException:
        connections.rollback()
        raise
    empty = State()
    return Synced(
        read=written,
        written=written,
        unchanged=0,
        removed=0,
        queries=0,
        delta=Delta((Everything(),)),
        before=empty,
        after=empty,
        previous_watermark=None,
        new_watermark=None,
        remembered=False,
    )
