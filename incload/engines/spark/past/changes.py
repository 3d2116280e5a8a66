"""Iceberg's own snapshots as the log of a table's changes: a position is a snapshot, and nothing has to be installed.

What changed between two snapshots is the net of what was added and removed, so that a file that was rewritten names no
row that stayed as it was. A table that keeps deletions in files of their own has no changelog: it is compared whole.
A snapshot that has expired, or that the table was rolled back from, cannot be compared with: everything is read then.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from incload.engines.abilities.change_log import WHOLE, ChangeLog, Kept, Reached
from incload.engines.abilities.optional import Logs
from incload.engines.spark.failures import SparkFailed, speaking
from incload.engines.spark.tables import ancestors
from incload.engines.sql import Query
from incload.errors import Refused
from incload.strategy import Capability

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Protocol

    from incload.engines.spark.places import Places
    from incload.engines.spark.tables import Known
    from incload.engines.sql import Place, Row

    class Reads(Protocol):
        """What is asked of a session."""

        spark: Any
        places: Places

        def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
            """Run a query."""

        def name(self, place: Place, table: str) -> str:
            """Name a table."""

        def listed(self, names: Sequence[str]) -> str:
            """List columns."""


_EMPTY = "empty"
"""The position of a table without a snapshot."""
_VIEW = "incload_changes"
_GONE = "its history no longer reaches back to the snapshot that was read last"


class SnapshotLog(ChangeLog):
    """The snapshots of one table."""

    def __init__(self, session: Reads, place: Place, table: str) -> None:
        """Take the table."""
        self._session, self._place, self._table = session, place, table
        self._key: tuple[str, ...] = ()

    @property
    def _known(self) -> Known:
        known = self._session.places.known(self._place, self._table)
        if known is None:
            raise Refused(f"there is no table {self._table!r}: check its name.")
        return known

    def install(self, key: tuple[str, ...]) -> None:
        """Iceberg keeps its snapshots unasked."""

    def remove(self) -> None:
        """There is nothing that a load has made."""

    def kept(self) -> Kept:
        """Describe the history as it is."""
        return Kept(Capability.LOG, self._table, (), self._position(self._known.snapshot), None, WHOLE)

    @staticmethod
    def _position(snapshot: int | None) -> str:
        return _EMPTY if snapshot is None else str(snapshot)

    def reach(self, after: str | None, key: tuple[str, ...]) -> Reached:
        """Go to the snapshot that the sync reads; a position that is none of its past has everything read."""
        known, self._key = self._known, key
        position = self._position(known.snapshot)
        if after is None:
            return Reached(position, whole=True)
        if after in {position, _EMPTY}:
            return Reached(position, whole=after != position)
        with speaking():
            past = {each.snapshotId() for each in ancestors(known.table, known.table.currentSnapshot())}
        is_there = after.isdecimal() and int(after) in past
        return Reached(position, whole=not is_there, why="" if is_there else _GONE)

    def keys(self, after: str) -> Query:
        """Name the keys of rows that are not as they were, or were not there, or are gone."""
        names = self._session.listed(self._key)
        if after == self._position(self._known.snapshot):
            return Query(f"SELECT {names} FROM {self._session.name(self._place, self._table)} WHERE 1 = 0")
        changes = self._changelog(int(after)) or self._compared(int(after))
        return Query(f"SELECT DISTINCT {names} FROM {changes}")

    def _columns(self) -> str:
        return self._session.listed([column.name for column in self._known.columns])

    def _changelog(self, after: int) -> str:
        """Return the relation of the net changes; empty where Iceberg keeps none of this table."""
        session, columns = self._session, self._columns()
        name = session.places.plain_name(self._place, f"{self._table}.changes")
        try:
            with speaking():
                rows: Any = session.spark.read.option("start-snapshot-id", str(after))
                rows = rows.option("end-snapshot-id", str(self._known.snapshot)).table(name)
                rows.createOrReplaceTempView(_VIEW)
            session.rows(f"SELECT 1 FROM {_VIEW} LIMIT 1")
        except SparkFailed as error:
            if "not supported in changelog" in str(error):
                return ""
            raise
        net = "sum(CASE WHEN _change_type = 'INSERT' THEN 1 ELSE -1 END)"
        return f"(SELECT {columns} FROM {_VIEW} GROUP BY {columns} HAVING {net} <> 0)"

    def _compared(self, after: int) -> str:
        """Return the relation of what one of two snapshots has and the other has not."""
        plain, columns = self._session.places.plain_name(self._place, self._table), self._columns()
        now, then = (f"SELECT {columns} FROM {plain} VERSION AS OF {each}" for each in (self._known.snapshot, after))
        return f"(({now} EXCEPT ALL {then}) UNION ALL ({then} EXCEPT ALL {now}))"

    def trim(self, until: str) -> int:
        """Refuse: snapshots are more than a log."""
        raise Refused(
            f"the log of table {self._table!r} is its history of snapshots, which Iceberg itself expires: call its "
            f"procedure expire_snapshots instead of trimming until {until}."
        )

    def cut(self) -> None:
        """Expire every snapshot but the one of now."""
        with speaking():
            expiring = self._known.table.expireSnapshots().expireOlderThan(2**53).retainLast(1)
            expiring.commit()
        self._session.places.forget()

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """Nothing can change a table without a snapshot."""
        yield


class SnapshotLogs(Logs):
    """What every table of Iceberg keeps."""

    def __init__(self, session: Reads) -> None:
        """Take the session."""
        self._session = session
        self._logs: dict[tuple[Place, str], SnapshotLog] = {}

    def change_log(self, log: Capability, place: Place, table: str) -> ChangeLog:  # noqa: ARG002 - there is one alone
        """Return the snapshots; what is asked first is how far they go, and by which key."""
        return self._logs.setdefault((place, table), SnapshotLog(self._session, place, table))
