"""What became of each wrong row: what was to be repaired, what was done, and how many rows of the copy that changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from incload.auditing.values import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from incload.auditing.causes import Verdict
    from incload.auditing.result import AuditResult
    from incload.auditing.wrong_rows import WrongRow
    from incload.engines.digests.forms import Pair


class Action(StrEnum):
    """What became of a wrong row."""

    INSERTED = "inserted"
    UPDATED = "updated"
    REMOVED = "removed"
    REPLACED = "replaced"
    """Several rows of one key became the source's one."""
    THINNED = "thinned"
    """Of several rows of one key the newest stayed, which was right."""
    LEFT = "left"
    """A key with several rows in the copy, as it was asked for."""
    HELD_BACK = "held back"
    """Its removal is one of too many."""
    RIGHT = "right by now"
    """Source and copy agreed when the row was read again."""
    DIFFERENT = "still different"
    """The copy's engine took both rows for equal, so that nothing was written, and the audit still does not."""


class Duplicates(StrEnum):
    """What becomes of a key of which the copy has several rows."""

    REPLACE = "replace"
    """All of them leave, and the source's row enters."""
    KEEP_NEWEST = "keep-newest"
    """The row with the largest cursor stays and is put right, the others leave."""
    LEAVE = "leave"
    """They stay as they are."""


@dataclass(frozen=True, slots=True)
class WrongKey:
    """A row that an audit has found wrong.

    Attributes:
        texts: The canonical texts of its key.
        key: Its key as a reader writes it.
        kinds: What is wrong with it.
        verdict: Why, where that is known.
    """

    texts: tuple[str, ...]
    key: tuple[object, ...]
    kinds: tuple[str, ...]
    verdict: Verdict

    @property
    def cause(self) -> str:
        """Why it is wrong, as it is known once the audit is complete."""
        return str(self.verdict.cause)

    @classmethod
    def of(cls, row: WrongRow, pairs: tuple[Pair, ...], verdict: Verdict) -> WrongKey:
        """Keep of a wrong row what a repair needs; the key's columns are the first ones compared."""
        key = tuple(shown(text, pairs[at].source.form.per_second) for at, text in enumerate(row.key))
        return cls(row.key, key, row.kinds, verdict)


@dataclass(frozen=True, slots=True)
class RepairedRow:
    """What became of one wrong row.

    Attributes:
        action: What was done.
        kind: What was wrong with it first.
        key: Its key.
        cause: Why it was wrong, where that is known.
        removed: By how many rows the copy became smaller, or would have.
    """

    action: str
    kind: str
    key: tuple[object, ...]
    cause: str
    removed: int = 0


@dataclass(frozen=True, slots=True)
class RepairResult:
    """What a repair did.

    Attributes:
        table: The copy's table.
        dry_run: Whether everything was undone.
        inserted, updated: How many rows were written.
        removed: By how many rows that the source does not have the copy became smaller.
        held_back: How many rows would have left and stayed, because they are too many.
        left: How many keys with several rows stayed as they were, as was asked for.
        right: How many keys were right when they were read again.
        different: How many were not written, because the copy's engine takes for equal what the audit does not.
        key: The key columns.
        rows: What became of each wrong row.
        before: The audit that found them.
        after: The audit that followed; None after a dry run, and where nothing was wrong.
    """

    table: str
    dry_run: bool
    inserted: int
    updated: int
    removed: int
    held_back: int
    left: int
    right: int
    different: int
    key: tuple[str, ...]
    rows: tuple[RepairedRow, ...]
    before: AuditResult
    after: AuditResult | None

    @property
    def exit_code(self) -> int:
        """3 where removals were held back, else the exit code of the audit that followed; 0 of a dry run."""
        if self.held_back:
            return 3
        return 0 if self.dry_run else (self.after or self.before).exit_code

    def to_dict(self) -> dict[str, object]:
        """Return everything but the account of each row as plain values."""
        values = asdict(self)
        del values["rows"]
        values["before"] = self.before.to_dict()
        values["after"] = self.after.to_dict() if self.after else None
        return values


def confirmed(
    rows: Sequence[RepairedRow], keys: Sequence[WrongKey], wrong: Collection[tuple[str, ...]]
) -> tuple[RepairedRow, ...]:
    """Return what became of rows, where those that seemed right by now are looked for in the audit that followed.

    Args:
        rows: What became of each.
        keys: Their keys, in the same order.
        wrong: The canonical texts of the keys that the audit that followed has found wrong.
    """
    return tuple(
        replace(row, action=Action.DIFFERENT) if row.action == Action.RIGHT and key.texts in wrong else row
        for row, key in zip(rows, keys, strict=True)
    )


def summed(rows: Iterable[RepairedRow]) -> dict[str, int]:
    """Return what was done, by the names of the result's attributes."""
    rows = list(rows)
    counts = Counter(row.action for row in rows)
    return {
        "inserted": counts[Action.INSERTED],
        "updated": counts[Action.UPDATED] + counts[Action.REPLACED],
        "removed": sum(row.removed for row in rows if row.action != Action.HELD_BACK),
        "held_back": sum(row.removed for row in rows if row.action == Action.HELD_BACK),
        "left": counts[Action.LEFT],
        "right": counts[Action.RIGHT],
        "different": counts[Action.DIFFERENT],
    }
