"""What became of each of many tables, and of all together."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from incload.loading.run import LoadSummary


class Status(StrEnum):
    """What became of a table."""

    LOADED = "loaded"
    HELD_BACK = "held back"
    REFUSED = "refused"
    FAILED = "failed"


EXIT_CODES = {Status.LOADED: 0, Status.HELD_BACK: 3, Status.REFUSED: 2, Status.FAILED: 1}
"""The exit code of each, those that are worse further on."""


@dataclass(frozen=True, slots=True)
class TableLoad:
    """What became of one table.

    Attributes:
        table: Its name.
        status: `loaded`, `held back` for one that was loaded but for what may be an accident, `refused`, or `failed`
            for an error that is not the user's.
        seconds: How long it took, without the time that it waited for its turn.
        summary: What the load did; None unless it was loaded.
        error: Why it was not, in one sentence.
    """

    table: str
    status: Status
    seconds: float
    summary: LoadSummary | None = None
    error: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Return plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ManyLoads:
    """What became of all tables.

    Attributes:
        tables: One record a table, in the order of the config.
    """

    tables: tuple[TableLoad, ...]

    @property
    def exit_code(self) -> int:
        """The worst of all tables: 0 loaded, 3 held back, 2 refused, 1 failed."""
        return worst((EXIT_CODES[each.status] for each in self.tables), list(EXIT_CODES.values()))

    def to_dict(self) -> dict[str, object]:
        """Return plain values."""
        return {"exit_code": self.exit_code, "tables": [each.to_dict() for each in self.tables]}


class Watch(Protocol):
    """Hears how far many loads are; tables are given by their numbers."""

    def started(self, number: int) -> None:
        """Hear that a load starts."""

    def ended(self, number: int, done: TableLoad) -> None:
        """Hear that it has ended."""


class Unwatched:
    """Hears, and does nothing."""

    def started(self, number: int) -> None:
        """Do nothing."""

    def ended(self, number: int, done: TableLoad) -> None:
        """Do nothing."""


def worst(codes: Iterable[int], order: Sequence[int]) -> int:
    """Return the worst of some exit codes, given all in the order in which they get worse; 0 for none."""
    return max(codes, key=order.index, default=0)
