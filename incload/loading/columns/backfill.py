"""New columns of rows that a sync does not read: filled from the source when that is asked for, else reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.engines.capabilities import AtomicState
from incload.engines.session import Query
from incload.errors import Refused, unknown
from incload.loading.writing.staging import each_once
from incload.strategy import Changed, Differing, Everything, WriteRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.loading.plan import Plan
    from incload.loading.writing.job import WriteJob
    from incload.strategy import Delta
    from incload.table import Table

_STAGE = "incload_backfill"


def columns_to_fill(plan: Plan, table: Table, added: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that are to be filled; refuse those that cannot be."""
    if plan.backfill is None:
        return ()
    if plan.rule is WriteRule.APPEND:
        raise Refused(
            "--backfill-columns finds rows by their key, and the write rule append may hold several rows of a key: "
            "load with another write rule, or leave it out."
        )
    for name in plan.backfill:
        if name in table.key:
            raise Refused(f"--backfill-columns names the key column {name!r}, by which rows are found: leave it out.")
        if name not in table.names:
            raise unknown("column in --backfill-columns", name, table.payload)
    return plan.backfill or tuple(added)


def backfill(job: WriteJob, names: tuple[str, ...]) -> int:
    """Give the rows of the target the source's values of some columns; return how many rows changed by it."""
    if not names:
        return 0
    connections, table, target = job.connections, job.table, job.connections.target
    if target.capabilities.atomic_state is not AtomicState.TRANSACTION:
        raise Refused(f"{target.engine} cannot fill columns of {table.name!r} beside a sync: load into a new table.")
    columns = (*table.key, *names)
    query = Query(f"SELECT {connections.source.listed(columns)} FROM {connections.relation} AS r")
    stage = target.stage(connections.incoming(query, table, columns), _STAGE)
    if not job.unique:
        stage = each_once(job, stage, columns)
    sets = ", ".join(f"{target.quote(name)} = s.{target.quote(name)}" for name in names)
    return target.write(
        f"UPDATE {job.target} AS t SET {sets} FROM {stage} AS s"
        f" WHERE {target.equal_keys(table.key, 't', 's')} AND {target.differ(names, 't', 's')}"
    )


def unfilled(job: WriteJob, delta: Delta, added: Sequence[str]) -> tuple[str, ...]:
    """Say of each new column that the source has more values in it than the target, if not every row was read."""
    if delta.mirror or any(isinstance(rows, Everything | Changed | Differing) for rows in delta.rows):
        return ()
    return tuple(filter(None, (_unfilled(job, name) for name in added)))


def _unfilled(job: WriteJob, name: str) -> str:
    source, target = job.connections.source, job.connections.target
    ((there,),) = source.rows(f"SELECT count({source.quote(name)}) FROM {job.connections.relation} AS r")
    ((here,),) = target.rows(f"SELECT count({target.quote(name)}) FROM {job.target}")
    if int(str(there)) <= int(str(here)):
        return ""
    return (
        f"the source has {there} values in the new column {name!r} and {job.table.name!r} has {here}, because rows "
        f"that were loaded before keep null: load once with --backfill-columns {name}."
    )
