"""An application beside loads: a client that changes a table of its own, of which many work at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["insert", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an application.

    Attributes:
        kind: What happens.
        id: Which row is changed: the first that no one else is changing, from this key on; an insert takes a new key.
        note: What a new row says.
    """

    kind: Kind
    id: int
    note: str


@dataclass(frozen=True, slots=True)
class Done:
    """A change that was made.

    Attributes:
        kind: What happened.
        id: The row.
        modified_at: Its timestamp, in microseconds since 1970-01-01 UTC; of a row that is gone, the last one.
    """

    kind: Kind
    id: int
    modified_at: int


class Application(ABC):
    """A connection of an application to its table."""

    table: ClassVar[str] = "work"
    """The table: an `id`, by which rows are known, an `edition`, a `note` and a `modified_at`."""

    @abstractmethod
    def __init__(self, url: str) -> None:
        """Connect to a database."""

    @abstractmethod
    def create(self, rows: int) -> None:
        """Make the table and its first rows."""

    @abstractmethod
    def write(self, changes: Sequence[Change], open_for: float) -> tuple[Done, ...]:
        """Make changes in one transaction, keep it open for some seconds, commit it, and return what was changed."""

    @abstractmethod
    def close(self) -> None:
        """Disconnect."""
