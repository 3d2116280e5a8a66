"""The draw of a life: a few rows, mostly honest, with a flaw or two and an accident or two.

Timestamps are drawn where claims are decided: at the bounds of the strategies and a microsecond beyond. Everything is
drawn through `choose`, so that random numbers and a property-based test can drive the same draw.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incload.harness.falsify.tiny_history import Beat, Life, Row
from incload.history.faults import kinds
from incload.history.synthetic.clean import DAY, HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from incload.history.faults import Choose, Fault

_STEPS = (10 * MINUTE, 10 * MINUTE, MINUTE, 30 * MINUTE, 30 * MINUTE + 1, 40 * MINUTE, DAY)
"""How far the clock moves on from beat to beat."""

_OLD = (0, MINUTE, MINUTE + 1, 5 * MINUTE, 10 * MINUTE, 10 * MINUTE + 1, 25 * MINUTE, 31 * MINUTE, DAY, 7 * DAY)
"""How old the rows of the base are."""

_FAR = 1_000
"""How far above the others a key may lie."""

_BEHIND = (1, SECOND, MINUTE, 10 * MINUTE, DAY, DAY + 5 * MINUTE, DAY + 10 * MINUTE, 7 * DAY)
"""How far behind the watermark a late row is, or a microsecond more."""


@dataclass
class _Draft:
    """A source under way.

    Attributes:
        choose: What everything is drawn through.
        rows: Value and timestamp of each row that is there, by id.
        gone: The last timestamps of rows that left.
        before, clock: What the clock showed at the beat before and shows now.
        mark: The largest timestamp that was ever visible and not ahead of the clock.
        values: The largest value given so far.
        touched, deleted, column, widened: What happens in this beat, as a beat holds it.
    """

    choose: Choose
    rows: dict[int, tuple[int, int | None]] = field(default_factory=dict)
    gone: dict[int, int | None] = field(default_factory=dict)
    before: int = 0
    clock: int = 0
    mark: int = -7 * DAY
    values: int = 0
    touched: dict[int, Row] = field(default_factory=dict)
    deleted: list[int] = field(default_factory=list)
    column: tuple[int | None, ...] = ()
    widened: bool = False

    def begin(self) -> tuple[Row, ...]:
        """Fill the base; rarely a timestamp is null or in the future."""
        honest = tuple(-age for age in _OLD)
        for _ in range(self.choose((1, 2, 2, 3, 4, 0))):
            at = self.choose(self.choose((honest,) * 11 + ((None, MINUTE),)))
            self.put(self.key() + self.choose((0,) * 9 + (_FAR,)), at)
        return self.end().upserts

    def beat(self, operations: Sequence[Callable[[_Draft], None]]) -> Beat:
        """Let some operations happen together."""
        self.before, self.clock = self.clock, self.clock + self.choose(_STEPS)
        for operation in operations:
            operation(self)
        return self.end()

    def end(self) -> Beat:
        """Close the beat."""
        beat = Beat(self.clock, tuple(self.touched.values()), tuple(self.deleted), self.column, self.widened)
        self.touched, self.deleted, self.column, self.widened = {}, [], (), False
        self.mark = max([self.mark, *(at for _, at in self.rows.values() if at is not None and at <= self.clock)])
        return beat

    def put(self, key: int, at: int | None, value: int | None = None) -> None:
        """Write a row, with a new value unless one is given."""
        if value is None:
            self.values += 1
            value = self.values
        self.rows[key] = (value, at)
        self.touched[key] = (key, value, at)

    def key(self) -> int:
        """Return a key above all others; it is two above, so that smaller keys are left."""
        return max([0, *self.rows, *self.gone]) + 2

    def small_key(self) -> int:
        """Return an unused key among those that were passed over."""
        free = [key for key in range(1, self.key(), 2) if key not in self.rows and key not in self.gone]
        return self.choose((free[0], free[-1], self.choose(free))) if free else self.key()

    def some(self) -> int | None:
        """Return the key of a row that nothing has happened to in this beat; None without any."""
        free = [key for key in self.rows if key not in self.touched]
        return self.choose(free) if free else None

    def honest(self) -> int:
        """Return a timestamp above all before and not ahead of the clock."""
        return self.choose([at for at in (self.clock, self.clock - 1, self.clock - 30 * SECOND) if at > self.mark])

    def late(self) -> int:
        """Return a timestamp behind the watermark, the clock, or the clock a tick before, by a bound or just more."""
        bounds = (*(self.mark - behind for behind in _BEHIND), self.clock - 30 * MINUTE, self.before - 10 * MINUTE)
        return self.choose(bounds) - self.choose((0, 1))


def _insert(draft: _Draft) -> None:
    draft.put(draft.key(), draft.honest())


def _update(draft: _Draft) -> None:
    key = draft.some()
    if key is not None:
        draft.put(key, draft.honest())


def _insert_tie(draft: _Draft) -> None:
    draft.put(draft.choose((draft.key(), draft.small_key())), draft.mark)


def _update_tie(draft: _Draft) -> None:
    key = draft.some()
    if key is not None:
        draft.put(key, draft.mark)


def _insert_late(draft: _Draft) -> None:
    draft.put(draft.key(), draft.late())


def _update_late(draft: _Draft) -> None:
    key = draft.some()
    if key is not None:
        draft.put(key, draft.late())


def _lower(draft: _Draft) -> None:
    key = draft.some()
    if key is not None:
        at = draft.rows[key][1]
        draft.put(key, None if at is None else at - draft.choose((1, MINUTE, 5 * MINUTE)))


def _untouched(draft: _Draft) -> None:
    key = draft.some()
    if key is not None:
        value, at = draft.rows[key]
        draft.put(key, at, draft.choose((value + 100, value - 100)))


def _touch(draft: _Draft) -> None:
    key = draft.some()
    if key is not None:
        draft.put(key, draft.honest(), draft.rows[key][0])


def _small_key(draft: _Draft) -> None:
    draft.put(draft.small_key(), draft.honest())


def _skip_keys(draft: _Draft) -> None:
    draft.put(draft.key() + _FAR, draft.honest())


def _delete(draft: _Draft) -> None:
    key = draft.some()
    if key is not None:
        draft.gone[key] = draft.rows.pop(key)[1]
        draft.deleted.append(key)


def _bring_back(draft: _Draft) -> None:
    if draft.gone:
        key = draft.choose(list(draft.gone))
        at = draft.gone.pop(key)
        draft.put(key, draft.choose((at, draft.honest())))


def _insert_null(draft: _Draft) -> None:
    draft.put(draft.key(), None)


def _null(draft: _Draft) -> None:
    key = draft.some()
    if key is not None:
        draft.put(key, None)


def _future(draft: _Draft) -> None:
    at = draft.clock + draft.choose((1, 5 * MINUTE, 2 * DAY))
    draft.put(draft.choose((draft.key(), draft.some() or draft.key())), at)


def _coarse(draft: _Draft) -> None:
    draft.put(draft.key(), draft.clock // HOUR * HOUR)


def _column(draft: _Draft) -> None:
    if not draft.touched:
        draft.column = (draft.choose((7, None)),)


def _widen(draft: _Draft) -> None:
    if not draft.touched:
        draft.widened = True


_KINDS = tuple(each for each in kinds() if not each.needs_steps and not each.bends_clock)
"""What can happen to any loader; the rest needs one that lets the harness act between its steps, or reads a clock."""
_HONEST = (_insert, _update)
_FLAWS = (
    _insert_tie, _update_tie, _insert_late, _insert_late, _update_late, _lower, _untouched, _touch, _small_key,
    _skip_keys, _delete, _bring_back, _insert_null, _null, _future, _coarse, _column, _widen,
)  # fmt: skip


def draw(choose: Choose) -> Life:
    """Draw a life: a few rows, a few beats, mostly honest, with a flaw or two and an accident or two."""
    draft = _Draft(choose)
    base = draft.begin()
    flaws = [choose(_FLAWS) for _ in range(choose((0, 1, 1, 2, 3)))]
    menu = (*_HONEST, *flaws, *flaws)
    beats = [draft.beat([choose(menu) for _ in range(choose((0, 1, 1, 2, 3)))]) for _ in range(choose((1, 2, 3, 4, 5)))]
    faults = tuple(_fault(choose, len(beats)) for _ in range(choose((0, 0, 0, 1, 1, 2))))
    return Life(base, tuple(beats), _possible(faults, len(beats)))


def _fault(choose: Choose, beats: int) -> Fault:
    kind, sync = choose(_KINDS), choose(range(1, beats + 1))
    return kind.drawn(choose, sync, choose((0, sync)))


def _possible(faults: tuple[Fault, ...], beats: int) -> tuple[Fault, ...]:
    """Leave out what cannot happen, and what another fault rules out."""
    skipped = frozenset(each.sync for each in faults if each.sync is not None and each.skips(each.sync))
    slots: dict[str, Fault] = {}
    for each in faults:
        if each.possible(beats, skipped):
            slots.setdefault(each.slot, each)
    return tuple(slots.values())
