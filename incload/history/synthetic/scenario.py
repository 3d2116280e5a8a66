"""What a scenario is: a recipe for a history, the assumptions that it breaks, and what happens to the loader."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from incload.assumptions import Assumption
from incload.errors import Refused
from incload.history.synthetic.builder import Plan
from incload.history.synthetic.clean import TICK, live_honestly
from incload.history.synthetic.datasets import ORDERS, STARTED, Dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    def is_composed(self) -> bool:
        """Whether it has the flaws of several."""
        return isinstance(self.build, Composed)

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


@dataclass(frozen=True, slots=True)
class Composed:
    """The recipe of several scenarios in one.

    Attributes:
        name: The ids of the scenarios.
        life: The life that all of their flaws bend.
    """

    name: str
    life: Life

    def __call__(self, rows: int, seed: int) -> History:
        """Build the history; refuse flaws of which one leaves nothing that a later one could bend."""
        try:
            return self.life(rows, seed)
        except (IndexError, KeyError, ValueError) as error:
            raise Refused(
                f"the flaws of {self.name} do not follow each other in {rows} rows: name them in another order, ask "
                "for more rows, or leave one out."
            ) from error


def composed(parts: Sequence[Scenario]) -> Scenario:
    """Return a scenario with the flaws of several, bent one after the other, and all of their faults.

    Raises:
        Refused: When the same one is named twice, a recipe is none of flaws, two need other schedules, two faults rule
            each other out, or one needs a sync that another one skips.
    """
    name = "+".join(each.id for each in parts)
    lives = [each.build for each in parts if isinstance(each.build, Life)]
    if len({each.id for each in parts}) < len(parts):
        raise Refused(f"{name} names a scenario twice: name each once.")
    if len(lives) < len(parts):
        whole = next(each.id for each in parts if not isinstance(each.build, Life))
        raise Refused(f"{whole} is no list of flaws and cannot be composed: leave it out of {name}.")
    flaws = tuple(chain.from_iterable(each.flaws for each in lives))
    faults = tuple(chain.from_iterable(each.faults for each in parts))
    if len({fault.slot for fault in faults}) < len(faults):
        raise Refused(f"two faults of {name} rule each other out: leave out one of the scenarios.")
    bent = replace(_schedule(name, lives), flaws=flaws)
    skipped = frozenset(fault.sync for fault in faults if fault.sync is not None and fault.skips(fault.sync))
    if not all(fault.possible(bent.ticks, skipped) for fault in faults):
        raise Refused(f"a fault of {name} needs a sync that another one skips: leave out one of the scenarios.")
    return Scenario(
        name,
        " ".join(each.sentence for each in parts),
        tuple(dict.fromkeys(cause for each in parts for cause in each.causes)),
        tuple(dict.fromkeys(thread for each in parts for thread in each.threads)),
        frozenset().union(*(each.breaks for each in parts)),
        Composed(name, bent),
        faults,
        guarded=any(each.guarded for each in parts),
    )


def _schedule(name: str, lives: Sequence[Life]) -> Life:
    """Return the life whose schedule is not the usual one, or any; refuse two that differ."""
    usual = Life()
    own = {replace(each, flaws=()) for each in lives} - {usual}
    if len(own) > 1:
        raise Refused(f"two scenarios of {name} have schedules of their own: leave out one of them.")
    return own.pop() if own else usual
