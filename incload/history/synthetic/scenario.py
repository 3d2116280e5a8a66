"""What a scenario is: a recipe for a history, the assumptions that it breaks, and what happens to the loader."""

from __future__ import annotations

from dataclasses import dataclass
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


def life(
    *flaws: Flaw, dataset: Dataset = ORDERS, ticks: int = 10, every: int = TICK, started: int = STARTED
) -> Callable[[int, int], History]:
    """Return a recipe: an honest life of a dataset, bent by each of the flaws in turn.

    Args:
        flaws: What bends it.
        dataset: What table it is.
        ticks: How many ticks it has.
        every: How long a tick lasts, in microseconds.
        started: When it starts, in microseconds since 1970-01-01 UTC.
    """

    def build(rows: int, seed: int) -> History:
        plan = Plan(dataset, rows, seed, started)
        live_honestly(plan, ticks, every)
        for bend in flaws:
            bend(plan)
        return plan.freeze()

    return build
