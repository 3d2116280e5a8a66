"""The needs of a contender that claims nothing: the smallest sets of assumptions that explain its verdicts.

Both directions count. Where the copy was right, nothing that the contender needs can have been broken; where it was
wrong, something was. An assumption with a size may be needed up to a bound: then the largest break that did no harm
is a lower limit of the bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.assumptions import OF_READING, Assumption, Need

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import timedelta

    from incload.report.foreign.evidence import Evidence

_LAST = frozenset({Assumption.ON_SCHEDULE, Assumption.COMMIT_WITHIN})
"""Assumptions that every history breaks by some size: they explain a verdict only beside a smaller break that did no
harm, and where no other assumption does."""


_OF_LOADERS = frozenset({
    Assumption.ATOMIC_COMMIT, Assumption.COMPLETE_READ, Assumption.LOG_KEPT, Assumption.STATE_KEPT,
    Assumption.STATE_NOT_AHEAD, Assumption.READ_ONCE, Assumption.WHOLE_READ,
})  # fmt: skip
"""Assumptions that only happen to break for a loader whose state can be reached."""


@dataclass(frozen=True, slots=True)
class InferredNeeds:
    """What explains the verdicts of a contender.

    Attributes:
        alternatives: The smallest sets of needs, each of which explains all that can be explained; one empty set when
            every copy was right, and none when no verdict is known.
        unexplained: The scenarios in which the copy was wrong although no assumption is left that could explain it.
        untried: The assumptions about sources that no scenario with a verdict breaks: nothing is known of them.
        harm: The smallest break of each needed assumption with a size that was seen to do harm.
    """

    alternatives: tuple[tuple[Need, ...], ...]
    unexplained: tuple[str, ...]
    untried: tuple[Assumption, ...]
    harm: dict[Assumption, timedelta]


def infer(cells: Sequence[Evidence]) -> InferredNeeds:
    """Return the smallest sets of needs that agree with every verdict in both directions."""
    wrong = [each for each in cells if each.wrong]
    candidates = _candidates(cells)
    explains = {need: frozenset(each.scenario for each in wrong if not need.met(each.breaks)) for need in candidates}
    first = {need: found for need, found in explains.items() if need.assumption not in _LAST}
    explained = frozenset().union(*first.values())
    rest = {each.scenario for each in wrong} - explained
    if any(found & rest for found in explains.values()):
        first, explained = explains, frozenset().union(*explains.values())
    alternatives = tuple(_smallest(first, explained)) if cells else ()
    return InferredNeeds(
        alternatives,
        tuple(dict.fromkeys(each.scenario for each in wrong if each.scenario not in explained)),
        tuple(
            each
            for each in Assumption
            if each not in _OF_LOADERS | OF_READING and not any(each in cell.breaks for cell in cells)
        ),
        _harm({need for needs in alternatives for need in needs}, wrong),
    )


def _candidates(cells: Sequence[Evidence]) -> list[Need]:
    """Return what may be needed, each with the largest break that did no harm, without what a right copy refutes."""
    broken = dict.fromkeys(assumption for cell in cells if cell.wrong for assumption in cell.breaks)
    borne = {each: [cell.breaks[each] for cell in cells if not cell.wrong and each in cell.breaks] for each in broken}
    return [
        Need(each, max((size for size in sizes if size is not None), default=None))
        for each, sizes in sorted(borne.items(), key=lambda item: item[0].name)
        if None not in sizes and (sizes or each not in _LAST)
    ]


def _smallest(explains: dict[Need, frozenset[str]], everything: frozenset[str]) -> Iterable[tuple[Need, ...]]:
    """Return the smallest sets that cover everything, in the order of the names; one empty set for nothing."""
    needs = list(explains)
    found = list(explains.values())
    by = {scenario: [at for at, each in enumerate(found) if scenario in each] for scenario in everything}
    for size in range(len(needs) + 1):
        covers = sorted({tuple(sorted(cover)) for cover in _covers(found, by, everything, size)})
        if covers:
            return [tuple(needs[at] for at in cover) for cover in covers]
    return []


def _covers(
    found: list[frozenset[str]], by: dict[str, list[int]], left: frozenset[str], size: int
) -> Iterator[frozenset[int]]:
    """Yield the sets of at most so many that cover what is left, some of them more than once.

    One of the few that cover the scenario with the fewest of them is in every cover, so that few sets are tried.
    """
    if not left:
        yield frozenset()
    elif size:
        for at in by[min(left, key=lambda scenario: len(by[scenario]))]:
            for rest in _covers(found, by, left - found[at], size - 1):
                yield rest | {at}


def _harm(needs: set[Need], wrong: Sequence[Evidence]) -> dict[Assumption, timedelta]:
    found: dict[Assumption, timedelta] = {}
    for need in needs:
        sizes = [cell.breaks[need.assumption] for cell in wrong if not need.met(cell.breaks)]
        known = [size for size in sizes if size is not None]
        if known:
            found[need.assumption] = min(known)
    return found
