"""One sync is one snapshot: what it writes stands on a branch of its own until one step makes that the main branch.

The step fails when the main branch is no longer what the sync has read, so that nothing of another writer is lost or
mixed. A sync that dies before it leaves a branch that no reader looks at; loads remove those that are a day old.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from incload.engines.contract import Conflict
from incload.engines.spark.failures import SparkFailed, speaking
from incload.engines.spark.tables import TAG
from incload.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAIN = "main"
PREFIX = "incload_sync_"
"""How the branches of syncs begin; the second in which the branch was made follows."""
_OLD_SECONDS = 86_400


class Commit:
    """One commit of one table."""

    def __init__(self, spark: Any, table: Any, base: int | None) -> None:  # noqa: ANN401 - types of pyspark and Iceberg
        """Take the session, Iceberg's own object of the table, and the snapshot that the sync has read.

        Raises:
            Conflict: When the table has another snapshot by now.
        """
        self._spark, self._table, self.base = spark, table, base
        self._jvm = spark._jvm  # noqa: SLF001 - there is no other way to it
        self.branch = f"{PREFIX}{time.time_ns() // 1_000_000_000}_{uuid4().hex[:12]}"
        with speaking():
            self._refresh_or_conflict()

    def _refresh_or_conflict(self) -> None:
        self._table.refresh()
        current = self._table.currentSnapshot()
        if (None if current is None else current.snapshotId()) != self.base:
            raise Conflict

    def carry_out(self, write: Callable[[str], object] | None, properties: Mapping[str, str]) -> None:
        """Write onto the branch with properties of the snapshot, and make it the main branch.

        Args:
            write: Writes by one statement, into the branch named; None for a snapshot that carries properties alone.
            properties: The properties.

        Raises:
            Conflict: When another writer was first; the table is then as that one left it.
        """
        try:
            with speaking():
                self._begin()
                if write is None:
                    self._write_nothing(properties)
                else:
                    self._with_properties(lambda: write(self.branch), properties)
                self._refuse_lost(properties)
                self._finish()
        except BaseException as error:
            self._abandon()
            if isinstance(error, SparkFailed) and error.conflict:
                raise Conflict from error
            raise

    def _begin(self) -> None:
        self._sweep()
        changes = self._table.manageSnapshots()
        made = changes.createBranch(self.branch) if self.base is None else changes.createBranch(self.branch, self.base)
        made.commit()

    def _write_nothing(self, properties: Mapping[str, str]) -> None:
        """Make a snapshot without files."""
        append = self._table.newAppend().toBranch(self.branch)
        for name, value in properties.items():
            append.set(name, value)
        append.commit()

    def _with_properties(self, write: Callable[[], object], properties: Mapping[str, str]) -> None:
        """Have the snapshot that a statement makes carry properties."""
        from pyspark.java_gateway import ensure_callback_server_started

        ensure_callback_server_started(self._spark.sparkContext._gateway)  # noqa: SLF001 - there is no other way to it
        wanted = self._jvm.java.util.HashMap()
        for name, value in properties.items():
            wanted.put(name, value)
        call = _Call(write)
        failure = self._jvm.java.lang.Class.forName("java.lang.RuntimeException")
        try:
            self._jvm.org.apache.iceberg.spark.CommitMetadata.withCommitProperties(wanted, call, failure)
        except Exception:
            if call.error is not None:
                raise call.error from None  # what Python raised is more than what Java says of it
            raise

    def _refuse_lost(self, properties: Mapping[str, str]) -> None:
        """Refuse to go on with a snapshot that does not carry the properties: its state would be lost."""
        self._table.refresh()
        summary = self._table.snapshot(self.branch).summary()
        lost = sorted(name for name, value in properties.items() if summary.get(name) != value)
        if lost:
            raise Refused(
                f"Spark has not put {', '.join(lost)} into the snapshot of the load, and the table is left as it was: "
                "let pyspark pin threads (PYSPARK_PIN_THREAD=true), or load in another process."
            )

    def _finish(self) -> None:
        """Make the branch the main one in one step, and tag its snapshot."""
        self._table.refresh()
        snapshot = self._table.snapshot(self.branch).snapshotId()
        changes = self._table.manageSnapshots().fastForwardBranch(MAIN, self.branch).removeBranch(self.branch)
        is_tagged = self._table.refs().containsKey(TAG)
        (changes.replaceTag(TAG, snapshot) if is_tagged else changes.createTag(TAG, snapshot)).commit()

    def _abandon(self) -> None:
        """Leave nothing of the branch, its files included."""
        with suppress(Exception):  # what failed is said; a branch that stays is removed by a later load
            self._table.refresh()
            self._remove(self.branch)

    def _remove(self, branch: str) -> None:
        found = self._table.snapshot(branch)
        self._table.manageSnapshots().removeBranch(branch).commit()
        if found is not None and found.snapshotId() != self.base and self._is_left_over(found.snapshotId()):
            # Without a time, everything older than the table's own age of snapshots would expire as well.
            self._table.expireSnapshots().expireSnapshotId(found.snapshotId()).expireOlderThan(0).commit()

    def _is_left_over(self, snapshot: int) -> bool:
        """Return whether no branch or tag leads to a snapshot, and whether it can expire without others.

        A branch or tag with an age of its own would expire with it, by its own rule: the snapshot then waits for the
        next expiry of the table.
        """
        self._table.refresh()
        refs = [self._table.refs().get(name) for name in self._table.refs().keySet()]
        if any(ref.maxRefAgeMs() is not None or ref.maxSnapshotAgeMs() is not None for ref in refs):
            return False
        leads = self._jvm.org.apache.iceberg.util.SnapshotUtil.isAncestorOf
        return not any(leads(self._table, ref.snapshotId(), snapshot) for ref in refs)

    def _sweep(self) -> None:
        """Remove branches that syncs have left which died a day ago or before."""
        for name in [str(each) for each in self._table.refs().keySet() if str(each).startswith(PREFIX)]:
            made = name.removeprefix(PREFIX).partition("_")[0]
            if made.isdecimal() and time.time() - int(made) > _OLD_SECONDS:
                with suppress(Exception):  # another load may be at it too
                    self._remove(name)


class _Call:
    """What Java is handed to call."""

    def __init__(self, write: Callable[[], object]) -> None:
        self._write = write
        self.error: BaseException | None = None

    def call(self) -> str:
        """Run it; what it raises is kept, as Java knows its text alone."""
        try:
            self._write()
        except BaseException as error:
            self.error = error
            raise
        return ""

    class Java:
        """The interface that it implements."""

        implements = ("java.util.concurrent.Callable",)
