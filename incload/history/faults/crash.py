"""A loader that commits rows and state apart, dies between the two, and runs again.

Rows and state of incload's own load commit together; a loader that commits them apart is acted out by putting one of
the two back to what it was, as a crash between the commits would leave it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from incload.assumptions import Assumption
from incload.history.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from incload.history.faults.fault import Choose, Victim
    from incload.history.lag import Sync, Version


@dataclass(frozen=True, slots=True)
class _Crash(Fault):
    """The loader dies between two commits, before the sync."""

    needs_state: ClassVar[bool] = True

    @classmethod
    def drawn(cls, choose: Choose, sync: int, first: int) -> Self:  # noqa: ARG003 - it may hold at the first load
        """Draw whether it dies once or before every sync."""
        return cls(choose((first, None)))


@dataclass(frozen=True, slots=True)
class CrashAfterState(_Crash):
    """The loader commits its state, dies before it commits its rows, and runs again."""

    kind: ClassVar[str] = "crash_after_state"

    def runs(self, victim: Victim) -> None:
        """Load, and undo the rows."""
        with victim.rows_put_back():
            victim.load()

    def said(self, sync: int) -> str:
        """Say what was committed."""
        return f"Before sync {sync} a run committed its state, and died before it committed its rows."

    def broken_by(self, sync: Sync, faults: Sequence[Fault]) -> Iterator[tuple[Assumption, int | None]]:
        """Yield how far the rows that the crash lost lie behind the state that it kept."""
        if not self.holds(sync.number):
            return
        lost = [change.new for change in sync.changes] if sync.number else list(sync.rows.values())
        state = sync.watermark_after
        for fault in faults:
            state = None if state is None else max(state, fault.bent(state))
        yield (
            Assumption.ATOMIC_COMMIT,
            max([0, *(state - timestamp for timestamp in _timestamps(lost) if state is not None)]),
        )
        if sync.number == 0:
            # After a first load that got lost the rows of the base are changes like any other, and old ones.
            if any(version is not None and version.cursor is None for version in lost):
                yield Assumption.CURSOR_PRESENT, None
            yield from (
                (Assumption.ON_SCHEDULE, sync.clock - timestamp)
                for timestamp in _timestamps(lost)
                if timestamp < sync.clock
            )


@dataclass(frozen=True, slots=True)
class CrashAfterRows(_Crash):
    """The loader commits its rows, dies before it commits its state, and runs again."""

    kind: ClassVar[str] = "crash_after_rows"
    breaks: ClassVar[frozenset[Assumption]] = frozenset({Assumption.READ_ONCE})

    def runs(self, victim: Victim) -> None:
        """Load, and undo the state."""
        before = victim.state()
        victim.load()
        victim.put_state_back(before)

    def said(self, sync: int) -> str:
        """Say what was committed."""
        return f"Before sync {sync} a run committed its rows, and died before it committed its state."


def _timestamps(versions: Iterable[Version | None]) -> list[int]:
    return [version.cursor for version in versions if version is not None and version.cursor is not None]
