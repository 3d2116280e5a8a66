"""The ledger of a trial: when each row became wrong, and when, if ever, it was right again."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from incload.auditing.audit import order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incload.auditing.audit import Difference, Key


@dataclass(slots=True)
class Healing:
    """How soon rows became right again.

    Attributes:
        healed_after: For each time that a row healed, how many syncs it had been wrong.
    """

    healed_after: list[int] = field(default_factory=list)

    @property
    def heal_syncs_median(self) -> float | None:
        """The median time to heal, of what healed."""
        return float(median(self.healed_after)) if self.healed_after else None

    @property
    def heal_syncs_max(self) -> int | None:
        """The longest time to heal, of what healed."""
        return max(self.healed_after, default=None)


@dataclass(slots=True)
class Ledger(Healing):
    """Adds up the audits of one trial; times are counted in syncs.

    A row that leaves the source while it is lost, stale or duplicated never healed, whatever becomes of the target.

    Attributes:
        last: The difference at the latest audit.
        most: The largest count of each kind after any sync: lost, stale, phantom, duplicated.
        wrong_syncs: After how many syncs source and target differed.
        ever_wrong: Every key that was wrong after any sync, with the sync that first showed it, in that order.
        found_as: What was wrong about each of them then, as `Difference.kinds` names it.
        never_healed: The keys that left the source while wrong.
        healed: Every key that healed, with the sync that first showed it right again.
    """

    last: Difference | None = None
    most: tuple[int, int, int, int] = (0, 0, 0, 0)
    wrong_syncs: int = 0
    ever_wrong: dict[Key, int] = field(default_factory=dict)
    found_as: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    never_healed: set[Key] = field(default_factory=set)
    healed: dict[Key, int] = field(default_factory=dict)
    _since: dict[Key, int] = field(default_factory=dict)

    def enter(self, sync: int, found: Difference, left: Iterable[Key] = ()) -> None:
        """Enter the audit after a sync; `left` are the keys that left the source since the audit before."""
        for key in left:
            if key in self._since and self.last is not None and key not in self.last.phantom:
                self.never_healed.add(key)
                del self._since[key]
        for key in [key for key in self._since if key not in found.wrong]:
            self.healed_after.append(sync - self._since.pop(key))
            self.healed.setdefault(key, sync)
        for key in sorted(found.wrong, key=order):
            self._since.setdefault(key, sync)
            if key not in self.ever_wrong:
                self.ever_wrong[key], self.found_as[key] = sync, found.kinds(key)
        self.most = tuple(map(max, self.most, counts(found)))  # type: ignore[assignment]  # four counts give four maxima
        self.wrong_syncs += bool(found.wrong)
        self.last = found

    @property
    def rows_never_healed(self) -> int:
        """How many keys left the source while wrong, or are wrong now."""
        return len(self.never_healed | self._since.keys())


def counts(found: Difference) -> tuple[int, int, int, int]:
    """Return how many rows are lost, stale and phantom, and how many copies are too many."""
    return len(found.lost), len(found.stale), len(found.phantom), sum(found.duplicated.values())
