"""Where labels of a picture stand, so that none covers a point or another label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEIGHT = 13
"""How high a label is."""
_DISTANCES = (8, 16, 26, 38, 52, 68)
"""How far from its point a label may stand."""


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Return whether two have something in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def lies_in(self, other: Box) -> bool:
        """Return whether it is a part of another one."""
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.top <= self.top
            and self.bottom <= other.bottom
        )


def place_beside(point: tuple[float, float], width: float, taken: Sequence[Box], room: Box) -> Box | None:
    """Return the nearest place beside a point for a label of a width, within a room; None where all is taken."""
    return next(
        (box for box in _around(*point, width) if box.lies_in(room) and not any(map(box.meets, taken))),
        None,
    )


def _around(x: float, y: float, width: float) -> Iterator[Box]:
    """Yield places around a point, the nearest first: right, left, above, below, and between these."""
    for away in _DISTANCES:
        for across, up in ((1, 0), (-1, 0), (1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1), (0, 1)):
            left = x - width / 2 if across == 0 else x + away if across > 0 else x - away - width
            middle = y + up * (away + HEIGHT / 2 - 4)
            yield Box(left, middle - HEIGHT / 2, left + width, middle + HEIGHT / 2)


def spread(wanted: Sequence[float], least: float, room: tuple[float, float]) -> list[float]:
    """Return places on a line, near those wanted, which ascend, and never nearer to each other than so much.

    Where the room is too small for that, they stand as far from each other as it allows.
    """
    first, last = room
    step = min(least, (last - first) / max(len(wanted) - 1, 1))
    places: list[float] = []
    for each in wanted:
        places.append(max([each, first, *(place + step for place in places[-1:])]))
    for at in reversed(range(len(places))):
        places[at] = min(places[at], last if at == len(places) - 1 else places[at + 1] - step)
    return places
