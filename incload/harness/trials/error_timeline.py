"""The error timeline: when each row became wrong, and when, if ever, it was right again; times are counted in syncs.

An audit of whole tables enters its difference, one of the rows that can have changed enters what it found of each; both
add up in the same way. A row that leaves the source while it is lost, stale or duplicated never healed,
whatever becomes of the target; unless it comes back it stays what it was when it was last there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Literal

from incload.auditing.audit import order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from incload.auditing.audit import Difference, Key
    from incload.strategy import Rows

Kind = Literal["lost", "stale", "phantom", "duplicated"]
End = Literal["healed", "left", "open"]


@dataclass(frozen=True, slots=True)
class SeenChange:
    """A change without its content: whether the row is new, its cursor before and after, its lag in microseconds."""

    new: bool
    old: int | None
    timestamp: int | None
    lag: int | None


@dataclass(frozen=True, slots=True)
class Circumstance:
    """What was the case when a row became wrong.

    Attributes:
        sync: The sync that found the row's last change.
        change: That change; None for a row as it stood in the base.
        watermark: What the strategy remembered when it passed over the row.
        asked: What it asked for then.
    """

    sync: int
    change: SeenChange | None
    watermark: float | None
    asked: tuple[Rows, ...]


@dataclass(slots=True)
class Spell:
    """One time in which a row was wrong.

    Attributes:
        kind: What it is, or was at its end; the first of several.
        since: The sync after which it was wrong first.
        until: The first sync after which it was right or gone; the number of syncs if that never came.
        end: `healed`, `left` the source, or `open` after the last sync.
        why: What was the case when it began, where that was noted.
    """

    kind: Kind
    since: int
    until: int = 0
    end: End = "open"
    why: Circumstance | None = None

    @property
    def syncs(self) -> int:
        """After how many syncs the row was wrong."""
        return self.until - self.since


@dataclass(slots=True)
class ErrorTimeline:
    """Adds up what the audits of one copy found.

    Attributes:
        wrong: The rows that are wrong now.
        gone: The rows that left the source while they were, and have not come back.
        ever_wrong: Every row that was wrong after any sync, with the sync that first showed it, in that order.
        found_as: What was wrong about each of them then, as `Difference.kinds` names it.
        never_healed: The rows that ever left the source while wrong.
        healed: Every row that healed, with the sync that first showed it right again.
        healed_after: For each time that a row healed, how many syncs it had been wrong.
        longest: Of every row that was ever wrong, the longest time in which it was, once that time is over.
        wrong_for: After how many syncs each row was wrong, all times together that are over.
        wrong_syncs: After how many syncs any row was wrong.
        last: The difference at the latest audit of whole tables.
        most: The largest count of each kind at any such audit: lost, stale, phantom, duplicated.
    """

    wrong: dict[Key, Spell] = field(default_factory=dict)
    gone: dict[Key, Spell] = field(default_factory=dict)
    ever_wrong: dict[Key, int] = field(default_factory=dict)
    found_as: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    never_healed: set[Key] = field(default_factory=set)
    healed: dict[Key, int] = field(default_factory=dict)
    healed_after: list[int] = field(default_factory=list)
    longest: dict[Key, Spell] = field(default_factory=dict)
    wrong_for: Counter[Key] = field(default_factory=Counter)
    wrong_syncs: int = 0
    last: Difference | None = None
    most: tuple[int, int, int, int] = (0, 0, 0, 0)

    def enter(self, sync: int, judged: Mapping[Key, Kind | None], left: Iterable[Key] = ()) -> list[Key]:
        """Enter what a sync changed; return the rows that have become wrong.

        Args:
            sync: Its number.
            judged: Rows that may have become right (None) or wrong; all others are what they were.
            left: Rows that left the source since the sync before.
        """
        for key in left:
            if key in self.wrong and self.wrong[key].kind != "phantom":
                self.gone[key] = self._over(key, sync, "left")
                self.never_healed.add(key)
        fresh = [key for key, kind in judged.items() if kind is not None and key not in self.wrong]
        for key, kind in judged.items():
            self.gone.pop(key, None)
            if kind is None:
                self._heal(key, sync)
            else:
                self.wrong.setdefault(key, Spell(kind, sync)).kind = kind
        for key in fresh:
            self.ever_wrong.setdefault(key, sync)
        self.wrong_syncs += bool(self.wrong)
        return fresh

    def enter_audit(self, sync: int, found: Difference, left: Iterable[Key] = ()) -> None:
        """Enter the audit of whole tables after a sync; `left` has left the source since the one before."""
        wrong = found.wrong
        judged: dict[Key, Kind | None] = {key: None for key in self.wrong if key not in wrong}
        judged |= {key: _kind(found, key) for key in sorted(wrong, key=order)}
        for key in self.enter(sync, judged, left):
            self.found_as.setdefault(key, found.kinds(key))
        self.most = tuple(map(max, self.most, counts(found)))  # type: ignore[assignment]  # four counts give four maxima
        self.last = found

    def close(self, syncs: int) -> None:
        """End the timeline after so many syncs; what is wrong then stays in `wrong`."""
        self.wrong = {key: self._over(key, syncs, "open") for key in list(self.wrong)}

    def wrong_at_last(self, kind: Kind) -> int:
        """Count the rows that were of a kind when they were last in the source."""
        return sum(spell.kind == kind for spell in (*self.wrong.values(), *self.gone.values()))

    @property
    def rows_never_healed(self) -> int:
        """How many rows left the source while wrong, or are wrong now."""
        return len(self.never_healed | self.wrong.keys())

    @property
    def heal_syncs_median(self) -> float | None:
        """The median time to heal, of what healed."""
        return float(median(self.healed_after)) if self.healed_after else None

    @property
    def heal_syncs_max(self) -> int | None:
        """The longest time to heal, of what healed."""
        return max(self.healed_after, default=None)

    def _heal(self, key: Key, sync: int) -> None:
        if key in self.wrong:
            self.healed_after.append(self._over(key, sync, "healed").syncs)
            self.healed.setdefault(key, sync)

    def _over(self, key: Key, sync: int, end: End) -> Spell:
        """End the time in which a row was wrong, and keep it if it is the row's longest."""
        spell = self.wrong.pop(key)
        spell.until, spell.end = sync, end
        self.wrong_for[key] += spell.syncs
        if key not in self.longest or spell.syncs > self.longest[key].syncs:
            self.longest[key] = spell
        return spell


def _kind(found: Difference, key: Key) -> Kind:
    if key in found.lost:
        return "lost"
    if key in found.stale:
        return "stale"
    return "phantom" if key in found.phantom else "duplicated"


def counts(found: Difference) -> tuple[int, int, int, int]:
    """Return how many rows are lost, stale and phantom, and how many copies are too many."""
    return len(found.lost), len(found.stale), len(found.phantom), sum(found.duplicated.values())
