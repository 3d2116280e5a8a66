"""What a strategy may ask: of the source before it decides, and of the rows that were read before it remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from incload.strategy.answers import (
        AfterKey,
        Capability,
        Changed,
        Differing,
        Everything,
        KeyRanges,
        KeyValue,
        Logged,
        Position,
        Since,
        Vanished,
    )


class Source(Protocol):
    """The queries a strategy may ask. Asking moves nothing; each query is counted."""

    def everything(self) -> Everything:
        """Ask for all rows."""

    def since(
        self,
        position: Position | None,
        *,
        inclusive: bool = False,
        until: Position | None = None,
        nulls: bool = False,
        but: tuple[str, ...] = (),
    ) -> Since:
        """Ask for the rows whose cursor lies above a position (see `Since`)."""

    def after(self, position: Position, key: KeyValue) -> Since:
        """Ask for the rows above (position, key) in the order of cursor, then key."""

    def after_key(self, key: KeyValue) -> AfterKey:
        """Ask for the rows whose key is larger."""

    def in_ranges(self, ranges: Sequence[tuple[int, int]]) -> KeyRanges:
        """Ask for the rows whose key, a whole number, lies in one of some ranges, their ends included."""

    def changed(self) -> Changed:
        """Ask for the rows whose digest differs from the remembered one, or that have none remembered."""

    def differing(self) -> Differing:
        """Ask for the rows, or the keys of rows that are gone, of blocks whose digests differ from the target's."""

    def vanished(self) -> Vanished:
        """Ask for the keys with a remembered digest that the source no longer has."""

    def settled(self, position: Position | None) -> Since:
        """Ask for the rows above a position and below the source's horizon, under which nothing can still commit."""

    def changes(self, log: Capability, after: str | None) -> Logged:
        """Ask for the rows, or the keys of rows that are gone, that a change log names after a position."""

    def now(self) -> Position:
        """Read the source's own clock, as a position of its cursor column."""

    def time(self) -> int:
        """Read the source's own clock, in microseconds since 1970-01-01 UTC, whether there is a cursor or not."""

    def earlier(self, position: Position, by: timedelta) -> Position:
        """Return the position that lies a span of time before another; refuse a cursor that does not hold time."""


class Seen(Protocol):
    """A summary of the rows that one sync really read, answered from those rows."""

    @property
    def count(self) -> int:
        """How many rows were read."""

    def largest(self, until: Position | None = None) -> Position | None:
        """Return the largest cursor value, of those up to a position if one is given; None without any."""

    def largest_key(self, at: Position | None = None) -> KeyValue | None:
        """Return the largest key, of the rows at a cursor value if one is given; None without any."""

    def digests_at(self, position: Position) -> tuple[str, ...]:
        """Return the digests of the rows at a cursor value, in ascending order."""

    def lags(self, behind: Position, bounds: Sequence[timedelta]) -> tuple[int, ...]:
        """Return how many rows were new to the target or differ from it there, and how many of them were late.

        The first number is that of all such rows with a cursor. For each bound another follows: how many of them lie
        further behind a position than the bound. A row that was read again and has not changed counts nowhere.
        """

    def unread(self, after: int, most: int) -> tuple[tuple[int, int], ...]:
        """Return the ranges of whole numbers above one, and below the largest key read, that no row read has as a key.

        They ascend, their ends are included, and there are no more than `most`: where there are more, the lowest are
        returned as one, with the keys that were read among them.
        """

    def reached(self) -> str | None:
        """Return up to where the change log was really read and carried out; None if it was not, or not wholly."""

    def clock(self) -> Position:
        """Return what the source's clock showed when the sync began, as a position of its cursor column."""

    def time(self) -> int:
        """Return what it showed then in microseconds since 1970-01-01 UTC, whether there is a cursor or not."""
