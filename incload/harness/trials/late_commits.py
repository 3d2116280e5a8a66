"""Late commits performed: rows that a transaction of its own writes before a sync, and commits after it.

A history says when a row became visible, and its timestamp and key say when it was written. Where the two lie apart,
and several connections can write at once, what lies between is acted out: a connection opens a transaction, writes the
row and waits, while others write and commit and syncs run, until the tick has come in which the row is visible.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from incload.engines.registry import fixture

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from incload.auditing.audit import Key
    from incload.engines.session import Session
    from incload.harness.sandbox.sandbox import Sandbox
    from incload.history.history import History
    from incload.table import Table

Late = dict[int, dict[int, list[int]]]
"""By the tick in which rows become visible and the tick in which they were written: their places in the upserts."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction that was open while a sync ran.

    Attributes:
        number: Its number on the server.
        wrote: The tick in which it wrote, 0 for the base; the sync after that tick ran beside it.
        committed: The tick in which it committed.
    """

    number: int
    wrote: int
    committed: int


@dataclass(slots=True)
class Acted:
    """The transactions that a trial acted out.

    Attributes:
        late: By key and the tick in which the row became visible: the transaction that had written it before.
        prompt: By tick, 0 for the base: the number of the transaction that wrote and committed in it.
    """

    late: dict[tuple[Key, int], Transaction] = field(default_factory=dict)
    prompt: dict[int, int] = field(default_factory=dict)


class Performance:
    """Lets the ticks of a history happen to a stand, late rows by transactions of their own."""

    def __init__(self, sandbox: Sandbox, history: History, another: Callable[[], Session]) -> None:
        """Open what writes late from the start on; `another` opens one more connection to the source."""
        self.acted = Acted()
        self._sandbox, self._another = sandbox, another
        self._ticks = tuple(history.ticks)
        self._late = late_rows(history)
        self._open: dict[int, list[Session]] = defaultdict(list)
        self._looking = another()
        self._note(0, history.base)
        self._write_late(0)

    def tick(self, number: int) -> None:
        """Let a tick happen: what is prompt, then the commits; and let write what later ticks will commit."""
        tick = self._ticks[number - 1]
        late = {place for places in self._late[number].values() for place in places}
        prompt = _taken(tick.upserts, [place for place in range(tick.upserts.num_rows) if place not in late])
        self._sandbox.apply(replace(tick, upserts=prompt))
        self._note(number, prompt)
        for session in self._open.pop(number, []):
            session.commit()
        self._write_late(number)

    def _note(self, number: int, rows: pa.Table) -> None:
        """Note the transaction that wrote rows which have just become visible."""
        if rows.num_rows:
            table = self._sandbox.table
            self.acted.prompt[number] = fixture(self._looking).written_by("source", table, keys_of(rows, table)[0])

    def _write_late(self, number: int) -> None:
        """Open the transactions that write in a tick and commit in a later one."""
        for later, by_tick in self._late.items():
            if number not in by_tick:
                continue
            rows = _taken(self._ticks[later - 1].upserts, by_tick[number])
            session = self._another()
            session.begin("")
            tables = fixture(session)
            tables.put("source", self._sandbox.table, rows)
            self._open[later].append(session)
            transaction = Transaction(tables.transaction(), number, later)
            self.acted.late |= {(key, later): transaction for key in keys_of(rows, self._sandbox.table)}


def late_rows(history: History) -> Late:
    """Return the rows whose timestamp or new key is of an earlier tick than the one in which they become visible."""
    known = set(keys_of(history.base, history.table))
    ends, largest = [history.started], [max(known)]
    touched: dict[Key, int] = {}
    late: Late = defaultdict(lambda: defaultdict(list))
    for number, tick in enumerate(history.ticks, start=1):
        keys = keys_of(tick.upserts, history.table)
        for place, (key, timestamp) in enumerate(zip(keys, _timestamps(tick.upserts, history.table), strict=True)):
            by_timestamp = number if timestamp is None else bisect_left(ends, timestamp)
            by_key = number if key in known else bisect_right(largest, key)
            wrote = max(
                min(by_timestamp, by_key), touched.get(key, 0)
            )  # no transaction waits for a row that another has written
            if wrote < number:
                late[number][wrote].append(place)
        ends.append(tick.at)
        largest.append(max([largest[-1], *keys]))
        known.update(keys)
        touched |= dict.fromkeys([*keys, *keys_of(tick.deletes, history.table)], number)
    return late


def keys_of(rows: pa.Table, table: Table) -> list[Key]:
    """Return the keys of Arrow rows."""
    return list(zip(*(rows[name].to_pylist() for name in table.key), strict=True))


def _taken(rows: pa.Table, places: list[int]) -> pa.Table:
    import pyarrow as pa

    return rows.take(pa.array(places, pa.int64()))


def _timestamps(rows: pa.Table, table: Table) -> list[int | None]:
    """Return the cursors of Arrow rows in microseconds."""
    return [None] * rows.num_rows if table.cursor is None else rows[table.cursor].cast("int64").to_pylist()
