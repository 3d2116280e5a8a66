"""The guards: what a sync refuses, reports or holds back because it is more likely an accident than meant.

Each is on unless the plan's `Guards` lets it pass, and says in one sentence what it saw and how to let it pass. None
reads a table that the sync would not have read: what would cost a scan is not asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.assumptions import Assumption
from incload.cursor import UNITS, IsoText, MixedText, Scale, Timestamps, no_place
from incload.errors import Refused
from incload.removal_limit import within_limit
from incload.strategy import Differing, Everything, State, WriteRule, needs_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.loading.plan import Guards, Plan
    from incload.loading.state.store import StateStore
    from incload.loading.writing.job import PreparedWrite, WriteJob
    from incload.strategy import Delta, Position, Strategy

_DAY = 86_400
_RECENT_SECONDS = 30 * 365 * _DAY
"""Tables that are loaded have rows of after 1999."""
_LACKING = {"NaN": "NaN", "infinity": "time without end", "-infinity": "time without beginning"}
"""What may become null in a target, and what the target lacks then."""
FARTHEST_ZONE_HOURS = 14
"""How far a clock of local time is ahead of UTC at most; timestamps without a zone may come from it."""


def may_remove(guards: Guards) -> Callable[[int, int], bool]:
    """Return a function that says whether so many rows may leave a target that holds so many."""

    def allowed(count: int, total: int) -> bool:
        return guards.allow_removals or within_limit(count, total, guards.percent, guards.rows)

    return allowed


def mismatch(plan: Plan) -> str:
    """Say what the write rule needs and the strategy breaks by design; refuse a rule that would remove rows for it.

    Both are declared by the strategy and the rule themselves, so that nothing has to be read to know it.
    """
    broken = _broken(plan.strategy, plan.rule)
    if not broken:
        return ""
    fitting = [rule for rule in (plan.strategy.write_rule, *WriteRule) if not _broken(plan.strategy, rule)]
    remedy = f"load with --write-rule {fitting[0]}" if fitting else "choose another strategy"
    needed = " and that ".join(f"{assumption} ({assumption.name})" for assumption in broken)
    said = f"write rule {plan.rule.value!r} needs that {needed}, and strategy {plan.strategy.id!r} breaks it by design"
    if Assumption.WHOLE_READ not in broken:
        return f"{said}, so that the copy may go wrong: {remedy}."
    if plan.guards.allow_mismatch:
        return f"{said}, so that rows that a sync does not read leave the copy: {remedy}."
    raise Refused(
        f"{said}: rows that a sync does not read would leave the copy, and nothing was loaded; {remedy}, "
        "or, if that is meant, with --allow-mismatch."
    )


def _broken(strategy: Strategy, rule: WriteRule) -> list[Assumption]:
    """Return what a strategy breaks by design of what it and a write rule need, in the order of their names."""
    return sorted({need.assumption for need in needs_of(strategy, rule)} & strategy.breaks, key=lambda each: each.name)


def refuse_backwards(plan: Plan, scale: Scale | None, before: State, after: State) -> None:
    """Refuse a state whose watermark lies behind the one before it, or that has lost it."""
    if plan.guards.allow_backwards or scale is None or before.watermark is None:
        return
    if after.watermark is None or after.watermark < before.watermark:
        raise Refused(
            f"strategy {plan.strategy.name!r} would move the watermark of {plan.name!r} backwards, from "
            f"{scale.shown(before.watermark)} to {scale.shown(after.watermark)}, and nothing was loaded: "
            "if that is meant, load with --allow-backwards."
        )


def refuse_endless(job: WriteJob) -> None:
    """Refuse a cursor value without a place in an order, of which the target has made a null."""
    if job.scale is None or job.table.cursor is None:
        return
    for value in sorted({"NaN", "infinity"} & job.connections.target.nulled.get(job.table.cursor, set())):
        raise no_place(value)


def warnings(job: WriteJob, plan: Plan, prepared: PreparedWrite, after: State, clock: int) -> tuple[str, ...]:
    """Return what is to be reported of a sync, a sentence each.

    Args:
        job: The load.
        plan: Its plan.
        prepared: What is to be written.
        after: The state that it leaves.
        clock: What the source's clock showed when the sync began, in microseconds since 1970-01-01 UTC.
    """
    unit = _other_unit(job, plan, after.watermark, clock)
    found = (
        *(_held_back(plan, prepared), _read_whole(plan, prepared)),
        *(_nulled(job), unit, _ahead(job, plan, prepared, after.watermark, clock)),
    )
    return tuple(sentence for sentence in found if sentence)


def about_emptied(
    job: WriteJob, prepared: PreparedWrite, delta: Delta, before: State, store: StateStore
) -> tuple[str, ...]:
    """Report a target without rows whose state says that there were some, unless all rows were just read."""
    if not prepared.fresh or before == State() or {Everything(), Differing()} & {*delta.rows}:
        return ()
    if job.connections.source.is_empty(job.connections.relation):
        return ()
    said = f"table {job.table.name!r} of the target was empty, and the state says that rows were loaded into it"
    return (f"{said}, which are not read again: if they are to come back, {store.remedy}.",)


def _held_back(plan: Plan, prepared: PreparedWrite) -> str:
    if not prepared.held_back:
        return ""
    return (
        f"{prepared.held_back} rows of {plan.name!r} that the source no longer has were kept, because they are more "
        f"than {plan.guards.percent} % of it, as after a read that was cut short: "
        "if they are really gone, load with --allow-removals."
    )


def _read_whole(plan: Plan, prepared: PreparedWrite) -> str:
    return prepared.why_all and f"All of {plan.name!r} was read, because {prepared.why_all}."


def _nulled(job: WriteJob) -> str:
    nulled, sentences = job.connections.target.nulled, []
    if not nulled:
        return ""
    for what, lacks in _LACKING.items():
        names = ", ".join(repr(name) for name in job.table.names if what in nulled.get(name, ()))
        if names:
            said = (
                f"{what} in column {names} of {job.table.name!r} became null, because {job.connections.target.engine}"
            )
            sentences.append(f"{said} has no {lacks}.")
    return " ".join(sentences)


def _other_unit(job: WriteJob, plan: Plan, watermark: Position | None, clock: int) -> str:
    """Report an integer cursor whose newest value is of 1970, counted as the user says, and of today in a coarser unit.

    With a unit that is too fine a window is wider than was meant and a delay is none at all; one that is too coarse is
    ahead of the clock, which is another report.
    """
    scale = job.scale
    if type(scale) is not Scale or scale.per_second is None or watermark is None:
        return ""
    if watermark >= _RECENT_SECONDS * scale.per_second:
        return ""
    now = clock // UNITS["us"]
    fitting = [unit for unit, per_second in UNITS.items() if _RECENT_SECONDS <= watermark // per_second <= now + _DAY]
    return (
        f"the newest {plan.cursor} of {plan.name!r}, {watermark}, would be of {_day(watermark, scale.per_second)} as "
        f"--cursor-unit says, and of {_day(watermark, UNITS[fitting[0]])} if it counted {fitting[0]}: check the unit, "
        "by which windows and delays are measured."
        if fitting
        else ""
    )


def _day(position: Position, per_second: int) -> str:
    return str(Timestamps(UNITS["s"]).shown(int(position // per_second))).partition("T")[0]


def _ahead(job: WriteJob, plan: Plan, prepared: PreparedWrite, watermark: Position | None, clock: int) -> str:
    """Report a watermark ahead of the source's clock, or, where nothing was read, of all that the source has."""
    scale = job.scale
    if plan.guards.allow_ahead or scale is None or watermark is None:
        return ""
    if _needs(plan.strategy, Assumption.CURSOR_NOT_IN_FUTURE) and scale.per_second is not None:
        now = clock * scale.per_second // UNITS["us"]
        if watermark > now + _slack(scale):
            return _passed_over(plan, scale, watermark, f"the source's clock ({scale.shown(now)})")
    if _needs(plan.strategy, Assumption.STATE_NOT_AHEAD) and not prepared.read:
        largest = _largest(job, prepared, scale)
        if largest is not None and watermark > largest:
            return _passed_over(plan, scale, watermark, f"all that the source holds (up to {scale.shown(largest)})")
    return ""


def _needs(strategy: Strategy, assumption: Assumption) -> bool:
    return any(need.assumption is assumption for need in strategy.needs)


def _slack(scale: Scale) -> int:
    """Return how many ticks a timestamp may be ahead of UTC and still be of now."""
    local = isinstance(scale, Timestamps) or (isinstance(scale, IsoText | MixedText) and not scale.zoned)
    return FARTHEST_ZONE_HOURS * 3600 * (scale.per_second or 1) if local else 0


def _passed_over(plan: Plan, scale: Scale, watermark: Position, behind: str) -> str:
    return (
        f"the watermark {scale.shown(watermark)} of {plan.name!r} is ahead of {behind}: rows with a smaller "
        f"{plan.cursor} may be passed over; put it back with `incload state`, or say no more with --allow-ahead."
    )


def _largest(job: WriteJob, prepared: PreparedWrite, scale: Scale) -> Position | None:
    """Return the source's largest cursor value, if an index gives it or the table is small; else None."""
    table, source = job.table, job.connections.source
    column = table.column(table.cursor or "")
    if not prepared.largest and not source.looks.finds_largest("source", job.connections.table, column.name):
        return None
    maximum = source.cursor(column.name, scale, column.declared).maximum
    (found,) = prepared.largest or source.rows(f"SELECT {maximum} FROM {job.connections.relation} AS r")[0]
    return None if found is None else scale.position(found)
