"""A first load of more rows than the target takes in one transaction: rows first, in parts that no reader sees.

What the strategy asked for stands, and so does the moment at which it asked. Only the sync's transaction, which has
written nothing yet, is begun again once the rows are there; it gives them their name and commits them with the state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.loading.writing.write_rules import alone
from incload.strategy import Changed, Logged, WriteRule
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.engines.session import Query
    from incload.loading.writing.job import PreparedWrite, WriteJob
    from incload.strategy import Delta


def is_long(job: WriteJob, delta: Delta, rule: WriteRule) -> bool:
    """Return whether rows that could go straight into a new target are too many for one transaction of its engine."""
    connections, most = job.connections, job.connections.target.parts.rows
    if most is None or not job.unique or len(delta.rows) != 1 or isinstance(delta.remove, Logged):
        return False
    # Keys in no order, as texts mostly are, would bring the whole index back into memory for every part.
    if any(job.table.column(name).kind is not Kind.INTEGER for name in job.table.key):
        return False
    if isinstance(delta.rows[0], Changed | Logged) or (rule is WriteRule.MIRROR and not connections.attached):
        return False
    return bool(connections.source.rows(f"SELECT 1 FROM {connections.relation} AS r LIMIT 1 OFFSET {most}"))


def fill(job: WriteJob, delta: Delta, *, keyed: bool) -> int:
    """Bring the rows under the target's passing name, outside of any transaction; return how many they are."""
    return job.connections.target.parts.fill(job.table, _parts(job, delta), keyed=keyed, origin=job.connections.origin)


def adopted(job: WriteJob, delta: Delta, written: int) -> PreparedWrite:
    """Give the rows the target's name, within the sync's transaction."""
    job.connections.target.parts.adopt(job.table.name)
    return alone(job, delta.rows[0], written)


def _parts(job: WriteJob, delta: Delta) -> Iterator[Query]:
    """Yield queries for the rows, each to be read before the next."""
    connections, query = job.connections, delta.rows[0]
    if connections.attached:
        yield from connections.queries(job.table, job.scale, query)
    else:
        yield from connections.arriving(job.table, job.scale, query)
