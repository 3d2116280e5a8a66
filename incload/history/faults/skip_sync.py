"""A sync that does not run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from incload.history.faults.fault import Fault

if TYPE_CHECKING:
    from incload.history.faults.fault import Choose


@dataclass(frozen=True, slots=True)
class SkipSync(Fault):
    """The sync does not run; the next one has more to make up for."""

    kind: ClassVar[str] = "skip_sync"

    def skips(self, sync: int) -> bool:
        """Skip the sync."""
        return self.sync == sync

    def said(self, sync: int) -> str:  # noqa: ARG002 - there is no such sync to describe
        """Say nothing: a story names the syncs that did not run before the one that it describes."""
        return ""

    @classmethod
    def drawn(cls, choose: Choose, sync: int, first: int) -> SkipSync:  # noqa: ARG003 - it skips the sync given
        """Skip the sync."""
        return cls(sync)
