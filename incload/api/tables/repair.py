"""`incload.repair`: audit a copy, and write exactly its wrong rows into it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Unpack, cast

from incload.api.audit import AuditOptions, run_audit, wanted_of
from incload.api.options import check_names, layout_of, one_of
from incload.auditing.compare_tables import Hooks
from incload.engines.capabilities import AtomicState
from incload.engines.driver_errors import reason
from incload.engines.endpoints import locate
from incload.engines.registry import session_type
from incload.errors import Refused, Unable
from incload.loading.plan import Choice, Guards, Plan
from incload.repairing.account import Action, Duplicates, RepairResult, WrongKey, confirmed, summed
from incload.strategy import WriteRule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from incload.auditing.causes import Verdict
    from incload.auditing.result import AuditResult
    from incload.auditing.wrong_rows import WrongRow
    from incload.engines.digests.forms import Pair
    from incload.engines.endpoint import Endpoint
    from incload.repairing.account import RepairedRow


class RepairOptions(AuditOptions, total=False):
    """The named options of `incload.repair`: those of `incload.audit`, and what is done about wrong rows.

    Attributes:
        dry_run: Whether everything is undone at the end.
        duplicates: What becomes of keys of which the copy has several rows: `replace`, `keep-newest` (by the cursor) or
            `leave`; such a copy is refused by default.
        allow_removals: Whether any number of rows may leave the copy.
    """

    dry_run: bool
    duplicates: Literal["replace", "keep-newest", "leave"] | None
    allow_removals: bool


OWN = ("dry_run", "duplicates", "allow_removals")
"""The options that an audit does not have."""


@dataclass(slots=True)
class _Found:
    """The wrong rows of an audit, and the columns of the key."""

    keys: list[WrongKey] = field(default_factory=list)
    pairs: tuple[Pair, ...] = ()

    def keep(self, row: WrongRow, pairs: tuple[Pair, ...], verdict: Verdict) -> None:
        """Keep a wrong row."""
        self.pairs = pairs[: len(row.key)]
        self.keys.append(WrongKey.of(row, pairs, verdict))


def repair(source: str | Path, copy: str | Path, **options: Unpack[RepairOptions]) -> RepairResult:
    """Audit a copy, write exactly its wrong rows into it in one transaction, and audit it again.

    The source is only read. A repair that fails leaves the copy as it was.

    Args:
        source: The URL of a table, such as `sqlite:///shop.db?table=orders`, or a file of records.
        copy: The URL of a table of any engine.
        **options: See `RepairOptions`; `key` is required.

    Raises:
        Refused: For tables that cannot be compared or repaired; nothing was written then.
    """
    check_names("repair", options, RepairOptions)
    return run_repair(str(source), str(copy), options)


def run_repair(
    source: str,
    copy: str,
    options: RepairOptions,
    wait: Callable[[float], None] = time.sleep,
    at: Callable[[int, int], None] | None = None,
) -> RepairResult:
    """Run a repair; `wait` and `at` are those of the audits before and after it."""
    duplicates = _duplicates(options)
    _refuse_renamed(options)
    _refuse_without_transaction(locate(copy))
    asked = cast("AuditOptions", {name: value for name, value in options.items() if name not in OWN})
    found = _Found()
    before = run_audit(source, copy, asked, Hooks(wait, found.keep, at))
    _refuse_duplicates(found, before, duplicates)
    lasting = not options.get("dry_run", False)
    rows: tuple[RepairedRow, ...] = ()
    if found.keys:
        rows = _repaired((locate(source), locate(copy)), options, found, duplicates)
    again = _Found()
    # A dry run has written nothing, and is audited again only for rows that it calls right.
    is_asked = bool(found.keys) if lasting else any(row.action == Action.RIGHT for row in rows)
    after = run_audit(source, copy, asked, Hooks(wait, again.keep, at)) if is_asked else None
    rows = confirmed(rows, found.keys, {each.texts for each in again.keys}) if rows else rows
    after = after if lasting else None
    return RepairResult(
        table=before.copy, dry_run=not lasting, key=before.key, rows=rows, before=before, after=after, **summed(rows)
    )


def _duplicates(options: RepairOptions) -> Duplicates | None:
    given = options.get("duplicates")
    if given is None:
        return None
    chosen = Duplicates(one_of("duplicates", given, list(Duplicates)))
    if chosen is Duplicates.KEEP_NEWEST and not options.get("cursor"):
        raise Refused("--duplicates keep-newest keeps the row with the largest cursor: name the column with --cursor.")
    return chosen


def _refuse_renamed(options: RepairOptions) -> None:
    for name in ("sample", "since"):
        if options.get(name):
            raise Refused(f"--{name} leaves rows out, and a repair is of the whole copy: leave it out, or use --where.")
    for name, other in (options.get("rename") or {}).items():
        if name != other:
            raise Refused(
                f"--rename {name}={other} is for audits alone: repair from a view of the source that calls the column "
                f"{other!r}."
            )


def _refuse_without_transaction(copy: Endpoint) -> None:
    if session_type(copy.engine).capabilities.atomic_state is not AtomicState.TRANSACTION:
        raise Unable(
            f"a repair writes in one transaction, which the copy's engine {copy.engine} does not have: load it again "
            "with --strategy full_refresh --write-rule replace."
        )


def _refuse_duplicates(found: _Found, before: AuditResult, duplicates: Duplicates | None) -> None:
    several = next((each for each in found.keys if "duplicated" in each.kinds and "phantom" not in each.kinds), None)
    if several is None or duplicates:
        return
    key = ", ".join(f"{name} = {value}" for name, value in zip(before.key, several.key, strict=True))
    raise Refused(
        f"the copy has {before.duplicated} rows that duplicate a key, such as {key}: say what becomes of them, with "
        "--duplicates replace (the source's row takes their place), keep-newest (by the cursor) or leave."
    )


def _repaired(
    ends: tuple[Endpoint, Endpoint], options: RepairOptions, found: _Found, duplicates: Duplicates | None
) -> tuple[RepairedRow, ...]:
    from incload.loading.columns.choosing import choose
    from incload.loading.opening import connect, empty_as_target, resolve_table_name
    from incload.repairing.writing import Work, repair

    source, copy = ends
    plan = _plan(options, copy.table or source.table or "")
    copy = replace(cast("Any", copy), table=None)
    errors = tuple({session_type(end.engine).error for end in ends})
    try:
        connections = connect(source, copy, plan, as_held=True)
        try:
            plan = replace(plan, name=resolve_table_name(connections.target, plan.name))
            if connections.records == 0 and empty_as_target(connections, plan.name):
                plan = _careful(plan)
            connections = choose(connections, plan)
            work = Work(found.keys, found.pairs, duplicates, filtered=bool(options.get("where")))
            return repair(connections, plan, work, lasting=not options.get("dry_run", False))
        finally:
            connections.close()
    except errors as error:
        raise Refused(f"repairing {copy.shown} from {source.shown} failed: {reason(error)}") from error


def _careful(plan: Plan) -> Plan:
    """Return the plan under which no row leaves for a file without records unless that is let pass, as in a load."""
    return replace(plan, guards=replace(plan.guards, percent=0, rows=0))


def _plan(options: RepairOptions, table: str) -> Plan:
    from incload.registry import strategy

    wanted = wanted_of(options)
    return Plan(
        name=table,
        key=wanted.key,
        cursor=wanted.cursor,
        strategy=strategy("full_refresh"),
        write_rule=WriteRule.MERGE,
        guards=Guards(allow_removals=bool(options.get("allow_removals"))),
        # A row that has left the condition of --where is still in the source: rows are read again from all of it.
        choice=Choice(wanted.columns, wanted.exclude, options.get("source_where")),
        types=tuple((wanted.types or {}).items()),
        layout=layout_of(options),
    )
