"""The fingerprint of a contender that claims nothing: the known strategies whose verdicts are nearest to its own.

Each strategy with each write rule is known by what it declares, which predicts its verdict in any scenario. Verdicts
come first; among equals, whether rows are duplicated or stay after they have left the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.assumptions import Assumption, unmet
from incload.registry import strategies
from incload.strategy import WriteRule, needs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.report.foreign.evidence import Evidence
    from incload.strategy import Strategy

_READ_TWICE = frozenset({Assumption.READ_ONCE, Assumption.INSERT_ONLY})
"""What leaves several versions of a row in a target to which rows are only added."""

_PLAIN = ("full_refresh", "timestamp_watermark")
"""The strategies that loaders written by hand follow most: named first among equals."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The known strategies with the nearest verdicts.

    Attributes:
        nearest: Each as `strategy with rule`, the likeliest first; all have the same distance.
        differing: The cells in which the first differs: the scenario and what it would have shown, `sound` or `wrong`.
        cells: How many cells were compared.
    """

    nearest: tuple[str, ...]
    differing: tuple[tuple[str, str], ...]
    cells: int


def fingerprint(cells: Sequence[Evidence]) -> Fingerprint | None:
    """Return the known strategies nearest to the verdicts of a contender; None without any verdict."""
    if not cells:
        return None
    known = [(each, rule) for each in strategies() for rule in WriteRule]
    distances = {(each, rule): _distance(each, rule, cells) for each, rule in known}
    least = min(distances.values())
    nearest = sorted((who for who, distance in distances.items() if distance == least), key=_likelihood)
    first, rule = nearest[0]
    return Fingerprint(
        tuple(f"{each.id} with {rule}" for each, rule in nearest), tuple(_differing(first, rule, cells)), len(cells)
    )


def _distance(strategy: Strategy, rule: WriteRule, cells: Sequence[Evidence]) -> tuple[int, int]:
    """Return in how many cells a strategy differs in its verdict, and in how many in the kinds of its wrong rows."""
    verdicts = kinds = 0
    needs, breaks = needs_of(strategy, rule), strategy.breaks  # a property makes its set at every look
    for cell in cells:
        broken = {need.assumption for need in unmet(needs, breaks, cell.breaks)}
        verdicts += bool(broken) != cell.wrong
        doubled = rule is WriteRule.APPEND and not broken.isdisjoint(_READ_TWICE)
        kinds += (doubled != cell.duplicated) + ((Assumption.NO_HARD_DELETES in broken) != cell.phantom)
    return verdicts, kinds


def _likelihood(who: tuple[Strategy, WriteRule]) -> tuple[int, bool, bool, str, int]:
    """Put first what is written by hand most, then the own rule, nothing asked of the source, and no parameters."""
    strategy, rule = who
    plain = _PLAIN.index(strategy.id) if strategy.id in _PLAIN else len(_PLAIN)
    return (plain, rule is not strategy.write_rule, strategy.asks is not None, strategy.id, list(WriteRule).index(rule))


def _differing(strategy: Strategy, rule: WriteRule, cells: Sequence[Evidence]) -> list[tuple[str, str]]:
    """Return the scenarios in which a strategy would have had another verdict, and which."""
    found = []
    needs, breaks = needs_of(strategy, rule), strategy.breaks
    for cell in cells:
        broken = bool(unmet(needs, breaks, cell.breaks))
        if broken != cell.wrong:
            found.append((cell.scenario, "wrong" if broken else "sound"))
    return found
