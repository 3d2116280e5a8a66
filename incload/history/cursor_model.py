"""A model of a cursor load, on paper: which rows it will get wrong, derived from lags and schedule alone.

It keeps a dictionary for the target and a number for the state and asks no database. What it says is compared with
what real loads do; where the two differ, one of them is wrong.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import reduce
from typing import TYPE_CHECKING

from incload.history.lag import larger, syncs
from incload.removal_limit import within_limit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from incload.history.faults import Fault
    from incload.history.history import History
    from incload.history.lag import Key, Sync, Version
    from incload.strategy import Reach

_MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class Mark:
    """A state on paper.

    Attributes:
        at: The watermark.
        key: The largest key at it.
        known: The versions read at it; with each the number of its schema, as another schema makes another digest.
        syncs: How many syncs there were.
        wide: The watermark after the last read beyond a window that learns.
        within: How many changes in a row lay within each bound of such a window; None before any was seen.
    """

    at: int | None = None
    key: Key | None = None
    known: frozenset[tuple[Key, Version, int]] = frozenset()
    syncs: int = 0
    wide: int | None = None
    within: tuple[int, ...] | None = None


@dataclass(slots=True)
class Model:
    """A cursor load on paper.

    Attributes:
        reach: Which changes it reads.
        faults: What happens to it.
        guarded: Whether the removal of more rows than `incload.removal_limit` says is held back.
        target: The copy, by key.
        mark: Its state.
        ever_wrong: Every key that was wrong after any sync, in the order in which they became so.
    """

    reach: Reach
    faults: Sequence[Fault] = ()
    guarded: bool = False
    target: dict[Key, Version] = field(default_factory=dict)
    mark: Mark = field(default_factory=Mark)
    ever_wrong: dict[Key, None] = field(default_factory=dict)
    _wrong: set[Key] = field(default_factory=set)
    _young: set[Key] = field(default_factory=set)
    _schema: int = 0
    _marks: dict[int, Mark] = field(default_factory=dict)

    def run(self, history: History) -> Model:
        """Follow a history from its base to its end."""
        for sync in syncs(history, self.faults):
            self.follow(sync)
        return self

    def follow(self, sync: Sync) -> None:
        """Do one sync."""
        self._schema += sync.added
        now = [fault for fault in self.faults if fault.holds(sync.number)]
        victim = _Loading(self, sync)
        for fault in now:
            fault.before(victim)
        for fault in now:
            fault.runs(victim)
        with ExitStack() as lasting:
            for fault in now:
                lasting.enter_context(fault.during(victim))
            touched = self.load(sync, victim.visible)
        self._marks[sync.number] = replace(self.mark)
        changed = (change.key for change in sync.changes) if sync.number else sync.rows
        self._judge(sync, [*touched, *changed, *self._wrong, *self._young])

    def mark_after(self, sync: int) -> Mark:
        """Return the state that an earlier sync left."""
        return self._marks[sync]

    def load(self, sync: Sync, visible: Mapping[Key, Version]) -> list[Key]:
        """Read, write and remember; return the keys that were written or deleted, of those that could matter."""
        everything = self.mark.at is None or (self.reach.every > 0 and self.mark.syncs % self.reach.every == 0)
        candidates = visible if everything or not sync.number else self._candidates(sync)
        read = [key for key in candidates if key in visible and self._reads(sync, key, visible[key], all_=everything)]
        self._learn([(key, visible[key]) for key in read])
        gone = [key for key in self.target if key not in visible] if everything and self.reach.every else []
        if self.guarded and not within_limit(len(gone), len(self.target)):
            gone = []
        for key in gone:
            del self.target[key]
        for key in read:
            self.target[key] = visible[key]
        self._remember(sync, read)
        return read + gone

    def _candidates(self, sync: Sync) -> dict[Key, None]:
        """Only what changed, what is not right yet and what the watermark does not cover can be read to any effect."""
        mark = self.mark.at
        above = (
            key for key, row in sync.rows.items() if row.cursor is not None and mark is not None and row.cursor >= mark
        )
        return dict.fromkeys([*(change.key for change in sync.changes), *self._wrong, *self._young, *above])

    def _reads(self, sync: Sync, key: Key, version: Version, *, all_: bool) -> bool:
        cursor, reach = version.cursor, self.reach
        if reach.delay and cursor is not None and cursor > sync.clock - reach.delay // _MICROSECOND:
            return False
        if all_ or cursor is None:
            return all_
        # An empty target takes whatever matches the query, known or not.
        if reach.at_bound == "unknown" and self.target and (key, version, self._schema) in self.mark.known:
            return False
        assert self.mark.at is not None  # noqa: S101 - without a watermark everything is read
        back = self.mark.at - cursor
        if any(near // _MICROSECOND <= back <= far // _MICROSECOND for far, near in reach.further):
            return True
        bound = self._bound(sync.clock)
        return cursor > bound or (cursor == bound and self._shows_bound(key))

    def _bound(self, clock: int) -> int:
        """Return the cursor value from which on rows are read."""
        reach, mark = self.reach, self.mark
        assert mark.at is not None  # noqa: S101 - likewise
        learning = reach.learning
        if learning is None:
            return (clock if reach.from_clock else mark.at) - reach.window // _MICROSECOND
        if mark.syncs % learning.every == 0:
            return min(mark.at, mark.at if mark.wide is None else mark.wide) - learning.bounds[-1] // _MICROSECOND
        return mark.at - learning.window(mark.within or learning.at_first) // _MICROSECOND

    def _learn(self, read: Iterable[tuple[Key, Version]]) -> None:
        """Let the lags of rows that are read, and are news to the copy, teach a window that learns."""
        learning, mark = self.reach.learning, self.mark
        if learning is None:
            return
        if mark.at is None or mark.syncs % learning.every == 0:
            cursors = (mark.at, *(row.cursor for _, row in read))
            mark.wide = max((each for each in cursors if each is not None), default=None)
        if mark.at is None:
            return
        news = [row.cursor for key, row in read if row.cursor is not None and self.target.get(key) != row]
        lags = [(mark.at - cursor) * _MICROSECOND for cursor in news]
        late = (sum(lag > bound for lag in lags) for bound in learning.bounds[:-1])
        mark.within = learning.after(mark.within or learning.at_first, (len(lags), *late))

    def _shows_bound(self, key: Key) -> bool:
        """Return whether a row exactly at the bound is read."""
        return larger(key, self.mark.key) if self.reach.at_bound == "larger_key" else self.reach.at_bound != "none"

    def _remember(self, sync: Sync, read: Iterable[Key]) -> None:
        """Move the watermark over what was read, and bend it as the faults do."""
        timestamps = [(self.target[key].cursor, key) for key in read]
        possible = [
            (timestamp, key)
            for timestamp, key in timestamps
            if timestamp is not None and not (self.reach.bounded and timestamp > sync.clock)
        ]
        top = max((timestamp for timestamp, _ in possible), default=None)
        if top is not None and (self.mark.at is None or top >= self.mark.at):
            ties = [key for timestamp, key in possible if timestamp == top]
            again = top == self.mark.at
            self.mark.key = max([*ties, *([self.mark.key] if again and self.mark.key else [])])
            known = frozenset((key, self.target[key], self._schema) for key in ties)
            self.mark.known = known | self.mark.known if again else known
            self.mark.at = reduce(lambda mark, fault: fault.bent(mark), self.faults, top)
        self.mark.syncs += 1

    def _judge(self, sync: Sync, keys: Iterable[Key]) -> None:
        """Compare the copy with the truth; what a delay promises nothing about is not wrong."""
        open_until = sync.clock - self.reach.delay // _MICROSECOND
        for key in dict.fromkeys(keys):
            truth = sync.rows.get(key)
            excused = self.reach.delay and truth is not None and truth.cursor is not None and truth.cursor > open_until
            self._wrong.discard(key)
            self._young.discard(key)
            if self.target.get(key) == truth:
                continue
            if excused:
                self._young.add(key)
            else:
                self._wrong.add(key)
                self.ever_wrong.setdefault(key)


@dataclass(slots=True)
class _Loading:
    """One sync on paper, as faults see it: a `Victim`.

    Attributes:
        model: What loads.
        sync: What the sync finds.
        visible: The rows that the source shows.
    """

    model: Model
    sync: Sync
    visible: Mapping[Key, Version] = field(init=False)

    def __post_init__(self) -> None:
        """Show every row."""
        self.visible = self.sync.rows

    def lose_state(self) -> None:
        """Start from nothing."""
        self.model.mark = Mark()

    def state(self) -> Mark:
        """Return the state."""
        return replace(self.model.mark)

    def state_after(self, sync: int) -> Mark:
        """Return the state after an earlier sync."""
        return self.model.mark_after(sync)

    def put_state_back(self, state: object) -> None:
        """Take a state for the present one."""
        assert isinstance(state, Mark)  # noqa: S101 - it is what this class gave away
        self.model.mark = replace(state)

    @contextmanager
    def rows_put_back(self) -> Iterator[None]:
        """Undo what a block does to the copy."""
        before = dict(self.model.target)
        yield
        self.model.target = before

    @contextmanager
    def last_rows_hidden(self, share: float) -> Iterator[None]:
        """Show no more than the first rows."""
        before, gone = self.visible, set(hidden(self.visible, share))
        self.visible = {key: row for key, row in before.items() if key not in gone}
        yield
        self.visible = before

    def cut_log(self) -> None:
        """Nothing on paper follows a log."""

    def load(self) -> None:
        """Load once more."""
        self.model.load(self.sync, self.sync.rows)


def hidden(rows: Iterable[Key], share: float) -> Iterator[Key]:
    """Yield the keys that a partial answer leaves out: the last share of all, in the order of the keys."""
    ordered = sorted(rows)
    yield from ordered[len(ordered) - int(len(ordered) * share) :]
