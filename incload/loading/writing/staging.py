"""The stage: the rows that a delta names, in a temporary table of the target, so that they are read once.

What the write rules and the summary then look at are the rows really read, each once, and no two with one key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.session import Query
from incload.engines.temporary.tables import DIGEST, KNOWN, ONCE
from incload.errors import Refused
from incload.strategy import Since

if TYPE_CHECKING:
    from incload.engines.session import Row
    from incload.loading.writing.job import WriteJob
    from incload.strategy import Delta


_AT_ONCE = 400
"""Digests in one statement."""


def staged(job: WriteJob, delta: Delta) -> str:
    """Bring the rows of all questions into the stage, each row once; refuse two rows with one key."""
    connections, table = job.connections, job.table
    stage = connections.target.stage(_unknown(job, delta, connections.incoming(rows_of(job, delta), table)))
    return stage if job.unique else each_once(job, stage, table.names)


def is_quiet(job: WriteJob, delta: Delta) -> bool:
    """Tell whether a source in another engine has no row, which an index says sooner than a stream is opened."""
    connections, cursor = job.connections, job.table.cursor
    if connections.attached or not cursor or not connections.source.rereads("source", connections.table, cursor):
        return False
    query = rows_of(job, delta)
    return not connections.source.rows(f"SELECT 1 FROM ({query.sql}) AS q LIMIT 1", query.params)


def _unknown(job: WriteJob, delta: Delta, incoming: Query) -> Query:
    """Leave out the rows whose digests the strategy knows; the digest tells cursor and content, so it is enough."""
    known = [digest for rows in delta.rows if isinstance(rows, Since) for digest in rows.but]
    if not known:
        return incoming
    target = job.connections.target
    target.stage(Query("SELECT CAST(NULL AS BIGINT) AS " + DIGEST + " WHERE false"), KNOWN)
    table = target.temporary(KNOWN)
    for start in range(0, len(known), _AT_ONCE):
        values = ", ".join(f"({int(digest)})" for digest in known[start : start + _AT_ONCE])
        target.add_to_stage(Query(f"VALUES {values}"), KNOWN)
    digest = target.digest(job.table.names, "i")
    return Query(
        f"SELECT * FROM ({incoming.sql}) AS i WHERE {digest} NOT IN (SELECT {DIGEST} FROM {table})",
        incoming.params,
    )


def each_once(job: WriteJob, relation: str, names: tuple[str, ...]) -> str:
    """Return a staged relation with each row once; refuse a key that is null or stands in several different rows.

    The key alone is compared, which every engine can do, unless a key stands there twice: whole rows may hold values
    of types without an equality, and are then compared by how they are written.
    """
    target, key = job.connections.target, job.table.key
    nulls = " OR ".join(f"{target.quote(name)} IS NULL" for name in key)
    if target.rows(f"SELECT 1 FROM {relation} AS r WHERE {nulls} LIMIT 1"):
        raise Refused(f"the key {_spelled(key)} is missing or null in a row of the source: every row needs its key.")
    if not _twice(job, relation):
        return relation
    once = target.stage(target.once(names, relation), f"{ONCE}_{len(names)}")
    if twice := _twice(job, once):
        *values, number = twice[0]
        shown = ", ".join(map(repr, values))
        raise Refused(
            f"the key {_spelled(key)} is not unique in the source: {number} rows have {shown}; "
            "name a key that tells them apart."
        )
    return once


def _twice(job: WriteJob, relation: str) -> list[Row]:
    """Return a key that stands in several rows of a relation, and in how many."""
    target, names = job.connections.target, job.connections.target.listed(job.table.key)
    return target.rows(f"SELECT {names}, count(*) FROM {relation} AS r GROUP BY {names} HAVING count(*) > 1 LIMIT 1")


def _spelled(key: tuple[str, ...]) -> str:
    return ", ".join(map(repr, key))


def rows_of(job: WriteJob, delta: Delta) -> Query:
    """Return the rows of all questions, one that answers two of them once."""
    return job.connections.answers(job.table, job.scale, delta.rows)
