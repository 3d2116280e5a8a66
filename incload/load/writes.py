"""The write rules: how the rows that a delta names enter the target.

Each rule is one function from a job and the rows to what was written. Rows go straight into an empty target when
nothing can clash; otherwise they are staged first, so that they are read once and their summary is that of the rows
really read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incload.cursor import IsoText, MixedText
from incload.errors import Refused
from incload.load.engines.base import Query
from incload.load.engines.temporary import ARRIVED, DIFFERING, DIGEST, GONE, KNOWN, LEFT
from incload.strategy import Changed, Delta, Everything, Logged, Since, WriteRule

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.cursor import Scale
    from incload.load.link import Link
    from incload.strategy import Rows
    from incload.table import Table

_AT_ONCE = 400
"""Digests in one statement."""


def _any_number(count: int, total: int) -> bool:  # noqa: ARG001 - without a guard no number matters
    return True


@dataclass(frozen=True, slots=True)
class Job:
    """One table's load.

    Attributes:
        link: The open ends.
        table: What the table is; its columns are the source's.
        scale: What its cursor's values mean; None without a cursor.
        unique: Whether the source itself promises that the key is unique.
        digests: The table of remembered digests: the key's columns and the digest.
        count_unchanged: Whether to find out how many rows were written over an equal row, which costs a comparison.
        may_remove: Tells whether so many rows may leave a target of so many; what may not is held back.
    """

    link: Link
    table: Table
    scale: Scale | None
    unique: bool
    digests: Table
    count_unchanged: bool = False
    may_remove: Callable[[int, int], bool] = _any_number

    @property
    def target(self) -> str:
        """The target's qualified name."""
        return self.link.target.name("target", self.table.name)

    @property
    def known(self) -> str:
        """The qualified name of the table of remembered digests."""
        return self.link.target.name("target", self.digests.name)


@dataclass(frozen=True, slots=True)
class Landed:
    """What a write did.

    Attributes:
        seen: The rows that were read, as a relation.
        in_source: Whether that relation is named in the source's session, not in the target's.
        read: How many rows the source had to look at and hand over, or to digest.
        written: How many rows were inserted or updated.
        unchanged: How many of these were equal to the row they replaced; 0 where it was not counted.
        removed: How many rows were deleted because the source no longer has them, or to make room.
        staged: Whether the rows stand in the stage.
        held_back: How many rows the source no longer has and the target keeps, because they are too many.
        position: Up to where the source's change log was read and carried out; None if it was not.
    """

    seen: Query
    in_source: bool
    read: int
    written: int
    unchanged: int = 0
    removed: int = 0
    staged: bool = False
    held_back: int = 0
    position: str | None = None


def write(job: Job, delta: Delta, rule: WriteRule) -> Landed:
    """Take the rows of a delta and write them by a rule; raise `Refused` for rows that break the key."""
    rule = WriteRule.MIRROR if delta.mirror and rule is WriteRule.MERGE else rule
    if Changed() in delta.rows:
        return _changed(job, delta, rule)
    if isinstance(delta.remove, Logged):
        return _logged(job, delta.remove, rule)
    return _plain(job, delta, rule)


def _plain(job: Job, delta: Delta, rule: WriteRule) -> Landed:
    """Write rows that nothing but the target is compared with."""
    fresh = job.link.target.is_empty(job.target)
    direct = (
        len(delta.rows) == 1
        and job.unique
        and not (job.link.target is not job.link.source and rule is WriteRule.MIRROR)
    )
    if direct and (fresh or (rule is WriteRule.REPLACE and not _shrunk(job, _coming(job, delta)))):
        return _straight(job, delta, replacing=not fresh)
    if rule is WriteRule.MIRROR:
        return _mirror(job, delta)
    return _staged(job, delta, rule)


def _coming(job: Job, delta: Delta) -> int:
    """Count in the source the rows that would replace the target."""
    query = job.link.question(job.table, job.scale, delta.rows[0])
    return job.link.source.count(f"({query.sql}) AS c", query.params)


def _shrunk(job: Job, coming: int) -> int:
    """Return how many rows a replacement by so many would cost the target, if it may not lose them; else 0."""
    present = job.link.target.count(job.target)
    lost = max(present - coming, 0)
    return 0 if job.may_remove(lost, present) else lost


def _straight(job: Job, delta: Delta, *, replacing: bool) -> Landed:
    """Move the rows into a target that holds nothing else."""
    link, table = job.link, job.table
    removed = link.target.write(f"DELETE FROM {job.target}") if replacing else 0
    question = delta.rows[0]
    if link.attached:
        coming = link.question(table, job.scale, question)
    else:
        coming = link.flowing(link.questions(table, job.scale, question), table)
    written = link.target.insert(table, coming)
    if not job.may_remove(max(removed - written, 0), removed):
        raise Refused(f"the source gave {written} rows, and had more when it was counted before: load again.")
    return alone(job, question, written, removed=removed)


def alone(job: Job, question: Rows, written: int, *, removed: int = 0) -> Landed:
    """Tell of rows that a target holds and nothing else; a source that stands still is asked about them itself."""
    link = job.link
    in_source = link.attached or link.source.streams_its_snapshot
    seen = link.question(job.table, job.scale, question) if in_source else Query(f"SELECT * FROM {job.target}")
    return Landed(seen, in_source, written, written, removed=removed)


def _staged(job: Job, delta: Delta, rule: WriteRule) -> Landed:
    """Stage the rows, then write them by a rule; without a row there is nothing to do, unless all others are to go."""
    if rule is not WriteRule.REPLACE and not delta.mirror and _is_quiet(job, delta):
        return Landed(Query(f"SELECT * FROM {job.target} WHERE 1 = 0"), False, 0, 0)  # noqa: FBT003
    stage, target = _stage(job, delta), job.link.target
    landed = _apply(job, stage, rule, read=target.count(stage))
    if not (delta.mirror and rule is WriteRule.NEWEST):
        return landed
    removed, held_back = _remove(job, target.keys_missing(job.table.key, job.target, stage), job.target)
    return replace(landed, removed=landed.removed + removed, held_back=landed.held_back + held_back)


def _apply(job: Job, stage: str, rule: WriteRule, *, read: int) -> Landed:
    """Write the staged rows by a rule other than mirror."""
    table, target = job.table, job.link.target
    unchanged = _count_unchanged(job, stage) if job.count_unchanged else 0
    removed = 0
    held_back = _shrunk(job, read) if rule is WriteRule.REPLACE else 0
    if rule is WriteRule.APPEND:
        written = target.insert(table, Query(f"SELECT {target.listed(table.names)} FROM {stage}"))
    else:
        if rule is WriteRule.REPLACE and not held_back:
            removed = target.write(f"DELETE FROM {job.target}")
        source = _newer(job, stage) if rule is WriteRule.NEWEST else stage
        written = 0 if not read or target.is_empty(stage) else target.merge(table, source)
        held_back = held_back and target.count(job.target) - read
    seen = Query(f"SELECT * FROM {stage}")
    return Landed(seen, False, read, written, unchanged, removed, staged=True, held_back=held_back)  # noqa: FBT003


def _stage(job: Job, delta: Delta) -> str:
    """Bring the rows of all questions into the stage, each row once; refuse two rows with one key."""
    link, table = job.link, job.table
    stage = link.target.stage(_unknown(job, delta, link.incoming(_one(job, delta), table)))
    if not job.unique:
        refuse_broken_keys(job, stage)
    return stage


def _is_quiet(job: Job, delta: Delta) -> bool:
    """Tell whether a source in another engine has no row, which an index says sooner than a stream is opened."""
    link, cursor = job.link, job.table.cursor
    if link.attached or not cursor or not link.source.rereads("source", link.table, cursor):
        return False
    query = _one(job, delta)
    return not link.source.rows(f"SELECT 1 FROM ({query.sql}) AS q LIMIT 1", query.params)


def _unknown(job: Job, delta: Delta, incoming: Query) -> Query:
    """Leave out the rows whose digests the strategy knows; the digest tells cursor and content, so it is enough."""
    known = [digest for rows in delta.rows if isinstance(rows, Since) for digest in rows.but]
    if not known:
        return incoming
    target = job.link.target
    target.stage(Query("SELECT CAST(NULL AS BIGINT) AS " + DIGEST + " WHERE false"), KNOWN)
    table = target.temporary(KNOWN)
    for start in range(0, len(known), _AT_ONCE):
        values = ", ".join(f"({int(digest)})" for digest in known[start : start + _AT_ONCE])
        target.write(f"INSERT INTO {table} VALUES {values}")
    digest = target.digest(job.table.names, "i")
    return Query(
        f"SELECT * FROM ({incoming.sql}) AS i WHERE {digest} NOT IN (SELECT {DIGEST} FROM {table})",
        incoming.params,
    )


def refuse_broken_keys(job: Job, relation: str) -> None:
    """Refuse rows whose key is null or stands in several different rows."""
    target, key = job.link.target, job.table.key
    names = target.listed(key)
    nulls = " OR ".join(f"{target.quote(name)} IS NULL" for name in key)
    if target.rows(f"SELECT 1 FROM {relation} AS r WHERE {nulls} LIMIT 1"):
        raise Refused(f"the key {_spelled(key)} is missing or null in a row of the source: every row needs its key.")
    twice = target.rows(f"SELECT {names}, count(*) FROM {relation} AS r GROUP BY {names} HAVING count(*) > 1 LIMIT 1")
    if twice:
        *values, number = twice[0]
        shown = ", ".join(map(repr, values))
        raise Refused(
            f"the key {_spelled(key)} is not unique in the source: {number} rows have {shown}; "
            "name a key that tells them apart."
        )


def _spelled(key: tuple[str, ...]) -> str:
    return ", ".join(map(repr, key))


def _count_unchanged(job: Job, stage: str) -> int:
    target, table = job.link.target, job.table
    same = f"NOT {target.differ(table.payload, 's', 't')}" if table.payload else "true"
    joined = f"{stage} AS s JOIN {job.target} AS t ON {target.equal_keys(table.key, 's', 't')}"
    return target.count(f"{joined} WHERE {same}")


def _newer(job: Job, stage: str) -> str:
    """Leave out of the stage what is older than the target's version; return the rest as a relation."""
    target, table = job.link.target, job.table
    if table.cursor is None:
        raise Refused(
            "the write rule newest compares cursor values, and the table has no cursor: name one with --cursor."
        )
    one, other = f"s.{target.quote(table.cursor)}", f"t.{target.quote(table.cursor)}"
    if isinstance(job.scale, IsoText | MixedText):  # the target may hold stamps of another shape
        one, other = target.meaning(one), target.meaning(other)
    return (
        f"(SELECT s.* FROM {stage} AS s LEFT JOIN {job.target} AS t ON {target.equal_keys(table.key, 's', 't')}"
        f" WHERE ({one} < {other}) IS NOT TRUE)"
    )


def _mirror(job: Job, delta: Delta) -> Landed:
    """Write only what differs, and delete what was not among the rows read."""
    link, table, target = job.link, job.table, job.link.target
    if link.attached and job.unique and delta.rows == (Everything(),):
        relation = link.relation
    else:
        relation = target.stage(link.incoming(_one(job, delta), table), ARRIVED)
        if not job.unique:
            refuse_broken_keys(job, relation)
    stage = target.stage(target.differing(table.names, table.key, relation, job.target))
    read = target.count(relation)
    removed = held_back = 0
    if _some_are_gone(job, job.target, stage, read):
        removed, held_back = _remove(job, target.keys_missing(table.key, job.target, relation), job.target)
    written = target.merge(table, stage) if not target.is_empty(stage) else 0
    seen = Query(f"SELECT * FROM {relation}")
    return Landed(seen, False, read, written, removed=removed, held_back=held_back)  # noqa: FBT003


def _one(job: Job, delta: Delta) -> Query:
    """Return the rows of all questions, each row once.

    Equal rows are one: a row that answers two questions, or that a source without a key delivers twice.
    """
    queries = [job.link.question(job.table, job.scale, question) for question in delta.rows]
    joined = " UNION ".join(query.sql for query in queries)
    params = tuple(value for query in queries for value in query.params)
    return Query(joined if job.unique or len(queries) > 1 else f"SELECT DISTINCT * FROM ({joined}) AS j", params)


def _logged(job: Job, question: Logged, rule: WriteRule) -> Landed:
    """Write the rows that a change log names, and delete the keys that it names and the source does not have.

    The log's end is read first and the rows after it, so that no row can be older than the position that is remembered.
    Deletions come last: where two streams see two moments, theirs is the later. They are told by the log and not
    inferred, so that no number of them is too many; what is inferred from a read of everything may be held back, and
    then the position is not reached.
    """
    target, key = job.link.target, job.table.key
    reached = job.link.log(question.log).reach(question.after, key)
    if reached.whole:
        known = not target.is_empty(job.target)
        mirrored = WriteRule.MIRROR if known and rule is WriteRule.MERGE else rule
        landed = _plain(job, Delta((Everything(),), mirror=known), mirrored)
        return replace(landed, position=None if landed.held_back else reached.position)
    landed = _plain(job, Delta((question,)), rule)
    gone = target.stage(job.link.incoming(job.link.gone(job.table, question), job.table, key), LEFT)
    removed = 0 if target.is_empty(gone) else target.delete(key, job.target, gone)
    return replace(landed, removed=landed.removed + removed, position=reached.position)


def _changed(job: Job, delta: Delta, rule: WriteRule) -> Landed:
    """Write the rows whose digest differs from the remembered one, and delete the keys that are gone."""
    stage, keys, read = _stage_changed(job)
    key, target = job.table.key, job.link.target
    removed = held_back = 0
    if rule is WriteRule.MIRROR:
        rule = WriteRule.MERGE
        removed, held_back = _remove(job, target.keys_missing(key, job.target, stage), job.target)
    elif delta.remove and _some_are_gone(job, job.known, stage, read):
        removed, held_back = _remove(job, target.keys_missing(key, job.known, keys), job.known, job.target)
    landed = _apply(job, stage, rule, read=read)
    return replace(landed, removed=landed.removed + removed, held_back=landed.held_back + held_back)


def _stage_changed(job: Job) -> tuple[str, str, int]:
    """Stage the rows with another digest; return the stage, a relation of all keys, and how many rows were digested."""
    link, table, target = job.link, job.table, job.link.target
    everything = _one(job, Delta((Everything(),)))
    digested = f"SELECT {target.listed(table.key)}, {digest_of(job)} AS {DIGEST} FROM"
    if link.attached:
        keys = rows = link.relation if job.unique else f"({everything.sql})"
        digests = f"({digested} {keys})"
    else:
        keys = digests = target.stage(Query(f"{digested} ({link.incoming(everything, table).sql}) AS r"), ARRIVED)
    if not job.unique:
        refuse_broken_keys(job, keys)
    differing = target.stage(target.differing((*table.key, DIGEST), table.key, digests, job.known), DIFFERING)
    if not link.attached:
        # The stream is read a second time, and only if a digest differs: memory holds digests, not rows.
        quiet = target.is_empty(differing)
        rows = job.target if quiet else f"({link.incoming(everything, table).sql})"
    on = target.equal_keys(table.key, "d", "s")
    columns = target.listed(table.names, "s")
    stage = target.stage(Query(f"SELECT {columns}, d.{DIGEST} FROM {differing} AS d JOIN {rows} AS s ON {on}"))
    return stage, keys, target.count(keys)


def digest_of(job: Job) -> str:
    """Return the expression of the digest that is remembered beside a key; where all is key, the key's own."""
    payload = [column for column in job.table.columns if column.name not in job.table.key]
    return job.link.target.table_digest(payload or job.table.columns)


def _some_are_gone(job: Job, held: str, stage: str, read: int) -> bool:
    """Tell from counts alone whether a key that is held is missing; of the rows read, all new ones are in the stage."""
    target = job.link.target
    # The inner relation may have a column by the name of the outer one, and DuckDB would look for the key inside it.
    known = f"SELECT 1 FROM {held} AS d WHERE {target.equal_keys(job.table.key, 'incload_staged', 'd')}"
    new = target.count(f"{stage} AS incload_staged WHERE NOT EXISTS ({known})")
    return target.count(held) > read - new


def _remove(job: Job, keys: Query, *relations: str) -> tuple[int, int]:
    """Delete keys from relations, the target last; return how many rows left it and how many were held back."""
    target, key = job.link.target, job.table.key
    gone = target.stage(keys, GONE)
    if target.is_empty(gone):
        return 0, 0
    number = target.count(gone)
    if not job.may_remove(number, target.count(job.target)):
        return 0, number
    return [target.delete(key, relation, gone) for relation in relations][-1], 0


def remember_digests(job: Job, landed: Landed, *, afresh: bool) -> None:
    """Keep the digests of the rows read: of all of them afresh, or of those in the stage."""
    target, table = job.link.target, job.table
    columns = target.listed((*table.key, DIGEST))
    if afresh:
        relation = landed.seen.sql if job.link.attached or not landed.in_source else f"SELECT * FROM {job.target}"
        digest = digest_of(job)
        target.write(
            f"INSERT INTO {job.known} ({columns}) SELECT {target.listed(table.key)}, {digest} FROM ({relation}) AS r",
            landed.seen.params if relation == landed.seen.sql else (),
        )
        if landed.held_back:  # what was held back may be removed later, and only a digest says that it is there
            known = f"SELECT 1 FROM {job.known} AS d WHERE {target.equal_keys(table.key, 't', 'd')}"
            kept = f"SELECT t.* FROM {job.target} AS t WHERE NOT EXISTS ({known})"
            target.write(
                f"INSERT INTO {job.known} ({columns}) SELECT {target.listed(table.key)}, {digest} FROM ({kept}) AS k"
            )
    elif landed.written:
        target.merge(job.digests, f"({landed.seen.sql})")
