"""A real history lived again: every strategy follows it in lock-step, over one pass of its snapshots.

The source is brought from snapshot to snapshot; after each, every strategy syncs its own copy, and the copy is audited.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incload.assumptions import Assumption
from incload.contenders.native import EVERYTHING_PASSES, NativeContender
from incload.harness.replays.lockstep import follow
from incload.harness.replays.window_check import confirm, window_strategy
from incload.harness.replays.worst_rows import worst_stories
from incload.harness.trials.error_timeline import counts
from incload.history.lag_profile import WINDOWS, Profiler
from incload.history.recorded.evidence import doubtful_times, without_change, without_times
from incload.report.replay.record import Replayed
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from incload.contenders.contender import Contender
    from incload.harness.replays.follower import Followed
    from incload.harness.replays.lockstep import Member
    from incload.history.history import History
    from incload.history.lag import Sync
    from incload.history.lag_profile import Lateness
    from incload.history.recorded.read_log import ReadLog
    from incload.report.replay.facts import TriedWindow, WorstRow
    from incload.strategy import Strategy
    from incload.table import Table

SQLITE = (("sqlite", "sqlite"),)
"""The pair of engines that is replayed when none is named."""


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """How a history is replayed.

    Attributes:
        pairs: Between which engines, source first.
        windows: Which lookback windows are predicted, and tried on the first pair.
        workers: In how many processes the strategies are run.
    """

    pairs: Sequence[tuple[str, str]] = SQLITE
    windows: Sequence[timedelta] = WINDOWS
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay showed.

    Attributes:
        rows: One record for each strategy and pair of engines, in the order in which they were asked for.
        lateness: How the changes of the history lie.
        windows: What was predicted for each window, and what was observed.
        worst: The rows that were wrong for the longest, over all strategies of the first pair, with their stories.
    """

    rows: tuple[Replayed, ...]
    lateness: Lateness
    windows: tuple[TriedWindow, ...]
    worst: tuple[WorstRow, ...]


def replay(
    history: History, account: ReadLog, strategies: Sequence[Strategy], plan: ReplayPlan = ReplayPlan()
) -> Replay:
    """Replay a history, whose ticks are taken as they come, and account for it.

    Args:
        history: What happened.
        account: What was met on the way to it; it is complete when the last tick has been taken.
        strategies: Who follows it.
        plan: Between which engines, and with which windows.

    Raises:
        AuditsDisagree: When two audits of one copy differ.
    """
    pairs, windows = plan.pairs, plan.windows
    profiler, clocks = Profiler(windows), list[int]()

    def see(sync: Sync) -> None:
        profiler.see(sync)
        clocks.append(sync.clock)

    asked = [(pair, follower(strategy)) for pair in pairs for strategy in strategies]
    applied = [member for member in asked if not not_applicable(member[1], history.table)]
    cursor = history.table.cursor or ""
    tried = {window: (pairs[0], follower(window_strategy(window))) for window in windows}
    followed = follow(history, list(dict.fromkeys([*applied, *tried.values()])), see, plan.workers)
    lateness = profiler.lateness()
    blind = without_times(account, cursor)
    described = [member for member in applied if member[0] == pairs[0] and not (blind and uses_cursor(member[1]))]
    return Replay(
        tuple(_record(member, followed.get(member), history.table, account, lateness) for member in asked),
        lateness,
        tuple(confirm(profiler.windows[window], followed[member]) for window, member in tried.items()),
        worst_stories([followed[member] for member in described], clocks, history.table),
    )


def follower(strategy: Strategy) -> NativeContender:
    """Return a strategy as it follows a history that really happened: no guard holds anything back."""
    return NativeContender(strategy, guards=EVERYTHING_PASSES)


def uses_cursor(contender: Contender) -> bool:
    """Return whether a contender goes by the cursor, or may: one that claims nothing may."""
    return contender.claims is None or contender.claims.uses_cursor


def not_applicable(contender: Contender, table: Table) -> str:
    """Say why a contender cannot follow a table at all; empty when it can."""
    if table.cursor is None and uses_cursor(contender):
        return "it goes by a cursor column, and none was named: name one with --cursor"
    needs = {need.assumption for need in contender.claims.needs} if contender.claims else set()
    if Assumption.KEYS_NEAR in needs and [table.column(name).kind for name in table.key] != [Kind.INTEGER]:
        return "it asks again for numbers that were passed over, and the key is not one column of whole numbers"
    by_key = Assumption.KEYS_IN_COMMIT_ORDER in needs
    texts = [name for name in table.key if table.column(name).kind is Kind.TEXT]
    if by_key and texts:
        return f"it goes by the order of the keys, and that of the texts in {texts[0]} says nothing about time"
    return ""


def _record(member: Member, followed: Followed | None, table: Table, account: ReadLog, lateness: Lateness) -> Replayed:
    """Return the record of a strategy, whether it was under way or not."""
    pair, contender = member
    identity = Replayed(
        strategy=contender.id,
        write_rule=contender.write_rule,
        source_engine=pair[0],
        target_engine=pair[1],
        outcome="not_applicable",
        reason=not_applicable(contender, table),
        snapshots=account.snapshots,
        keys=account.keys,
        history_digest=account.digest,
    )
    if followed is None:
        return identity
    blind = without_times(account, table.cursor or "") if uses_cursor(contender) and not followed.failure else ""
    if blind:
        return replace(identity, outcome="unproven", reason=blind)
    row = _result(identity, followed, lateness)
    doubt = without_change(lateness) or (
        doubtful_times(account, lateness, table.cursor or "") if uses_cursor(contender) else ""
    )
    return replace(row, outcome="unproven", reason=doubt) if doubt and row.outcome == "sound" else row


def _each(count: int | None, of: int) -> float | None:
    return None if count is None or not of else round(count / of, 3)


def _result(identity: Replayed, followed: Followed, lateness: Lateness) -> Replayed:
    """Return the record of a strategy that was under way."""
    if followed.final is None:
        return replace(identity, outcome="not_applicable" if followed.refused else "unknown", reason=followed.failure)
    timeline, costs = followed.timeline, followed.costs
    _, _, phantom, duplicated = counts(followed.final)
    changed = lateness.base_rows + lateness.changes + lateness.deletes
    wrong = bool(timeline.ever_wrong or followed.phantom_most or duplicated)
    return replace(
        identity,
        outcome="wrong" if wrong else "sound",
        syncs=lateness.syncs,
        lost_permanently=timeline.wrong_at_last("lost"),
        stale_permanently=timeline.wrong_at_last("stale"),
        rows_ever_wrong=len(timeline.ever_wrong),
        wrong_syncs=timeline.wrong_syncs,
        heal_syncs_median=timeline.heal_syncs_median,
        heal_syncs_max=timeline.heal_syncs_max,
        phantom=phantom,
        phantom_max=followed.phantom_most,
        duplicated=duplicated,
        rows_waiting=followed.waiting,
        rows_read=costs.rows_read,
        rows_changed=changed,
        rows_read_per_row_changed=_each(costs.rows_read, changed),
        rows_written=costs.rows_written,
        rows_removed=costs.rows_removed,
        queries=costs.queries,
        state_bytes=costs.state_bytes,
        stale_fields=followed.stale_fields,
        load_seconds=round(followed.load_seconds, 3),
    )
