"""What a checker gets wrong about a right copy (C51): it compares texts, or it looks once at tables that change.

Two copies that are right at every sync are looked at by a naive checker and by `incload audit`. What must stay true:
the audit raises no alarm, and finds the rows that are planted.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from incload.api.audit import run_audit
from incload.auditing.compare_tables import Hooks
from incload.contenders.contender import SyncRequest
from incload.harness.catalogue.showing import ROWS, SEED
from incload.harness.sandbox.on_disk import open_on_disk
from incload.harness.sandbox.sandbox import open_sandbox
from incload.harness.trials.matrix import contender
from incload.harness.trials.trial import EPOCH, difference
from incload.history.synthetic import built
from incload.registry import strategy

if TYPE_CHECKING:
    from incload.auditing.result import AuditResult
    from incload.harness.sandbox.on_disk import DiskStand

SCENARIO = "clean"
PLANTED = 2
"""A row that is taken out of the copy, and one that is changed there."""


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """What the checkers said.

    Attributes:
        rows: How many rows the copy of the first case has.
        by_text: The rows that differ for a checker that compares texts.
        by_value: The rows that differ for the audit.
        audits: How many audits there were in the second case, each after a change and before the sync that brings it.
        at_one_look: The rows that differ for a checker that looks once, over all of them.
        settled: The rows that are wrong for an audit that looks again when the sync has run.
        in_flight: The rows of which that one says that they have changed between its looks.
        found: The planted rows that it finds.
    """

    rows: int
    by_text: int
    by_value: int
    audits: int
    at_one_look: int
    settled: int
    in_flight: int
    found: int

    @property
    def text(self) -> str:
        """What was seen, in lines of a hundred characters."""
        return (
            f"Seen just now, in a right copy of {self.rows} rows from DuckDB to SQLite:\n"
            f"  {self.by_text} rows differ by text, {self.by_value} for incload audit.\n"
            f"And in {self.audits} checks of a right copy, each after a change and before its sync:\n"
            f"  {self.at_one_look} rows differ at one look; {self.settled} are wrong for incload audit --settle,\n"
            f"  which looks again and says of {self.in_flight} that they were in flight.\n"
            f"  Of {PLANTED} rows that were made wrong in the copy it finds {self.found}.\n"
        )


def false_alarms() -> FalseAlarms:
    """Make both copies, and have them checked."""
    with tempfile.TemporaryDirectory(prefix="incload-") as folder:
        return replace(_beside_changes(Path(folder)), **_of_two_engines(Path(folder)))


def _of_two_engines(folder: Path) -> dict[str, int]:
    """Copy a table from DuckDB to SQLite, and compare both sides by text and by value."""
    history = built.history(SCENARIO, ROWS, SEED)
    sandbox = open_sandbox(("duckdb", "sqlite"), history.table, folder)
    try:
        sandbox.begin(history)
        copying = contender(strategy("full_refresh")).within(sandbox.connections)
        copying.sync(SyncRequest("", "", history.table.name, history.table.key, history.table.cursor, folder, None, 0))
        name, order = history.table.name, sandbox.writer.listed(history.table.key)
        source = sandbox.writer.rows(f"SELECT * FROM {sandbox.writer.name(sandbox.place, name)} ORDER BY {order}")
        with sandbox.target() as session:
            target = session.rows(f"SELECT * FROM {session.name('target', name)} ORDER BY {order}")
        differing = sum(str(mine) != str(other) for mine, other in zip(source, target, strict=True))
        return {"rows": len(source), "by_text": differing, "by_value": len(difference(sandbox).wrong)}
    finally:
        sandbox.close()


def _beside_changes(folder: Path) -> FalseAlarms:
    """Check a copy after each tick: once, and with a second look after the sync that follows."""
    history = built.history(SCENARIO, ROWS, SEED)
    sandbox = open_on_disk(("sqlite", "sqlite"), history.table, folder)
    try:
        sandbox.begin(history)
        copy = _Copy(sandbox, folder)
        copy.sync(history.started)
        once = settled = in_flight = 0
        ticks = tuple(history.ticks)
        for tick in ticks:
            sandbox.apply(tick)
            once += _wrong(copy.check())
            looked = copy.check(sync_at=tick.at)
            settled, in_flight = settled + _wrong(looked), in_flight + looked.in_flight
        copy.plant()
        found = _wrong(copy.check(sync_at=ticks[-1].at))
        return FalseAlarms(0, 0, 0, len(ticks), once, settled, in_flight, found)
    finally:
        sandbox.close()


def _wrong(found: AuditResult) -> int:
    return found.lost + found.stale + found.phantom + found.duplicated


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy on disk, which a strategy keeps."""

    sandbox: DiskStand
    folder: Path

    def sync(self, now: int) -> None:
        """Bring it up to date."""
        table, clock = self.sandbox.table, EPOCH + timedelta(microseconds=now)
        source, target = self.sandbox.source_url, self.sandbox.target_url
        request = SyncRequest(source, target, table.name, table.key, table.cursor, self.folder, clock, 0)
        contender(strategy("timestamp_watermark")).sync(request)

    def check(self, sync_at: int | None = None) -> AuditResult:
        """Audit it: once, or with a second look after a sync."""
        name, (key,) = self.sandbox.table.name, self.sandbox.table.key
        source, copy = (f"{url}?table={name}" for url in (self.sandbox.source_url, self.sandbox.target_url))
        if sync_at is None:
            return run_audit(source, copy, {"key": key})
        again = Hooks(wait=lambda _: self.sync(sync_at))
        return run_audit(source, copy, {"key": key, "settle": "1s", "rechecks": 1}, again)

    def plant(self) -> None:
        """Take the row with the smallest key out of the copy, and change that with the largest."""
        name, (key,) = self.sandbox.table.name, self.sandbox.table.key
        with self.sandbox.target() as session:
            relation, column = session.name("target", name), session.quote(key)
            changed = session.quote(self.sandbox.table.columns[-1].name)
            session.write(f"DELETE FROM {relation} WHERE {column} = (SELECT min({column}) FROM {relation})")
            session.write(
                f"UPDATE {relation} SET {changed} = NULL WHERE {column} = (SELECT max({column}) FROM {relation})"
            )
