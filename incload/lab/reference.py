"""The reference copy: the fastest plain copy that a pair of engines can do, and the measure of every other load.

It drops the target, creates it again with its key and moves every row in the engine's own way. Nothing is compared,
decided or remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from incload.load.sync import Synced, describe
from incload.strategy import Assumption, Delta, Everything, Memory, Need, Seen, Source, Strategy, WriteRule

if TYPE_CHECKING:
    from incload.load.link import Link
    from incload.load.plan import Plan


@dataclass(frozen=True)
class ReferenceCopy(Strategy):
    """Copies the whole table anew every time, as fast as the two engines can; the measure, not a strategy."""

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

    def read(self, source: Source, memory: Memory) -> Delta:  # noqa: ARG002 - it never asks what to read
        """Return everything."""
        return Delta((Everything(),))

    def remember(self, seen: Seen, memory: Memory) -> Memory:  # noqa: ARG002 - it keeps nothing
        """Keep nothing."""
        return memory


def copy(link: Link, plan: Plan) -> Synced:
    """Copy the whole source into a new target, in one transaction."""
    table = describe(link, plan)
    link.begin(plan.name)
    try:
        link.target.write(f"DROP TABLE IF EXISTS {link.target.name('target', plan.name)}")
        link.target.create(table, keyed=True, origin=link.origin)
        query = link.question(table, None, Everything())
        written = link.target.insert(table, link.incoming(query, table))
        link.commit()
    except BaseException:
        link.rollback()
        raise
    empty = Memory()
    return Synced(
        read=written,
        written=written,
        unchanged=0,
        removed=0,
        questions=0,
        delta=Delta((Everything(),)),
        before=empty,
        after=empty,
        previous_watermark=None,
        new_watermark=None,
        remembered=False,
    )
