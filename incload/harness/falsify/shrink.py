"""Shrinks a life to its core: what can be left out without losing what the life shows is left out.

Greedy and without chance: each simpler life that still shows it takes the place of the one before, until none does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from incload.harness.falsify.tiny_history import Life
from incload.history.synthetic.clean import DAY, HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from incload.harness.falsify.tiny_history import Beat, Row

_STEPS = (DAY, HOUR, 10 * MINUTE, MINUTE, SECOND)


def shrink(life: Life, shows: Callable[[Life], bool]) -> Life:
    """Return the simplest life on the way from one that shows something to one that no longer would."""
    while True:
        candidates = (each for each in _simpler(life) if cost(each) < cost(life) and possible(each))
        simpler = next(filter(shows, candidates), None)
        if simpler is None:
            return life
        life = simpler


def possible(life: Life) -> bool:
    """Return whether a life can be: its clock moves on, what leaves was there, a state comes back from a real sync."""
    present = {row[0] for row in life.base}
    for before, beat in zip((0, *(beat.at for beat in life.beats)), life.beats, strict=False):
        if beat.at <= before or not present.issuperset(beat.deletes):
            return False
        present = present.difference(beat.deletes) | {row[0] for row in beat.upserts}
    skipped = frozenset(each.sync for each in life.faults if each.sync is not None and each.skips(each.sync))
    return all(each.possible(len(life.beats), skipped) for each in life.faults)


def cost(life: Life) -> tuple[int, int, int, int]:
    """Return how much there is to read: rows, faults and events, how odd timestamps are, how large values."""
    rows = _rows(life)
    happens = sum(len(beat.deletes) + 2 * len(beat.column) + 2 * beat.widens for beat in life.beats)
    timestamps = [*(at for _, _, at in rows if at is not None), *(beat.at for beat in life.beats)]
    oddity = sum(map(_odd, timestamps)) + sum(abs(at) // HOUR for at in timestamps)
    return (
        life.rows + 2 * len(life.faults),
        len(rows) + happens + len(life.beats),
        oddity,
        sum(key + abs(value) for key, value, _ in rows) + sum(each.oddity for each in life.faults),
    )


def _rows(life: Life) -> list[Row]:
    """Return every row that is written down."""
    return [*life.base, *(row for beat in life.beats for row in beat.upserts)]


def _odd(at: int) -> int:
    """Return how far a timestamp is from a round one."""
    return next((place for place, step in enumerate((10 * MINUTE, MINUTE, SECOND)) if at % step == 0), 3)


def _simpler(life: Life) -> Iterator[Life]:
    """Yield lives that are simpler than one in one respect, the boldest first."""
    yield from _without_beats(life)
    yield from _begun_later(life)
    for place in range(len(life.faults)):
        yield replace(life, faults=life.faults[:place] + life.faults[place + 1 :])
    yield from _without_rows(life)
    yield from _within_beats(life)
    yield from _sooner(life)
    yield from _rounder(life)
    yield from _plainer(life)


def _without_beats(life: Life) -> Iterator[Life]:
    for place in range(len(life.beats)):
        beats = life.beats[:place] + life.beats[place + 1 :]
        kept = [each.after_removal(place + 1) for each in life.faults]
        yield replace(life, beats=beats, faults=tuple(each for each in kept if each))


def _begun_later(life: Life) -> Iterator[Life]:
    """Start with what there is after the first beat."""
    if not life.beats or life.beats[0].column or life.beats[0].widens:
        return
    first, *rest = life.beats
    rows = {row[0]: row for row in life.base if row[0] not in first.deletes} | {row[0]: row for row in first.upserts}
    kept = [each.after_removal(1) for each in life.faults]
    later = Life(tuple(rows.values()), tuple(rest), tuple(each for each in kept if each))
    timestamps = {at: at - first.at for _, _, at in _rows(later) if at is not None}
    yield _with_timestamps(
        replace(later, beats=tuple(replace(beat, at=beat.at - first.at) for beat in rest)), timestamps
    )


def _without_rows(life: Life) -> Iterator[Life]:
    """Leave out a row for good, or only its start."""
    for key in sorted({row[0] for row in _rows(life)}):
        base = tuple(row for row in life.base if row[0] != key)
        beats = tuple(
            replace(
                beat,
                upserts=tuple(row for row in beat.upserts if row[0] != key),
                deletes=tuple(gone for gone in beat.deletes if gone != key),
            )
            for beat in life.beats
        )
        yield replace(life, base=base, beats=beats)


def _within_beats(life: Life) -> Iterator[Life]:
    """Leave out one thing that happens."""
    for place, beat in enumerate(life.beats):
        for number in range(len(beat.upserts)):
            yield _with(life, place, replace(beat, upserts=beat.upserts[:number] + beat.upserts[number + 1 :]))
        for number in range(len(beat.deletes)):
            yield _with(life, place, replace(beat, deletes=beat.deletes[:number] + beat.deletes[number + 1 :]))
        if beat.column:
            yield _with(life, place, replace(beat, column=()))
        if beat.widens:
            yield _with(life, place, replace(beat, widens=False))


def _sooner(life: Life) -> Iterator[Life]:
    """Bring the clock of one beat closer to the one before it, everything after it as well."""
    before = 0
    for place, beat in enumerate(life.beats):
        for step in (10 * MINUTE, MINUTE):
            by = beat.at - before - step
            if by > 0:
                yield _earlier(life, place, by)
        before = beat.at


def _earlier(life: Life, place: int, by: int) -> Life:
    """Move what happens from a beat on, and the timestamps of that time, closer to the start."""
    border = life.beats[place - 1].at if place else 0

    def moved(row: Row) -> Row:
        key, value, at = row
        return key, value, at - by if at is not None and at > border else at

    beats = tuple(
        replace(beat, at=beat.at - by, upserts=tuple(map(moved, beat.upserts))) if number >= place else beat
        for number, beat in enumerate(life.beats)
    )
    return replace(life, beats=beats)


def _rounder(life: Life) -> Iterator[Life]:
    """Give one timestamp a rounder or a nearer time, wherever it stands; then timestamps one by one."""
    rows = _rows(life)
    for timestamp in sorted({at for _, _, at in rows if at is not None}):
        for other in _near(timestamp):
            yield _with_timestamps(life, {timestamp: other})
            yield _with_timestamps(life, {at: at - timestamp + other for _, _, at in rows if at is not None})
    for place, beat in enumerate(life.beats):
        yield from (_with(life, place, replace(beat, at=at)) for at in _near(beat.at))


def _near(at: int) -> Iterator[int]:
    yield from (at // step * step + more for step in _STEPS for more in (0, step))
    yield from (at + step if at < 0 else at - step for step in _STEPS)


def _with_timestamps(life: Life, timestamps: dict[int, int]) -> Life:
    def other(row: Row) -> Row:
        key, value, at = row
        return key, value, at if at is None else timestamps.get(at, at)

    beats = tuple(replace(beat, upserts=tuple(map(other, beat.upserts))) for beat in life.beats)
    return replace(life, base=tuple(map(other, life.base)), beats=beats)


def _plainer(life: Life) -> Iterator[Life]:
    """Give rows smaller keys and values."""
    rows = _rows(life)
    for key in sorted({row[0] for row in rows}):
        yield from (
            _renamed(life, key, smaller) for smaller in range(1, key) if smaller not in {row[0] for row in rows}
        )
    for value in sorted({row[1] for row in rows}):
        yield from (_revalued(life, value, smaller) for smaller in range(min(abs(value), 4)))
    for place, fault in enumerate(life.faults):
        for plainer in fault.plainer():
            yield replace(life, faults=(*life.faults[:place], plainer, *life.faults[place + 1 :]))


def _renamed(life: Life, key: int, name: int) -> Life:
    def other(row: Row) -> Row:
        return (name, *row[1:]) if row[0] == key else row

    beats = tuple(
        replace(
            beat,
            upserts=tuple(map(other, beat.upserts)),
            deletes=tuple(name if gone == key else gone for gone in beat.deletes),
        )
        for beat in life.beats
    )
    return replace(life, base=tuple(map(other, life.base)), beats=beats)


def _revalued(life: Life, value: int, smaller: int) -> Life:
    def other(row: Row) -> Row:
        return row[0], smaller if row[1] == value else row[1], row[2]

    beats = tuple(replace(beat, upserts=tuple(map(other, beat.upserts))) for beat in life.beats)
    return replace(life, base=tuple(map(other, life.base)), beats=beats)


def _with(life: Life, place: int, beat: Beat) -> Life:
    return replace(life, beats=(*life.beats[:place], beat, *life.beats[place + 1 :]))
