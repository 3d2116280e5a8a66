"""One load from the outside: open both ends, run one sync, say what it did, and leave nothing behind that fails.

A target file that this load created and then could not fill is removed again, unless another process has filled it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from time import monotonic
from typing import TYPE_CHECKING

from incload.engines.driver_errors import clashes, reason
from incload.engines.registry import session_type
from incload.errors import Refused
from incload.loading import promises
from incload.loading.columns.choosing import choose
from incload.loading.columns.describing import NO_SCHEMA, describe
from incload.loading.guards import mismatch
from incload.loading.opening import connect, empty_as_target, reopen, resolve_table_name
from incload.loading.sync import sync
from incload.records import replace
from incload.registry import spelled
from incload.strategy import WriteRule
from incload.terminal.logs import log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.engines.endpoint import Endpoint
    from incload.loading.connections import Connections
    from incload.loading.plan import Plan
    from incload.loading.synced import Synced


@dataclass(frozen=True, slots=True)
class LoadSummary:
    """What one load did, for people and for `--output`.

    Attributes:
        table, strategy, write_rule: What was loaded, and how.
        source_records: Records in the source; None for a database that was not asked to count.
        loaded: Rows read and written.
        skipped: Records that were not; None where the source was not counted.
        removed: Rows deleted from the target.
        previous_watermark, new_watermark: As the source writes its cursor; None for a strategy without one.
        total_in_target: Rows of the target afterwards; None where counting them would read all of them and was
            not requested.
        state: `written`, or `untouched` by a run with nothing new to save.
        dry_run: Whether nothing was changed.
        warnings: What was noticed and let pass, a sentence each.
        held_back: Rows that the source no longer has and the target keeps, because they are too many to go unasked.
        held_columns: Columns that the source no longer has and whose values the target keeps.
        backfilled: Rows that were not read and were given values of columns that they lacked.
    """

    table: str
    strategy: str
    write_rule: str
    source_records: int | None
    loaded: int
    skipped: int | None
    removed: int
    previous_watermark: object
    new_watermark: object
    total_in_target: int | None
    state: str
    dry_run: bool
    warnings: tuple[str, ...] = ()
    held_back: int = 0
    held_columns: tuple[str, ...] = ()
    backfilled: int = 0

    def to_dict(self) -> dict[str, object]:
        """Return the summary as plain values, as `--output` writes it."""
        return asdict(self)


def load(source: Endpoint, target: Endpoint, plan: Plan, *, dry_run: bool = False, count: bool = False) -> LoadSummary:
    """Bring one table up to date by one sync.

    With `dry_run` everything is done and then undone. With `count` the rows of both ends are counted, which reads all
    of them. Raises `Refused` for anything that stands in the way; the target is then as it was before.
    """
    unfit, started = mismatch(plan), monotonic()
    log("%s: %s from %s into %s", plan.name, plan.strategy.id, source.shown, target.shown)
    with _untouched_on_failure(target) as filled, _one_sentence(source, target, plan):
        connections = connect(source, target, plan)
        opened = target.identity()
        try:
            origin = f"{source.origin(connections.table)}{plan.choice.mark}"
            plan = replace(
                plan,
                name=resolve_table_name(connections.target, plan.name),
                origin=origin,
                spelled=spelled(plan.strategy),
            )
            if connections.records == 0 and not _emptied(connections, plan):
                return _with_warning(unfit, _nothing(connections, source, plan, dry_run=dry_run))
            connections = choose(connections, plan)
            source_records = _counted(connections, plan, count=count)
            dotted = _dotted(connections, plan)
            synced = sync(connections, plan, commit=not dry_run)
            if target.identity() != opened:
                raise Refused(f"the target {target.shown} was removed while it was being loaded: load again.")
            filled.append(not dry_run)
            summary = _summary(connections, plan, synced, source_records, dry_run=dry_run)
            unequal = "" if dry_run else promises.unequal(connections, plan, summary)
            summary = replace(summary, warnings=(*connections.notes, *summary.warnings))
            _log_sync(plan, synced, monotonic() - started)
            return _with_warning(unfit, _with_warning(dotted, _with_warning(unequal, summary)))
        finally:
            connections.close()


def _log_sync(plan: Plan, synced: Synced, seconds: float) -> None:
    """Log what the strategy asked for and what came of it."""
    asked = ", ".join(map(str, synced.delta.rows)) or "nothing"
    line = "%s: asked for %s; read %s rows in %s queries, wrote %s, removed %s, in %.3f s"
    log(line, plan.name, asked, synced.read, synced.queries, synced.written, synced.removed, seconds)


def _counted(connections: Connections, plan: Plan, *, count: bool) -> int | None:
    """Return how many rows the source has, where a file says it or it is to be counted."""
    if connections.records is not None or not count:
        return connections.records
    describe(connections, plan)  # refuses a table that is not there
    return connections.source.count(connections.relation)


def _with_warning(known: str, summary: LoadSummary) -> LoadSummary:
    """Put what was known before anything was read in front of what was noticed."""
    return replace(summary, warnings=(known, *summary.warnings)) if known else summary


def _dotted(connections: Connections, plan: Plan) -> str:
    """Say of a table that is to be made that its name, dot and all, is its name."""
    if "." not in plan.name or connections.target.capabilities.names_namespaces:
        return ""
    if connections.target.columns("target", plan.name) is not None:
        return ""
    return f"table {plan.name!r} is new, and the dot is in its name. {NO_SCHEMA}."


def _summary(
    connections: Connections, plan: Plan, synced: Synced, source_records: int | None, *, dry_run: bool
) -> LoadSummary:
    known = synced.total_before if dry_run else synced.total
    is_cheap = source_records is not None or connections.target.capabilities.counts_at_once
    return LoadSummary(
        table=plan.name,
        strategy=plan.strategy.id,
        write_rule=plan.rule,
        source_records=source_records,
        loaded=synced.written,
        skipped=None if source_records is None else source_records - synced.written,
        removed=synced.removed,
        previous_watermark=synced.previous_watermark,
        new_watermark=synced.new_watermark,
        total_in_target=_total(connections, plan) if known is None and is_cheap else known,
        state="written" if synced.remembered else "untouched",
        dry_run=dry_run,
        warnings=synced.warnings,
        held_back=synced.held_back,
        held_columns=synced.held_columns,
        backfilled=synced.backfilled,
    )


def _removes(plan: Plan) -> bool:
    """Return whether rows that the source does not have leave the target."""
    return plan.strategy.removes_rows or plan.rule in {WriteRule.REPLACE, WriteRule.MIRROR}


def _emptied(connections: Connections, plan: Plan) -> bool:
    """Return whether a file without records is taken for a table that was emptied, and make it one in the source."""
    return plan.guards.allow_removals and _removes(plan) and empty_as_target(connections, plan.name)


def _nothing(connections: Connections, source: Endpoint, plan: Plan, *, dry_run: bool) -> LoadSummary:
    """A file without a record says nothing about the table: do nothing, and say what was kept."""
    total = _total(connections, plan)
    kept = (
        f"{source.shown} holds no record, and the {total} rows of {plan.name!r} were kept: "
        "if they are really gone, load with --allow-removals."
    )
    reported = total and _removes(plan)
    warnings = (kept,) if reported else ()
    return LoadSummary(
        plan.name, plan.strategy.id, plan.rule, 0, 0, 0, 0, None, None, total, "untouched", dry_run, warnings
    )


def _total(connections: Connections, plan: Plan) -> int:
    if connections.target.columns("target", plan.name) is None:
        return 0
    return connections.target.count(connections.target.name("target", plan.name))


@contextmanager
def _untouched_on_failure(target: Endpoint) -> Iterator[list[bool]]:
    """Remove the target that this load created, unless the list that is yielded says that it was filled."""
    existed = target.is_there
    filled: list[bool] = []
    try:
        yield filled
    finally:
        if not existed and not any(filled) and target.is_there:
            _remove_if_blank(target)


def _remove_if_blank(target: Endpoint) -> None:
    """Remove a database without a table while no other process can write it; leave one that is in use."""
    try:
        session = reopen(target)
    except (Refused, session_type(target.engine).error):
        return  # it is no longer ours
    try:
        session.begin("")
        if not session.tables("target"):
            target.remove()
    finally:
        session.rollback()
        session.close()


@contextmanager
def _one_sentence(source: Endpoint, target: Endpoint, plan: Plan) -> Iterator[None]:
    """Turn what a driver raises into a refusal that names the two ends."""
    errors = tuple({session_type(end.engine).error for end in (source, target)})
    try:
        yield
    except errors as error:
        if plan.rule is WriteRule.APPEND and clashes(error):
            raise Refused(
                f"a row that was read has the key of one that stands in {plan.name!r} of {target.shown}, whose primary "
                "key takes each once: load with --write-rule merge, or append to another table."
            ) from error
        raise Refused(f"loading {source.shown} into {target.shown} failed: {reason(error)}") from error
