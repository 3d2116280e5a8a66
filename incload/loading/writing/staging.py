"""The stage: the rows that a delta names, in a temporary table of the target, so that they are read once.

What the write rules and the summary then look at are the rows really read, each once, and no two with one key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from incload.cursor import MixedText
from incload.engines.session import Query
from incload.engines.temporary.tables import DIGEST, KNOWN, ONCE
from incload.errors import Refused
from incload.strategy import AfterKey, KeyRanges, Logged, Since, WriteRule

if TYPE_CHECKING:
    from incload.engines.abilities.optional import Survey
    from incload.engines.cursor_sql import CursorSql
    from incload.engines.session import Row
    from incload.loading.writing.job import WriteJob
    from incload.strategy import Delta, Rows
    from incload.table import Column


_AT_ONCE = 400
"""Digests in one statement."""


class Stage(NamedTuple):
    """Rows that were brought in.

    Attributes:
        relation: What holds them.
        top: Their largest cursor value, as the target's engine returns it; empty where that was not looked at.
    """

    relation: str
    top: tuple[object, ...] = ()


def staged(job: WriteJob, delta: Delta, query: Query | None = None) -> Stage:
    """Bring the rows of all queries into the stage, each row once; refuse two rows with one key.

    Args:
        job: The load.
        delta: What was asked.
        query: The query for these rows, where it was needed before.
    """
    connections, table = job.connections, job.table
    incoming = connections.incoming(query or rows_of(job, delta), table)
    stage = connections.target.stage(_unheld(job, delta, _unknown(job, delta, incoming)))
    seen = _surveyed(job, stage, job.target_cursor) if connections.target.looks.surveys else None
    return Stage(stage if job.unique else _distinct(job, stage, table.names, seen), seen.top if seen else ())


class Glance(NamedTuple):
    """What is seen of both ends before anything is staged.

    Attributes:
        is_quiet: Whether the source has no row that is asked for; False where that was not looked at.
        is_fresh: Whether the target has no row.
        largest: The source's largest cursor value, as its engine returns it; empty where that was not looked at.
        query: The query for the rows that are asked for; None where that was not looked at.
    """

    is_quiet: bool
    is_fresh: bool
    largest: tuple[object, ...] = ()
    query: Query | None = None


def glance(job: WriteJob, delta: Delta, rule: WriteRule) -> Glance:
    """Look whether there is anything to do, in one statement for each database, where an index says so at once."""
    target = job.connections.target
    if not _is_indexed(job, delta, rule):
        return Glance(is_quiet=False, is_fresh=target.is_empty(job.target))
    query = rows_of(job, delta)
    looks = {"found": f"EXISTS (SELECT 1 FROM ({query.sql}) AS q)"}
    if maximum := _maximum(job):
        looks["largest"] = f"(SELECT {maximum} FROM {job.connections.relation} AS r)"
    if job.connections.attached:
        looks["held"] = f"EXISTS (SELECT 1 FROM {job.target})"
    (row,) = job.connections.source.rows(f"SELECT {', '.join(looks.values())}", query.params)
    seen = dict(zip(looks, row, strict=True))
    is_fresh = not seen["held"] if "held" in seen else target.is_empty(job.target)
    return Glance(not seen["found"], is_fresh, (seen["largest"],) if "largest" in seen else (), query)


def _is_indexed(job: WriteJob, delta: Delta, rule: WriteRule) -> bool:
    """Return whether an index of the source finds the rows of the query, and without them nothing is left to do."""
    if delta.mirror or rule in {WriteRule.REPLACE, WriteRule.MIRROR}:
        return False
    source, columns = job.connections.source, {_ordered_by(job, rows) for rows in delta.rows}
    return None not in columns and all(
        source.looks.rereads("source", job.connections.table, column) for column in columns if column
    )


def _ordered_by(job: WriteJob, rows: Rows) -> str | None:
    """Return the column whose order leads to the rows of a query; None for one that has no such column."""
    match rows:
        case Since() if rows.position is not None and not (job.connections.attached and _is_mixed(job)):
            return job.table.cursor
        case AfterKey() | KeyRanges():
            return job.table.key[0]
        case Logged() if not job.connections.attached:
            return job.table.cursor
    return None


def _is_mixed(job: WriteJob) -> bool:
    """Return whether cursor values are compared by their meaning, in which no index has them."""
    return isinstance(job.scale, MixedText)


def _maximum(job: WriteJob) -> str:
    """Return the expression of the largest cursor value, where an index gives it; empty where none does."""
    name, source = job.table.cursor, job.connections.source
    if name is None or job.scale is None or _is_mixed(job):
        return ""
    if not source.looks.rereads("source", job.connections.table, name):
        return ""
    return source.cursor(name, job.scale, job.table.column(name).declared).maximum


def _unheld(job: WriteJob, delta: Delta, incoming: Query) -> Query:
    """Leave out the rows of ranges of keys that the target has: only those that it misses were asked for again."""
    if KeyRanges not in map(type, delta.rows):
        return incoming
    target, key = job.connections.target, job.table.key
    column = job.table.column(key[0])
    above = [rows.key[0] for rows in delta.rows if isinstance(rows, AfterKey)]
    new = "".join(f"i.{target.key_order(column)} > {target.key_bound(column)} OR " for _ in above)
    held = f"SELECT 1 FROM {job.target} AS t WHERE {target.equal_keys(key, 'i', 't')}"
    return Query(f"SELECT i.* FROM ({incoming.sql}) AS i WHERE {new}NOT EXISTS ({held})", (*incoming.params, *above))


def _unknown(job: WriteJob, delta: Delta, incoming: Query) -> Query:
    """Leave out the rows whose digests the strategy knows; the digest covers cursor and content, so it is enough."""
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
    surveys = job.connections.target.looks.surveys
    return _distinct(job, relation, names, _surveyed(job, relation) if surveys else None)


def _surveyed(job: WriteJob, relation: str, cursor: tuple[Column, CursorSql] | None = None) -> Survey:
    """Have all that is to be known of rows looked at in one pass."""
    key = () if job.unique else tuple(map(job.table.column, job.table.key))
    return job.connections.target.looks.survey(relation, key, cursor)


def _distinct(job: WriteJob, relation: str, names: tuple[str, ...], seen: Survey | None) -> str:
    """Return rows each once, as `each_once` does, with what a pass has said of them; None where there was none."""
    target, key = job.connections.target, job.table.key
    if _lacks_key(job, relation) if seen is None else seen.lacks_key:
        raise Refused(f"the key {_spelled(key)} is missing or null in a row of the source: every row needs its key.")
    if not (_twice(job, relation) if seen is None else seen.repeats):
        return relation
    once = target.stage(target.once(names, relation), f"{ONCE}_{len(names)}")
    if twice := _twice(job, once):
        *values, number = twice[0]
        shown = ", ".join(map(repr, values))
        raise Refused(
            f"the key {_spelled(key)} is not unique in the source: {number} rows have {shown}; "
            "name a key that distinguishes them."
        )
    return once


def _lacks_key(job: WriteJob, relation: str) -> bool:
    """Return whether a column of the key is null in a row."""
    target = job.connections.target
    nulls = " OR ".join(f"{target.quote(name)} IS NULL" for name in job.table.key)
    return bool(target.rows(f"SELECT 1 FROM {relation} AS r WHERE {nulls} LIMIT 1"))


def _twice(job: WriteJob, relation: str) -> list[Row]:
    """Return a key that stands in several rows of a relation, and in how many."""
    target, names = job.connections.target, job.connections.target.listed(job.table.key)
    return target.rows(f"SELECT {names}, count(*) FROM {relation} AS r GROUP BY {names} HAVING count(*) > 1 LIMIT 1")


def _spelled(key: tuple[str, ...]) -> str:
    return ", ".join(map(repr, key))


def rows_of(job: WriteJob, delta: Delta) -> Query:
    """Return the rows of all queries, one that answers two of them once."""
    return job.connections.answers(job.table, job.scale, delta.rows)
