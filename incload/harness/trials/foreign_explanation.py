"""The explanation of one cell of a loader that declares nothing: its story from the history, its needs from others.

One cell says little about what a loader needs; so further scenarios are run as evidence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incload.errors import Unable
from incload.harness.load_timer import LoadClock
from incload.harness.trials.explanation import Explanation, filled, head, timing
from incload.harness.trials.matrix import failure, outcome
from incload.harness.trials.runner import run_once
from incload.history.breaks import SIZES_ONLY, measure
from incload.report.foreign.evidence import evidence_of
from incload.report.foreign.sentences import fingerprint_sentence, needs_sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incload.harness.trials.matrix import Cell
    from incload.report.outcome import Outcome


def explain_foreign(cell: Cell, evidence: Sequence[Cell]) -> Explanation:
    """Run a cell of a loader that declares nothing, and others of it as evidence, and explain what came of it.

    A cell that raised an error is explained by the error, and is not as it should be.
    """
    found, parts = _explained(cell)
    cells = [found, *(run_once(each) for each in evidence if each.scenario != cell.scenario)]
    lines = [*parts, *_broken(cell), "", *_inferred(cells)]
    return Explanation("\n".join(lines) + "\n", as_predicted=found.outcome != "unknown", found=found)


def _explained(cell: Cell) -> tuple[Outcome, list[str]]:
    """Run the cell; return its record, and what is to be said of it alone."""
    try:
        observed = cell.run(LoadClock())
    except Unable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the loader raised is what is to be shown
        found = failure(cell, error)
        what = f"{cell.contender.id} in {cell.scenario.id}, {'-'.join(cell.pair)}, {cell.rows} rows, seed {cell.seed}"
        return found, [*map(filled, (what, f"unknown: {found.reason}", cell.scenario.sentence)), ""]
    found = outcome(cell, observed, (), None)
    story = [filled(line, "   ") for line in found.witness.splitlines()]
    return found, [head(cell, observed, found), timing(cell.history(), observed), *story, *([""] if story else [])]


def _broken(cell: Cell) -> Iterator[str]:
    """Say what the scenario breaks, by how much."""
    breaks = measure(cell.history(), cell.scenario.faults)
    shown = sorted((each for each in breaks if each not in SIZES_ONLY), key=lambda each: each.name)
    yield f"What {cell.scenario.id} breaks:" if shown else f"{cell.scenario.id} breaks nothing."
    for each in shown:
        size = f" The largest break is {breaks[each]}." if breaks[each] is not None else ""
        yield filled(f"  {each.name}: {each.value}.{size}", "    ")


def _inferred(cells: Sequence[Outcome]) -> Iterator[str]:
    """Say what the verdicts of all cells show."""
    found = evidence_of(cells)
    without = [each.scenario for each in cells if each.outcome not in {"sound", "wrong"}]
    yield filled(f"From the verdicts in {', '.join(each.scenario for each in cells)}:")
    for sentence in (fingerprint_sentence(found), *needs_sentences(found, without)):
        yield filled(f"  {sentence}", "  ")
