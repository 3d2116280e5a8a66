"""The account of a replayed history: what was met on the way from the versions of a file to ticks.

Every oddity has a counter here, so that nothing is mended or left out in silence. Counters only ever grow while the
ticks are taken; they are complete when the last tick has been.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from incload.errors import on_one_line

NOTES_KEPT = 100
"""How many different reasons to skip a snapshot are kept; those that differ in numbers alone are one reason."""

EXAMPLES_KEPT = 5
"""How many cursor values that could not be read are kept as examples."""

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Note:
    """Why snapshots were skipped.

    Attributes:
        where: The commit id or the file name of the first of them.
        reason: What was wrong with it.
        snapshots: How many were skipped for this reason.
        alike: How many of them had other numbers in the reason, such as another line or another count.
    """

    where: str
    reason: str
    snapshots: int = 1
    alike: int = 0


@dataclass(slots=True)
class ReadLog:
    """What was met while a history was read.

    A *version* is one state of one row: its first appearance, each change of its content, each appearance after it was
    gone (where vanished rows are kept: only with another content than the one that was kept). Counters on cursors count
    versions, not sightings: a row that stands unchanged in a thousand snapshots counts once.

    Attributes:
        snapshots: Versions of the file, usable or not.
        usable: Those with records; the first is the base.
        unchanged: Usable ones in which no row differs from the usable one before.
        skipped: Those that are empty, cannot be read, or have no record that can be used.
        absent: Commits that removed the file.
        notes: Why snapshots were skipped: the first hundred different reasons, and how many snapshots each has.
        records: Records in usable snapshots.
        keys: Distinct keys that a sync saw.
        unseen_keys: Distinct keys that came and went between two syncs, and that none ever saw.
        versions: Versions, those of the base among them.
        updates: Versions that replaced another version of a present row.
        disappearances: Rows that were in the usable snapshot before and are not in this one.
        returns: Rows that were gone and are back.
        duplicate_keys: Records whose key stands again further down in the same snapshot, which is the one that counts.
        missing_keys: Records left out because they have no key, or are no records at all.
        key_type_changes: Versions whose key has another JSON type than in the version before.
        null_cursors: Versions without a cursor value, or with an empty one.
        unparsable_cursors: Versions whose cursor value says no point in time; it counts as null.
        cursors_read: Versions whose cursor value was read as a point in time.
        latest_cursor: The latest of these points, in microseconds since 1970-01-01 UTC; None without any.
        cursor_examples: The first few of those values.
        naive_timestamps: Versions whose timestamp names no zone; it counts as UTC.
        finer_timestamps: Versions whose timestamp is finer than a microsecond; the rest is cut off.
        cursor_unit: What numbers in the cursor column count since 1970-01-01 UTC: `s`, `ms`, `us` or `ns`;
            `calendar` if they are dates written as digits; empty if there are none.
        odd_magnitudes: Versions whose number would on its own have been taken for another unit.
        updates_without_touch: Updates that left the cursor as it was, nulls aside.
        updates_backwards: Updates that lowered the cursor.
        backward_times: Usable snapshots dated before the one they follow; they count as of the same time.
        undated_names: Files dated by their modification time because their name holds no date.
        column_changes: Looks of a recording that found other columns; rows that kept their cursor count as unchanged.
        ticks: Ticks made.
        ticks_without_change: Those without an upsert or a delete.
        upserts: Rows in the upserts of all ticks.
        deletes: Rows in the deletes of all ticks.
        ties: Upserts whose cursor is the largest one visible at any sync before.
        late: Upserts whose cursor is smaller than that.
        hints: Sentences on what was left out of the history and how to take it in, or on how it was put in order.
        digest: Of the options and of every snapshot's time and bytes; equal digests make equal ticks. Empty until the
            last tick has been taken.
    """

    snapshots: int = 0
    usable: int = 0
    unchanged: int = 0
    skipped: int = 0
    absent: int = 0
    notes: list[Note] = field(default_factory=list)
    records: int = 0
    keys: int = 0
    unseen_keys: int = 0
    versions: int = 0
    updates: int = 0
    disappearances: int = 0
    returns: int = 0
    duplicate_keys: int = 0
    missing_keys: int = 0
    key_type_changes: int = 0
    null_cursors: int = 0
    unparsable_cursors: int = 0
    cursors_read: int = 0
    latest_cursor: int | None = None
    cursor_examples: list[str] = field(default_factory=list)
    naive_timestamps: int = 0
    finer_timestamps: int = 0
    cursor_unit: str = ""
    odd_magnitudes: int = 0
    updates_without_touch: int = 0
    updates_backwards: int = 0
    column_changes: int = 0
    backward_times: int = 0
    undated_names: int = 0
    ticks: int = 0
    ticks_without_change: int = 0
    upserts: int = 0
    deletes: int = 0
    ties: int = 0
    late: int = 0
    hints: list[str] = field(default_factory=list)
    digest: str = ""

    def hint(self, sentence: str) -> None:
        """Keep a sentence on what was left out, or on how the history was put in order."""
        self.hints.append(on_one_line(sentence))

    def skip(self, where: str, reason: str) -> None:
        """Count a snapshot that cannot be used and note why; a file's name may hold anything."""
        self.skipped += 1
        reason = on_one_line(reason)
        shape = _NUMBER.sub("#", reason)
        for place, note in enumerate(self.notes):
            if _NUMBER.sub("#", note.reason) == shape:
                alike = note.alike + (note.reason != reason)
                self.notes[place] = replace(note, snapshots=note.snapshots + 1, alike=alike)
                return
        if len(self.notes) < NOTES_KEPT:
            self.notes.append(Note(on_one_line(where), reason))
