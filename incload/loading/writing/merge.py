"""Staged rows enter the target by a write rule other than mirror."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.cursor import IsoText, MixedText
from incload.engines.contract import WriteIntent
from incload.engines.session import Query
from incload.errors import Refused
from incload.exact_numbers import ExactNumbers
from incload.loading.writing.deletes import shrunk
from incload.loading.writing.job import PreparedWrite
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from incload.loading.writing.job import WriteJob


def prepare(job: WriteJob, stage: str, rule: WriteRule, *, read: int) -> PreparedWrite:
    """Say what becomes of the target by staged rows and a rule other than mirror."""
    target = job.connections.target
    unchanged = _count_unchanged(job, stage) if job.count_unchanged else 0
    held_back = shrunk(job, read) if rule is WriteRule.REPLACE else 0
    source = _newer(job, stage) if rule is WriteRule.NEWEST else stage
    rows = source if read and not target.is_empty(stage) else None
    intent = WriteIntent(job.table, rule, rows, clear=rule is WriteRule.REPLACE and not held_back)
    if held_back:
        missing = target.keys_missing(job.table.key, job.target, stage)
        held_back = target.count(f"({missing.sql}) AS m", missing.params)
    return PreparedWrite(Query(f"SELECT * FROM {stage}"), False, read, intent, unchanged, held_back)  # noqa: FBT003


def _count_unchanged(job: WriteJob, stage: str) -> int:
    target, table = job.connections.target, job.table
    contents = target.contents(table.names, table.key)
    same = f"NOT {target.differ(contents, 's', 't')}" if contents else "true"
    joined = f"{stage} AS s JOIN {job.target} AS t ON {target.equal_keys(table.key, 's', 't')}"
    return target.count(f"{joined} WHERE {same}")


def _newer(job: WriteJob, stage: str) -> str:
    """Leave out of the stage what is older than the target's version; return the rest as a relation."""
    target, table = job.connections.target, job.table
    if table.cursor is None:
        raise Refused(
            "the write rule newest compares cursor values, and the table has no cursor: name one with --cursor."
        )
    one, other = f"s.{target.quote(table.cursor)}", f"t.{target.quote(table.cursor)}"
    if isinstance(job.scale, IsoText | MixedText):  # the target may hold timestamps of another shape
        one, other = target.meaning(one), target.meaning(other)
    if isinstance(job.scale, ExactNumbers):
        declared = target.type_name(table.column(table.cursor), job.connections.origin)
        one, other = (target.exact(each, job.scale, declared) for each in (one, other))
    return (
        f"(SELECT s.* FROM {stage} AS s LEFT JOIN {job.target} AS t ON {target.equal_keys(table.key, 's', 't')}"
        f" WHERE ({one} < {other}) IS NOT TRUE)"
    )
