"""Candidates replayed over a history: whether each kept its copy right, and what it read and wrote."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.harness.load_timer import LoadClock
from incload.harness.replays.lockstep import follow
from incload.harness.replays.replay import SQLITE, follower, not_applicable, uses_cursor
from incload.harness.trials.error_timeline import ErrorTimeline, counts
from incload.harness.trials.trial import Trial
from incload.table import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from incload.advice.candidates import Wishes
    from incload.advice.evidence import Evidence
    from incload.contenders.native import NativeContender
    from incload.history.history import History
    from incload.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Tried:
    """How a candidate followed a history.

    Attributes:
        strategy: Which.
        is_sound: Whether the copy was right whenever it had to be.
        why: Why it was not, or could not be judged; a clause.
        rows_read, rows_written: Over all syncs, the first load included; rows removed count as written.
        seconds: Seconds spent in loads.
        behind: For how long a row was wrong or missing at most.
    """

    strategy: Strategy
    is_sound: bool
    why: str
    rows_read: int
    rows_written: int
    seconds: float
    behind: timedelta = timedelta(0)

    @property
    def cost(self) -> int:
        """Rows moved."""
        return self.rows_read + self.rows_written


@dataclass(frozen=True, slots=True)
class _Seen:
    """What became of one copy: its timeline, wrong rows but phantoms, the most phantoms, what was left at the end."""

    timeline: ErrorTimeline
    wrong: int
    phantoms: int
    final: tuple[int, int, int, int]
    failure: str
    moved: tuple[int, int]
    seconds: float


def tried(
    history: History, chosen: Iterable[Strategy], evidence: Evidence, wishes: Wishes, pair: tuple[str, str] = SQLITE[0]
) -> list[Tried]:
    """Replay candidates; those that cannot follow the table are left out."""
    contenders = [replace(follower(strategy), evolve=True) for strategy in chosen]
    fit = [each for each in contenders if not not_applicable(each, history.table)]
    fit = [each for each in fit if not (evidence.doubt and uses_cursor(each))]
    seen = _followed(history, fit, pair) if _is_recorded(history) else _in_trials(history, fit, pair)
    return [_judged(each.strategy, found, evidence, wishes) for each, found in zip(fit, seen, strict=True)]


def _is_recorded(history: History) -> bool:
    """Return whether a history is one of keys, cursor and content as texts, which all loads can follow at once."""
    return all(column.kind in {Kind.TEXT, Kind.TIMESTAMP} for column in history.table.columns)


def _followed(history: History, contenders: Sequence[NativeContender], pair: tuple[str, str]) -> Iterator[_Seen]:
    """Let all follow one pass of a history."""
    found = follow(history, [(pair, each) for each in contenders], lambda _: None)
    for each in contenders:
        one = found[pair, each]
        yield _Seen(
            one.timeline,
            len(one.timeline.ever_wrong),
            one.phantom_most,
            counts(one.final) if one.final else (0, 0, 0, 0),
            "" if one.final else one.failure or "it was refused",
            (one.costs.rows_read or 0, (one.costs.rows_written or 0) + (one.costs.rows_removed or 0)),
            one.load_seconds,
        )


def _in_trials(history: History, contenders: Sequence[NativeContender], pair: tuple[str, str]) -> Iterator[_Seen]:
    """Let one after the other follow a history that can be taken again."""
    for each in contenders:
        clock = LoadClock()
        try:
            observed = Trial(history, each, pair).run(None, clock)
        except Refused as error:
            yield _Seen(ErrorTimeline(), 0, 0, (0, 0, 0, 0), str(error), (0, 0), 0.0)
            continue
        timeline = observed.timeline
        wrong = sum(set(kinds) != {"phantom"} for kinds in timeline.found_as.values())
        final = counts(timeline.last) if timeline.last else (0, 0, 0, 0)
        written = (observed.total("written") or 0) + (observed.total("removed") or 0)
        moved = observed.total("read") or 0, written
        yield _Seen(timeline, wrong, timeline.most[2], final, "", moved, clock.read())


def _judged(strategy: Strategy, seen: _Seen, evidence: Evidence, wishes: Wishes) -> Tried:
    why, behind = seen.failure, strategy.delay
    gone = seen.phantoms if wishes.deletes else 0
    if strategy.delay > wishes.delay:
        why = f"the copy is behind the source by {strategy.delay}"
    elif seen.final[3]:
        why = f"{seen.final[3]:,} rows were duplicated"
    elif not why and (seen.wrong or gone):
        healed = _healed(strategy, seen, evidence, gone=gone)
        if healed is None or healed > wishes.delay:
            why = f"{seen.wrong:,} rows were lost or stale, and up to {gone:,} were phantoms"
        else:
            behind = max(behind, healed)
    return Tried(strategy, not why, why, *seen.moved, seen.seconds, behind)


def _healed(strategy: Strategy, seen: _Seen, evidence: Evidence, *, gone: int) -> timedelta | None:
    """Return how long a row was wrong at most; None where some never healed."""
    every = strategy.reach.every if strategy.reach else 0
    if every:
        # A comparison of everything is due after so many syncs, whatever is wrong at the end of the history.
        return evidence.longest(every)
    timeline = seen.timeline
    if gone or timeline.wrong_at_last("lost") or timeline.wrong_at_last("stale") or timeline.heal_syncs_max is None:
        return None
    return evidence.longest(timeline.heal_syncs_max)
