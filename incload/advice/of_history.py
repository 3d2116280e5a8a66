"""Advice from a history: it is measured, the candidates are replayed, and the best of the sound ones is explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.advice import choosing
from incload.advice.candidates import every, lacking, possible
from incload.advice.evidence import gather, listed
from incload.advice.other_tools import settings
from incload.advice.result import Advice, Alternative
from incload.advice.trying import tried
from incload.harness.replays.replay import SQLITE
from incload.registry import spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from incload.advice.candidates import Wishes
    from incload.advice.evidence import Evidence
    from incload.advice.trying import Tried
    from incload.history.history import History
    from incload.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Case:
    """What advice is asked about.

    Attributes:
        source: What it is called.
        open: Opens the history, whose ticks can be taken once; it is called twice.
        doubt: Says, once the history has passed, why no load by its cursor is believed; empty where one may be.
        command: Returns the command of a load by a strategy.
        pair: The engines of the replay.
        column_changes: Says, once the history has passed, how often columns changed that its ticks do not show.
    """

    source: str
    open: Callable[[], History]
    command: Callable[[Strategy], str]
    doubt: Callable[[Evidence], str] = lambda _: ""
    pair: tuple[str, str] = SQLITE[0]
    column_changes: Callable[[], int] = lambda: 0


def advise(case: Case, wishes: Wishes) -> Advice:
    """Advise from a history."""
    from dataclasses import replace

    evidence = gather(case.open())
    evidence = evidence.with_column_changes(case.column_changes())
    evidence = replace(evidence, doubt=case.doubt(evidence))
    found = tried(case.open(), possible(evidence, wishes), evidence, wishes, case.pair)
    best, rest = choosing.chosen(found, evidence, wishes)
    words, numbers = choosing.risk(best, evidence, wishes)
    return Advice(
        source=case.source,
        basis="history",
        strategy=spelled(best.strategy),
        write_rule=str(best.strategy.write_rule),
        command=case.command(best.strategy),
        because=choosing.reasons(best, found, evidence),
        alternatives=(*_others(rest, best, found), *_ruled_out(evidence, wishes, found)),
        gives_up=choosing.given_up(best.strategy, evidence, wishes),
        unknown=choosing.unknown(evidence, wishes),
        decide="",
        residual_risk=words,
        risk=numbers,
        cost=_cost(best, evidence),
        assumptions=tuple(listed(evidence)),
        other_tools=settings(best.strategy, evidence.table.key, evidence.table.cursor),
    )


def _others(rest: Sequence[Tried], best: Tried, found: Sequence[Tried]) -> list[Alternative]:
    """Return the other sound loads: of each strategy the best variant."""
    least = max(min(each.cost for each in found if each.is_sound), 1)
    seen, others = {best.strategy.name}, []
    for each in rest:
        if each.strategy.name in seen:
            continue
        seen.add(each.strategy.name)
        ratio = round(each.cost / least, 2)
        late = f", and is behind by {choosing.span(each.behind.total_seconds())}" if each.behind else ""
        others.append(
            Alternative(
                spelled(each.strategy),
                str(each.strategy.write_rule),
                True,  # noqa: FBT003 - as the field says
                f"sound as well, and moves {ratio:g} times the rows of the cheapest sound load{late}",
                ratio,
                str(each.strategy.asks or ""),
            )
        )
    return others


def _ruled_out(evidence: Evidence, wishes: Wishes, found: Sequence[Tried]) -> list[Alternative]:
    """Return, of strategies without a sound variant, why the plainest one was ruled out."""
    sound = {each.strategy.name for each in found if each.is_sound}
    failed = {each.strategy.name: each.why for each in reversed(found) if not each.is_sound}
    breaks, others = wishes.breaks(evidence), dict[str, Alternative]()
    for strategy in every(evidence, wishes):
        if strategy.name in sound or strategy.name in others:
            continue
        missing = [
            f"{need.assumption.name} broken {times:,} times"
            if (times := evidence.times.get(need.assumption))
            else need.assumption.name
            for need in lacking(strategy, breaks)
        ]
        late = f"it is behind by {choosing.span(strategy.delay.total_seconds())}" if strategy.delay else ""
        why = failed.get(strategy.name) or ", ".join(missing) or late or evidence.doubt
        others[strategy.name] = Alternative(
            spelled(strategy),
            str(strategy.write_rule),
            False,  # noqa: FBT003 - as the field says
            f"ruled out: {why or 'it does not fit this table'}",
            asks=str(strategy.asks or ""),
        )
    return list(others.values())


def _cost(best: Tried, evidence: Evidence) -> dict[str, object]:
    syncs = max(evidence.lateness.syncs, 1)
    return {
        "rows_read_a_sync": round(best.rows_read / syncs, 1),
        "rows_written_a_sync": round(best.rows_written / syncs, 1),
        "seconds_a_sync": round(best.seconds / syncs, 4),
        "behind_seconds": best.behind.total_seconds(),
        "asks": str(best.strategy.asks or ""),
    }
