"""Chance: named streams of random numbers that are the same on every platform, Python and numpy.

Only the doubles of a PCG64 stream are ever used, because that is the part of numpy's generators that has never changed
its output. A stream belongs to a seed and a name, so a new consumer never shifts the numbers of another.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.random import Generator

T = TypeVar("T")


def stream(seed: int, name: str, start: int = 0) -> Generator:
    """Return the stream of a seed and a name, from its `start`-th double on; use only its `random`.

    One double takes one step of PCG64, so a stream can be entered at any position: the same doubles come out however a
    run of them is cut into blocks.
    """
    from numpy.random import PCG64, Generator, SeedSequence

    if seed < 0:
        raise Refused(f"the seed {seed} is negative: give 0 or a larger whole number.")
    bits = PCG64(SeedSequence([seed, crc32(name.encode())]))
    bits.advance(start)
    return Generator(bits)


class Draws:
    """Single choices from one stream."""

    def __init__(self, seed: int, name: str) -> None:
        """Start the stream of a seed and a name."""
        self._random = stream(seed, name).random

    def below(self, bound: int) -> int:
        """Return a whole number from 0 to `bound` - 1, each as likely."""
        return int(self._random() * bound)

    def between(self, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`, both possible."""
        return least + self.below(most - least + 1)

    def order(self, count: int) -> Iterator[int]:
        """Yield 0 to `count` - 1 in a random order; a caller that stops early has paid only for what was taken."""
        moved: dict[int, int] = {}
        for last in range(count - 1, -1, -1):
            place = self.below(last + 1)
            yield moved.get(place, place)
            moved[place] = moved.get(last, last)

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """Return up to `count` different items in a random order."""
        return [items[place] for place in islice(self.order(len(items)), count)]
