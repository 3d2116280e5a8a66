"""A fault: something that happens to a loader, with all that follows from it.

What a fault does, it does through `Victim`: so that the model that predicts and the trial that observes are harmed by
the same code, and cannot drift apart.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import nullcontext
from dataclasses import MISSING, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from incload.assumptions import Assumption
    from incload.history.lag import Sync

T = TypeVar("T")


class Choose(Protocol):
    """Picks one of several options."""

    def __call__(self, options: Sequence[T]) -> T:
        """Return one of the options."""


class Victim(Protocol):
    """A loader as a fault sees it, at one sync: on paper or for real."""

    def lose_state(self) -> None:
        """Leave nothing of what the loader keeps between syncs."""

    def state(self) -> object:
        """Return what the loader keeps now, to be put back later."""

    def state_after(self, sync: int) -> object:
        """Return what the loader kept after an earlier sync for which `Fault.keeps` asked."""

    def put_state_back(self, state: object) -> None:
        """Make the loader keep what it kept once."""

    def rows_put_back(self) -> AbstractContextManager[None]:
        """Undo to the target's rows, but not to the state, whatever a block does."""

    def last_rows_hidden(self, share: float) -> AbstractContextManager[None]:
        """Hide the last share of the source's rows, in the order of the key, for the time of a block."""

    def cut_log(self) -> None:
        """Remove every entry from the source's change log, if it has one."""

    def load(self) -> object:
        """Run the loader once more than the schedule says."""


class Running(Protocol):
    """A sync under way, as a fault sees it between two steps of a loader that lets the harness act there."""

    def next_tick(self) -> None:
        """Let the next tick happen now, instead of before the next sync."""

    def second_run(self) -> None:
        """Run another sync of the same loader from its beginning to its end."""


@dataclass(frozen=True, slots=True)
class Fault(ABC):
    """Something that happens to the loader at one sync; the base load is sync 0, the one after tick 1 is sync 1.

    Attributes:
        kind: The name of the kind in files, `[a-z_]+`; empty for a class that is no kind.
        breaks: The assumptions that it breaks whatever the history is.
        needs_state: Whether it needs a loader whose state can be read, replaced and removed.
        bends_state: Whether it needs a loader whose watermark can be made coarser.
        needs_steps: Whether it happens between two steps of a loader.
        bends_clock: Whether it changes what the loader's own clock shows.
        sync: At which sync it happens; None for every one.
    """

    kind: ClassVar[str] = ""
    breaks: ClassVar[frozenset[Assumption]] = frozenset()
    needs_state: ClassVar[bool] = False
    bends_state: ClassVar[bool] = False
    needs_steps: ClassVar[bool] = False
    bends_clock: ClassVar[bool] = False
    sync: int | None = None

    def holds(self, sync: int) -> bool:
        """Return whether it happens at a sync."""
        return self.sync in {None, sync}

    @abstractmethod
    def said(self, sync: int) -> str:
        """Say in a sentence what it did at a sync at which it holds; empty when something else says it."""

    @classmethod
    @abstractmethod
    def drawn(cls, choose: Choose, sync: int, first: int) -> Self:
        """Draw one.

        Args:
            choose: What it is drawn through.
            sync: A sync that runs after a tick.
            first: The same sync, or the first load.
        """

    def skips(self, sync: int) -> bool:  # noqa: ARG002 - one kind skips syncs
        """Return whether a sync does not run at all."""
        return False

    def keeps(self, sync: int) -> bool:  # noqa: ARG002 - one kind comes back to an old state
        """Return whether the state after a sync is needed later."""
        return False

    def before(self, victim: Victim) -> None:  # noqa: B027 - most kinds do nothing here
        """Do what happens to state or source before a sync at which it holds."""

    def runs(self, victim: Victim) -> None:  # noqa: B027 - most kinds do nothing here
        """Do what runs of the loader happen before a sync at which it holds."""

    def during(self, victim: Victim) -> AbstractContextManager[None]:  # noqa: ARG002 - one kind does something here
        """Do what lasts for the time of a sync at which it holds."""
        return nullcontext()

    @property
    def dies(self) -> bool:
        """Whether it ends a run before the sync; what that run has committed stays."""
        return False

    def at_step(self, step: int, running: Running) -> None:  # noqa: B027 - few kinds do something here
        """Do what happens after a step of the sync, counted from 1."""

    def lets_tick_in(self, sync: int) -> bool:  # noqa: ARG002 - one kind does
        """Return whether the tick after a sync happens while the sync runs."""
        return False

    def clock(self, now: datetime) -> datetime:
        """Return what the loader's own clock shows when the source's shows `now`."""
        return now

    def bent(self, watermark: int) -> int:
        """Return a watermark as the state keeps it."""
        return watermark

    def broken_by(
        self,
        sync: Sync,  # noqa: ARG002 - most kinds break the same whatever the history is
        faults: Sequence[Fault],  # noqa: ARG002 - as above
    ) -> Iterator[tuple[Assumption, int | None]]:
        """Yield what it breaks at a sync beyond `breaks`, and by how many microseconds; None for what has no size."""
        return iter(())

    def explains(self, sync: int) -> bool:  # noqa: ARG002 - one kind explains everything
        """Return whether it is reason enough for a row not to be read at a sync."""
        return False

    def after_removal(self, gone: int) -> Self | None:
        """Return it for a history in which a sync is left out; None when it was that sync's."""
        if self.sync == gone:
            return None
        return replace(self, sync=self.sync - 1) if self.sync is not None and self.sync > gone else self

    def possible(self, syncs: int, skipped: frozenset[int | None]) -> bool:  # noqa: ARG002 - one kind needs a sync that ran
        """Return whether it can happen in a history of so many ticks, some of whose syncs are skipped."""
        return (self.sync or 0) <= syncs

    @property
    def slot(self) -> str:
        """What no two faults of one history may share."""
        return f"{self.kind} {self.sync}"

    @property
    def oddity(self) -> int:
        """How much there is to take in about it, beyond that it happens."""
        return 0

    def plainer(self) -> Iterator[Self]:
        """Yield what says the same with a rounder figure."""
        return iter(())

    def written(self) -> dict[str, Any]:
        """Return it as JSON can hold it, without what is as usual."""
        unusual = {each.name: getattr(self, each.name) for each in fields(self) if self._is_unusual(each)}
        return {"kind": self.kind, **unusual}

    def _is_unusual(self, field: Any) -> bool:  # noqa: ANN401 - a field of a dataclass has a type of its own
        return field.default is MISSING or getattr(self, field.name) != field.default
