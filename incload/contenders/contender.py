"""The one protocol by which the harness drives a loader, and the records that go in and come out.

Only `id`, `write_rule`, `claims`, `capabilities` and `sync` are what every contender has. The rest are abilities that
some have; `capabilities` says which, and a trial that needs one that is missing is n/a with the reason.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from incload.contenders.declared import Declared
from incload.errors import Unable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta
    from pathlib import Path

    from incload.loading.connections import Connections
    from incload.strategy import Assumption, Capability, Delta, Need, Reach, State


class ContenderFailed(Exception):  # noqa: N818 - it names what happened, as the report shows it
    """A contender did not perform a sync: it could not be started, ended badly, or broke a rule of the protocol."""


def nothing() -> None:
    """Do nothing: what happens between two steps of a sync, most of the time."""


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What a contender gets when it is asked for one sync; nothing in it says what happens in the source.

    Attributes:
        source_url: The database to read.
        target_url: The database to write; empty, or not there, before the first sync.
        table: The table's name on both sides.
        key: Its key columns.
        cursor: The column that the source's changes are said to move; None for a table without one.
        state_dir: A folder for whatever the contender keeps between syncs, empty at first.
        now: What the source's clock shows; None when that is the real time.
        number: How many syncs there were before this one; for logs.
        between: A loader that lets the harness act between its steps calls it there; it does nothing for any other.
    """

    source_url: str
    target_url: str
    table: str
    key: tuple[str, ...]
    cursor: str | None
    state_dir: Path
    now: datetime | None
    number: int
    between: Callable[[], None] = nothing

    @property
    def source_path(self) -> str:
        """The file of the source; empty for a database on a server."""
        return file_of(self.source_url)

    @property
    def target_path(self) -> str:
        """The file of the target; empty for a database on a server."""
        return file_of(self.target_url)


def file_of(url: str) -> str:
    """Return the file that the URL of a SQLite or DuckDB database names; empty for any other URL."""
    engine, _, rest = url.partition(":///")
    return unquote(rest.partition("?")[0]) if engine in {"sqlite", "duckdb"} else ""


@dataclass(frozen=True, slots=True)
class Counters:
    """What one sync counted; None for what is not known.

    Attributes:
        read: Rows that the source had to look at and hand over, or to digest.
        written: Rows inserted or updated.
        unchanged: Of these, rows equal to what they replaced.
        removed: Rows deleted.
        queries: Queries that the source answered.
    """

    read: int | None = None
    written: int | None = None
    unchanged: int | None = None
    removed: int | None = None
    queries: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a contender asked for, and the state from which it did; only some can say it.

    Attributes:
        delta: What it asked for.
        before: Its state before the sync.
        after: Its state after the sync.
    """

    delta: Delta
    before: State
    after: State


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What one sync did; a contender may leave any of it out.

    Attributes:
        counters: What it counted; None when it counts nothing.
        asked: What it asked for; None when it does not say.
        state_changed: Whether what it keeps may have changed.
        state_bytes: The size of what it keeps, where the sync says it.
        seconds: What the work took, where that is less than the time until the answer; None for all of that.
        start_up: How long it took until the contender could be asked, before any sync; None where a sync includes it.
        peak_bytes: The most memory that its process has had until now; None where that is not known.
        place: The URL and the table that hold the copy, where the sync said so; None for what is declared.
    """

    counters: Counters | None = None
    asked: Asked | None = None
    state_changed: bool = True
    state_bytes: int | None = None
    seconds: float | None = None
    start_up: float | None = None
    peak_bytes: int | None = None
    place: tuple[str, str] | None = None

    def largest_state(self, before: int | None, ask: Callable[[], int | None]) -> int | None:
        """Return the largest size that a state has had; it is asked for only where a sync may have changed it unsaid.

        Args:
            before: The largest until then; None where it was not known.
            ask: Returns the size that it has; None where that cannot be known.
        """
        if before is not None and not self.state_changed:
            return before
        size = ask() if self.state_bytes is None else self.state_bytes
        return before if size is None else max(before or 0, size)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a contender says about itself, so that its verdicts can be predicted.

    Attributes:
        needs: The assumptions under which it keeps its copy right.
        breaks: The assumptions that it breaks by design.
        reach: Which changes it reads; None where that says nothing about which rows are wrong.
        delay: How long it leaves young rows alone; it promises nothing about them until then.
        uses_cursor: Whether it goes by the cursor column.
        removes_rows: Whether it deletes from the target what has left the source.
    """

    needs: frozenset[Need]
    breaks: frozenset[Assumption]
    reach: Reach | None
    delay: timedelta
    uses_cursor: bool
    removes_rows: bool


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What may be done with a contender, and what it needs to run at all.

    Attributes:
        asks: What the source must keep for it; None for nothing.
        in_process: Whether it can use the sessions that the harness has open (`Contender.within`).
        state: Whether its state can be measured, removed and put back (`Contender.state`).
        coarse_state: Whether its watermark can be kept coarser than it is (`Contender.coarsened`).
        rebuilds: Whether every sync makes the target from nothing, whatever stands there.
        pairs: The pairs of engines that it can be run on, such as `sqlite-duckdb`; none for all.
        absent: Why it cannot be run here at all; empty when it can.
        steps: Whether the harness can act between the steps of a sync (`SyncRequest.between`).
        one_step: Whether a sync reads one snapshot and commits once, so that nothing can happen between its steps.
        usual: The pairs on which it is compared where none is named; none for all.
        starts_each_time: Whether each sync starts a program: only a sync with nothing to do shows what that takes.
        reads_machine_clock: Whether a history has to end at the machine's present time, as the loader reads that.
    """

    asks: Capability | None = None
    in_process: bool = False
    state: bool = False
    coarse_state: bool = False
    rebuilds: bool = False
    pairs: tuple[str, ...] = ()
    absent: str = ""
    steps: bool = False
    one_step: bool = False
    usual: tuple[str, ...] = ()
    starts_each_time: bool = False
    reads_machine_clock: bool = False


class StateAccess(ABC):
    """The state of one contender for one table: what it keeps between syncs, beside the rows."""

    @abstractmethod
    def size(self) -> int | None:
        """Return how many bytes it takes; None when that is not known."""

    @abstractmethod
    def lose(self) -> None:
        """Leave nothing of it."""

    @abstractmethod
    def save(self) -> object:
        """Return it as it is now."""

    @abstractmethod
    def put_back(self, saved: object) -> None:
        """Make it what `save` returned once."""


class Contender(ABC):
    """Anything that can perform one sync when asked.

    A contender can be handed to another process; what it opens, it opens there. When a sync has answered, the target is
    free: no lock is held, unless the sessions are those of the harness.
    """

    @property
    @abstractmethod
    def id(self) -> str:
        """Its permanent name in reports, parameters included."""

    @property
    def write_rule(self) -> str:
        """The name of the rule by which it writes rows; empty for a contender that does not say."""
        return ""

    @property
    def claims(self) -> Claims | None:
        """What it says about itself; None when it claims nothing."""
        return None

    @property
    def stated(self) -> frozenset[Need] | None:
        """What it is said to need, to be compared with what its verdicts show; None where nothing is said.

        Unlike `claims` it predicts nothing: its verdicts are evidence, as those of any loader that claims nothing.
        """
        return None

    @property
    def capabilities(self) -> Capabilities:
        """What may be done with it."""
        return Capabilities()

    @property
    def declared(self) -> Declared:
        """Where and how it keeps its copy; nothing but what it says here is normalised for the audit."""
        return Declared()

    @property
    def facts(self) -> dict[str, str]:
        """What a record says about it beside its id: versions, whose clock it reads, what is normalised."""
        return {}

    @abstractmethod
    def sync(self, request: SyncRequest) -> SyncResult:
        """Bring the target's table up to date by one sync; raise anything when that fails."""

    def state(self, request: SyncRequest) -> StateAccess:  # noqa: ARG002 - a contender that can overrides this
        """Return what leads to its state. Raises `Unable` unless `capabilities` says that it can."""
        raise Unable(f"{self.id} does not say where it keeps its state.")

    def within(self, connections: Connections) -> Contender:  # noqa: ARG002 - as above
        """Return it at work in open sessions. Raises `Unable` unless `capabilities` says that it can."""
        raise Unable(f"{self.id} opens its own connections.")

    def coarsened(self, bend: Callable[[int], int]) -> Contender:  # noqa: ARG002 - as above
        """Return it with every watermark passed through a function. Raises `Unable` as above."""
        raise Unable(f"{self.id} does not say what watermark it keeps.")
