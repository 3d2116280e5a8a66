"""Gap-aware id: the largest id is where the next sync starts, and ids that were passed over are asked for again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby, islice, pairwise
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from incload.strategy import Assumption, Delta, Need, Seen, Source, State, Strategy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_NEAR = 1_000
"""How far below the largest id a gap is believed that a first read finds: what is older was given up long ago."""
_MOST = 256
"""So many gaps are kept; of more, those that are closest are kept as one."""


class _Gap(NamedTuple):
    """Ids that no row had, all of them below one that a row had: from and to, and the time when that was seen."""

    low: int
    high: int
    opened: int


@dataclass(frozen=True)
class GapAwareId(Strategy):
    """Reads the rows whose id is larger than the largest one seen, and those whose ids were passed over.

    Made for tables to which rows are only added. Ids are given out in order and their rows are committed out of order:
    an id below the largest that no row had may still come. It is asked for again at every sync until a row has it, or
    until it was asked for as long as the bound says. Nothing is read twice, unless more than 256 gaps are open at once:
    the closest are then asked for together, with the rows between them.

    Loses a row that comes later after a larger id than the bound. A first read finds gaps of any age: those that lie
    further than 1,000 below the largest id are left out, and a row that comes there is lost. Never sees an update or a
    delete. The key has to be one column of whole numbers.

    Attributes:
        minutes: How long an id is asked for again, by the source's clock.
    """

    minutes: float = 30
    name: ClassVar[str] = "gap_aware_id"
    uses_cursor: ClassVar[bool] = False

    @property
    def bound(self) -> timedelta:
        """How long an id is asked for again."""
        return timedelta(minutes=self.minutes)

    @property
    def needs(self) -> frozenset[Need]:
        """Rows that are only ever added, under keys whose order is wrong near its end only, and not for long."""
        return frozenset(
            {
                Need(Assumption.INSERT_ONLY),
                Need(Assumption.KEYS_WITHIN, self.bound),
                Need(Assumption.KEYS_NEAR),
                Need(Assumption.COMPLETE_READ),
                Need(Assumption.ATOMIC_COMMIT),
            }
        )

    def read(self, source: Source, state: State) -> Delta:
        """Ask for everything at first, then for what has a larger key, or one that was passed over not long ago."""
        if state.key is None:
            return Delta((source.everything(),))
        above, gaps = source.after_key(state.key), _open(state)
        if gaps:  # a source without any is spared the look at its clock
            gaps = self._young(gaps, source.time())
        return Delta((above, source.in_ranges([gap[:2] for gap in gaps])) if gaps else (above,))

    def remember(self, seen: Seen, state: State) -> State:
        """Keep the largest key read so far, and the ids below it that no row has had yet."""
        found, now = seen.largest_key(), seen.time()
        gaps = self._young(_open(state), now)
        if found is None:
            return _state(_number(state.key), gaps) if state.key else state
        top = _number(found)
        before = _number(state.key) if state.key else top - _NEAR - 1
        below = min([before, *(gap.low - 1 for gap in gaps)])
        missing = [*seen.unread(below, _MOST), (top + 1, before)]
        asked = [*gaps, _Gap(before + 1, top, now)]
        return _state(max(top, before), _fewest(list(_left(asked, missing))))

    def _young(self, gaps: Iterable[_Gap], now: int) -> list[_Gap]:
        """Return the gaps that are still asked for."""
        oldest = now - self.bound // timedelta(microseconds=1)
        return [gap for gap in gaps if gap.opened >= oldest]


def _number(key: tuple[object, ...]) -> int:
    return int(str(key[0]))


def _state(key: int, gaps: Iterable[_Gap]) -> State:
    """Return a state; gaps that were seen at one time stand together behind it."""
    by_time = groupby(gaps, key=lambda gap: gap.opened)
    kept = [[opened, *(end for gap in group for end in gap[:2])] for opened, group in by_time]
    return State(key=(key,), notes={"gaps": kept} if kept else {})


def _open(state: State) -> list[_Gap]:
    """Return the gaps that a state holds, ascending; what lies above its key was opened under another."""
    kept = state.notes.get("gaps")
    groups = [each for each in kept if isinstance(each, list)] if isinstance(kept, list) and state.key else []
    gaps = [_Gap(*ends, group[0]) for group in groups for ends in zip(group[1::2], group[2::2], strict=False)]
    below = _number(state.key) - 1 if state.key else 0
    numbers = (gap for gap in gaps if all(isinstance(each, int) for each in gap))
    return [gap._replace(high=min(gap.high, below)) for gap in numbers if gap.low <= below]


def _left(gaps: Iterable[_Gap], missing: Sequence[tuple[int, int]]) -> Iterator[_Gap]:
    """Yield what is left of gaps, given the ranges of ids that no row read had; both ascend."""
    first = 0
    for gap in gaps:
        while first < len(missing) and missing[first][1] < gap.low:
            first += 1
        for low, high in islice(missing, first, None):
            if low > gap.high:
                break
            yield _Gap(max(low, gap.low), min(high, gap.high), gap.opened)


def _fewest(gaps: list[_Gap]) -> list[_Gap]:
    """Join the gaps closest in time, then in number, until there are few enough; the later time counts."""
    apart = [(two.opened - one.opened, two.low - one.high, place) for place, (one, two) in enumerate(pairwise(gaps), 1)]
    joined = {place for _, _, place in sorted(apart)[: max(len(gaps) - _MOST, 0)]}
    found: list[_Gap] = []
    for place, gap in enumerate(gaps):
        before = found.pop() if place in joined else gap
        found.append(_Gap(before.low, gap.high, max(before.opened, gap.opened)))
    return found
