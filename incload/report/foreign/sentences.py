"""Fingerprints and inferred needs in sentences, the same in every report and in an explanation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.report.foreign.fingerprint import fingerprint
from incload.report.foreign.needs import infer
from incload.report.format import listed, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incload.assumptions import Need
    from incload.report.foreign.evidence import Evidence
    from incload.report.foreign.needs import InferredNeeds

_NAMED = 3
"""How many names that share a place are listed."""

_WHY = (
    "all that is broken there is broken as well where the copy was right, or nothing is. The loader itself breaks what "
    "its way of writing needs, or its syncs do not depend on the source alone."
)


def fingerprint_sentence(cells: Sequence[Evidence]) -> str:
    """Say which known strategies are nearest, and in which cells the first of them differs."""
    found = fingerprint(cells)
    if found is None:
        return "Without a verdict there is no fingerprint."
    more = len(found.nearest) - _NAMED
    names = listed([*found.nearest[:_NAMED], f"{more} more"] if more > 0 else found.nearest)
    if not found.differing:
        return f"Nearest known: {names}, with the same verdict in {_all(found.cells)}."
    cells_said = listed([f"{scenario} ({verdict} there)" for scenario, verdict in found.differing])
    which = "" if len(found.nearest) == 1 else f"{found.nearest[0]} "
    return f"Nearest known: {names}; {which}differs in {len(found.differing)} of {found.cells} cells: {cells_said}."


def needs_sentences(cells: Sequence[Evidence], without: Sequence[str] = ()) -> list[str]:
    """Say what a contender needs according to its verdicts, what else would explain them, and what does not fit.

    Args:
        cells: The cells with a verdict.
        without: The scenarios that have none.
    """
    found = infer(cells)
    said = [*_needed(found), *_unexplained(found)] if cells else []
    if without:
        said.append(f"No verdict, and so no evidence, in {plural(len(without), 'scenario')}: {listed(without)}.")
    if cells and found.untried:
        said.append(f"Not tried by any of these scenarios: {listed([each.name for each in found.untried])}.")
    return said


def _needed(found: InferredNeeds) -> list[str]:
    sets = [needs for needs in found.alternatives if needs]
    if not sets:
        return [] if found.unexplained else ["Nothing that these scenarios break is needed: every copy was right."]
    common = [need for need in sets[0] if all(need in needs for needs in sets)]
    if len(sets) == 1:
        return [f"Inferred needs: {listed([_need(need, found) for need in common])}."]
    ways = [listed([need.assumption.name for need in needs if need not in common]) for needs in sets]
    shown = [*ways[:_NAMED], f"{len(ways) - _NAMED} other sets"] if len(ways) > _NAMED else ways
    sure = f"{listed([_need(need, found) for need in common])}, and " if common else ""
    return [f"Inferred needs: {sure}one of these, which the verdicts do not distinguish: {'; or '.join(shown)}."]


def _need(need: Need, found: InferredNeeds) -> str:
    """Name a need, with the sizes between which its bound lies."""
    harm = found.harm.get(need.assumption)
    if harm is None:
        return need.assumption.name
    borne = "any break may do harm" if need.within is None else f"a break of {need.within} did no harm"
    return f"{need.assumption.name} ({borne}, one of {harm} did)"


def _unexplained(found: InferredNeeds) -> list[str]:
    if not found.unexplained:
        return []
    where = listed(found.unexplained)
    return [f"No set of assumptions explains why the copy was wrong in {where}: {_WHY}"]


def _all(number: int) -> str:
    return {1: "the one cell", 2: "both cells"}.get(number, f"all {number} cells")
