"""Why a loader has missed a row: what its cursor says on both sides, beside the copy's watermark.

A cause is evidence and not proof. It is exact in so far as the watermark is: one that is given or that incload has
kept says what the last sync had read, while the copy's largest cursor is only as good as the copy. What must stay true:
a row about which the cursors say nothing is `unknown`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING

from incload.auditing.values import position, shown
from incload.auditing.wrong_rows import DUPLICATED, LOST, PHANTOM
from incload.cursor import UNITS, MixedText
from incload.engines.digests.canonical import ISO
from incload.errors import Refused
from incload.table import Kind

if TYPE_CHECKING:
    from incload.auditing.wrong_rows import WrongRow
    from incload.engines.digests.canonical import Digests, Held

_MOST_LAGS = 100_000
"""Of how many late rows it is remembered how late they were."""
_LOOKBACKS = (60, 600, 3_600, 6 * 3_600, 86_400, 7 * 86_400, 30 * 86_400)
"""Lookback windows that are offered, in seconds ..."""
_NEARLY = 0.95
"""... and what share of the late rows the one that is named has to read."""
_ISO = re.compile(ISO, re.ASCII)


class Cause(StrEnum):
    """Why a row is wrong."""

    LATE = "late"
    TIE = "tie"
    NULL_CURSOR = "null cursor"
    FUTURE = "future timestamp"
    UNREAD = "not read yet"
    AHEAD = "state ahead of the rows"
    UNTOUCHED = "updated without touching the cursor"
    DELETED = "hard delete"
    REREAD = "read again"
    OLDER = "older over newer"
    UNKNOWN = "unknown"


UNSURE = frozenset({Cause.LATE, Cause.UNREAD, Cause.UNKNOWN})
"""Causes beside which the cursors leave another one possible: a sync that read in part leaves the same traces as a late
row. All others are certain where they are given."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What the last sync had read.

    Attributes:
        text: The watermark, as a canonical text.
        origin: How it is known.
        is_exact: Whether a user has said it, or incload has kept it.
        clock: The source's clock in microseconds; None where the cursor holds no time.
        per_second: How many ticks per second the cursor counts; 0 for plain numbers and texts.
        past: The watermarks of earlier syncs as canonical texts, where incload has kept them.
        largest: The copy's largest cursor, as a canonical text; empty where that is the watermark.
    """

    text: str
    origin: str
    is_exact: bool
    clock: int | None
    per_second: int
    past: frozenset[str] = frozenset()
    largest: str = ""

    @property
    def position(self) -> int | float | str | None:
        """Its place in the order of cursors."""
        return place_of(self.text)

    @property
    def now(self) -> int | None:
        """The source's clock in the cursor's ticks."""
        return None if self.clock is None or not self.per_second else self.clock * self.per_second // UNITS["us"]


@dataclass(slots=True)
class Causes:
    """Adds up the causes of wrong rows.

    Attributes:
        at: The place of the cursor among the values of a row; None without one.
        mark: The watermark; None without a cursor.
        counts: How many rows each cause has.
        late: The cursors of late rows, each with by how many ticks it was late, and of how many rows.
        tied: Cursors that were taken for late ones, and are ties.
    """

    at: int | None
    mark: Mark | None
    counts: Counter[Cause] = field(default_factory=Counter)
    late: dict[str, tuple[float, int]] = field(default_factory=dict)
    tied: set[str] = field(default_factory=set)
    _past: frozenset[object] = field(init=False)

    def __post_init__(self) -> None:
        """Take the places of earlier watermarks."""
        self._past = frozenset(map(place_of, self.mark.past if self.mark else ()))

    def add(self, row: WrongRow) -> tuple[Cause, float | None]:
        """Count the cause of a row; return it, and by how much a late row was late."""
        cause, lag = self._cause(row)
        self.counts[cause] += 1
        if lag is not None and row.source is not None and self.at is not None:
            text = row.source[self.at]
            if text in self.late or len(self.late) < _MOST_LAGS:
                self.late[text] = lag, self.late.get(text, (lag, 0))[1] + 1
        return cause, lag

    def settle_ties(self, copy: Digests) -> None:
        """Take late rows for ties where the copy holds their very cursor in another row, if no watermark is known.

        A watermark that has moved on since does not say with which cursors it once was equal; a row of the copy with
        the same cursor was read when one was.
        """
        if self.at is None or self.mark is None or self.mark.is_exact or not self.late:
            return
        for text in copy.holding(self.at, list(self.late)):
            _, rows = self.late.pop(text)
            self.counts[Cause.LATE] -= rows
            self.counts[Cause.TIE] += rows
            self.tied.add(text)
        self.counts = Counter({cause: number for cause, number in self.counts.items() if number})

    @property
    def lags(self) -> list[float]:
        """By how many ticks late rows were late, in ascending order."""
        return sorted(lag for lag, rows in self.late.values() for _ in range(rows))

    def lateness(self) -> dict[str, float] | None:
        """Return the median and the largest lateness, in seconds, or in the cursor's own numbers; None without any.

        Where the cursor is a time, a lookback of a round length is named that reads nearly all of them, and its share.
        """
        lags = self.lags
        if not lags:
            return None
        per_second = self.mark.per_second if self.mark else 0
        found = {"median": median(lags) / (per_second or 1), "most": lags[-1] / (per_second or 1)}
        if per_second:
            reached = ((each, self._within(each * per_second)) for each in _LOOKBACKS)
            window, share = next(((each, part) for each, part in reached if part >= _NEARLY), (found["most"], 1.0))
            found |= {"lookback": window, "share": share}
        return found

    def _within(self, ticks: float) -> float:
        lags = self.lags
        return bisect_right(lags, ticks) / len(lags)

    def _cause(self, row: WrongRow) -> tuple[Cause, float | None]:
        if row.kinds[0] == PHANTOM:
            return Cause.DELETED, None
        if row.kinds[0] == DUPLICATED or row.source in row.copies:
            return Cause.REREAD, None
        if self.at is None or self.mark is None or row.source is None:
            return Cause.UNKNOWN, None
        mine = place_of(row.source[self.at])
        if mine is None:
            return Cause.NULL_CURSOR, None
        if row.kinds[0] != LOST:
            held = [place_of(copy[self.at]) for copy in row.copies]
            if (seen := self._of_stale(mine, held)) is not None:
                return seen, None
        return self._behind(mine)

    def _of_stale(self, mine: object, held: list[int | float | str | None]) -> Cause | None:
        """Return what the cursors of both versions say by themselves."""
        assert self.mark is not None  # noqa: S101 - as its caller has seen
        if mine in held:
            return Cause.TIE if mine == self.mark.position else Cause.UNTOUCHED
        newer = [each for each in held if type(each) is type(mine) and each > mine]  # type: ignore[operator]  # of one type
        return Cause.OLDER if newer else None

    def _behind(self, mine: float | str) -> tuple[Cause, float | None]:
        """Return what the place of a row beside the watermark says."""
        assert self.mark is not None  # noqa: S101 - as its caller has seen
        mark, now = self.mark.position, self.mark.now
        if mark is None:
            return (Cause.UNREAD if self.mark.text == "n;" else Cause.UNKNOWN), None
        if isinstance(mine, str) or isinstance(mark, str):
            return _among_texts(mine, mark), None
        if now is not None and (mine > now or mark > now):
            # A watermark of the future that no row of the copy has is the doing of whoever keeps it.
            read = place_of(self.mark.largest) if self.mark.largest else mark
            is_alone = mine <= now and not (isinstance(read, int | float) and read > now)
            return (Cause.AHEAD if is_alone else Cause.FUTURE), None
        if mine > mark:
            return Cause.UNREAD, None
        if mine == mark or mine in self._past:
            return Cause.TIE, None
        return Cause.LATE, mark - mine


def _among_texts(mine: object, mark: object) -> Cause:
    if not isinstance(mine, str) or not isinstance(mark, str):
        return Cause.UNKNOWN
    if mine == mark:
        return Cause.TIE
    return Cause.UNREAD if mine > mark else Cause.LATE


def place_of(text: str) -> int | float | str | None:
    """Return the place of a cursor's canonical text in its order; an ISO text stands where its time does."""
    found = position(text)
    if isinstance(found, str) and _ISO.fullmatch(found):
        try:
            return int(MixedText(UNITS["us"], zoned=True).position(found))
        except Refused:
            return found
    return found


def ticks_per_second(held: Held, unit: int, example: str) -> int:
    """Return how many ticks per second the places of a cursor count; 0 for plain numbers and texts.

    Args:
        held: The cursor column.
        unit: What integers count, as the user says; 0 for plain numbers.
        example: The canonical text of one of its values.
    """
    if held.form.kind is Kind.TIMESTAMP:
        return held.form.per_second
    if held.form.kind is Kind.INTEGER:
        return unit
    return UNITS["us"] if example[0] == "t" and isinstance(place_of(example), int) else 0


def given_mark(text: str, held: Held) -> str:
    """Return the canonical text of a watermark as the source writes it; refuse one that the cursor cannot have."""
    form = held.form
    try:
        if form.kind is Kind.TIMESTAMP:
            whole = int(text) if re.fullmatch(r"-?\d+", text) else None
            ticks = MixedText(UNITS["us"], zoned=True).position(text) if whole is None else whole
            return f"m{int(ticks) * (form.per_second // UNITS['us'] if whole is None else 1)};"
        if form.kind is Kind.INTEGER:
            return f"i{int(text)};"
    except (ValueError, Refused):
        raise Refused(
            f"--watermark {text!r} is no value of the cursor column {held.column.name!r}: write it as the source does."
        ) from None
    return f"t{len(text.encode())}:{text};"


def shown_mark(mark: Mark) -> object:
    """Return a watermark as a reader writes it."""
    return shown(mark.text, mark.per_second or UNITS["us"])
