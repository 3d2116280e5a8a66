"""What the looks so far say about lags: the syncs that a history of them would have, as each look comes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incload.history.history import History, Tick
from incload.history.lag import syncs
from incload.history.lag_profile import Profiler
from incload.history.recorded.replayed_table import keys_of, upserts_of
from incload.history.recorded.row_versions import Version
from incload.table import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incload.history.lag import Sync
    from incload.history.lag_profile import Lateness
    from incload.watching.look import Row

_TABLE = Table(
    "watched", ("key",), "at", (Column("key", Kind.TEXT), Column("at", Kind.TIMESTAMP), Column("c", Kind.TEXT))
)


@dataclass(slots=True)
class Live:
    """The lags of what was seen so far."""

    _profiler: Profiler = field(default_factory=lambda: Profiler(()))
    _waiting: list[Tick] = field(default_factory=list)
    _syncs: Iterator[Sync] | None = None

    def see(self, at: int, changed: dict[str, Row | None]) -> Sync:
        """Take in a look, and return the sync that would have found it."""
        upserts = upserts_of(_TABLE, [((key,), Version(*row, ("string",))) for key, row in changed.items() if row])
        if self._syncs is None:
            self._syncs = syncs(History(_TABLE, at, upserts, self._ticks()))
        else:
            gone = keys_of(_TABLE, [(key,) for key, row in changed.items() if not row])
            self._waiting.append(Tick(at, upserts, gone))
        sync = next(self._syncs)
        self._profiler.see(sync)
        return sync

    def _ticks(self) -> Iterator[Tick]:
        while self._waiting:
            yield self._waiting.pop()

    def lateness(self) -> Lateness:
        """Return how the changes lie."""
        return self._profiler.lateness()
