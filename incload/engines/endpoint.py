"""One end of a load, whatever it is: a file of records, a database in a file, or one on a server."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Endpoint(ABC):
    """One end of a load: a place that rows come from or go to."""

    engine: str
    """The engine that keeps it, or `file` for a file of records."""

    table: str | None
    """The table that its URL names, or None."""

    @property
    @abstractmethod
    def shown(self) -> str:
        """Its name in a sentence, quoted, and without anything secret."""

    @property
    @abstractmethod
    def is_there(self) -> bool:
        """Whether it can be opened without being created."""

    @abstractmethod
    def identity(self) -> object:
        """Return what distinguishes it from another that has taken its place."""

    @abstractmethod
    def origin(self, table: str) -> str:
        """Return what distinguishes a table of this source from others, for a state: without user or password."""

    @abstractmethod
    def check_source(self, side: str = "source") -> None:
        """Refuse a source that cannot be read, or what stands on another side and is read alone."""

    @abstractmethod
    def check_target(self, source: Endpoint) -> None:
        """Refuse a target that cannot be written, or that is the source."""

    @abstractmethod
    def shares_session(self, source: Endpoint) -> bool:
        """Return whether one session of this target's engine can name the source's table as well."""

    @abstractmethod
    def remove(self) -> None:
        """Remove a target that a load has created."""
