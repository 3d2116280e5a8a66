"""The stories of the rows that were wrong for the longest: what happened to each, who passed over it, how it ended."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from incload.auditing.audit import order
from incload.cursor import UNITS, Timestamps
from incload.harness.trials.error_timeline import Circumstance, SeenChange
from incload.query_words import in_words, named
from incload.report.format import listed, plural
from incload.report.replay.facts import WorstRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from incload.auditing.audit import Key
    from incload.harness.replays.follower import Followed, Follower
    from incload.harness.trials.error_timeline import Spell
    from incload.history.lag import Change, Sync
    from incload.table import Table

STORIES = 3
"""How many rows are reported."""

_NAMED = 4
"""How many strategies are named in one line."""

_SCALE = Timestamps(UNITS["us"])


@dataclass(slots=True)
class Facts:
    """What is kept of a passing history to write stories from: the last change of each row that is there."""

    _last: dict[Key, tuple[int, SeenChange]] = field(default_factory=dict)

    def see(self, sync: Sync) -> None:
        """Take in one sync."""
        for change in sync.changes:
            if change.new is None:
                self._last.pop(change.key, None)
            else:
                self._last[change.key] = (sync.number, _seen(change))

    def enter(self, follower: Follower) -> None:
        """Note the circumstances of the rows that the latest sync of a strategy has left wrong."""
        if follower.last is None or follower.last.asked is None:
            return
        for key in follower.fresh:
            sync, change = self._last.get(key, (0, None))
            watermark, asked = follower.last.asked.before.watermark, follower.last.asked.delta.rows
            follower.timeline.wrong[key].why = Circumstance(sync, change, watermark, asked)


def worst_stories(followed: Sequence[Followed], clocks: Sequence[int], table: Table) -> tuple[WorstRow, ...]:
    """Describe the rows that were wrong for the longest, over all strategies; among equals, the smallest key."""
    syncs: defaultdict[Key, int] = defaultdict(int)
    spells: defaultdict[Key, list[tuple[str, Spell]]] = defaultdict(list)
    for each in followed:
        for key, spell in each.timeline.longest.items():
            syncs[key] += each.timeline.wrong_for[key]
            spells[key].append((each.contender.id, spell))
    worst = sorted(spells, key=lambda key: (-syncs[key], -len(spells[key]), order(key)))[:STORIES]
    return tuple(
        WorstRow(named(key), len(spells[key]), syncs[key], story(key, spells[key], clocks, table)) for key in worst
    )


def story(key: Key, spells: Iterable[tuple[str, Spell]], clocks: Sequence[int], table: Table) -> tuple[str, ...]:
    """Write the story of one row: each missed change, the strategies that missed it, and what became of it."""
    changes: defaultdict[int, list[tuple[str, Spell]]] = defaultdict(list)
    for name, spell in spells:
        changes[spell.why.sync if spell.why else spell.since].append((name, spell))
    lines: list[str] = []
    for sync, missed in sorted(changes.items()):
        why = missed[0][1].why
        lines.append(_what_happened(key, sync, why.change if why else None, clocks, table))
        fates: defaultdict[tuple[str, int, int, str], list[tuple[str, Spell]]] = defaultdict(list)
        for name, spell in missed:
            fates[spell.kind, spell.since, spell.until, spell.end].append((name, spell))
        for same in fates.values():
            lines += [what_was_asked(*same[0]), _what_became([name for name, _ in same], same[0][1], clocks)]
    return tuple(filter(None, lines))


def _seen(change: Change) -> SeenChange:
    old, new = change.old, change.new
    return SeenChange(old is None, old.cursor if old else None, new.cursor if new else None, change.lag)


def _what_happened(key: Key, sync: int, change: SeenChange | None, clocks: Sequence[int], table: Table) -> str:
    row = "row " + ", ".join(f"{name} = {value!r}" for name, value in zip(table.key, key, strict=True))
    when = f"Sync {sync} ({_shown(clocks[sync])})"
    if change is None:
        return f"{when} found {row} as it stood in the base."
    timestamp = f"{table.cursor} = {_shown(change.timestamp)}"
    if change.new:
        text = f"found {row} new, with {timestamp}"
    elif change.old == change.timestamp:
        text = f"found {row} changed, and still {timestamp}"
    else:
        text = f"found {row} changed, its {table.cursor} moved from {_shown(change.old)} to {_shown(change.timestamp)}"
    return f"{when} {text}{_lag(change)}."


def _lag(change: SeenChange) -> str:
    if change.timestamp is None:
        return ": a null, which no bound shows"
    if change.lag is None:
        return ""
    if change.lag == 0:
        return ": the very timestamp that was the largest before"
    return (
        f": {_span(abs(change.lag))} {'behind' if change.lag > 0 else 'ahead of'} the largest timestamp visible before"
    )


def what_was_asked(name: str, spell: Spell) -> str:
    """Say what one of the strategies asked for, where that was a query about timestamps or keys."""
    if spell.why is None:
        return ""
    asked, watermark = [in_words(rows, _shown) for rows in spell.why.asked], spell.why.watermark
    held = "no state" if watermark is None else f"the watermark {_shown(watermark)} in the state"
    return f"With {held}, {name} asked for {' and for '.join(asked)} at sync {spell.since}."


def _what_became(names: Sequence[str], spell: Spell, clocks: Sequence[int]) -> str:
    last = min(spell.until, len(clocks) - 1)
    length = f"{plural(spell.syncs, 'sync')} and {_span(clocks[last] - clocks[spell.since])} later"
    some = [*names[:_NAMED], *([f"{len(names) - _NAMED} more"] if len(names) > _NAMED else [])]
    text = f"For {listed(some)} the row was {spell.kind} after sync {spell.since}"
    if spell.end == "healed":
        return f"{text} and right again after sync {spell.until}, {length}."
    if spell.end == "left":
        return f"{text} and still so when it left the source before sync {spell.until}, {length}: permanently."
    return f"{text} and still so after the last, sync {last}, {length}."


def _shown(position: float | None) -> str:
    return "null" if position is None else str(_SCALE.shown(position)).removesuffix(".000000")


def _span(ticks: int) -> str:
    """Return a span of microseconds as people say it, whole seconds where there are any."""
    span = timedelta(microseconds=ticks)
    return str(timedelta(seconds=round(span.total_seconds()))) if span >= timedelta(seconds=1) else f"{ticks:,} µs"
