"""A Python function in this process as a contender: for loaders that are written by hand beside their measurement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from incload.contenders.contender import Capabilities, Contender, Counters, SyncRequest, SyncResult
from incload.contenders.declared import Declared

Function = Callable[[SyncRequest], SyncResult | int | None]
"""Performs one sync; it may return how many rows it wrote, or all that it counted."""


@dataclass(frozen=True)
class FunctionContender(Contender):
    """A function that performs one sync.

    Attributes:
        name: Its id.
        function: What it does.
        able: What may be done with it.
        says: What it declares about its copy.
    """

    name: str
    function: Function
    able: Capabilities = field(default_factory=Capabilities)
    says: Declared = field(default_factory=Declared)

    @property
    def id(self) -> str:
        """Its name."""
        return self.name

    @property
    def capabilities(self) -> Capabilities:
        """What was said of it."""
        return self.able

    @property
    def declared(self) -> Declared:
        """What was said of its copy."""
        return self.says

    def sync(self, request: SyncRequest) -> SyncResult:
        """Call the function."""
        said = self.function(request)
        if isinstance(said, SyncResult):
            return said
        return SyncResult() if said is None else SyncResult(Counters(written=said))
