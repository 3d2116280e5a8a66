"""What a trial should show, from what the strategy needs and what the history breaks; and whether it did.

A cell is predicted sound exactly when nothing that strategy and write rule need is broken, sizes compared where there
are any; where several flaws meet, one can hide another one, and the model of the reads decides. Prediction and
observation have to agree both ways: a wrong row in a sound cell is a bug of the strategy or of its claim, and an
unsound cell without one is a claim too weak or a scenario gone soft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incload.assumptions import unmet
from incload.history.breaks import Breaks, measure
from incload.history.cursor_model import Model
from incload.strategy import needs_of

if TYPE_CHECKING:
    from incload.contenders.contender import Claims
    from incload.history.history import History
    from incload.history.synthetic.scenario import Scenario
    from incload.report.outcome import Outcome
    from incload.strategy import Need, Strategy, WriteRule


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is to be expected of a cell.

    Attributes:
        broken: What is needed and broken; nothing for a cell that should be sound.
        rows_ever_wrong: How many rows should be wrong after any sync; None where it is unknown.
        alone: Whether the history has one flaw. Of several one may hide what another one does, before any audit sees
            it; then only the number of rows says whether any is wrong.
    """

    broken: tuple[Need, ...]
    rows_ever_wrong: int | None
    alone: bool = True

    @property
    def verdict(self) -> str:
        """`sound` or `wrong`, or empty where a flaw may hide another one and nothing says whether it does."""
        if not self.broken or self.alone:
            return "wrong" if self.broken else "sound"
        if self.rows_ever_wrong is None:
            return ""
        return "wrong" if self.rows_ever_wrong else "sound"

    @property
    def assumptions(self) -> str:
        """The names of the broken assumptions, separated by a space."""
        return " ".join(need.assumption.name for need in self.broken)


def broken(strategy: Strategy, rule: WriteRule, breaks: Breaks) -> tuple[Need, ...]:
    """Return the needs of a strategy with a rule that do not survive what is broken, by name."""
    return unmet(needs_of(strategy, rule), strategy.breaks, breaks)


def predict(history: History, claims: Claims, breaks: Breaks, scenario: Scenario) -> Prediction:
    """Predict a cell, given what the history of its scenario breaks."""
    rows = None
    if claims.reach is not None:
        rows = len(Model(claims.reach, scenario.faults, guarded=scenario.guarded).run(history).ever_wrong)
    return Prediction(unmet(claims.needs, claims.breaks, breaks), rows, alone=not scenario.is_composed)


def disagreement(outcome: Outcome) -> str:
    """Say in a sentence how an outcome differs from its prediction; empty when it does not."""
    if not outcome.predicted or outcome.outcome not in {"sound", "wrong"}:
        return ""
    pair = f"{outcome.source_engine} to {outcome.target_engine}"
    cell = f"{outcome.strategy} with {outcome.write_rule} on {outcome.scenario}, {pair}"
    if outcome.predicted == "sound" and outcome.outcome == "wrong":
        first = outcome.witness.partition("\n")[0]
        return (
            f"{cell}: nothing it needs is broken, and yet {outcome.rows_ever_wrong} rows were wrong. {first}".rstrip()
        )
    if outcome.predicted == "wrong" and outcome.outcome == "sound":
        return f"{cell}: {outcome.assumption} is broken, and yet no row was wrong."
    expected = outcome.rows_ever_wrong_predicted
    if expected is not None and expected != outcome.rows_ever_wrong:
        return f"{cell}: {expected} rows should have been wrong after some sync, and {outcome.rows_ever_wrong} were."
    return ""


__all__ = ["Breaks", "Prediction", "broken", "disagreement", "measure", "predict", "unmet"]
