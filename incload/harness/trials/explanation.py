"""The explanation of one cell: what happened, why the strategy got it wrong or right, and who would have got it right.

Needs and breaks come from the same place as every prediction; the story of the row is the witness.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from incload.assumptions import unmet
from incload.engines.registry import session_type
from incload.errors import Refused
from incload.harness.load_timer import LoadClock
from incload.harness.sandbox.sandbox import pair_name
from incload.harness.trials.error_timeline import counts
from incload.harness.trials.matrix import Cell, Choice, outcome
from incload.harness.trials.prediction import broken, disagreement
from incload.harness.trials.witness import shown
from incload.history.breaks import Breaks, measure
from incload.registry import strategies, strategy
from incload.strategy import needs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from incload.contenders.contender import Claims
    from incload.harness.trials.trial import Observed
    from incload.history.history import History
    from incload.history.synthetic.scenarios import Scenario
    from incload.report.outcome import Outcome
    from incload.strategy import Assumption, Need, Strategy

WIDTH = 100
KINDS = ("lost", "stale", "phantom", "duplicated")


@dataclass(frozen=True, slots=True)
class Explanation:
    """One cell in words.

    Attributes:
        text: Lines of at most a hundred characters.
        as_predicted: Whether the outcome is what needs and breaks predict.
        found: The record of the cell.
    """

    text: str
    as_predicted: bool
    found: Outcome

    def to_dict(self) -> dict[str, object]:
        """Return what came of the cell as plain values, its counts as numbers and its story as lines."""
        found = self.found
        return {
            "strategy": found.strategy,
            "write_rule": found.write_rule,
            "scenario": found.scenario,
            "engines": f"{found.source_engine}-{found.target_engine}",
            "rows": found.rows,
            "seed": found.seed,
            "verdict": found.outcome,
            "reason": found.reason,
            "predicted": found.predicted,
            "as_predicted": self.as_predicted,
            "counts": {name: getattr(found, name) for name in (*KINDS, "rows_ever_wrong", "rows_never_healed")},
            "story": found.witness.splitlines(),
            "text": self.text,
        }


def chosen(strategy_text: str, choice: Choice) -> Cell:
    """Return the one cell that a strategy, a scenario and a pair name; refuse a name that does not exist."""
    wanted = strategy(strategy_text).id
    return next(cell for cell in choice.cells() if cell.contender.id == wanted)


def explain(cell: Cell) -> Explanation:
    """Run a cell and explain what came of it."""
    observed = cell.run(LoadClock())
    found = outcome(cell, observed, (), None)
    breaks = measure(cell.history(), cell.scenario.faults)
    differs = disagreement(replace(found, witness=""))  # its story is printed anyway
    parts = [head(cell, observed, found), timing(cell.history(), observed)]
    if found.witness:
        parts += [filled(line, "   ") for line in found.witness.splitlines()] + [""]
    if differs:
        parts += [filled(f"This is not as predicted: {differs}"), ""]
    parts += _failed(cell, breaks) if found.predicted == "wrong" else _kept(cell, breaks)
    return Explanation("\n".join(parts) + "\n", as_predicted=not differs, found=found)


def head(cell: Cell, observed: Observed, found: Outcome) -> str:
    """Say what was tried, what came of it, and what happens in the scenario."""
    rule = f" with {cell.contender.write_rule}" if cell.contender.write_rule else ""
    what = f"{cell.contender.id}{rule} in {cell.scenario.id}, {pair_name(cell.pair)}"
    timeline = observed.timeline
    kinds = zip(counts(timeline.last) if timeline.last else (), KINDS, strict=False)
    at_end = ", ".join(f"{number} {kind}" for number, kind in kinds if number) or "none"
    verdict = (
        f"{_rows(len(timeline.ever_wrong))} wrong after some sync; at the end: {at_end}."
        if timeline.ever_wrong
        else f"no row was wrong after any of {len(observed.syncs)} syncs."
    )
    lines = [f"{what}, {cell.rows} rows, seed {cell.seed}", f"{found.outcome}: {verdict}", cell.scenario.sentence]
    return "\n".join(map(filled, [*lines, *_origin(cell.scenario)]))


def _origin(scenario: Scenario) -> list[str]:
    """Say where the flaw was seen, and under which ids it is catalogued."""
    if not scenario.causes:
        return []
    seen = f"Seen in {', '.join(scenario.threads)}" if scenario.threads else "Reasoned: no public report is known"
    return [f"{seen} (cause {' and '.join(scenario.causes)})."]


def timing(history: History, observed: Observed) -> str:
    """Say when what becomes visible, and when syncs run."""
    clocks = [history.started, *(tick.at for tick in history.ticks)]
    steps = {later - earlier for earlier, later in pairwise(clocks)}
    each = f"one every {timedelta(microseconds=steps.pop())}" if len(steps) == 1 else "one after the other"
    skipped = sorted({*range(len(clocks))} - {*observed.ticks})
    ran = f"a sync follows each but {', '.join(map(str, skipped))}" if skipped else "a sync follows each"
    text = (
        f"The base is visible at {shown(clocks[0])}; {len(clocks) - 1} ticks follow, {each}, the last at "
        f"{shown(clocks[-1])}. Sync 0 loads the base, and {ran}."
    )
    return filled(text) + "\n"


def _claims(cell: Cell) -> Claims:
    """Return what the contender says about itself; refuse one that says nothing."""
    claims = cell.contender.claims
    if claims is None:
        raise Refused(f"{cell.contender.id} claims nothing that could be explained: name a strategy.")
    return claims


def _failed(cell: Cell, breaks: Breaks) -> Iterator[str]:
    """Say which needs are broken and who does without them."""
    claims = _claims(cell)
    failed = unmet(claims.needs, claims.breaks, breaks)
    yield "What failed:"
    for need in failed:
        yield filled(f"  {need.assumption.name}: {need.assumption.value}. {_measured(need, cell, breaks)}", "    ")
    yield ""
    yield from _right(cell, [need.assumption for need in failed], breaks)


def _measured(need: Need, cell: Cell, breaks: Breaks) -> str:
    if need.assumption not in breaks:
        return f"{cell.contender.id} itself breaks it, by design."
    size = breaks[need.assumption]
    measured = "" if size is None else f" The largest break here is {size}."
    if need.within is None:
        return f"Any break does harm.{measured}"
    return f"Up to {need.within} does no harm.{measured}" if need.within else f"Any break above 0 does harm.{measured}"


def _right(cell: Cell, failed: list[Assumption], breaks: Breaks) -> Iterator[str]:
    """Name the strategies that are right in the scenario by prediction, and how they bear what failed."""
    engine = session_type(cell.pair[0])
    able = [each for each in strategies() if each.asks is None or not engine.cannot(each.asks)]
    right = [each for each in able if not broken(each, each.write_rule, breaks)]
    if not right:
        yield f"No strategy is right in {cell.scenario.id}, by prediction."
        return
    yield f"Right in {cell.scenario.id}, by prediction:"
    ways: dict[str, list[str]] = {}
    for each in right:
        ways.setdefault("; ".join(_borne(each, assumption) for assumption in failed), []).append(each.id)
    for way, names in ways.items():
        yield filled(f"  {way}: {', '.join(names)}", "    ")


def _borne(each: Strategy, assumption: Assumption) -> str:
    within = {need.assumption: need.within for need in needs_of(each, each.write_rule)}
    if assumption not in within:
        return f"not needing {assumption.name}"
    return f"bearing {assumption.name} up to {within[assumption]}"


def _kept(cell: Cell, breaks: Breaks) -> Iterator[str]:
    """Say that nothing that is needed is broken, and how far the rest is from harm."""
    needs = sorted(_claims(cell).needs, key=lambda need: need.assumption.name)
    yield f"What {cell.contender.id} needs with {cell.contender.write_rule}, none of it broken:"
    width = max(len(need.assumption.name) for need in needs)
    for need in needs:
        size = breaks.get(need.assumption)
        borne = f" Up to {need.within or 0} does no harm; the largest here is {size or 0}." if size is not None else ""
        yield filled(f"  {need.assumption.name:<{width}}  {need.assumption.value}.{borne}", " " * (width + 4))
    needed = {need.assumption for need in needs}
    others = sorted(each.name for each in cell.scenario.breaks - needed)
    if others:
        yield filled(f"What the scenario breaks does not matter to it: {', '.join(others)}.", "  ")


def _rows(number: int) -> str:
    return f"{number} row was" if number == 1 else f"{number} rows were"


def filled(text: str, indent: str = "") -> str:
    """Break a text into lines; those after the first are indented."""
    lead = text[: len(text) - len(text.lstrip())]
    lines: Iterable[str] = textwrap.wrap(
        text.lstrip(), WIDTH, initial_indent=lead, subsequent_indent=indent, break_on_hyphens=False
    )
    return "\n".join(lines)
