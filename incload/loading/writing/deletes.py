"""What leaves the target because the source no longer has it, and what is held back because it is too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.temporary.tables import GONE

if TYPE_CHECKING:
    from incload.engines.session import Query
    from incload.loading.writing.job import WriteJob


def shrunk(job: WriteJob, coming: int) -> int:
    """Return how many rows a replacement by so many would cost the target, if it may not lose them; else 0."""
    present = job.connections.target.count(job.target)
    lost = max(present - coming, 0)
    return 0 if job.may_remove(lost, present) else lost


def some_are_gone(job: WriteJob, held: str, stage: str, read: int) -> bool:
    """Find out from counts alone whether a target's key is missing; of the rows read, all new ones are in the stage."""
    target = job.connections.target
    # The inner relation may have a column by the name of the outer one, and DuckDB would look for the key inside it.
    known = f"SELECT 1 FROM {held} AS d WHERE {target.equal_keys(job.table.key, 'incload_staged', 'd')}"
    new = target.count(f"{stage} AS incload_staged WHERE NOT EXISTS ({known})")
    return target.count(held) > read - new


def to_remove(job: WriteJob, keys: Query) -> tuple[str | None, int]:
    """Stage keys that are to leave the target; return the relation, and how many are held back instead."""
    target = job.connections.target
    gone = target.stage(keys, GONE)
    if target.is_empty(gone):
        return None, 0
    number = target.count(gone)
    if not job.may_remove(number, target.count(job.target)):
        return None, number
    return gone, 0
