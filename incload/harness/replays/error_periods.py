"""The tally of one strategy over a history: which rows were lost or stale, since when, and how that ended.

Phantoms stand apart: the tally never hears of them. Times are counted in syncs. A row that leaves the source while it
is wrong stays so, unless it comes back; it is judged by what it was when it was last there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from incload.harness.trials.error_timeline import Healing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from incload.auditing.audit import Key
    from incload.strategy import Rows

Kind = Literal["lost", "stale"]
End = Literal["healed", "left", "open"]


@dataclass(frozen=True, slots=True)
class SeenChange:
    """A change without its content: whether the row is new, its stamps before and after, its lag in microseconds."""

    new: bool
    old: int | None
    stamp: int | None
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
        kind: What it is, or was at its end.
        since: The sync after which it was wrong first.
        until: The first sync after which it was right or gone; the number of syncs if that never came.
        end: `healed`, `left` the source, or `open` after the last sync.
        why: What was the case when it began, once somebody has noted it.
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
class Tally(Healing):
    """Adds up what the audits of one strategy found.

    Attributes:
        wrong: The rows that are lost or stale now.
        gone: The rows that left the source while they were, and have not come back.
        longest: Of every row that was ever wrong, the longest time in which it was, once that time is over.
        wrong_for: After how many syncs each row was wrong, all times together, as far as they are over.
        wrong_syncs: After how many syncs any row was wrong.
    """

    wrong: dict[Key, Spell] = field(default_factory=dict)
    gone: dict[Key, Spell] = field(default_factory=dict)
    longest: dict[Key, Spell] = field(default_factory=dict)
    wrong_for: Counter[Key] = field(default_factory=Counter)
    wrong_syncs: int = 0
    _ever: dict[Key, None] = field(default_factory=dict)

    def enter(self, sync: int, judged: Mapping[Key, Kind | None], left: Iterable[Key] = ()) -> list[Key]:
        """Enter what a sync changed; return the rows that have become wrong.

        Args:
            sync: Its number.
            judged: Rows of the source that may have become right (None) or wrong; all others are what they were.
            left: Rows that left the source since the sync before.
        """
        for key in left:
            if key in self.wrong:
                self.gone[key] = self._over(key, sync, "left")
        fresh = [key for key, kind in judged.items() if kind is not None and key not in self.wrong]
        for key, kind in judged.items():
            self.gone.pop(key, None)
            if kind is None:
                self._heal(key, sync)
            else:
                self.wrong.setdefault(key, Spell(kind, sync)).kind = kind
        self._ever.update(dict.fromkeys(fresh))
        self.wrong_syncs += bool(self.wrong)
        return fresh

    def close(self, syncs: int) -> None:
        """End the tally after so many syncs; what is wrong then stays in `wrong`."""
        self.wrong = {key: self._over(key, syncs, "open") for key in list(self.wrong)}

    def for_ever(self, kind: Kind) -> int:
        """Count the rows that were of a kind when they were last in the source."""
        return sum(spell.kind == kind for spell in (*self.wrong.values(), *self.gone.values()))

    @property
    def ever_wrong(self) -> tuple[Key, ...]:
        """Every row that was wrong after any sync, in the order in which they became so."""
        return tuple(self._ever)

    def _heal(self, key: Key, sync: int) -> None:
        if key in self.wrong:
            self.healed_after.append(self._over(key, sync, "healed").syncs)

    def _over(self, key: Key, sync: int, end: End) -> Spell:
        """End the time in which a row was wrong, and keep it if it is the row's longest."""
        spell = self.wrong.pop(key)
        spell.until, spell.end = sync, end
        self.wrong_for[key] += spell.syncs
        if key not in self.longest or spell.syncs > self.longest[key].syncs:
            self.longest[key] = spell
        return spell
