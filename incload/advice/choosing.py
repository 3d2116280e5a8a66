"""The choice among sound loads, and the reasons for it.

Of the loads that kept the copy right and cost little more than the cheapest, the one is recommended that relies on the
least: an assumption without a bound counts most, a bound the less the further what was seen stays within it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.advice.evidence import NOT_SHOWN
from incload.assumptions import Assumption
from incload.errors import Refused
from incload.registry import spelled
from incload.strategy import needs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.advice.candidates import Wishes
    from incload.advice.evidence import Evidence
    from incload.advice.trying import Tried
    from incload.strategy import Need, Strategy

_OFTEN = 24
"""Every how many syncs a full comparison is offered that bounds what a window loses."""
_BY_CLOCK = {Assumption.ON_SCHEDULE, Assumption.COMMIT_WITHIN, Assumption.KEYS_WITHIN}
"""What a window bounds by the source's clock."""
_WINDOWS = {*_BY_CLOCK, Assumption.LAG_WITHIN, Assumption.CURSOR_MOVES_ON_UPDATE}
"""What a window bounds; an update that leaves the cursor lies within it or is lost, as a late one."""
_BY_KEY = {Assumption.KEYS_IN_COMMIT_ORDER, Assumption.KEYS_WITHIN}
"""What a load needs that reads above the largest key."""
_OF_THE_LOAD = {*NOT_SHOWN, Assumption.WHOLE_READ}
"""What is up to the loader: no source breaks it."""
COSTLIER = 1.25
"""How much more than the cheapest sound load the recommended one may cost."""


def chosen(found: Sequence[Tried], evidence: Evidence, wishes: Wishes) -> tuple[Tried, list[Tried]]:
    """Return the recommended load and the other sound ones, best first."""
    sound = [each for each in found if each.is_sound]
    if not sound:
        reasons = "; ".join(f"{spelled(each.strategy)}: {each.why}" for each in found[:3])
        raise Refused(f"no load kept the copy right over this history ({reasons or 'none could follow it'}).")
    least = min(each.cost for each in sound)
    near = [each for each in sound if each.cost <= COSTLIER * least]
    best = min(near, key=lambda each: (exposure(each.strategy, evidence, wishes), each.cost))
    rest = sorted(
        (each for each in sound if each is not best),
        key=lambda each: (each.cost > COSTLIER * least, each.cost, exposure(each.strategy, evidence, wishes)),
    )
    return best, rest


def exposure(strategy: Strategy, evidence: Evidence, wishes: Wishes) -> float:
    """Return how much a load relies on what only was so: the less, the better."""
    total = 0.0
    for need in needs_of(strategy, strategy.write_rule):
        if need.assumption in NOT_SHOWN or (need.assumption is Assumption.NO_HARD_DELETES and not wishes.deletes):
            continue
        total += _weight(need, evidence)
    return total


def _weight(need: Need, evidence: Evidence) -> float:
    if need.within is None:
        return 1.0
    # One sync that is skipped is enough to break a schedule.
    unsure = 1.0 if need.assumption is Assumption.ON_SCHEDULE else 0.0
    size = evidence.breaks.get(need.assumption)
    if not need.within:
        return 0.9 + unsure
    margin = need.within / size if size else 10.0
    return 0.1 + 0.5 / max(margin, 1.0) ** 2 + unsure


def reasons(best: Tried, found: Sequence[Tried], evidence: Evidence) -> tuple[str, ...]:
    """Return why a load is recommended, a sentence each."""
    seen = evidence.lateness
    moved = f"{seen.inserts:,} inserts, {seen.updates:,} updates and {seen.deletes:,} deletes"
    lines = [f"In {seen.syncs:,} syncs over {span(evidence.span.total_seconds())} there were {moved}."]
    if seen.behind:
        lags = dict(seen.quantiles)
        late = f"{span(lags[50] / 1e6)} in the median, {span(lags[99] / 1e6)} for 99 %, {span(lags[100] / 1e6)} at most"
        lines.append(
            f"{seen.behind:,} of {seen.judged:,} changes with a cursor did not lie beyond the watermark: {late}."
        )
    elif seen.judged:
        lines.append(f"None of {seen.judged:,} changes with a cursor lay at or behind the watermark.")
    syncs = max(seen.syncs, 1)
    read, written = best.rows_read / syncs, best.rows_written / syncs
    lines.append(
        f"{spelled(best.strategy)} kept the copy right; a sync read {read:,.0f} rows and wrote {written:,.0f}."
    )
    least = min(each.cost for each in found if each.is_sound)
    if best.cost > least:
        lines.append(f"The cheapest sound load moves {least / best.cost:.0%} of that, and relies on more.")
    return tuple(lines)


def given_up(strategy: Strategy, evidence: Evidence, wishes: Wishes) -> tuple[str, ...]:
    """Return what a load does not see or keep, a sentence each."""
    lines = []
    for need in sorted(needs_of(strategy, strategy.write_rule), key=lambda each: each.assumption.name):
        if need.assumption in NOT_SHOWN:
            continue
        if need.assumption is Assumption.NO_HARD_DELETES:
            gone = evidence.lateness.deletes
            seen = f", as {gone:,} here did" if gone and not wishes.deletes else ""
            lines.append(f"Rows that the source removes stay in the copy{seen}.")
            continue
        bound = f" (bound {span(need.within.total_seconds())})" if need.within is not None else ""
        lines.append(f"It relies on this: {need.assumption}{bound}.")
    if not strategy.reach and not strategy.asks and _BY_KEY.isdisjoint(_names(strategy)):
        lines.append("Every sync reads the whole table.")
    if strategy.delay:
        lines.append(f"The copy is behind the source by {span(strategy.delay.total_seconds())}.")
    return tuple(lines)


def _names(strategy: Strategy) -> set[Assumption]:
    return {need.assumption for need in strategy.needs}


def risk(best: Tried, evidence: Evidence, wishes: Wishes) -> tuple[str, dict[str, object]]:
    """Return what may still go wrong, in words and numbers."""
    lateness = evidence.lateness
    judged, syncs = lateness.judged, lateness.syncs
    bounded = _tightest(best.strategy, evidence)
    size = _size(bounded, evidence) if bounded else None
    window = bounded.within.total_seconds() if bounded and bounded.within is not None else None
    # With no case in n, the chance of one is below 3 / n at a confidence of 95 %.
    chance = min(3 / judged, 1.0) if judged else None
    numbers: dict[str, object] = {
        "syncs": syncs,
        "changes": lateness.changes,
        "largest_lag_seconds": dict(lateness.quantiles).get(100, 0) / 1e6,
        "seen_seconds": size,
        "window_seconds": window,
        "margin": round(window / size, 2) if window and size else None,
        "chance_at_most": chance,
    }
    if bounded is None or size is None or window is None:
        return _without_window(best.strategy, evidence, wishes), numbers
    bound = span(evidence.span.total_seconds() / max(syncs - 1, 1) * _OFTEN)
    clock = ", by the source's clock," if bounded.assumption in _BY_CLOCK else ""
    said = (
        f"In {syncs:,} syncs nothing later than {span(size)}{clock} was seen; "
        f"a change later than {span(window)} would be lost"
    )
    rate = f" (at 95 % confidence fewer than {chance:.2%} of changes)" if chance is not None else ""
    return f"{said}{rate}. A full comparison every {_OFTEN} syncs would bound that to {bound}.", numbers


def _tightest(strategy: Strategy, evidence: Evidence) -> Need | None:
    """Return the window that a load relies on, of several the one that what was seen comes closest to."""
    windows = (need for need in strategy.needs if need.assumption in _WINDOWS and need.within is not None)
    return min(windows, key=lambda need: need.within.total_seconds() - _size(need, evidence), default=None)  # type: ignore[union-attr]  # it has one


def _size(need: Need, evidence: Evidence) -> float:
    """Return by how many seconds what a need bounds was broken at most."""
    size = evidence.breaks.get(need.assumption)
    return size.total_seconds() if size else 0.0


def _without_window(strategy: Strategy, evidence: Evidence, wishes: Wishes) -> str:
    """Say of how many assumptions a load depends; of deletes too, unless they never matter."""
    names = {need.assumption for need in needs_of(strategy, strategy.write_rule)} - _OF_THE_LOAD
    syncs, is_waived = evidence.lateness.syncs, False
    if Assumption.NO_HARD_DELETES in names and not wishes.deletes:
        names, is_waived = names - {Assumption.NO_HARD_DELETES}, True
    gone = " Rows that the source removes would stay in the copy." if is_waived else ""
    if not names:
        other = "else " if is_waived else ""
        return f"It relies on nothing {other}that a source can break; {syncs:,} syncs showed no wrong row.{gone}"
    held = "1 assumption" if len(names) == 1 else f"{len(names)} assumptions"
    what = "lost, stale or left over" if Assumption.NO_HARD_DELETES in names else "lost or stale"
    return f"{held} held in {syncs:,} syncs and may break later: rows would be {what} then.{gone}"


def unknown(evidence: Evidence, wishes: Wishes) -> tuple[str, ...]:
    """Return what a history does not show, a sentence each."""
    lines = ["What happened between two syncs and was undone before the second is not in the history."]
    if evidence.doubt:
        lines.append(f"Loads by the cursor were left out: {evidence.doubt}.")
    if times := evidence.column_changes:
        looks = "1 look" if times == 1 else f"{times:,} looks"
        lines.append(
            f"At {looks} the columns were others; whether rows with the same cursor changed then is not known."
        )
    if evidence.table.cursor is None:
        lines.append("No cursor was named, so that loads by a cursor were left out.")
    if wishes.deletes and not evidence.lateness.deletes:
        lines.append("No row was deleted; whether that never happens is not known.")
    if not evidence.lateness.updates:
        lines.append("No row was updated; whether updates touch the cursor is not known.")
    return tuple(lines)


def span(seconds: float) -> str:
    """Return a span of time for people."""
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {name}".replace(".0 ", " ")
    return f"{seconds:g} s"
