"""Why a loader has missed a row: what its cursor says on both sides, beside the copy's watermark.

A cause is evidence and not proof. It is exact in so far as the watermark is: one that is given or that incload has
kept says what the last sync had read, while the copy's largest cursor is only as good as the copy. What must stay true:
a row about which the cursors say nothing is `unknown`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING

from incload.auditing.traces.gaps import unread
from incload.auditing.traces.parts import missing_keys, missing_parts
from incload.auditing.traces.passed import passed
from incload.auditing.traces.rounded import rounded_up
from incload.auditing.traces.windows import has_covered
from incload.auditing.watermark import place_of
from incload.auditing.wrong_rows import DUPLICATED, LOST, PHANTOM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from incload.auditing.observed import Observed
    from incload.auditing.watermark import Mark
    from incload.auditing.wrong_rows import WrongRow
    from incload.engines.digests.canonical import Digests

_MOST_LAGS = 100_000
"""Of how many late rows it is remembered how late they were."""
_LOOKBACKS = (60, 600, 3_600, 6 * 3_600, 86_400, 7 * 86_400, 30 * 86_400)
"""Lookback windows that are offered, in seconds ..."""
_NEARLY = 0.95
"""... and what share of the late rows the one that is named has to read."""


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
    LEFT_OUT = "left out of a sync"
    PART = "in a missing part of a sync"
    NO_WINDOW = "never in any window"
    OLDER = "older over newer"
    UNKNOWN = "unknown"


UNSURE = frozenset({Cause.LATE, Cause.UNREAD, Cause.AHEAD, Cause.PART, Cause.NO_WINDOW, Cause.UNKNOWN})
"""Causes beside which the cursors leave another one possible: a sync that read in part leaves the same traces as a late
row. All others are certain where they are given, ties where the watermark is known."""
_RESETTLED = frozenset({Cause.LATE, Cause.TIE})
"""Causes that may turn out to be others once all wrong rows are known."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why one row is wrong; another cause may come out once all wrong rows are known.

    Attributes:
        first: The cause that the row shows by itself.
        cursor: The canonical text of its cursor in the source.
        settled: The cursors whose late rows and ties have another cause; it fills as the audit ends.
    """

    first: Cause
    cursor: str = ""
    settled: Mapping[str, Cause] = field(default_factory=dict)

    @property
    def cause(self) -> Cause:
        """The cause as it is known now."""
        return self.settled.get(self.cursor, self.first) if self.first in _RESETTLED else self.first


@dataclass(slots=True)
class Causes:
    """Adds up the causes of wrong rows.

    Attributes:
        at: The place of the cursor among the values of a row; None without one.
        mark: The watermark; None without a cursor.
        counts: How many rows each cause has.
        late: The cursors of late rows, each with by how many ticks it was late, and of how many rows.
        keys: The keys of late rows by their cursors, each with whether the row is lost; where keys are whole numbers.
        ties: The cursors of rows that are ties by a watermark, each with its number of rows.
        reused: The cursors of rows of which the copy has a newer one: they were given again behind the watermark.
        settled: Cursors whose cause is another than it seemed at first, once all wrong rows are known.
        observed: When rows were visible; None where nothing has watched the source.
    """

    at: int | None
    mark: Mark | None
    observed: Observed | None = None
    counts: Counter[Cause] = field(default_factory=Counter)
    late: dict[str, tuple[float, int]] = field(default_factory=dict)
    keys: dict[str, list[tuple[int, bool]]] = field(default_factory=dict)
    ties: Counter[str] = field(default_factory=Counter)
    reused: set[str] = field(default_factory=set)
    settled: dict[str, Cause] = field(default_factory=dict)
    _past: frozenset[object] = field(init=False)

    def __post_init__(self) -> None:
        """Take the places of earlier watermarks."""
        self._past = frozenset(map(place_of, self.mark.past if self.mark else ()))

    def add(self, row: WrongRow) -> tuple[Cause, float | None]:
        """Count the cause of a row; return it, and by how much a late row was late."""
        cause, lag = self._cause(row)
        text = self.cursor_of(row)
        if cause in _RESETTLED and self._was_left_out(row, text):
            cause, lag = Cause.LEFT_OUT, None
        self.counts[cause] += 1
        if lag is not None and (text in self.late or len(self.late) < _MOST_LAGS):
            self.late[text] = lag, self.late.get(text, (lag, 0))[1] + 1
            if len(row.key) == 1 and row.key[0][0] == "i":
                self.keys.setdefault(text, []).append((int(row.key[0][1:-1]), row.kinds[0] == LOST))
        elif cause is Cause.TIE and (text in self.ties or len(self.ties) < _MOST_LAGS):
            self.ties[text] += 1
        elif cause is Cause.OLDER and len(self.reused) < _MOST_LAGS:
            self.reused.add(text)
        return cause, lag

    def _was_left_out(self, row: WrongRow, cursor: str) -> bool:
        """Return whether a recording shows that a sync which goes by a watermark has left a row out."""
        by_clock = self.mark is not None and self.mark.window.from_clock
        return self.observed is not None and not by_clock and self.observed.left_out(row.key, cursor)

    def cursor_of(self, row: WrongRow) -> str:
        """Return the canonical text of the cursor of the source's row; empty where there is none."""
        return "" if row.source is None or self.at is None else row.source[self.at]

    def verdict(self, row: WrongRow, cause: Cause) -> Verdict:
        """Return the cause of a row as it will be once the causes are settled."""
        return Verdict(cause, self.cursor_of(row), self.settled)

    def settle(self, copy: Digests) -> None:
        """Look again at causes that depend on more than one row, now that all wrong rows are known.

        Where no watermark is known, late rows are ties if the copy holds their very cursor in another row: a watermark
        that has moved on since does not say with which cursors it once was equal, and a row of the copy with the same
        cursor was read when one was. Not so a cursor to which other rows have gone back: it was given again once the
        watermark had passed it. Where incload has kept the watermarks, rows that a state has passed without the
        rows of its sync are the state's doing.
        """
        if self.at is None or self.mark is None:
            return
        mark, at = self.mark, self.at
        if not mark.is_exact:
            ties = [text for text in self.late if text not in self.reused]
            self._resettle(copy.holding(at, ties) if ties else (), Cause.TIE)
            self._resettle(rounded_up(self.late, copy, at, mark.per_second), Cause.AHEAD)
            self._resettle(unread(self.late, self._late_keys(), copy, at), Cause.NO_WINDOW)
            self._resettle(missing_keys(self._late_keys(), copy, at), Cause.PART)
        elif mark.past and not mark.window.from_clock:
            loaded = mark.loaded
            self._resettle(passed(loaded, [*self.late, *self.ties], copy, at), Cause.AHEAD)
            self._resettle(missing_parts(loaded, self._late_keys(), copy, at), Cause.PART)
        self.counts = Counter({cause: number for cause, number in self.counts.items() if number})

    def _late_keys(self) -> dict[str, list[tuple[int, bool]]]:
        """Return the keys of the rows that are still late, by their cursors."""
        return {text: self.keys[text] for text in self.late if text in self.keys}

    def _resettle(self, cursors: Iterable[str], cause: Cause) -> None:
        """Give the rows of some cursors another cause."""
        for text in cursors:
            _, late = self.late.pop(text, (0, 0))
            self.counts[Cause.LATE] -= late
            tied = self.ties.pop(text, 0)
            self.counts[Cause.TIE] -= tied
            self.counts[cause] += late + tied
            self.settled[text] = cause

    @property
    def certain(self) -> tuple[str, ...]:
        """The causes that nothing else leaves the traces of: a tie with the copy's own rows may be an untouched row."""
        unsure = UNSURE if self.mark and self.mark.is_exact else UNSURE | {Cause.TIE}
        return tuple(str(cause) for cause in self.counts if cause not in unsure)

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
            is_tie = mine == self.mark.position and not self.mark.window.from_clock
            return Cause.TIE if is_tie else Cause.UNTOUCHED
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
        if self.mark.window.from_clock:
            return self._by_clock(mine, mark)
        if mine > mark:
            return Cause.UNREAD, None
        return (Cause.TIE, None) if mine == mark or mine in self._past else (Cause.LATE, mark - mine)

    def _by_clock(self, mine: float, mark: float) -> tuple[Cause, float | None]:
        """Return what the windows of a loader that goes by the clock say, whatever its watermark."""
        assert self.mark is not None  # noqa: S101 - as its caller has seen
        if has_covered(mine, self.mark.began, self.mark.window.from_clock):
            return Cause.LATE, mark - mine if mark > mine else None
        return (Cause.NO_WINDOW if self.mark.has_gone_by(mine) else Cause.UNREAD), None


def _among_texts(mine: object, mark: object) -> Cause:
    if not isinstance(mine, str) or not isinstance(mark, str):
        return Cause.UNKNOWN
    if mine == mark:
        return Cause.TIE
    return Cause.UNREAD if mine > mark else Cause.LATE
