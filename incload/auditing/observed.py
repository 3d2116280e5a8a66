"""When rows were visible, as a watch has recorded it: that distinguishes late rows from those that a sync left out.

What must stay true: a row counts as left out only where a look that was over before the sync began had seen it with the
cursor that it has now, and where the sync that passed its cursor is known.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.auditing.values import shown
from incload.auditing.watermark import place_of
from incload.cursor import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Visible = Mapping[str, tuple[int | None, int]]


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of the source, and when it was read.

    Attributes:
        visible: By when each row was visible with the cursor that it had last, as JSON lists of keys: the cursor and
            the time in microseconds, by the source's clock.
        syncs: The watermarks that were kept, as canonical texts, and when the sync of each began, oldest first; None
            for one that was set by hand, which no sync has read up to.
        per_second: How many ticks per second the cursor counts.
        key_ticks: The same of each key column, for those that hold times.
    """

    visible: Visible
    syncs: Sequence[tuple[str, int | None]]
    per_second: int
    key_ticks: tuple[int, ...]

    def left_out(self, key: Sequence[str], cursor: str) -> bool:
        """Return whether a row was there when the sync began that should have read it, by its canonical texts."""
        place = place_of(cursor)
        seen = self.visible.get(name_of([shown(text, ticks) for text, ticks in zip(key, self.key_ticks, strict=True)]))
        if not isinstance(place, int) or seen is None or seen[0] != place * UNITS["us"] // self.per_second:
            return False
        passed = self._passed(place)
        return passed is not None and seen[1] <= passed

    def _passed(self, place: int) -> int | None:
        """Return when the sync began that passed a cursor; None where that or the one before it is not known."""
        is_behind = False
        for text, at in self.syncs:
            mark = place_of(text)
            if not isinstance(mark, int):
                return None
            if mark >= place:
                return at if is_behind else None
            is_behind = True
        return None


def name_of(key: Sequence[object]) -> str:
    """Return a key as a recording names it."""
    return json.dumps(list(map(str, key)), ensure_ascii=False)
