"""A race: contenders load the same databases by turns, and who begins changes from round to round.

A slow spell of the machine meets all of them alike, so that their ratios mean something where their seconds do not.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from incload.harness.perf.throughput import Times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.auditing.audit import Difference
    from incload.contenders.contender import Contender
    from incload.harness.perf.throughput import Phase, Workspace


def race(workspace: Workspace, contenders: Sequence[Contender], phase: Phase, rounds: int) -> dict[str, Times]:
    """Let every contender run through a phase once a round; return their times by their ids."""
    seconds: dict[str, list[float]] = {who.id: [] for who in contenders}
    found: dict[str, Difference] = {}
    for number in range(rounds):
        for who in turns(contenders, number):
            request = workspace.stage(who, phase)
            started = time.perf_counter()
            who.sync(request)
            seconds[who.id].append(time.perf_counter() - started)
            workspace.keep(who, phase)
            if number == rounds - 1:
                found[who.id] = workspace.difference(phase, who)
    return {who.id: Times(seconds[who.id], found[who.id]) for who in contenders}


def turns(contenders: Sequence[Contender], number: int) -> list[Contender]:
    """Return the order of a round: each round begins with the contender after the one that began the last."""
    first = number % len(contenders)
    return [*contenders[first:], *contenders[:first]]
