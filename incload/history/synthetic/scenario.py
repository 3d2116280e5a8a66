"""What a scenario is: a recipe for a history, the assumptions that it breaks, and what happens to the loader."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incload.assumptions import Assumption
from incload.history.synthetic.builder import Plan
from incload.history.synthetic.clean import TICK, live_honestly
from incload.history.synthetic.datasets import ORDERS, STARTED, Dataset

if TYPE_CHECKING:
    from collections.abc import Callable

    from incload.history.faults import Fault
    from incload.history.history import History
    from incload.history.synthetic.row_flaws import Flaw

UPDATES = frozenset({Assumption.INSERT_ONLY})
"""What the honest updates of every life break."""


_LATE_COMMITS = frozenset({"C17", "C18"})


@dataclass(frozen=True, slots=True)
class Scenario:
    """A recipe for a history with one known flaw.

    Attributes:
        id: Permanent, `[a-z0-9_]+`.
        sentence: What happens, in one sentence for the report.
        causes: Ids of the failure catalogue's causes that it reproduces; C for those seen in public threads.
        threads: Public threads in which the cause was seen, as `owner/repository#number`.
        breaks: The assumptions that it breaks.
        build: From rows and seed to the history.
        faults: What happens to the loader.
        guarded: Whether the load's guard against mass removal is on, as it is in a load by default; elsewhere it would
            only hide what a strategy does.
    """

    id: str
    sentence: str
    causes: tuple[str, ...]
    threads: tuple[str, ...]
    breaks: frozenset[Assumption]
    build: Callable[[int, int], History]
    faults: tuple[Fault, ...] = ()
    guarded: bool = False

    @property
    def late_commits(self) -> bool:
        """Whether rows are late because their transactions commit late, or not in the order of their keys."""
        return not _LATE_COMMITS.isdisjoint(self.causes)


@dataclass(frozen=True, slots=True)
class Life:
    """A recipe: an honest life of a dataset, bent by each of the flaws in turn.

    Attributes:
        flaws: What bends it.
        dataset: What table it is.
        ticks: How many ticks it has.
        every: How long a tick lasts, in microseconds.
        started: When it starts, in microseconds since 1970-01-01 UTC.
    """

    flaws: tuple[Flaw, ...] = ()
    dataset: Dataset = ORDERS
    ticks: int = 10
    every: int = TICK
    started: int = STARTED

    def __call__(self, rows: int, seed: int) -> History:
        """Build the history."""
        plan = Plan(self.dataset, rows, seed, self.started)
        live_honestly(plan, self.ticks, self.every)
        for bend in self.flaws:
            bend(plan)
        return plan.freeze()

    def of(self, dataset: Dataset) -> Life:
        """Return the same life of another table."""
        return replace(self, dataset=dataset)


def life(*flaws: Flaw, dataset: Dataset = ORDERS, ticks: int = 10, every: int = TICK, started: int = STARTED) -> Life:
    """Return the recipe of an honest life, bent by flaws; see `Life`."""
    return Life(flaws, dataset, ticks, every, started)
