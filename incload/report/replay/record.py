"""The record of one strategy over a real history, and its CSV: one line for each, written whole or not at all.

A history that is replayed a second time makes the same file again, byte for byte, but for the column `load_seconds`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.errors import Refused
from incload.report.csv_records import Columns, write_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SCHEMA_VERSION = 4
"""Raised when a column or a fact changes its meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What one strategy made of a history.

    Attributes:
        schema_version: The meaning of these columns.
        strategy: The id of the strategy, parameters included.
        write_rule: By which rule its rows were written.
        source_engine, target_engine: Between which engines.
        outcome: `sound` (never a row lost, stale, phantom or duplicated), `wrong`, `unproven` (nothing wrong
            was found, and the history is no evidence that it would be right, or none at all: then without figures),
            `unknown` (something raised) or `not_applicable` (it cannot follow this table).
        reason: Why, when it is unproven, unknown or not applicable.
        snapshots: Versions of the file, usable or not.
        syncs: How many syncs ran, the first load included.
        keys: Distinct keys of the history that a sync saw.
        lost_permanently: Rows that the copy did not have when they were last in the source.
        stale_permanently: Rows of which the copy had another content then.
        rows_ever_wrong: Rows that were lost or stale after any sync.
        wrong_syncs: Syncs after which any row was.
        heal_syncs_median, heal_syncs_max: For those that became right again, after how many syncs; None for none.
        phantom: Rows of the copy at the end that the source does not have.
        phantom_max: The largest number of them after any sync.
        duplicated: Copies at the end that are too many.
        rows_waiting: Rows that the copy still lacks or has old at the end, and that the strategy has left for a later
            sync because they are young; they count as neither lost nor stale.
        rows_read: Rows that the source handed over or digested in all syncs, the first load included.
        rows_changed: Rows of the base, and rows inserted, updated or deleted from one sync to the next.
        rows_read_per_row_changed: The one divided by the other.
        rows_written, rows_removed: Rows written to the copy, and rows deleted from it.
        queries: Queries that the source answered.
        state_bytes: The largest size of the state after any sync, digests included.
        stale_fields: The fields in which rows that are stale at the end differ from the source, and how many rows each,
            as a JSON object, the most frequent first; empty for none.
        history_digest: Of the options and of every snapshot's time and bytes.
        load_seconds: Seconds spent in loads alone; the one column that is not the same again.
    """

    schema_version: int = SCHEMA_VERSION
    strategy: str
    write_rule: str
    source_engine: str
    target_engine: str
    outcome: str
    reason: str = ""
    snapshots: int
    syncs: int | None = None
    keys: int
    lost_permanently: int | None = None
    stale_permanently: int | None = None
    rows_ever_wrong: int | None = None
    wrong_syncs: int | None = None
    heal_syncs_median: float | None = None
    heal_syncs_max: int | None = None
    phantom: int | None = None
    phantom_max: int | None = None
    duplicated: int | None = None
    rows_waiting: int | None = None
    rows_read: int | None = None
    rows_changed: int | None = None
    rows_read_per_row_changed: float | None = None
    rows_written: int | None = None
    rows_removed: int | None = None
    queries: int | None = None
    state_bytes: int | None = None
    stale_fields: str = ""
    history_digest: str
    load_seconds: float | None = None


_CHOICES = {"outcome": ("sound", "wrong", "unproven", "unknown", "not_applicable")}
_COLUMNS = Columns(Replayed, _CHOICES)

COLUMNS = _COLUMNS.names
"""The columns of the CSV, in order."""

TYPES = _COLUMNS.types
"""The type of each column, as `Replayed` annotates it."""


def write_replayed(rows: Sequence[Replayed], path: Path) -> None:
    """Write the records; the file appears complete or stays as it was."""
    write_lines(path, [COLUMNS, *([_COLUMNS.cell(row, column) for column in COLUMNS] for row in rows)])


def holds_replay(path: Path) -> bool:
    """Return whether a file begins as the CSV of a replay does, of this version or another."""
    if not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        return {"schema_version", "snapshots", "history_digest"} <= set(file.readline().rstrip("\r\n").split(","))


def read_replayed(path: Path) -> tuple[Replayed, ...]:
    """Read the records; refuse a file that does not hold any, or holds something else."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file, strict=True))
        header = lines.pop(0) if lines else ["none"]
        _check_version(header, lines)
        if tuple(header) != COLUMNS:
            raise ValueError(f"its columns are {', '.join(header)[:80]}")  # noqa: TRY301 - one refusal for all of them
        return tuple(_record(cells) for cells in lines)
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}): name the CSV of a replay.") from error
    except (ValueError, csv.Error) as error:
        raise Refused(f"{path} is not the CSV of a replay ({error}): replay the history again.") from error


def _check_version(header: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """Refuse a file of another version by that, before its columns are looked at."""
    if "schema_version" in header:
        at = header.index("schema_version")
        for cells in lines:
            if at < len(cells) and cells[at] != str(SCHEMA_VERSION):
                raise ValueError(f"schema_version is {cells[at]}, not {SCHEMA_VERSION}, which this incload reads")


def _record(cells: Sequence[str]) -> Replayed:
    if len(cells) != len(COLUMNS):
        raise ValueError(f"a line has {len(cells)} cells for {len(COLUMNS)} columns")
    values = {column: _COLUMNS.parsed(column, cell) for column, cell in zip(COLUMNS, cells, strict=True)}
    return Replayed(**values)  # type: ignore[arg-type]  # each value was parsed by the type of its field
